"""The number of a person, out of its seal, where it can be one and its sender may speak of it. Pure."""

from collections.abc import Mapping

from joserfc.jwk import OKPKey

from crypto import sealed_cpr as cpr_seal
from models.calendar import copenhagen_date
from models.cpr import NotAPerson, is_unborn, normalise
from models.events import probe_identity
from models.events.cloudevent import RefusedError
from models.events.person_event import Origin
from models.reasons import Rejection


def open_number(
    sealed: str, sender: str, origin: Origin, opening_keys: Mapping[str, OKPKey], field: str | None = None
) -> str:
    """The ten digits. `field` names it in a refusal, where it is not the event's `cpr`. Raises `RefusedError`."""
    try:
        number = normalise(cpr_seal.open_sealed(sealed, opening_keys))
    except cpr_seal.NotSealedError:
        raise RefusedError(Rejection.CPR_NOT_SEALED, field) from None
    except cpr_seal.SealNotOpenedError:
        raise RefusedError(Rejection.CPR_NOT_OPENED, field) from None
    except NotAPerson:
        raise RefusedError(Rejection.NOT_A_PERSON, field) from None
    if is_unborn(number, copenhagen_date(origin.appended_at)):
        raise RefusedError(Rejection.NOT_A_PERSON, "born after the broker received it")
    if probe_identity.oversteps(sender, number, None) is not None:
        raise RefusedError(Rejection.NOT_SENDERS_OWN, field or "cpr")
    return number
