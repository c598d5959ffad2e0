"""The audit trail's chain: who signs it, who believes the signature, and where it is kept outside the database."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from config.sections.base import Section
from crypto.jwk_set import public_keys


def _private(text: object) -> OKPKey:
    try:
        key: OKPKey = OKPKey.import_key(json.loads(str(text)))
        if not (key.is_private and key.curve_name == "Ed25519" and key.kid):
            raise ValueError("not a private key of this curve, with a name")
    except (ValueError, TypeError, KeyError, RecursionError, JoseError):
        # Nothing of what is wrong with it: that would show some of it.
        raise PydanticCustomError("sentence", "is no private Ed25519 key; see docs/operations.md") from None
    return key


def _public(text: object) -> Mapping[str, OKPKey]:
    try:
        return public_keys(str(text))
    except ValueError as error:
        raise PydanticCustomError("sentence", f"{error}") from None


class TrailSection(Section):
    """Where the signed roots are kept, and how often."""

    file: Path | None = Field(
        default=None,
        validation_alias="TRAIL_FILE",
        description="A file that grows by a signed root each time, beside the topic audit-checkpoints; where those who "
        "administer the database cannot write",
    )
    sign_seconds: int = Field(
        default=60,
        ge=1,
        validation_alias="TRAIL_SIGN_SECONDS",
        description="The root of the audit trail's chain is signed every so many seconds in which a row came",
    )
    verify_hours: float = Field(
        default=24,
        gt=0,
        validation_alias="TRAIL_VERIFY_HOURS",
        description="The keeper reads the whole trail every so many hours, and holds it against its chain",
    )


class TrailKeySection(Section):
    """The key that signs."""

    key: Annotated[OKPKey, PlainValidator(_private)] | None = Field(
        default=None,
        validation_alias="TRAIL_KEY",
        description="The private key that signs the audit trail's roots (JWK, Ed25519), the keeper's alone; normally "
        "by …_FILE",
        repr=False,
    )


class TrailPublicKeySection(Section):
    """Whose signatures count."""

    keys: Annotated[Mapping[str, OKPKey], PlainValidator(_public)] | None = Field(
        default=None,
        validation_alias="TRAIL_PUBLIC_KEYS",
        description="The public keys of the audit trail, today's and earlier ones (JWK set); normally by …_FILE",
    )


class TrailWaitSection(Section):
    """How long opening a person waits for the trail."""

    wait_seconds: float = Field(
        default=3,
        ge=0,
        le=30,
        validation_alias="TRAIL_WAIT_SECONDS",
        description="Opening a person waits so long for its row to be chained; then it goes on, and an alarm counts "
        "it. 0: it does not wait",
    )
