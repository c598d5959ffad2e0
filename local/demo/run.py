"""The demo: the whole service, an autumn of real input, and the numbers held against an independent count."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import uvloop

from config.environments import AuditEnvironment
from config.reference.checks.all import sound_reference
from config.reference.law import law_of
from frafaldsvarsel.processes.auditor import once
from local.demo.counts import NO_REPEAT, DemoCounter, DemoCounts
from local.demo.prepared_records import KEPT, PreparedRecords
from local.demo.scenario.expected import Expected, count
from local.demo.scenario.story import Episode, Story
from local.service import Service
from ops.audit.report import AuditReport, Check
from publisher.publish import PublishProgress, publish

MARK: Final = "demo-folder"
WORKERS: Final = 2
GRACE_SECONDS: Final = 0.4
_SETTLE_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 0.05
_GLANCE_SECONDS: Final = 1.0


class NotSettled(RuntimeError):
    """The service did not come to rest after an act; the message says what is still open."""


class NotADemoFolder(RuntimeError):
    """The folder holds something else, and the demo begins with an empty one."""


@dataclass(slots=True)
class Result:
    """What the demo ended in."""

    story: Story
    counts: DemoCounts
    expected: Expected
    audit: AuditReport
    seconds: dict[str, float] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every number is the expected one and nothing is unaccounted for."""
        return not self.differences and self.audit.unaccounted == 0

    def as_object(self) -> dict[str, object]:
        """The last line of ``demo --json``."""
        now = self.counts
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

    def __init__(self, service: Service, prepared: PreparedRecords) -> None:
        self.story = prepared.story
        self._service = service
        self._prepared = prepared
        self._counter = DemoCounter(service)
        self._published = 0

    def close(self) -> None:
        """Disconnect."""
        self._counter.close()

    def play(self, act: Episode, on_move: Callable[[int, DemoCounts], None]) -> DemoCounts:
        """Publish the act's records and wait until everything that follows from them has settled."""
        looked = 0.0

        def sent(progress: PublishProgress) -> None:
            # Counting holds up the publishing, so it is done now and then; in the first part there is no ledger yet.
            nonlocal looked
            if self._published and (now := time.monotonic()) - looked > _GLANCE_SECONDS:
                looked = now
                self._counter.count()
            on_move(progress.acknowledged, self._counter.last)

        result = uvloop.run(
            publish(self._prepared.records(act), kafka=self._service.settings.kafka, on_progress=sent)
        )
        if not result.complete:
            raise NotSettled(f"In “{act.title}” only {result.acknowledged} of {result.read} were published.")
        self._published += len(act.items)
        # The first records are taken before everything that follows from them is up.
        self._service.wait_ready()
        return self.settle(act, lambda counts: on_move(len(act.items), counts))

    def settle(self, act: Episode, on_move: Callable[[DemoCounts], None] = lambda _: None) -> DemoCounts:
        """Wait until everything that follows from what was published is done; raises `NotSettled`."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while (counts := self._counter.count(published=self._published)).open_ends:
            on_move(counts)
            if time.monotonic() > deadline:
                raise NotSettled(f"After “{act.title}” there is still: {', '.join(counts.open_ends)}.")
            time.sleep(_LOOK_SECONDS)
        on_move(counts)
        return counts

    def result(self, seconds: dict[str, float]) -> Result:
        """The end, held against the independent count and audited."""
        expected = count(self.story, law_of(sound_reference()))
        counts = self._counter.count()
        audited = once(self._service.told(AuditEnvironment), timedelta(0))
        result = Result(self.story, counts, expected, audited, seconds)
        result.differences += self._differences(counts, expected)
        agree = next(account.parts["agree"] for account in audited.accounts if account.hop is Check.TOTALS)
        if agree != expected.totals:
            result.differences.append(f"control totals that agree: {agree}, expected {expected.totals}")
        return result

    def _differences(self, counts: DemoCounts, expected: Expected) -> list[str]:
        """What is not as the independent count has it, in total and in every part of it."""
        pairs: list[tuple[str, object, object]] = [
            ("accepted", counts.accepted, expected.accepted),
            (
                "rejected by reason",
                self._counter.by("reason", "receipts", "status = 'rejected'"),
                expected.rejected,
            ),
            ("duplicates", counts.duplicates, expected.duplicates),
            ("conflicts", counts.conflicts, expected.conflicts),
            ("tasks by unit", self._counter.by("unit_id", "tasks", "status = 'open'"), expected.tasks),
            (
                "notices by unit",
                self._counter.by("unit_id", "deliveries", "status = 'delivered'"),
                expected.notices,
            ),
            ("decisions by reason", self._counter.by("reason", "messages", NO_REPEAT), expected.reasons),
            ("mails caught", counts.mails, expected.notices.total()),
        ]
        return [
            f"{name}: {found}, expected {wanted}"
            for name, found, wanted in pairs
            if (dict(found) if isinstance(found, dict) else found)
            != ({key: n for key, n in wanted.items() if n} if isinstance(wanted, dict) else wanted)
        ]


def demo_service(data: Path, say: Callable[[str], None], *, pages: bool) -> Service:
    """A service in an empty folder, with or without an inbox to visit.

    What an earlier demo left there is removed, but for keys and sealed records.
    """
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
    return Service(
        data,
        say=say,
        workers=WORKERS,
        beside=(),
        pages=pages,
        patient=False,
        grace_seconds=GRACE_SECONDS,
    )
