"""Story: an operator looks at the page and at the terminal, of one running service: both say the same.

First at rest, then with a ledger that stands still while a message waits.
"""

import html
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx2
import pytest
from aiokafka import AIOKafkaProducer

from config.sections.servers import DatabaseAddress
from config.told_sections import ToldSections
from doctor.status.answer import status_answer
from doctor.status.look import StatusReader
from inbox.pages.service import span
from inbox.translations import Language, words
from local.service import Service
from models.calendar import copenhagen_date
from models.events.event_types import InputTopic
from models.service_status import Level, StatusAnswer, StepName

PATIENCE_SECONDS: Final = 150
ENGLISH: Final = words(Language.ENGLISH)
TILE: Final = re.compile(
    r'<li class="fv-level-(\w+)">\s*<span>([^<]*)</span>\s*<span class="fv-tile-number">([^<]*)</span>'
)
STEP: Final = re.compile(r'<li class="fv-level-(\w+)">\s*<h3>([^<]*)</h3>(.*?)</li>', re.DOTALL)
FACT: Final = re.compile(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>")


@pytest.fixture(scope="module")
def service(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The whole service, with whoever watches it."""
    running = Service(tmp_path_factory.mktemp("operators"), jars=jars, beside=("audit", "lag"))
    with running.running():
        yield running


@pytest.fixture(scope="module")
def operator(service: Service) -> Iterator[httpx2.Client]:
    """Hanne has logged in."""
    with httpx2.Client(base_url=service.inbox_pages, cookies={"sprog": "en"}) as client:
        to_provider = client.get("/log-ind/start").headers["location"]
        back = client.get(f"{to_provider}&person=hanne").headers["location"]
        assert client.get(back).status_code == 303
        yield client


def seen_by(operator: httpx2.Client) -> tuple[dict[str, tuple[str, str]], dict[str, dict[str, str]]]:
    """Of the page: each number with its level, and each step's facts with its level."""
    page = operator.get("/drift").raise_for_status().text
    tiles = {html.unescape(name): (level, number) for level, name, number in TILE.findall(page)}
    steps = {name: {"level": level} | dict(FACT.findall(facts)) for level, name, facts in STEP.findall(page)}
    return tiles, steps


def said_by_the_terminal(service: Service) -> StatusAnswer:
    settings = service.settings
    database = DatabaseAddress.model_validate({"DATABASE_URL": settings.database.url})
    told = ToldSections([settings.kafka, database])
    reader = StatusReader(told=told, audit_metrics=service.metrics_pages["audit"])
    before = reader.look()
    time.sleep(1)
    answer = status_answer(before, reader.look())
    assert answer.away == {}
    return answer


def tiles_of(answer: StatusAnswer) -> dict[str, tuple[str, str]]:
    """The numbers of the terminal, as the page would write them."""
    said, people = answer.promises, answer.people

    def number(value: int | None) -> str:
        return "Unknown" if value is None else ENGLISH.number(value)

    def seconds(value: float | None) -> str:
        return "Unknown" if value is None else span(ENGLISH, value)

    return {
        "Unaccounted for": (said.unaccounted_level, number(said.unaccounted)),
        "Longest wait for an answer": (said.duty_lag_level, seconds(said.duty_lag_seconds)),
        "Overdue without contact": (said.overdue_level, number(said.overdue_without_contact)),
        "Oldest notice not delivered": (said.undelivered_level, seconds(said.oldest_undelivered_seconds)),
        "In quarantine": (people.quarantine_level, number(people.in_quarantine)),
        "Undecided past review": (people.undecided_level, number(people.undecided_past_review)),
        "Units that no mail reaches": (people.units_level, number(people.units_not_reached)),
    }


def steps_of(answer: StatusAnswer) -> dict[str, tuple[str, str]]:
    return {
        ENGLISH(f"flow_step.{one.step}"): (one.level, ENGLISH.number(one.waiting or 0))
        for one in answer.flow
        if one.step is not StepName.SENDERS
    }


def until(what: str, found: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_SECONDS
    while not (result := found()):
        assert time.monotonic() < end, f"no {what} in time"
        time.sleep(1)
    return result


async def send_what_nobody_can_read(service: Service, number: int) -> None:
    """Records without a signature: refused, and then in quarantine."""
    producer = AIOKafkaProducer(**service.settings.kafka.producer())
    await producer.start()
    try:
        for _ in range(number):
            await producer.send_and_wait(str(InputTopic.DROPOUT_RISKS), b"nothing", partition=0)
    finally:
        await producer.stop()


async def test_at_rest_the_page_and_the_terminal_say_the_same(
    service: Service, operator: httpx2.Client
) -> None:
    await send_what_nobody_can_read(service, 3)
    with service.database() as connection:
        until("receipts", lambda: connection.execute("SELECT count(*) FROM receipts").fetchone() == (3,))
        task, day = uuid4(), copenhagen_date(connection.execute("SELECT now()").fetchone()[0])  # type: ignore[index]
        connection.execute(
            "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at, "
            "opened_at) VALUES (%s, 'FV-0000-0000-0001', 'p', 'e', 'jc-0101', 'open', %s, now(), now())",
            (task, day - timedelta(days=1)),
        )

    def same() -> StatusAnswer | None:
        tiles, steps = seen_by(operator)
        answer = said_by_the_terminal(service)
        shown = {
            name: (facts["level"], facts["waiting"]) for name, facts in steps.items() if "waiting" in facts
        }
        all_known = answer.promises.unaccounted is not None
        return answer if all_known and tiles == tiles_of(answer) and shown == steps_of(answer) else None

    answer = until("agreement of page and terminal", same)
    assert answer.promises.overdue_without_contact == 1
    assert answer.people.quarantine == {"input": 3}
    assert answer.promises.unaccounted  # the task above came by no message, and the auditor says so
    assert answer.promises.unaccounted_level is Level.FAULT


async def test_a_ledger_that_stands_still_is_on_both_with_its_age(
    service: Service, operator: httpx2.Client
) -> None:
    pid = service.pids()["ledger"]
    os.kill(pid, signal.SIGSTOP)
    try:
        await send_what_nobody_can_read(service, 2)

        def both() -> tuple[dict[str, str], StatusAnswer] | None:
            _, steps = seen_by(operator)
            answer = said_by_the_terminal(service)
            step = answer.flow[list(StepName).index(StepName.LEDGER)]
            shown = steps["Ledger"]
            told = step.level is Level.FAULT and shown["level"] == "fault"
            return (shown, answer) if told and shown["waiting"] == str(step.waiting) else None

        shown, answer = until("stopped ledger", both)
        assert shown["read by"] == "no ledger"
        assert answer.flow[list(StepName).index(StepName.LEDGER)].members == 0
        age, unit = shown["the oldest"].split()
        oldest = answer.flow[list(StepName).index(StepName.LEDGER)].oldest_seconds
        assert oldest is not None
        assert unit == "s"
        # The page was asked before, and looks every ten seconds.
        assert -1 <= oldest - int(age) <= 25
    finally:
        os.kill(pid, signal.SIGCONT)


def test_every_process_that_up_starts_answers_and_says_since_when(operator: httpx2.Client) -> None:
    def all_up() -> bool:
        page = operator.get("/drift").text
        names = re.findall(r'<strong class="fv-process">([^<]*)</strong>', page)
        assert names == ["worker", "ledger", "notify", "inbox", "audit", "lag"]
        return page.count("Does not answer") == 0

    until("answer of every process", all_up)


def test_the_addresses_are_on_no_page(service: Service, operator: httpx2.Client) -> None:
    page = operator.get("/drift").text
    told = json.loads((service.data / "addresses.json").read_text())["metrics"]
    assert not [one for one in told.values() if one in page or one.split("/")[2] in page]
