"""What real providers have been reported to show and answer; nobody gets in or stays out for the wrong reason.

The reports are listed in docs/edges.md under "Log-in, API, webhooks".
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import OKPKey, RSAKey

from inbox.identity import NoIdentity, identity_of
from inbox.oidc import LogInRefused, Provider, ProviderUnreachable
from tests.factories import MADE_UP_CPR
from tests.unit.inbox.provider_answers import EC, GOOD, ISSUER, Answers, shown

RSA: Final = RSAKey.generate_key(2048, {"kid": "rsa"})
OTHER_RSA: Final = RSAKey.generate_key(2048, {"kid": "rsa"})
ED: Final = OKPKey.generate_key("Ed25519", {"kid": "ed"})
IN, REFUSED, AWAY, NO_IDENTITY = "in", "refused", "unreachable", "no identity"


async def outcome(answers: Answers, **returned: str) -> str:
    """What becomes of a whole log-in."""
    provider = Provider(
        issuer=ISSUER,
        client_id="inbox",
        client_secret="secret",
        redirect_uri="http://here/back",
        transport=answers.transport(),
    )
    try:
        address, begun = await provider.begin("/", until=0)
        answers.nonce = parse_qs(urlsplit(address).query)["nonce"][0]
        claims = await provider.finish(begun, {"state": begun.state, "code": "code"} | returned)
        identity_of(claims.get("sub"), claims.get("name"))
    except LogInRefused:
        return REFUSED
    except ProviderUnreachable:
        return AWAY
    except NoIdentity:
        return NO_IDENTITY
    return IN


def beside(*spoilt: Any) -> Answers:
    """A set with keys of no use before and after the one that signs."""
    return Answers(keys={"keys": [*spoilt, GOOD, *spoilt]})


def _standard_base64(key: dict[str, Any]) -> dict[str, Any]:
    """As some products write a modulus: the other alphabet, padded, with a zero byte in front."""
    number = urlsafe_b64decode(key["n"] + "==")
    return key | {"n": urlsafe_b64encode(b"\0" + number).decode().translate(str.maketrans("-_", "+/"))}


def _page(status: int) -> httpx2.Response:
    return httpx2.Response(status, html="<!DOCTYPE html><title>Gateway</title>")


_DEEP: Final = b"[" * 100_000


def _without_a_bottom() -> httpx2.Response:
    return httpx2.Response(200, content=_DEEP, headers={"content-type": "application/json"})


CASES: Final = {
    # One key of no use beside the one that signs.
    "secp256k1": (beside({"kty": "EC", "crv": "secp256k1", "kid": "k", "x": "AA", "y": "AA"}), IN),
    "a curve that nobody knows": (beside({"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}), IN),
    "brainpool": (beside({"kty": "EC", "crv": "BP-256", "x": "AA", "y": "AA"}), IN),
    "Ed448 and X448": (
        beside({"kty": "OKP", "crv": "Ed448", "x": "AA"}, {"kty": "OKP", "crv": "X448", "x": "AA"}),
        IN,
    ),
    "a post-quantum key": (beside({"kty": "AKP", "alg": "ML-DSA-65", "pub": "AA", "kid": "pq"}), IN),
    "no kty": (beside({"kid": "k", "n": "AA", "e": "AQAB"}), IN),
    "kty in small letters": (beside({"kty": "rsa", "n": "AA", "e": "AQAB"}), IN),
    "kty a list, null, a number": (beside({"kty": []}, {"kty": None}, {"kty": 1}), IN),
    "RSA with a certificate alone": (beside({"kty": "RSA", "kid": "ec", "x5c": ["MII"]}), IN),
    "RSA without its numbers": (beside({"kty": "RSA", "kid": "ec"}, {"kty": "RSA", "n": "", "e": ""}), IN),
    "a point that is not on the curve": (beside({"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}), IN),
    "a shared secret": (beside({"kty": "oct", "k": "c2VjcmV0", "kid": "ec"}), IN),
    "a key for encryption under the same name": (beside(shown(RSA, kid="ec", use="enc")), IN),
    "operations that verify nothing": (beside(shown(RSA, kid="ec", key_ops=["encrypt"])), IN),
    "no object for a key": (beside("key", 5, None, []), IN),
    # The one that signs, shown in an unusual way.
    "x5c a text and x5t a number": (Answers(keys={"keys": [GOOD | {"x5c": "MII", "x5t": 5}]}), IN),
    "use null": (Answers(keys={"keys": [GOOD | {"use": None}]}), IN),
    "use against its operations": (
        Answers(keys={"keys": [GOOD | {"use": "sig", "key_ops": ["verify"]}]}),
        IN,
    ),
    "modulus in the other Base64": (
        Answers(
            keys={"keys": [_standard_base64(shown(RSA))]},
            signed_by=RSA,
            algorithm="RS256",
            header={"kid": "rsa"},
        ),
        IN,
    ),
    "two keys of one name and kind": (
        Answers(
            keys={"keys": [shown(OTHER_RSA), shown(RSA)]},
            signed_by=RSA,
            algorithm="RS256",
            header={"kid": "rsa"},
        ),
        IN,
    ),
    "two keys of one name, two kinds": (Answers(keys={"keys": [shown(RSA, kid="ec"), GOOD]}), IN),
    "the same key with alg and without": (
        Answers(keys={"keys": [GOOD | {"kid": "e"}, GOOD | {"alg": "ES256"}]}),
        IN,
    ),
    "keys without names": (Answers(keys={"keys": [shown(RSA, kid=None), shown(EC, kid=None)]}), IN),
    "a token without a name, several keys": (Answers(keys={"keys": [shown(RSA), GOOD]}, header={}), IN),
    "Ed25519 beside the others": (
        Answers(
            keys={"keys": [shown(RSA), shown(ED)]}, signed_by=ED, algorithm="Ed25519", header={"kid": "ed"}
        ),
        IN,
    ),
    "a name that no key has": (Answers(header={"kid": "gone"}), REFUSED),
    # No set of keys at all.
    "no usable key": (Answers(keys={"keys": [{"kty": "AKP"}]}), AWAY),
    "keys without a bottom": (Answers(keys=_without_a_bottom()), AWAY),
    "a description without a bottom": (Answers(description=lambda _: _without_a_bottom()), AWAY),
    "a token without a bottom": (Answers(token_answer=_without_a_bottom()), AWAY),
    "an id token whose header has no bottom": (
        Answers(token_answer={"id_token": f"{urlsafe_b64encode(_DEEP).decode()}.e30.AA"}),
        REFUSED,
    ),
    "no keys": (Answers(keys={"keys": []}), AWAY),
    "a list for a set": (Answers(keys=[GOOD]), AWAY),
    "keys an object": (Answers(keys={"keys": {"ec": GOOD}}), AWAY),
    "a page for a set": (Answers(keys=_page(200)), AWAY),
    # The description.
    "a list for a description": (Answers(description=lambda good: [good]), AWAY),
    "a page for a description": (Answers(description=lambda _: _page(200)), AWAY),
    "no authorization endpoint": (
        Answers(description=lambda good: {**good, "authorization_endpoint": None}),
        AWAY,
    ),
    "an address that is none": (Answers(description=lambda good: {**good, "jwks_uri": "http://["}), AWAY),
    "no address for the log-out": (
        Answers(description=lambda good: {**good, "end_session_endpoint": 5, "scopes_supported": None}),
        IN,
    ),
    "another issuer": (Answers(description=lambda good: {**good, "issuer": f"{ISSUER}/"}), AWAY),
    # The token endpoint.
    "a list for a token": (Answers(token_answer=[{"id_token": "a.b.c"}]), AWAY),
    "a text for a token": (Answers(token_answer="token"), AWAY),
    "a page for a token": (Answers(token_answer=_page(200)), AWAY),
    "a page of a gateway": (Answers(token_answer=_page(429)), AWAY),
    "a form for a token": (
        Answers(token_answer=httpx2.Response(200, text="access_token=a&id_token=b")),
        AWAY,
    ),
    "nothing for a token": (Answers(token_answer=httpx2.Response(200)), AWAY),
    "the inbox's secret is wrong": (
        Answers(token_answer=httpx2.Response(401, json={"error": "invalid_client"})),
        AWAY,
    ),
    "the code is used": (
        Answers(token_answer=httpx2.Response(400, json={"error": "invalid_grant"})),
        REFUSED,
    ),
    "an error that is an object": (
        Answers(token_answer=httpx2.Response(400, json={"error": {"code": "invalid_grant"}})),
        REFUSED,
    ),
    "no id token": (Answers(token_answer={"access_token": "a"}), REFUSED),
    "an id token that is a list": (Answers(token_answer={"access_token": "a", "id_token": []}), REFUSED),
    "an id token of five parts": (
        Answers(token_answer={"access_token": "a", "id_token": "a.b.c.d.e"}),
        REFUSED,
    ),
    "an id token beyond ASCII": (Answers(token_answer={"access_token": "a", "id_token": "å.å.å"}), REFUSED),
    "expires_in a text": (Answers(token_answer={"access_token": "a", "expires_in": "soon"}), AWAY),
    # Claims.
    "aud a list of one": (Answers(claims={"aud": ["inbox"]}), IN),
    "aud two, azp us": (Answers(claims={"aud": ["inbox", "other"], "azp": "inbox"}), IN),
    "aud two, no azp": (Answers(claims={"aud": ["inbox", "other"]}), REFUSED),
    "aud with a comma": (Answers(claims={"aud": "inbox,other"}), REFUSED),
    "aud a number": (Answers(claims={"aud": 5}), REFUSED),
    "amr a text": (Answers(claims={"amr": "pwd"}), IN),
    "auth_time a text": (Answers(claims={"auth_time": "2026-01-01"}), IN),
    "exp a text": (Answers(claims={"exp": "1893456000"}), REFUSED),
    "times with fractions": (Answers(times={"exp": 60.5, "iat": -0.5}), IN),
    "a clock a minute ahead": (Answers(times={"iat": 60, "nbf": 60}), IN),
    "a clock ten minutes ahead": (Answers(times={"iat": 600}), REFUSED),
    "nonce a list": (Answers(claims={"nonce": ["n"]}), REFUSED),
    "sub empty": (Answers(claims={"sub": ""}), NO_IDENTITY),
    "sub blank": (Answers(claims={"sub": " \u00a0"}), NO_IDENTITY),
    "sub a number": (Answers(claims={"sub": 58318}), REFUSED),
    "sub a list": (Answers(claims={"sub": ["a", "b"]}), REFUSED),
    "sub with NUL": (Answers(claims={"sub": "anna\0"}), NO_IDENTITY),
    "sub with a bidi sign": (Answers(claims={"sub": "anna\u202e"}), NO_IDENTITY),
    "sub with a line separator": (Answers(claims={"sub": "anna\u2028berg"}), NO_IDENTITY),
    "sub a CPR": (Answers(claims={"sub": MADE_UP_CPR}), NO_IDENTITY),
    "sub a CPR with a dash": (Answers(claims={"sub": f"{MADE_UP_CPR[:6]}–{MADE_UP_CPR[6:]}"}), NO_IDENTITY),
    "sub too long to be kept whole": (Answers(claims={"sub": "a" * 256}), NO_IDENTITY),
    "sub of Google, 21 digits": (Answers(claims={"sub": "110169484474386276334"}), IN),
    "sub a UUID": (Answers(claims={"sub": "a0b1c2d3-0101-4112-8101-011234abcdef"}), IN),
    "sub beyond ASCII": (Answers(claims={"sub": "åse"}), IN),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_provider_is_read_as_far_as_it_can_be(name: str) -> None:
    answers, expected = CASES[name]
    assert await outcome(answers) == expected


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ({"state": "tilstand-å"}, REFUSED),
        ({"state": "\0"}, REFUSED),
        ({"code": ""}, REFUSED),
        ({"code": "\0å"}, IN),
        ({"iss": "https://provider.example/å"}, REFUSED),
        ({"error": "temporarily_unavailable"}, AWAY),
        ({"error": "access_denied", "code": ""}, REFUSED),
    ],
    ids=str,
)
async def test_what_stands_in_the_address_breaks_nothing(returned: dict[str, str], expected: str) -> None:
    assert await outcome(Answers(), **returned) == expected


@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("Anna Berg", "Anna Berg"),
        ("  Anna\tBerg ", "Anna Berg"),
        ("O’Neill-Ægidius 2", "O’Neill-Ægidius 2"),
        (None, "anna"),
        ("", "anna"),
        ("\u00a0", "anna"),
        (["Anna"], "anna"),
        ({"given": "Anna"}, "anna"),
        ("Anna\u202egreB", "anna"),
        ("Anna\0", "anna"),
        (f"Anna {MADE_UP_CPR[:6]} {MADE_UP_CPR[6:]}", "anna"),
        ("A" * 200, "A" * 120),
    ],
    ids=str,
)
def test_a_name_that_may_not_be_shown_gives_way_to_the_subject(name: object, shown_as: str) -> None:
    assert identity_of("anna", name).name == shown_as
