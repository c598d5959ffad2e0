"""What every channel must keep to, whatever it speaks: one suite, for mail, webhook and a third one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import pytest

from models.notifications.delivery import SendAttempt, SendOutcome
from notifiers.content.mail_message import wire_bytes
from notifiers.email.channel import EmailChannel
from notifiers.email.settings import SmtpSettings
from tests.http import server as http
from tests.integration.notifiers.builders import a_mail
from tests.integration.notifiers.hooks import OLD, a_channel, a_hook, write_secrets
from tests.integration.notifiers.log_channel import LogChannel, LogLine, MisbehavingLog
from tests.smtp import server as smtp
from tests.smtp.server import At, MisbehavingServer

CASES = ("well", "later", "refused", "no answer", "mend")


@dataclass
class Stand:
    """A channel, a server that treats the next notice in one of the ways of `CASES`, and what came to it."""

    channel: Any
    notice: Any
    bodies: Callable[[], list[bytes]]
    expected: bytes
    private: tuple[str, ...]
    """What an answer to us may hold, and an attempt may not."""


class Maker(Protocol):
    def __call__(self, case: str, times: int, tmp_path: Path) -> Any: ...


@asynccontextmanager
async def mail(case: str, times: int, _: Path) -> AsyncIterator[Stand]:
    plans: dict[str, smtp.Plan] = {
        "well": {},
        "later": {At.RCPT: [smtp.Say("450 4.2.0 later")] * times},
        "refused": {At.RCPT: [smtp.Say("550 5.1.1 no such mailbox")] * times},
        "no answer": {At.DOT: [smtp.Close()] * times},
        "mend": {At.MAIL: [smtp.Say("553 5.1.8 unknown sender")] * times},
    }
    async with MisbehavingServer(plans[case]) as server:
        settings = SmtpSettings(
            host="localhost",
            port=server.port,
            tls="none",
            sender="frafaldsvarsel@varsel.example.dk",
            timeout_seconds=30,
            answer_timeout_seconds=30,
        )
        notice = a_mail()
        yield Stand(
            EmailChannel(settings),
            notice,
            lambda: [mail.body for mail in server.mails],
            wire_bytes(notice),
            ("example", "localhost", str(server.port)),
        )


@asynccontextmanager
async def webhook(case: str, times: int, tmp_path: Path) -> AsyncIterator[Stand]:
    acts: dict[str, http.Act] = {
        "well": http.Answer(),
        "later": http.Answer(503),
        "refused": http.Answer(410),
        "no answer": http.Close(),
        "mend": http.Answer(401),
    }
    write_secrets(tmp_path / "secrets", OLD)
    async with http.Endpoint([acts[case]] * times) as server:
        notice = a_hook(server.url)
        yield Stand(
            a_channel(tmp_path / "secrets"),
            notice,
            lambda: [request.body for request in server.requests],
            notice.body.encode(),
            ("example", "localhost", str(server.port)),
        )


@asynccontextmanager
async def log(case: str, times: int, _: Path) -> AsyncIterator[Stand]:
    """One that the service does not have: what a further channel brings is enough for the suite."""
    written = MisbehavingLog(case, times)
    notice = LogLine(id=UUID(int=7), log="units/example.log", text="FV-0000-0000-0000 new")
    yield Stand(LogChannel(written.write), notice, lambda: written.lines, notice.wire, ("example",))


OUTCOMES = {
    "well": SendOutcome.DELIVERED,
    "later": SendOutcome.TRY_AGAIN,
    "refused": SendOutcome.REFUSED,
    "no answer": SendOutcome.INDETERMINATE,
    "mend": SendOutcome.MISCONFIGURED,
}


@pytest.fixture(params=[mail, webhook, log], ids=["mail", "webhook", "log"])
def make(request: pytest.FixtureRequest) -> Maker:
    made: Maker = request.param
    return made


@pytest.mark.parametrize("case", CASES)
async def test_each_outcome_is_told_apart(make: Maker, case: str, tmp_path: Path) -> None:
    async with make(case, 1, tmp_path) as stand:
        attempt: SendAttempt = await stand.channel.send(stand.notice)
        await stand.channel.aclose()
        assert attempt.outcome is OUTCOMES[case], attempt


@pytest.mark.parametrize("case", CASES)
async def test_a_call_sends_once_at_most_and_never_tries_again(
    make: Maker, case: str, tmp_path: Path
) -> None:
    async with make(case, 1, tmp_path) as stand:
        await stand.channel.send(stand.notice)
        await stand.channel.aclose()
        assert len(stand.bodies()) <= 1


async def test_every_attempt_carries_the_same_bytes(make: Maker, tmp_path: Path) -> None:
    async with make("no answer", 1, tmp_path) as stand:
        outcomes = []
        for _ in range(2):
            outcomes.append((await stand.channel.send(stand.notice)).outcome)
            await asyncio.sleep(0.01)
        await stand.channel.aclose()
        assert outcomes == [SendOutcome.INDETERMINATE, SendOutcome.DELIVERED]
        assert stand.bodies() == [stand.expected] * 2


async def test_calls_at_the_same_time_do_not_disturb_each_other(make: Maker, tmp_path: Path) -> None:
    async with make("well", 1, tmp_path) as stand:
        attempts = await asyncio.gather(*(stand.channel.send(stand.notice) for _ in range(8)))
        await stand.channel.aclose()
        assert {attempt.outcome for attempt in attempts} == {SendOutcome.DELIVERED}
        assert stand.bodies() == [stand.expected] * 8


async def test_a_cancelled_call_ends_and_the_next_one_fares_well(make: Maker, tmp_path: Path) -> None:
    async with make("well", 1, tmp_path) as stand:
        call = asyncio.create_task(stand.channel.send(stand.notice))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await stand.channel.send(stand.notice)).outcome is SendOutcome.DELIVERED
        await stand.channel.aclose()


@pytest.mark.parametrize("case", CASES)
async def test_what_it_says_holds_no_address(make: Maker, case: str, tmp_path: Path) -> None:
    async with make(case, 1, tmp_path) as stand:
        attempt = await stand.channel.send(stand.notice)
        await stand.channel.aclose()
    for word in stand.private:
        assert word not in repr(attempt)
