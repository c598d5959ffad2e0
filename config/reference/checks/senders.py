"""Whether every sender can be placed: its municipality, and the institution that has taken it over."""

from collections.abc import Iterator

from config.errors import Fault
from config.reference.tables import Reference
from config.successors import leads_back
from models.events.sender import SenderKind


def sender_faults(reference: Reference) -> Iterator[Fault]:
    """Unknown municipalities, municipalities that cannot send, and broken chains of successors."""
    senders = reference.senders
    if reference.municipalities.sound:
        yield from _municipality_faults(reference)
    by_number = {row.number: row for row in senders.rows}
    for line in senders.lines:
        row = line.row
        if row.successor is None:
            continue
        following = by_number.get(row.successor)
        if following is None:
            if senders.sound:
                yield senders.fault(line.number, f"successor {row.successor} is not in senders.csv")
        elif following.kind is not row.kind:
            yield senders.fault(line.number, f"successor {row.successor} of {row.number} is of another kind")
        elif leads_back(row, by_number):
            yield senders.fault(line.number, f"the successors of {row.number} lead back to it")
        elif row.valid_to and following.valid_to and following.valid_to < row.valid_to:
            yield senders.fault(line.number, f"successor {row.successor} ends before {row.number}")


def _municipality_faults(reference: Reference) -> Iterator[Fault]:
    senders = reference.senders
    known = {row.code: row for row in reference.municipalities.rows}
    for line in senders.lines:
        code = line.row.number if line.row.kind is SenderKind.MUNICIPALITY else line.row.municipality_code
        if code is not None and code not in known:
            yield senders.fault(
                line.number, f"sender {line.row.number}: municipality {code} is not in municipalities.csv"
            )
    if senders.sound:
        numbers = {row.number for row in senders.rows}
        for code, row in known.items():
            if code not in numbers:
                yield senders.fault(
                    None, f"municipality {code} {row.name} is no sender: its benefit periods would be refused"
                )
