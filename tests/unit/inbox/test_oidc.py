"""What a provider answers is judged before anybody is let in: signature, issuer, audience, time, nonce, state."""

import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from inbox.oidc import Begun, Description, LogInRefused, Provider
from inbox.provider_keys import read_keys

ISSUER = "https://provider.example"
KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
BEGUN = Begun(state="state", nonce="nonce", verifier="verifier", until=0, target="/")


def claims(**changes: object) -> dict[str, Any]:
    """Those of a good id token, each to be changed by name; None leaves one out."""
    now = int(time.time())
    good = {"iss": ISSUER, "sub": "anna", "aud": "inbox", "iat": now, "exp": now + 60, "nonce": "nonce"}
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(content: dict[str, Any], *, key: Any = KEY, algorithm: str = "ES256") -> str:
    """An id token."""
    header = {"alg": algorithm, "kid": key.kid}
    return jwt.encode(header, content, key, algorithms=[algorithm])


class Answers(Provider):
    """A provider whose description is known, and whose token endpoint answers `token`."""

    token: str | None = None

    async def _discovered(self, *, anew: bool = False) -> Description:
        self._keys = self._keys or read_keys({"keys": [KEY.as_dict(private=False)]})
        return Description(
            issuer=ISSUER,
            authorization_endpoint=f"{ISSUER}/start",
            token_endpoint=f"{ISSUER}/token",
            jwks_uri=f"{ISSUER}/keys",
        )

    async def _redeem(self, address: str, code: str, verifier: str) -> dict[str, Any]:
        return {"id_token": self.token, "access_token": "access"}


@pytest.fixture
def provider() -> Answers:
    """One to log in at."""
    return Answers(issuer=ISSUER, client_id="inbox", client_secret="secret", redirect_uri="http://here/back")


async def finish(provider: Answers, token: str | None, **returned: str) -> str:
    """Who comes back with `token`."""
    provider.token = token
    answer = {"code": "code", "state": "state"} | returned
    return str((await provider.finish(BEGUN, answer))["sub"])


async def test_a_good_token_says_who_it_is(provider: Answers) -> None:
    assert await finish(provider, signed(claims())) == "anna"
    assert await finish(provider, signed(claims()), iss=ISSUER) == "anna"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://another.example"},
        {"aud": "another"},
        {"aud": ["inbox", "another"]},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": None},
    ],
    ids=str,
)
async def test_a_token_of_another_or_of_another_log_in_lets_nobody_in(
    provider: Answers, changed: dict[str, object]
) -> None:
    with pytest.raises(LogInRefused):
        await finish(provider, signed(claims(**changed)))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-256", {"kid": "one"}), "ES256"),
        (RSAKey.generate_key(2048, {"kid": "another"}), "RS256"),
        (OctKey.import_key("secret" * 8, {"kid": "one"}), "HS256"),
    ],
    ids=["another-key-of-the-same-name", "a-key-that-is-not-shown", "a-shared-secret"],
)
async def test_a_signature_that_is_not_the_providers_lets_nobody_in(
    provider: Answers, key: Any, algorithm: str
) -> None:
    with pytest.raises(LogInRefused):
        await finish(provider, signed(claims(), key=key, algorithm=algorithm))


async def test_a_token_without_signature_lets_nobody_in(provider: Answers) -> None:
    body = signed(claims()).split(".")[1]
    for header in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJub25lIiwia2lkIjoib25lIn0"):
        with pytest.raises(LogInRefused):
            await finish(provider, f"{header}.{body}.")


@pytest.mark.parametrize(
    "returned", [{"state": "another"}, {"state": ""}, {"iss": "https://another.example"}], ids=str
)
async def test_an_answer_to_another_log_in_lets_nobody_in(
    provider: Answers, returned: dict[str, str]
) -> None:
    with pytest.raises(LogInRefused):
        await finish(provider, signed(claims()), **returned)


async def test_an_answer_without_code_or_token_lets_nobody_in(provider: Answers) -> None:
    with pytest.raises(LogInRefused):
        await finish(provider, None)
    with pytest.raises(LogInRefused):
        await provider.finish(BEGUN, {"state": "state", "error": "access_denied"})
