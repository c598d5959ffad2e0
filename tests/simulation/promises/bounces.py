"""Mails that came back: each marks its notice as refused, once; a forged report changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import sha256

from models.notifications.returned import ReportedAction
from notifiers.bounces.store import MOST_NOTED, BounceEffect
from tests.simulation.bounces import Returned
from tests.simulation.final_state import Books


def _is_kept(books: Books, one: Returned) -> bool:
    """Of one delivery there are as many as are kept, at most."""
    report = sha256(one.content).hexdigest()
    kept = [row for row in books.bounces if row["delivery_id"] == one.delivery]
    return any(row["report"] == report for row in kept) or len(kept) >= MOST_NOTED


def returns(books: Books) -> Iterator[str]:
    """What was read before an older backup was restored is gone with it, and is not asked for."""
    post = books.world.post
    for one in post.waiting:
        yield f"a report on {one.delivery} was never read"
    genuine, failed = defaultdict(set), set()
    for read in post.read:
        one = read.returned
        if not one.genuine:
            if read.effect is not BounceEffect.NOT_OURS:
                yield f"a forged report on {one.delivery} was {read.effect}"
            continue
        genuine[one.delivery].add(sha256(one.content).hexdigest())
        if one.action is ReportedAction.FAILED:
            failed.add(one.delivery)
        if read.age != post.age or one.age != post.age:
            continue
        row, eraser = books.deliveries.get(one.delivery), books.world.eraser
        if row is None and eraser.is_erased(eraser.notices.get(one.delivery)):
            continue
        if row is None or read.effect is BounceEffect.NOT_OURS:
            yield f"a report on {one.delivery} was not known as ours"
        elif one.action is ReportedAction.FAILED and row["status"] in ("due", "delivered"):
            yield f"the mail of {one.delivery} came back, and it is {row['status']}"
        elif one.action is ReportedAction.UNREAD and not _is_kept(books, one):
            yield f"what came back for {one.delivery} was not understood, and no case names it"
    for row in books.bounces:
        if row["report"] not in genuine[row["delivery_id"]]:
            yield f"a report on {row['delivery_id']} is kept that nobody has sent"
    ended = Counter(
        attempt["delivery_id"] for attempt in books.attempts if attempt["detail"].startswith("bounce:")
    )
    for identity, times in ended.items():
        if identity not in failed or times > 1:
            yield f"{identity} was refused {times} times for a mail that came back"
