"""The contract's event about a number itself, beside `models.events.contract`."""

from typing import Annotated

from pydantic import Field, StringConstraints

from models.base import Frozen
from models.events.contract import AboutPerson, LegalDate


class NumberChangeFields(Frozen):
    """The civil register has given a person another number, without the two numbers themselves."""

    valid_from: LegalDate = Field(description="From when the new number holds")


class NumberChangeData(NumberChangeFields, AboutPerson):
    """Data of ``person-number.changed``; `cpr` is the old number."""

    new_cpr: Annotated[
        str,
        StringConstraints(min_length=10, max_length=2000),
        Field(description="The new number, sealed as `cpr` is; the old one may be temporary (day + 60)"),
    ]
