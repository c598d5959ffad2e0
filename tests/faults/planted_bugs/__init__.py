"""Bugs that a careful engineer could write, planted into a child process before it runs.

None of this is in the service: a child is started through `tests.faults.run_with_bug`, which patches the real modules.
The service has more than one line of defence. Where the next line would repair a bug, the plant takes that away too:
what is tested here is whether the harness sees the harm. That the bug *alone* does none is measured beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.faults.planted_bugs import ledger, notifier, stream

Plant = Callable[[], None]


@dataclass(frozen=True)
class Planted:
    """Where a bug is planted, the cell under which it does harm, and the figure that must show it."""

    kinds: tuple[str, ...]
    plant: Plant
    cell: str
    figure: str
    """Of `verdict.Verdict`."""
    alone: Plant | None = None
    """The bug with the next line of defence still there, where the plant takes that away."""


NOTHING: Final = "nothing"
"""The cell in which nothing else is broken."""
PLANTS: Final[Mapping[str, Planted]] = {
    "auto-commit on": Planted(
        ("ledger",), ledger.auto_commit, "kill at ledger.before_commit", "lost", ledger.auto_commit_alone
    ),
    "offset committed before output is acknowledged": Planted(
        ("worker",), stream.offset_before_output, "kill at offsets.after", "lost"
    ),
    "delivery marked sent before sending": Planted(
        ("notify",), notifier.sent_before_sending, "kill at mail.recipient", "lost"
    ),
    "concurrency 2 with a slow message": Planted(
        ("worker",), stream.two_actors, "kill at output.acknowledged", "lost", stream.two_actors_alone
    ),
    "auto.offset.reset latest with new partitions": Planted(
        ("worker",), stream.from_the_end, "offsets of the group deleted", "lost", stream.from_the_end_alone
    ),
    "unit check off": Planted(
        ("ledger", "notify"), notifier.unit_check_off, NOTHING, "wrong_unit", notifier.wrong_address
    ),
    "partial refusal ignored": Planted(
        ("notify",), notifier.refusal_ignored, "one recipient refused and the others taken", "lost"
    ),
    "CPR in a log line": Planted(("worker",), stream.cpr_in_the_log, NOTHING, "cpr_found"),
    "deadline from the processing time": Planted(
        ("ledger",), ledger.deadline_from_processing, NOTHING, "deadlines_moved"
    ),
    "signature not bound to the topic": Planted(
        ("worker",), stream.topic_not_signed, "records copied to another kind's topic", "phantom"
    ),
    "retry with a new Message-ID": Planted(
        ("notify",), notifier.new_message_id, "body taken and never answered", "duplicate_mails"
    ),
    "records taken without their MAC": Planted(
        ("ledger",), ledger.takes_anything, "foreign records on receipts", "lost"
    ),
    "moves gathered and told after the commit": Planted(
        ("ledger",), ledger.told_after_commit, "ledgers killed before a move is told", "phantom"
    ),
    # Last: the key stays dropped.
    "unique key on tasks dropped": Planted(
        ("ledger",), ledger.no_unique_key, NOTHING, "duplicate_tasks", ledger.no_unique_key_alone
    ),
}
ALONE: Final = ", alone"
"""After a bug's name: without what else its plant takes away."""


def plant_of(bug: str) -> Plant:
    """What a child process does before it begins."""
    name = bug.removesuffix(ALONE)
    planted = PLANTS[name]
    plant = planted.plant if name == bug else planted.alone
    if plant is None:
        raise KeyError(f"{bug}: it takes nothing else away")
    return plant
