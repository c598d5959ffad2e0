"""Story: a canary flies through the real service; with the ledger stopped it is missed, and the heart stops beating."""

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.environments import AuditEnvironment, ProbeEnvironment
from config.senders import base_senders
from frafaldsvarsel.processes.auditor import auditor
from frafaldsvarsel.wiring import probe as probe_wiring
from infra.metrics import Metrics
from ledger.queries import listings
from local.servers.mailbox import read_mails
from local.service import Service
from models.events import probe_identity as reserved
from ops.audit.heartbeat import Heartbeat
from ops.audit.metrics import AUDIT_METRICS
from ops.audit.report import Check
from ops.audit.rounds import Rounds
from ops.probe import events
from ops.probe.metrics import CANARY_METRICS
from ops.probe.probe import Probe, one_after_another
from ops.probe.trace import Leg, ProbeRun
from publisher.key_files import ensure_keys
from tests.reference import SHIPPED

HOUR = timedelta(hours=1)
LONG = 120


@pytest.fixture(scope="module")
def service(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The whole service, without an auditor and a canary of its own."""
    service = Service(tmp_path_factory.mktemp("canary"), jars=jars, beside=())
    with service.running():
        yield service


class Cage:
    """A canary at the service, and what it shows."""

    def __init__(self, service: Service, *, patience: int = LONG, keys: Path | None = None) -> None:
        told = service.told(ProbeEnvironment)
        self._settings = replace(
            told,
            interval=told.interval.model_copy(update={"patience_seconds": patience}),
            probe=told.probe.model_copy(update={"keys_dir": keys or service.data / "keys"}),
        )
        self._service = service
        self.shown = Metrics(CANARY_METRICS)

    def fly(self, *moments: datetime) -> list[ProbeRun]:
        """One flight at each moment, by one process."""

        async def flights() -> list[ProbeRun]:
            canary = Probe(probe_wiring.probe_settings(self._settings), self.shown, monotonic=time.monotonic)
            try:
                return [await canary.fly(moment) for moment in moments]
            finally:
                await canary.close()

        return asyncio.run(flights())

    def run(self, interval: timedelta, until: Any) -> None:
        """As the process does, until `until` is true."""

        async def run() -> None:
            stop = asyncio.Event()
            canary = Probe(probe_wiring.probe_settings(self._settings), self.shown, monotonic=time.monotonic)
            flying = asyncio.create_task(one_after_another(canary, interval, stop))
            async with asyncio.timeout(LONG):
                while not until() and not flying.done():
                    await asyncio.sleep(0.1)
            stop.set()
            await flying

        asyncio.run(run())

    def value(self, name: str, **labels: str) -> float:
        return self.shown.registry.get_sample_value(name, labels) or 0

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._service.database() as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def settled(self, statement: str, *values: object) -> None:
        """Wait until a question to the books has the answer yes."""
        deadline = time.monotonic() + LONG
        while self.sql(statement, *values) != [(True,)]:
            assert time.monotonic() < deadline, statement
            time.sleep(0.1)


WITHDRAWN = (
    "SELECT count(*) > 0 AND bool_and(outcome = 'not_obliged') AND bool_and(reason = 'withdrawn') FROM messages "
    "WHERE sender = '999990' AND message_id = ANY(%s)"
)


def test_a_canary_comes_home_and_is_taken_back(service: Service) -> None:
    """Over every leg, to its own unit, with one mail; its task goes with it, and comes again with the next one."""
    cage = Cage(service)
    now = datetime.now(UTC)
    first, second = cage.fly(now, now + timedelta(microseconds=1))
    assert (first.lost_at, second.lost_at) == (None, None)
    assert list(first.seconds) == list(second.seconds) == list(Leg)
    assert cage.value("frafaldsvarsel_canaries_home_total") == 2
    assert cage.value("frafaldsvarsel_canary_leg_seconds", leg="mail") == second.seconds[Leg.MAIL]
    assert cage.value("frafaldsvarsel_canary_seconds") == second.total
    cage.settled(WITHDRAWN, [first.message_id, second.message_id])
    assert cage.sql("SELECT DISTINCT unit_id, status FROM tasks") == [(reserved.UNIT, "withdrawn")]
    assert cage.sql("SELECT DISTINCT unit_id, recipient FROM deliveries") == [
        (reserved.UNIT, "kanariefugl@frafaldsvarsel.example")
    ]
    assert (
        cage.sql("SELECT sender, type, count(*) FROM receipts WHERE status = 'accepted' GROUP BY 1, 2") != []
    )
    assert cage.sql("SELECT count(*) FROM receipts WHERE status = 'rejected'") == [(0,)]


def test_another_hour_has_another_person(service: Service) -> None:
    """And so another record and another task: neither grows without end."""
    cage = Cage(service)
    now = datetime.now(UTC)
    flights = cage.fly(now - HOUR, now)
    assert [flight.home for flight in flights] == [True, True]
    sent = [flight.message_id for flight in flights]
    people = "SELECT person_id FROM messages WHERE message_id = ANY(%s)"
    assert len(set(cage.sql(people, sent))) == 2
    tasks = f"SELECT count(*) FROM tasks WHERE person_id IN ({people})"  # noqa: S608 - fixed words
    assert cage.sql(tasks, sent) == [(2,)]


def test_after_a_restart_what_was_left_is_taken_back_and_repeats_do_no_harm(service: Service) -> None:
    """A process that was killed in flight leaves its message; the next one finds it in the books."""
    cage = Cage(service)
    moment = datetime.now(UTC)
    left = events.message_id(moment)

    async def be_killed() -> None:
        canary = Probe(
            probe_wiring.probe_settings(service.told(ProbeEnvironment)), cage.shown, monotonic=time.monotonic
        )
        flying = asyncio.create_task(canary.fly(moment))
        while not cage.sql("SELECT 1 FROM messages WHERE message_id = %s", left):
            await asyncio.sleep(0.05)
        flying.cancel()
        await asyncio.gather(flying, return_exceptions=True)
        await canary.close()

    asyncio.run(be_killed())
    (flight,) = cage.fly(moment + timedelta(microseconds=1))
    assert flight.home
    cage.settled(WITHDRAWN, [left, flight.message_id])
    assert cage.sql("SELECT kind, count(*) FROM repeats WHERE kind = 'conflict' GROUP BY 1") == []


def test_the_process_flies_at_every_moment_that_the_interval_divides(service: Service) -> None:
    cage = Cage(service)
    before = cage.sql("SELECT count(*) FROM messages")[0][0]
    cage.run(timedelta(seconds=1), lambda: cage.value("frafaldsvarsel_canaries_home_total") >= 2)
    assert cage.sql("SELECT count(*) FROM messages")[0][0] >= before + 2
    whole = cage.sql(
        "SELECT bool_and(registered_at = date_trunc('second', registered_at)) FROM "
        "(SELECT registered_at FROM messages ORDER BY recorded_at DESC LIMIT 2) last"
    )
    assert whole == [(True,)]


class Watch:
    """The auditor's rounds, with a heart in a file."""

    def __init__(self, service: Service, beat: Path, *, since: datetime) -> None:
        """One that was sent `since` must be home; the brokers tell the time in whole milliseconds."""
        self._service = service
        self._beat = beat
        self.shown = Metrics(AUDIT_METRICS)
        self._rounds = Rounds(
            heartbeat=Heartbeat(beat),
            shown=self.shown,
            canary_within=HOUR,
            clock=lambda: since + HOUR - timedelta(milliseconds=1),
        )

    def beats(self) -> bool:
        """One round: whether the heart beats, while everything is accounted for."""
        self._beat.unlink(missing_ok=True)
        with auditor(self._service.told(AuditEnvironment)) as auditing:
            result = self._rounds.round(auditing.count, HOUR)
        assert result is not None
        assert result.unaccounted == 0
        return self._beat.exists()


@pytest.mark.parametrize(("process", "leg"), [("ledger", Leg.LEDGER), ("notify", Leg.MAIL)])
def test_with_a_process_stopped_the_canary_is_missed_and_the_heart_stops(
    service: Service, tmp_path: Path, process: str, leg: Leg
) -> None:
    """Nothing is unaccounted for yet; that the canary stays away is what tells. It comes back with the process."""
    before = datetime.now(UTC)
    (home,) = Cage(service).fly(before)
    assert home.home
    # So long that the legs before the one that is cut are flown in it, on a slow machine too.
    cage = Cage(service, patience=5 + 3 * math.ceil(home.total))
    assert Watch(service, tmp_path / "beat", since=before).beats()
    pid = service.pids()[process]
    os.kill(pid, signal.SIGSTOP)
    try:
        stopped = datetime.now(UTC)
        (lost,) = cage.fly(stopped)
        assert lost.lost_at is leg
        assert list(lost.seconds) == list(Leg)[: list(Leg).index(leg)]
        assert cage.value("frafaldsvarsel_canaries_lost_total", leg=leg) == 1
        watch = Watch(service, tmp_path / "beat", since=stopped)
        assert not watch.beats()
        age = watch.shown.registry.get_sample_value("frafaldsvarsel_canary_age_seconds")
        assert age is not None
        assert age > HOUR.total_seconds()
    finally:
        os.kill(pid, signal.SIGCONT)
    cage.settled(WITHDRAWN, [lost.message_id])
    after = datetime.now(UTC)
    (again,) = Cage(service).fly(after)
    assert again.home
    assert Watch(service, tmp_path / "beat", since=after).beats()


def test_a_canary_whose_keys_are_not_registered_says_so(service: Service, tmp_path: Path) -> None:
    """At once, and by its reason: it does not wait until its patience is over."""
    ensure_keys(tmp_path, [sender for sender in base_senders(SHIPPED) if sender.number in reserved.SENDERS])
    (tmp_path / "keys" / "service.public.json").write_bytes(
        (service.data / "keys" / "service.public.json").read_bytes()
    )
    (lost,) = Cage(service, keys=tmp_path / "keys").fly(datetime.now(UTC))
    assert (lost.lost_at, lost.why) == (Leg.PUBLISHED, "intake has refused a fact: signature_invalid")
    assert lost.total < LONG


def test_the_command_sends_one_and_says_how_long_each_leg_took(service: Service) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "frafaldsvarsel", "canary", "--once", "--json", "--data", str(service.data)],
        capture_output=True,
        text=True,
        timeout=2 * LONG,
        check=True,
    )
    said = json.loads(run.stdout)
    assert (said["home"], said["lost_at"], said["why"]) == (True, None, None)
    assert list(said["legs"]) == list(Leg)


