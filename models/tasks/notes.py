"""The codes that a unit may note on a task. A note is for colleagues: it decides nothing and moves no date.

A closed list, and nothing of a person's health, origin or circumstances is in it: what a young person has said belongs
into the case system. docs/inbox.md lists it, made from here.
"""

from enum import StrEnum


class NoteCode(StrEnum):
    """What colleagues should know when they open the task."""

    MEETING_ARRANGED = "meeting_arranged"
    """A conversation has a date in the calendar of the case system."""
    AWAITS_PERSON = "awaits_person"
    """The young person is to answer."""
    AWAITS_INSTITUTION = "awaits_institution"
    """The institution is to answer."""
    AWAITS_COLLEAGUE = "awaits_colleague"
    """Somebody else in the municipality is to answer."""
    INSTITUTION_CONTACTED = "institution_contacted"
    """The unit has talked with the institution."""
    CONTACT_DETAILS_WRONG = "contact_details_wrong"
    """The phone number or the address in the message does not reach anybody."""
    SEE_CASE_SYSTEM = "see_case_system"
    """More stands in the case system, where it belongs."""
