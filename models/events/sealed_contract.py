"""Version 2 of the contract: in each event about a person one JWE, for that event alone, holds all that is personal.

What is not personal stands beside it as in version 1, and means the same.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from models.base import Frozen
from models.events import contract
from models.events.annulled_residence import ResidenceAnnulmentFields
from models.events.number_change import NumberChangeFields

MAX_SEALED = 16_384
"""Characters of a message's JWE: room for the longest text and contact with every letter escaped (`\\u00e5`)."""
_ABOUT = "JWE compact (ECDH-ES, X25519, A256GCM) to the service's key, with `apu` the sender and `apv` the event's id, "


class PersonInside(Frozen):
    """What the JWE of an event about a person holds, as JSON."""

    cpr: Annotated[str, Field(description="Ten digits")]


class MessageInside(PersonInside):
    """What the JWE of a dropout-risk message holds, as JSON."""

    text: contract.RiskText | None = Field(
        default=None, description="Short text for the unit. No health information, and no CPR"
    )
    contact: contract.ContactPerson | None = None


class NumbersInside(PersonInside):
    """What the JWE of ``person-number.changed`` holds, as JSON: the old number, and the new one."""

    new_cpr: Annotated[str, Field(description="Ten digits; the old number may be temporary (day + 60)")]


class HasSealedPerson(Frozen):
    """Every event about a person."""

    sealed: Annotated[
        str,
        StringConstraints(min_length=10, max_length=2000),
        Field(description=f"{_ABOUT}of JSON: sealed-person.schema.json"),
    ]


class HasSealedMessage(Frozen):
    """A dropout-risk message."""

    sealed: Annotated[
        str,
        StringConstraints(min_length=10, max_length=MAX_SEALED),
        Field(description=f"{_ABOUT}of JSON: sealed-message.schema.json"),
    ]


class HasSealedNumbers(Frozen):
    """A change of number."""

    sealed: Annotated[
        str,
        StringConstraints(min_length=10, max_length=2000),
        Field(description=f"{_ABOUT}of JSON: sealed-numbers.schema.json"),
    ]


class EnrolmentSealed(contract.EnrolmentFields, HasSealedPerson):
    """Data of ``enrolment.registered`` and ``enrolment.corrected``."""


class EnrolmentEndSealed(contract.EnrolmentEndFields, HasSealedPerson):
    """Data of ``enrolment.ended``."""


class BenefitPeriodSealed(contract.BenefitPeriodFields, HasSealedPerson):
    """Data of ``benefit-period.registered`` and ``benefit-period.corrected``."""


class BenefitAnnulmentSealed(contract.BenefitAnnulmentFields, HasSealedPerson):
    """Data of ``benefit-period.annulled``."""


class ResidenceSealed(contract.ResidenceFields, HasSealedPerson):
    """Data of ``residence.registered``."""


class ResidenceAnnulmentSealed(ResidenceAnnulmentFields, HasSealedPerson):
    """Data of ``residence.annulled``."""


class NumberChangeSealed(NumberChangeFields, HasSealedNumbers):
    """Data of ``person-number.changed``."""


class RiskSealed(contract.RiskFields, HasSealedMessage):
    """Data of ``dropout-risk.raised``."""


class WithdrawalSealed(contract.WithdrawalFields, HasSealedPerson):
    """Data of ``dropout-risk.withdrawn``."""
