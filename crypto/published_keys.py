"""Keys whose private half anybody can read: those of our own test vectors, and those of the standards.

Whoever signs with one may be anybody, and what is sealed to one is open to all.
"""

from typing import Final

SIGNING: Final = {
    "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg": "docs/contract/vectors",
    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo": "RFC 8032, 7.1, and RFC 8037, A.1",
    "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw": "RFC 8032, 7.1",
    "_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU": "RFC 8032, 7.1",
    "J4EX_BRMcjQPZ9DyMW6Dhs7_vyskKMnFH-98WX8dQm4": "RFC 8032, 7.1",
    "7Bcrk61eVjv0kyxw4SRQNMNUZ-8u_U1k6_gZaDRn4r8": "RFC 8032, 7.1",
    "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs": "RFC 9421, B.1.4",
    "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik": "a private half of zeros",
}
"""Ed25519: the public half (JWK ``x``) and where its private half stands."""

SEALING: Final = {
    "NYBy1jZYgNGu6jKa35EhODhR7SGijjt16WXQ0s0WYlQ": "docs/contract/vectors",
    "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo": "RFC 7748, 6.1, and RFC 8037, A.6",
    "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08": "RFC 7748, 6.1, and RFC 8037, A.6",
    "L-V9o0fNYkMVKNqsX7spBzD_9oSvxM_C7ZCZX1jLO3Q": "a private half of zeros",
}
"""X25519, the same."""
