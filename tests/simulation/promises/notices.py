"""Who is told, and how often a notice goes out."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from tests.simulation.channels import Carrier, Taken, name_of
from tests.simulation.expected import Plain
from tests.simulation.final_state import Books, key_of
from tests.simulation.notifiers import DOMAIN
from tests.simulation.units import recipients, webhooks

_LAST_WAIT: Final = timedelta(minutes=31)
"""Where the next attempt would come after the deadline, none is planned."""
_LAST_WAIT_OF_HOOKS: Final = timedelta(hours=6, minutes=1)


def notices(books: Books) -> Iterator[str]:
    """Each recipient of a unit is told once for each occasion, and of nothing else."""
    due = {
        (*notice, address)
        for notice in books.lives.notices
        for address in (*recipients(notice[0][0][2]), *webhooks(notice[0][0][2]))
        if notice[0][0][0] not in books.untold
    }
    made = {
        (key_of(books.tasks[row["task_id"]]), row["occasion"], row["cause"], row["recipient"])
        for row in books.deliveries.values()
        if books.tasks[row["task_id"]]["person_id"] not in books.untold and _by_a_decision(row)
    }
    for notice in due - made:
        yield f"nobody was told: {notice}"
    for notice in made - due:
        yield f"told without reason: {notice}"
    reopened = {act["task_id"] for act in books.acts if act["kind"] == "reopen"}
    for task in books.open:
        for address in recipients(task["unit_id"]):
            called = [
                row
                for row in books.deliveries.values()
                if row["task_id"] == task["id"]
                and row["recipient"] == address
                and row["occasion"] in ("new", "taken_over", "more_messages")
                and row["status"] != "superseded"
            ]
            if not called and task["id"] not in reopened:
                yield f"nothing calls {address} to act on {task['reference']}"


def _by_a_decision(row: Plain) -> bool:
    return bool(row["occasion"] != "channel_off" and row["cause_kind"] != "step")


def mails(books: Books) -> Iterator[str]:
    """What is marked as sent was taken by the other side; one delivery is one notice; a copy has its reason."""
    world = books.world
    came_back = {one.returned.delivery for one in world.post.read if one.returned.genuine}
    ended = Counter(
        row["detail"].get("delivery_id") for row in books.audit if row["kind"].startswith("delivery_")
    )
    for identity, row in books.deliveries.items():
        mail = row["channel"] == "email"
        carrier: Carrier[Any] = world.relay if mail else world.receivers
        name = f"<{identity}@{DOMAIN}>" if mail else str(identity)
        if row["status"] == "due":
            yield f"delivery {identity} is still due"
        elif row["status"] == "delivered":
            if name not in carrier.answers:
                yield f"delivery {identity} is marked as sent, and nobody was asked to take it"
        elif not ended[str(identity)]:
            yield f"delivery {identity} ended as {row['status']} without a word in the audit trail"
        if (
            row["status"] == "refused"
            and "refused" not in carrier.answers[name]
            and identity not in came_back
        ):
            yield f"delivery {identity} is marked as refused, and nobody has refused it"
        if row["status"] == "exhausted" and row["ended_at"] < row["deadline"] - _last_wait(row):
            yield f"delivery {identity} was given up before its deadline"
    rows = books.deliveries.values()
    yield from _copies(
        books, world.relay, {f"<{row['id']}@{DOMAIN}>" for row in rows if row["channel"] == "email"}
    )
    yield from _copies(
        books, world.receivers, {str(row["id"]) for row in rows if row["channel"] == "webhook"}
    )


def _last_wait(row: Plain) -> timedelta:
    return _LAST_WAIT if row["channel"] == "email" else _LAST_WAIT_OF_HOOKS


def _of_erased(books: Books, name: str) -> bool:
    """Whether the notice went out before its person was erased."""
    identity = UUID(name.lstrip("<").partition("@")[0])
    return books.world.eraser.is_erased(books.world.eraser.notices.get(identity))


def _copies(books: Books, carrier: Carrier[Any], ids: set[str]) -> Iterator[str]:
    by_id: dict[str, list[Taken[Any]]] = defaultdict(list)
    for taken in carrier.taken:
        by_id[name_of(taken.mail)].append(taken)
    marked = {
        name
        for row in books.deliveries.values()
        if row["status"] == "delivered"
        for name in (f"<{row['id']}@{DOMAIN}>", str(row["id"]))
    }
    for name in (marked & ids) - by_id.keys():
        yield f"{name} is marked as sent, and nobody has taken it"
    for name, copies in by_id.items():
        recent = [copy for copy in copies if copy.age == carrier.age]
        if recent and name not in ids and not _of_erased(books, name):
            yield f"a notice {name} was sent that belongs to no delivery"
        for one, other in pairwise(copies):
            if one.age == other.age and one.mail != other.mail:
                yield f"two different notices were sent as {name}"
        restores = len({copy.age for copy in copies}) - 1
        if len(copies) - 1 > carrier.excuses[name] + restores:
            yield f"{len(copies)} copies of {name}, with {carrier.excuses[name]} reasons and {restores} restores"
