"""Story: whatever process is killed in the middle of the autumn, nothing is lost, doubled or told twice."""

import os
import signal
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest

from local.demo.counts import DemoCounts
from local.demo.prepared_records import PreparedRecords
from local.demo.run import Demo, Result
from local.demo.scenario.story import Episode
from local.servers.mailbox import read_mails
from local.service import Service

VICTIMS = ("worker", "ledger", "notify", "broker", "worker", "database", "mail_catcher")


class Killer:
    """SIGKILLs one process when a part of an act has been published, and again a moment later."""

    def __init__(self, service: Service, victim: str, act: Episode) -> None:
        self._service = service
        self._victim = victim
        self._at = len(act.items) // 3
        self.killed: list[int] = []

    def move(self, sent: int, standing: DemoCounts) -> None:
        if not self.killed and sent >= self._at:
            self._kill()
            threading.Timer(1.5, self._kill).start()

    def _kill(self) -> None:
        pid = self._service.pids().get(self._victim)
        if pid is not None:
            self.killed.append(pid)
            with suppress(ProcessLookupError):  # it has ended by itself since
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def after_the_kills(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path, list[int]]:
    data = tmp_path_factory.mktemp("kills")
    service = Service(data, jars=jars, beside=("audit",))
    killed: list[int] = []
    manuscript = PreparedRecords(service.data, messages=400)
    with service.running(), closing(Demo(service, manuscript)) as demo:
        for act, victim in zip(demo.story.acts, VICTIMS, strict=True):
            killer = Killer(service, victim, act)
            killer.move(len(act.items), demo.play(act, killer.move))
            time.sleep(2)
            killed += killer.killed
            demo.settle(act)
        result = demo.result({})
    return result, data, killed


def test_processes_really_died(after_the_kills: tuple[Result, Path, list[int]]) -> None:
    _, _, killed = after_the_kills
    assert len(set(killed)) >= len(VICTIMS)


def test_every_record_is_accounted_for(after_the_kills: tuple[Result, Path, list[int]]) -> None:
    result, _, _ = after_the_kills
    assert [account for account in result.audit.accounts if account.unaccounted or not account.balances] == []
    assert result.audit.under_way == 0


def test_decisions_tasks_and_notices_are_those_of_the_independent_count(
    after_the_kills: tuple[Result, Path, list[int]],
) -> None:
    result, _, _ = after_the_kills
    assert [line for line in result.differences if not line.startswith("mails caught")] == []


def test_no_distinct_mail_is_doubled_and_none_is_missing(
    after_the_kills: tuple[Result, Path, list[int]],
) -> None:
    """Copies of the very same mail are allowed after an answer that was lost; a second mail is not."""
    result, data, _ = after_the_kills
    mails = read_mails(data / "catcher")
    by_id = Counter(mail.message_id for mail in mails)
    assert len(by_id) == result.expected.notices.total()
    bodies = {(mail.message_id, mail.subject, mail.text, mail.html) for mail in mails}
    assert len(bodies) == len(by_id)