def test_lists_leave_canaries_out_unless_they_are_asked_for(service: Service) -> None:
    url = service.settings.database.url.get_secret_value()
    queries: tuple[listings.Query[Any], ...] = (listings.RECEIPTS, listings.DECISIONS, listings.TASKS)
    for query in queries:
        assert list(listings.rows(url, query, {}, limit=None)) == []
        assert list(listings.rows(url, query, {}, limit=1, canaries=True))
    assert list(listings.rows(url, listings.TASKS, {"unit": reserved.UNIT}, limit=1))
    assert list(listings.rows(url, listings.RECEIPTS, {"institution": reserved.REGISTER}, limit=1))


def test_the_audit_counts_them_in_and_names_them_beside(service: Service) -> None:
    with auditor(service.told(AuditEnvironment)) as auditing:
        result = auditing.count(HOUR)
    receipts = next(account for account in result.accounts if account.hop is Check.RECEIPTS)
    notices = next(account for account in result.accounts if account.hop is Check.NOTICES)
    # Those that nobody has signed as its senders are not its own, whatever they say.
    assert receipts.parts["accepted"] == receipts.beside["from_canaries"] > 0
    assert notices.total == notices.beside["of_canaries"] > 0


def test_an_operator_puts_a_hole_aside_after_a_look(service: Service) -> None:
    """First it is only said; then it stands in the list, with who and why."""

    def dismiss(*arguments: str, code: int = 0) -> str:
        line = [sys.executable, "-m", "frafaldsvarsel", "dismiss", *arguments, "--data", str(service.data)]
        run = subprocess.run(line, capture_output=True, text=True, timeout=LONG, check=False)
        assert run.returncode == code, run.stderr
        return run.stdout + run.stderr

    because = ("--because", "the school has restored a backup", "--as", "nobody")
    assert "say why" in dismiss("gap/900101/5-6", "--yes", code=2)
    assert "no case that the audit names" in dismiss("gap/900101", *because, "--yes", code=1)
    assert "would be put aside" in dismiss("gap/900101/5-6", *because)
    assert "Nothing has been put aside" in dismiss()
    assert "1 put aside" in dismiss("gap/900101/5-6", *because, "--yes")
    said = json.loads(dismiss("--json"))
    assert (said["case"], said["dismissed_by"], said["because"]) == ("gap/900101/5-6", "nobody", because[1])


def test_its_mails_say_nothing_of_anybody(service: Service) -> None:
    """And all of them are the canary's."""
    mails = read_mails(service.data / "catcher")
    assert mails
    assert {mail.recipient for mail in mails} == {"kanariefugl@frafaldsvarsel.example"}
