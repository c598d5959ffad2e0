"""What is sealed of a message, and why the unit opens it: in coded words, for they stand in the audit trail."""

from enum import StrEnum
from typing import Any

from models.base import Frozen


class SensitiveFields(Frozen):
    """What is sealed of a message, for the unit that owes the reaction."""

    cpr: str
    text: str | None = None
    contact: dict[str, Any] | None = None


class OpenPurpose(StrEnum):
    """Why the particulars are opened."""

    CONTACT_PERSON = "contact_person"
    """To seek contact with the young person."""
    CONTACT_INSTITUTION = "contact_institution"
    """To speak with the institution."""
    CASE_RECORD = "case_record"
    """To find or write the person's case in the unit's own system."""
    ACCESS_REQUEST = "access_request"
    """To answer the person's own request (Article 15 of the GDPR)."""


def sealed_for(sender: str, message_id: str, person_id: str) -> str:
    """The purpose that a message's particulars are sealed to: no other message's seal opens in its place."""
    return f"message/{sender}/{message_id}/{person_id}"
