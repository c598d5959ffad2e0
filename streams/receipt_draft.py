"""A receipt while its record is being checked: each check notes what it has established."""

from dataclasses import dataclass
from datetime import date

from models.events.cloudevent import Refused
from models.events.receipt import Receipt, ReceiptStatus, Total
from models.events.simple_event import SimpleOrigin
from models.events.simple_receipt import KnownReceipt, SimpleReceipt, write_receipt


@dataclass(slots=True)
class ReceiptDraft:
    """What the receipt may repeat to the sender, as far as the checks have come: a refusal says no more than that."""

    origin: SimpleOrigin
    type: str | None = None
    event_id: str | None = None
    sender: str | None = None
    sequence: int | None = None
    registered_on: date | None = None
    total: Total | None = None

    def accepted(self, fingerprint: str, fingerprint_utc: str | None) -> KnownReceipt:
        """The receipt of a record that passed every check."""
        receipt = SimpleReceipt(
            origin=self.origin,
            status=ReceiptStatus.ACCEPTED,
            sender=self.sender,
            event_id=self.event_id,
            type=self.type,
            fingerprint=fingerprint,
            fingerprint_utc=fingerprint_utc,
            sequence=self.sequence,
            registered_on=self.registered_on,
        )
        if self.total is None:
            return receipt
        return Receipt.model_validate_json(write_receipt(receipt)).model_copy(update={"total": self.total})

    def rejected(self, refused: Refused) -> SimpleReceipt:
        """The receipt of a record that one check refused."""
        return SimpleReceipt(
            origin=self.origin,
            status=ReceiptStatus.REJECTED,
            reason=refused.reason,
            detail=refused.detail,
            sender=self.sender,
            event_id=self.event_id,
            type=self.type,
            sequence=self.sequence,
            registered_on=self.registered_on,
        )
