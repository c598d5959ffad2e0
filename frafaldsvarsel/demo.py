"""The demo: the whole service, an autumn of real input, and the numbers held against an independent count."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from config.law import load_law
from config.topics import Topic
from frafaldsvarsel.embedded.mailbox import count_mails
from frafaldsvarsel.manuscript import KEPT, Manuscript
from frafaldsvarsel.service import Service
from frafaldsvarsel.story.expected import Count, Expected
from frafaldsvarsel.story.story import Act, Story
from ops.accounts import Audit
from ops.audit import audit
from ops.log import Log, LogUnreachable
from ops.notes import Notes
from ops.reading import read_on
from publisher.publish import Progress, publish

MARK: Final = "demo-folder"
WORKERS: Final = 2
GRACE_SECONDS: Final = 0.4
_SETTLE_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 0.08
_GLANCE_SECONDS: Final = 1.0
_COUNTED: Final = (
    "accepted",
    "rejected",
    "duplicates",
    "conflicts",
    "obliged",
    "not_obliged",
    "undecided",
    "tasks",
)


class NotSettled(RuntimeError):
    """The service did not come to rest after an act; the message says what is still open."""


class NotADemoFolder(RuntimeError):
    """The folder holds something else, and the demo begins with an empty one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the service stands."""

    receipts: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    conflicts: int = 0
    obliged: int = 0
    not_obliged: int = 0
    undecided: int = 0
    tasks: int = 0
    mails: int = 0
    open_ends: tuple[str, ...] = ()


@dataclass(slots=True)
class Result:
    """What the demo ended in."""

    story: Story
    standing: Standing
    expected: Expected
    audit: Audit
    seconds: dict[str, float] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every number is the expected one and nothing is unaccounted for."""
        return not self.differences and self.audit.unaccounted == 0

    def as_object(self) -> dict[str, object]:
        """The last line of ``demo --json``."""
        now = self.standing
        return {
            "published": self.story.published,
            "receipts": {"accepted": now.accepted, "rejected": now.rejected},
            "repeats": {"duplicate": now.duplicates, "conflict": now.conflicts},
            "decisions": {
                "obliged": now.obliged,
                "not_obliged": now.not_obliged,
                "undecided": now.undecided,
            },
            "tasks": now.tasks,
            "emails": now.mails,
            "unaccounted": self.audit.unaccounted,
        }


