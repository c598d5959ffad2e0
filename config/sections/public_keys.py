"""Public keys as a setting: a JWK set, normally in a file."""

from collections.abc import Mapping
from typing import Annotated

from joserfc.jwk import OKPKey
from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from crypto.jwk_set import public_keys


def _public(text: object) -> Mapping[str, OKPKey]:
    try:
        return public_keys(str(text))
    except ValueError as error:
        raise PydanticCustomError("sentence", f"{error}") from None


PublicKeys = Annotated[Mapping[str, OKPKey], PlainValidator(_public)]
"""By their `kid`."""
