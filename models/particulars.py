"""What is sealed of a message from intake on, and opened only for the unit that owes the reaction."""

from models.contract import ContactPerson
from models.frozen import Frozen


class Particulars(Frozen):
    """Who it is about, what the institution wrote, and whom to call there."""

    cpr: str
    text: str | None = None
    contact: ContactPerson | None = None


def purpose(sender: str, message_id: str, person_id: str) -> str:
    """What the seal is made for: it opens for no other message."""
    return f"message/{sender}/{message_id}/{person_id}"