class Demo:
    """One run of the story on a service that is up."""

    def __init__(self, service: Service, manuscript: Manuscript) -> None:
        self.story = manuscript.story
        self._service = service
        self._notes = service.data / "audit.notes"
        self._reading: threading.Thread | None = None
        self._counting = Count(load_law())
        self._expected = Expected()
        self._manuscript = manuscript
        self._log = Log(service.settings.kafka)
        self._connection: psycopg.Connection[Any] = service.database()
        self._published = 0
        self._last = Standing()

    def close(self) -> None:
        """Disconnect."""
        if self._reading is not None:
            self._reading.join()
        self._log.close()
        self._connection.close()

    def play(self, act: Act, on_move: Callable[[int, Standing], None]) -> Standing:
        """Publish the act's records and wait until everything that follows from them has settled."""

        looked = 0.0

        def sent(progress: Progress) -> None:
            # Counting holds up the publishing, so it is done now and then.
            nonlocal looked
            if (now := time.monotonic()) - looked > _GLANCE_SECONDS:
                looked = now
                self.standing()
            on_move(progress.acknowledged, self._last)

        result = asyncio.run(
            publish(self._manuscript.records(act), kafka=self._service.settings.kafka, on_progress=sent)
        )
        if not result.complete:
            raise NotSettled(f"In “{act.title}” only {result.acknowledged} of {result.read} were published.")
        self._published += len(act.items)
        # The independent count is made while the service works.
        self._expected = self._counting.play(act.items)
        standing = self.settle(act, lambda standing: on_move(len(act.items), standing))
        if self._reading is None:
            self._reading = threading.Thread(target=self._read_ahead, name="audit")
            self._reading.start()
        return standing

    def settle(self, act: Act, on_move: Callable[[Standing], None] = lambda _: None) -> Standing:
        """Wait until everything that follows from what was published is done; raises `NotSettled`."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while (standing := self.standing(settled=True)).open_ends:
            on_move(standing)
            if time.monotonic() > deadline:
                raise NotSettled(f"After “{act.title}” there is still: {', '.join(standing.open_ends)}.")
            time.sleep(_LOOK_SECONDS)
        on_move(standing)
        return standing

    def standing(self, *, settled: bool = False) -> Standing:
        """The present counts; with `settled` also what is still open. A server that is away is an open end."""
        try:
            counts = self._counts()
            self._last = Standing(
                receipts=counts["accepted"] + counts["rejected"],
                **counts,
                mails=count_mails(self._service.data / "catcher"),
                open_ends=tuple(self._open_ends(counts)) if settled else (),
            )
        except (psycopg.OperationalError, LogUnreachable) as error:
            self._last = replace(self._last, open_ends=(f"a server that is away ({type(error).__name__})",))
            self._reconnect()
        return self._last

    def _reconnect(self) -> None:
        if not self._connection.closed and not self._connection.broken:
            return
        try:
            self._connection = self._service.database()
        except psycopg.OperationalError:
            time.sleep(_LOOK_SECONDS)

    def result(self, seconds: dict[str, float]) -> Result:
        """The end, held against the independent count and audited."""
        expected = self._expected
        standing = self.standing()
        result = Result(
            self.story,
            standing,
            expected,
            self._audit(),
            seconds,
        )
        result.differences += self._differences(standing, expected)
        return result

    def _read_ahead(self) -> None:
        """What the audit reads of the first and longest act, so that in the end it has less to read."""
        log, notes = Log(self._service.settings.kafka), Notes(self._notes)
        try:
            notes.begin(log.cluster())
            read_on(log, notes)
        except LogUnreachable:
            return
        finally:
            log.close()
            notes.close()

    def _audit(self) -> Audit:
        if self._reading is not None:
            self._reading.join()
        notes = Notes(self._notes)
        try:
            return audit(self._log, self._connection, grace=timedelta(0), notes=notes)
        finally:
            notes.close()

    def _counts(self) -> dict[str, int]:
        row = self._connection.execute(
            """
            SELECT (SELECT count(*) FROM receipts WHERE status = 'accepted'),
                   (SELECT count(*) FROM receipts WHERE status = 'rejected'),
                   (SELECT count(*) FROM repeats WHERE kind = 'duplicate'),
                   (SELECT count(*) FROM repeats WHERE kind = 'conflict'),
                   count(*) FILTER (WHERE outcome = 'obliged'),
                   count(*) FILTER (WHERE outcome = 'not_obliged'),
                   count(*) FILTER (WHERE outcome = 'undecided'),
                   (SELECT count(*) FROM tasks WHERE status = 'open')
            FROM messages m
            WHERE NOT EXISTS (SELECT 1 FROM repeats r WHERE (r.topic, r.partition, r."offset")
                                                        = (m.origin_topic, m.origin_partition, m.origin_offset))
            """
        ).fetchone()
        return dict(zip(_COUNTED, row or (), strict=True))

    def _open_ends(self, counts: dict[str, int]) -> Iterator[str]:
        receipts = counts["accepted"] + counts["rejected"]
        if receipts < self._published:
            yield f"{self._published - receipts} records without receipt"
            return
        events = sum(end for _, end in self._log.bounds(Topic.PERSON_EVENTS).values())
        applied = self._number("SELECT count(*) FROM applied")
        if applied < events:
            yield f"{events - applied} person events not applied"
            return
        ends = {
            (topic, partition): end
            for topic in (Topic.RECEIPTS, Topic.DECISIONS)
            for partition, (_, end) in self._log.bounds(topic).items()
        }
        at = {
            (topic, partition): offset
            for topic, partition, offset in self._connection.execute(
                "SELECT topic, partition, next_offset FROM position"
            )
        }
        behind = sum(end - at.get((str(topic), partition), 0) for (topic, partition), end in ends.items())
        if behind > 0:
            yield f"{behind} records not in the ledger"
        if unsent := self._number("SELECT count(*) FROM outbox WHERE sent_at IS NULL"):
            yield f"{unsent} records in the outbox"
        if due := self._number("SELECT count(*) FROM deliveries WHERE status = 'due'"):
            yield f"{due} mails to be sent"

    def _number(self, sql: Any) -> int:
        row = self._connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def _differences(self, standing: Standing, expected: Expected) -> list[str]:
        """What is not as the independent count has it, in total and in every part of it."""
        pairs: list[tuple[str, object, object]] = [
            ("accepted", standing.accepted, expected.accepted),
            ("rejected by reason", self._by("reason", "receipts", "status = 'rejected'"), expected.rejected),
            ("duplicates", standing.duplicates, expected.duplicates),
            ("conflicts", standing.conflicts, expected.conflicts),
            ("tasks by unit", self._by("unit_id", "tasks", "status = 'open'"), expected.tasks),
            ("notices by unit", self._by("unit_id", "deliveries", "status = 'delivered'"), expected.notices),
            ("decisions by reason", self._by("reason", "messages", _NO_REPEAT), expected.reasons),
            ("mails caught", standing.mails, expected.notices.total()),
        ]
        return [
            f"{name}: {found}, expected {wanted}"
            for name, found, wanted in pairs
            if (dict(found) if isinstance(found, dict) else found)
            != ({key: n for key, n in wanted.items() if n} if isinstance(wanted, dict) else wanted)
        ]

    def _by(self, column: str, table: str, where: str) -> dict[str, int]:
        rows = self._connection.execute(
            f"SELECT {column}, count(*) FROM {table} WHERE {where} GROUP BY 1"  # noqa: S608 - fixed words
        ).fetchall()
        return dict(rows)


_NO_REPEAT: Final = (
    'NOT EXISTS (SELECT 1 FROM repeats r WHERE (r.topic, r.partition, r."offset") '
    "= (origin_topic, origin_partition, origin_offset))"
)


def demo_service(data: Path, say: Callable[[str], None]) -> Service:
    """A service in an empty folder. What an earlier demo left there is removed, but for keys and sealed records."""
    if data.exists() and any(data.iterdir()):
        if not (data / MARK).exists():
            raise NotADemoFolder(
                f"{data} holds something else; give the demo a folder of its own with --data."
            )
        for left in data.iterdir():
            if left.name not in KEPT:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    data.mkdir(parents=True, exist_ok=True)
    (data / MARK).write_text("Made by the demo, and removed when it starts again.\n", encoding="utf-8")
    return Service(data, say=say, workers=WORKERS, audit=False, canary=False, grace_seconds=GRACE_SECONDS)
