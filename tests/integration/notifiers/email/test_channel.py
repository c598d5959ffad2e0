"""The channel against servers that behave, and against one that does not."""

import asyncio
import gc
import ssl
import warnings
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest
import trustme
import uvloop
from aiosmtpd import smtp

from models.notifications.delivery import Scope, SendOutcome
from notifiers.content.mail_message import wire_bytes
from notifiers.email.channel import EmailChannel, tls_context
from notifiers.email.command_group import CommandGroup
from notifiers.email.settings import SmtpSettings
from tests.integration.notifiers.builders import a_mail
from tests.smtp.server import (
    ONE_BY_ONE,
    At,
    Close,
    Endless,
    Fault,
    MisbehavingServer,
    Plan,
    Say,
    Silence,
    Slow,
    Well,
)

both_ways = pytest.mark.parametrize(
    "offered", [ONE_BY_ONE, (*ONE_BY_ONE, "PIPELINING")], ids=["one by one", "at once"]
)


def settings(port: int, faults: Iterable[Fault] = (), /, **changes: object) -> SmtpSettings:
    """Patient, however slow the machine is; but soon tired where one of the faults is that nothing comes."""
    patience = 1 if any(isinstance(fault, Silence | Slow | Endless) for fault in faults) else 30
    values: dict[str, object] = {
        "host": "localhost",
        "port": port,
        "tls": "none",
        "sender": "frafaldsvarsel@varsel.example.dk",
        "timeout_seconds": patience,
        "answer_timeout_seconds": patience,
    }
    return SmtpSettings.model_validate({**values, **changes})


def faults_of(plan: Plan) -> Iterable[Fault]:
    return chain.from_iterable(plan.values())


def server_tls(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


class _Catcher:
    def __init__(self) -> None:
        self.envelopes: list[smtp.Envelope] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: smtp.Envelope) -> str:  # noqa: N802 - aiosmtpd's
        self.envelopes.append(envelope)
        return "250 ok"


async def test_a_real_server_gets_the_very_bytes_over_one_connection() -> None:
    catcher = _Catcher()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: smtp.SMTP(catcher, hostname="relay.test"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channel = EmailChannel(settings(port, host="127.0.0.1"))
    mails = [a_mail() for _ in range(5)]
    attempts = [await channel.send(mail) for mail in mails]
    await channel.aclose()
    server.close()
    await server.wait_closed()
    assert {attempt.outcome for attempt in attempts} == {SendOutcome.DELIVERED}
    assert [envelope.content for envelope in catcher.envelopes] == [wire_bytes(mail) for mail in mails]
    assert [envelope.rcpt_tos for envelope in catcher.envelopes] == [[mail.recipient] for mail in mails]


async def test_mails_share_a_connection_until_it_has_had_its_fill() -> None:
    async with MisbehavingServer() as server:
        channel = EmailChannel(settings(server.port, mails_per_connection=3))
        for _ in range(7):
            assert (await channel.send(a_mail())).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert server.connections == 3
    assert server.commands.count("QUIT") == 3


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_trusted_certificate_and_a_login(tls: str, authority: trustme.CA, ca_file: Path) -> None:
    server = MisbehavingServer(tls=server_tls(authority), implicit=tls == "tls", logins="PLAIN LOGIN")
    async with server:
        login = {"username": "varsel", "password": "hemmelig"}
        channel = EmailChannel(settings(server.port, tls=tls, ca_file=ca_file, **login))
        mail = a_mail()
        assert (await channel.send(mail)).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert server.accepted[0].body == wire_bytes(mail)
    assert server.commands.count("AUTH") == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("fault", ["unknown authority", "other name", "old version"])
async def test_a_bad_certificate_or_an_old_tls_gets_no_mail(
    tls: str, fault: str, authority: trustme.CA, ca_file: Path
) -> None:
    context = server_tls(
        trustme.CA() if fault == "unknown authority" else authority,
        "other.example.dk" if fault == "other name" else "localhost",
    )
    if fault == "old version":
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # an old server is what this is about
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = MisbehavingServer(tls=context, implicit=tls == "tls", logins="PLAIN")
    async with server:
        login = {"username": "varsel", "password": "hemmelig"}
        channel = EmailChannel(settings(server.port, tls=tls, ca_file=ca_file, **login))
        attempt = await channel.send(a_mail())
    assert attempt.scope is Scope.RELAY
    # asyncio's server hangs up on a client that is too new for it instead of saying so
    assert attempt.outcome is (SendOutcome.TRY_AGAIN if fault == "old version" else SendOutcome.MISCONFIGURED)
    assert not {"AUTH", "MAIL", "DATA"} & set(server.commands)


def test_an_old_tls_is_refused_whatever_the_system_allows() -> None:
    assert tls_context(settings(25, tls="tls")).minimum_version is ssl.TLSVersion.TLSv1_2


async def test_a_server_without_starttls_gets_no_mail_in_the_clear(ca_file: Path) -> None:
    async with MisbehavingServer(starttls=False) as server:
        attempt = await EmailChannel(settings(server.port, tls="starttls", ca_file=ca_file)).send(a_mail())
    assert attempt.outcome is SendOutcome.MISCONFIGURED
    assert attempt.detail == "tls: STARTTLS is not offered"
    assert "MAIL" not in server.commands


async def test_a_ca_file_that_is_missing_or_wrong_is_read_again_when_it_is_mended(
    authority: trustme.CA, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    async with MisbehavingServer(tls=server_tls(authority)) as server:
        channel = EmailChannel(settings(server.port, tls="starttls", ca_file=file))
        assert (await channel.send(a_mail())).detail == "tls: CA file not found"
        trustme.CA().cert_pem.write_to_path(file)
        assert (await channel.send(a_mail())).detail == "tls: certificate not trusted"
        authority.cert_pem.write_to_path(file)
        assert (await channel.send(a_mail())).outcome is SendOutcome.DELIVERED
        await channel.aclose()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("535 5.7.8 wrong password", SendOutcome.MISCONFIGURED), ("454 4.7.0 later", SendOutcome.TRY_AGAIN)],
)
async def test_a_refused_login_is_tried_once_and_waits_for_a_person(
    answer: str, outcome: SendOutcome, authority: trustme.CA, ca_file: Path
) -> None:
    plan: Plan = {At.AUTH: [Say(answer)]}
    async with MisbehavingServer(plan, tls=server_tls(authority), logins="PLAIN LOGIN CRAM-MD5") as server:
        login = {"username": "varsel", "password": "hemmelig"}
        channel = EmailChannel(settings(server.port, tls="starttls", ca_file=ca_file, **login))
        attempt = await channel.send(a_mail())
    assert (attempt.outcome, attempt.code) == (outcome, int(answer[:3]))
    assert server.commands.count("AUTH") == 1
    assert "hemmelig" not in repr(attempt) + repr(channel.__dict__)


FAULTS: list[tuple[Plan, SendOutcome, int | None]] = [
    ({At.BANNER: [Say("421 4.3.2 too busy")]}, SendOutcome.TRY_AGAIN, 421),
    ({At.BANNER: [Say("554 5.7.1 not you")]}, SendOutcome.MISCONFIGURED, 554),
    ({At.BANNER: [Slow(2)]}, SendOutcome.TRY_AGAIN, None),
    ({At.BANNER: [Close()]}, SendOutcome.TRY_AGAIN, None),
    ({At.BANNER: [Say("welcome to my server")]}, SendOutcome.TRY_AGAIN, None),
    ({At.EHLO: [Say("550 5.7.1 what a name")]}, SendOutcome.MISCONFIGURED, 550),
    ({At.EHLO: [Endless()]}, SendOutcome.TRY_AGAIN, None),
    ({At.EHLO: [Close()]}, SendOutcome.TRY_AGAIN, None),
    ({At.MAIL: [Say("451 4.7.1 later")]}, SendOutcome.TRY_AGAIN, 451),
    ({At.MAIL: [Say("553 5.1.8 unknown sender")]}, SendOutcome.MISCONFIGURED, 553),
    ({At.MAIL: [Silence()]}, SendOutcome.TRY_AGAIN, None),
    ({At.RCPT: [Say("450 4.2.0 greylisted")]}, SendOutcome.TRY_AGAIN, 450),
    ({At.RCPT: [Say("550 5.1.1 no such user")]}, SendOutcome.REFUSED, 550),
    ({At.RCPT: [Say("552 5.2.2 full")]}, SendOutcome.TRY_AGAIN, 552),
    ({At.RCPT: [Say("421 4.3.2 going down")]}, SendOutcome.TRY_AGAIN, 421),
    ({At.RCPT: [Close()]}, SendOutcome.TRY_AGAIN, None),
    ({At.RCPT: [Say("rubbish")]}, SendOutcome.TRY_AGAIN, None),
    ({At.DATA: [Say("452 4.3.1 disk")]}, SendOutcome.TRY_AGAIN, 452),
    ({At.DATA: [Say("554 5.5.1 no")]}, SendOutcome.REFUSED, 554),
    ({At.DATA: [Say("250 eh?")]}, SendOutcome.TRY_AGAIN, 250),
    ({At.DATA: [Close()]}, SendOutcome.TRY_AGAIN, None),
    ({At.DATA: [Silence()]}, SendOutcome.TRY_AGAIN, None),
    ({At.DOT: [Say("451 4.3.0 later")]}, SendOutcome.TRY_AGAIN, 451),
    ({At.DOT: [Say("554 5.6.0 no")]}, SendOutcome.REFUSED, 554),
    ({At.DOT: [Say("421 4.3.2 going down")]}, SendOutcome.TRY_AGAIN, 421),
    ({At.DOT: [Silence()]}, SendOutcome.INDETERMINATE, None),
    ({At.DOT: [Close()]}, SendOutcome.INDETERMINATE, None),
    ({At.DOT: [Endless()]}, SendOutcome.INDETERMINATE, None),
    ({At.DOT: [Say("rubbish")]}, SendOutcome.INDETERMINATE, None),
]


@both_ways
@pytest.mark.parametrize(("plan", "outcome", "code"), FAULTS, ids=lambda value: str(value)[:60])
async def test_each_fault_is_known_by_its_stage_and_the_next_mail_goes_well(
    plan: Plan, outcome: SendOutcome, code: int | None, offered: tuple[str, ...]
) -> None:
    async with MisbehavingServer(plan, extensions=offered) as server:
        channel = EmailChannel(settings(server.port, faults_of(plan)))
        first, second = a_mail(), a_mail()
        attempt = await asyncio.wait_for(channel.send(first), 60)
        assert (attempt.outcome, attempt.code) == (outcome, code), attempt
        assert not [mail for mail in server.accepted if mail.body == wire_bytes(first)]
        assert (await channel.send(second)).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert [mail.body for mail in server.accepted] == [wire_bytes(second)]


@both_ways
async def test_a_refused_mail_leaves_its_connection_to_the_next(offered: tuple[str, ...]) -> None:
    async with MisbehavingServer(
        bad_recipients={"away@kommune.example.dk": "550 5.1.1 no"}, extensions=offered
    ) as server:
        channel = EmailChannel(settings(server.port))
        for _ in range(2):
            assert (await channel.send(a_mail(recipient="away@kommune.example.dk"))).code == 550
            assert (await channel.send(a_mail())).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert server.connections == 1
    assert server.commands.count("RSET") == 2


async def test_a_server_that_wants_a_mail_whose_recipient_it_has_refused_gets_none() -> None:
    """RFC 2920, 3.1: it may ask for it, and what it would do with it nobody knows."""
    bad = {"away@kommune.example.dk": "550 5.1.1 no"}
    async with MisbehavingServer(bad_recipients=bad, takes_any_data=True) as server:
        channel = EmailChannel(settings(server.port))
        # Half of the patience: a command that it takes for the mail's first line is not answered.
        async with asyncio.timeout(15):
            refused = await channel.send(a_mail(recipient="away@kommune.example.dk"))
        assert (refused.outcome, refused.detail) == (SendOutcome.REFUSED, "recipient: 550 5.1.1")
        assert (await channel.send(a_mail())).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert [mail.recipient for mail in server.mails] == [a_mail().recipient]


async def test_the_answers_behind_a_refusal_are_waited_for_no_longer_than_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    async def noting(group: CommandGroup, seconds: float) -> bool:
        waits.append(seconds)
        return False

    monkeypatch.setattr(CommandGroup, "refuses_the_rest", noting)
    async with MisbehavingServer(bad_recipients={"away@kommune.example.dk": "550 5.1.1 no"}) as server:
        for patience in (0.5, 30):
            hurried = settings(server.port, timeout_seconds=patience)
            await EmailChannel(hurried).send(a_mail(recipient="away@kommune.example.dk"))
    assert waits == [0.5, 2]


async def test_sender_recipient_and_data_are_sent_at_once_and_their_answers_come_in_any_pieces() -> None:
    """The server answers when it has read all three, a byte at a time: whoever waits for the first gets none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay.test ESMTP\r\n")
        await reader.readline()
        writer.write(b"250-relay.test\r\n250 PIPELINING\r\n")
        said = [await reader.readline() for _ in range(3)]
        assert [line.split()[0] for line in said] == [b"MAIL", b"RCPT", b"DATA"]
        for byte in b"250-2.1.0 so\r\n250 2.1.0 ok\r\n250 2.1.5\r\n354\r\n":
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 2.0.0 queued\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    channel = EmailChannel(settings(server.sockets[0].getsockname()[1], [Slow(0)], host="127.0.0.1"))
    assert (await channel.send(a_mail())).outcome is SendOutcome.DELIVERED
    await channel.aclose()
    server.close()


async def test_a_relay_that_loses_commands_sent_at_once_is_told_them_one_by_one_from_then_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with MisbehavingServer(loses_commands=True) as server:
        channel = EmailChannel(settings(server.port, [Silence()]))
        lost = await channel.send(a_mail())
        assert (lost.outcome, lost.detail) == (SendOutcome.TRY_AGAIN, "recipient: no answer in time")
        for _ in range(2):
            assert (await channel.send(a_mail())).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert server.connections == 2
    assert [record.getMessage() for record in caplog.records] == [
        "the relay offers PIPELINING and lost a command: one by one from now on"
    ]


async def test_nobody_listening_is_tried_again() -> None:
    async with MisbehavingServer() as server:
        port = server.port
    attempt = await EmailChannel(settings(port, host="127.0.0.1")).send(a_mail())
    assert (attempt.outcome, attempt.scope) == (SendOutcome.TRY_AGAIN, Scope.RELAY)
    assert attempt.detail == "connect: connection refused"


@both_ways
@pytest.mark.parametrize(
    "plan",
    [
        {At.MAIL: [Well(), Say("421 4.7.0 too many mails on this connection")]},
        {At.MAIL: [Well(), Close()]},
        {At.RCPT: [Well(), Close()]},
        {At.DATA: [Well(), Close()]},
        {At.MAIL: [Well(), Silence()]},
    ],
    ids=str,
)
async def test_a_kept_connection_that_dies_before_the_body_costs_the_mail_nothing(
    plan: Plan, offered: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    async with MisbehavingServer(plan, extensions=offered) as server:
        channel = EmailChannel(settings(server.port, faults_of(plan)))
        mails = [a_mail(), a_mail()]
        for mail in mails:
            assert (await channel.send(mail)).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert [mail.body for mail in server.accepted] == [wire_bytes(mail) for mail in mails]
    assert server.connections == 2
    assert not caplog.records, "nothing shows that the relay has lost a command"


@pytest.mark.parametrize("fault", [Close(), Silence(), Say("rubbish")], ids=str)
async def test_a_kept_connection_that_dies_after_the_body_is_never_repeated_in_the_call(
    fault: Close | Silence | Say,
) -> None:
    async with MisbehavingServer({At.DOT: [Well(), fault]}) as server:
        channel = EmailChannel(settings(server.port, [fault]))
        await channel.send(a_mail())
        attempt = await channel.send(a_mail())
    assert attempt.outcome is SendOutcome.INDETERMINATE
    assert len(server.mails) == 2  # each once


@both_ways
@pytest.mark.parametrize("at", [At.EHLO, At.MAIL, At.RCPT, At.DATA, At.DOT])
async def test_an_answer_that_nobody_asked_for_never_passes_for_another(
    at: At, offered: tuple[str, ...]
) -> None:
    usual = {At.EHLO: "250 relay.test", At.DATA: "354 go"}.get(at, "250 ok")
    plan: Plan = {at: [Say(f"{usual}\r\n250 and one more")]}
    async with MisbehavingServer(
        plan, bad_recipients={"away@kommune.example.dk": "550 5.1.1 no"}, extensions=offered
    ) as server:
        channel = EmailChannel(settings(server.port))
        await channel.send(a_mail())
        attempt = await channel.send(a_mail(recipient="away@kommune.example.dk"))
        assert (attempt.outcome, attempt.code) == (SendOutcome.REFUSED, 550)
        delivered = await channel.send(a_mail())
        assert delivered.outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert not [mail for mail in server.accepted if mail.recipient == "away@kommune.example.dk"]


@both_ways
async def test_an_early_yes_before_the_dot_is_not_believed(offered: tuple[str, ...]) -> None:
    plan: Plan = {At.DATA: [Say("354 go\r\n250 2.0.0 queued")], At.DOT: [Say("554 5.6.0 no")]}
    async with MisbehavingServer(plan, extensions=offered) as server:
        attempt = await EmailChannel(settings(server.port)).send(a_mail())
    assert attempt.outcome is SendOutcome.TRY_AGAIN
    assert not server.accepted


async def test_smtputf8_is_used_only_where_a_local_part_needs_it() -> None:
    async with MisbehavingServer(extensions=()) as server:
        channel = EmailChannel(settings(server.port))
        refused = await channel.send(a_mail(recipient="jøb@kommune.example.dk"))
        assert (refused.outcome, refused.detail) == (SendOutcome.REFUSED, "sender: SMTPUTF8 is not offered")
        assert (await channel.send(a_mail(recipient="job@ærø.dk"))).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    async with MisbehavingServer() as server:
        channel = EmailChannel(settings(server.port))
        assert (await channel.send(a_mail(recipient="jøb@ærø.dk"))).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert server.accepted[0].recipient == "jøb@xn--r-3fa9c.dk"


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("goodbye", [Well(), Silence(), Close()])
async def test_when_the_loop_ends_after_the_last_mail_nothing_is_left_open(
    run: Callable[[Coroutine[None, None, SendOutcome]], SendOutcome],
    goodbye: Fault,
    authority: trustme.CA,
    ca_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A command sends a mail and its loop ends at once; a TLS that waits for the server's end must not outlive it."""
    left: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda fault: left.append(fault.exc_value))

    async def send_one(port: int) -> SendOutcome:
        channel = EmailChannel(settings(port, [goodbye], tls="starttls", ca_file=ca_file))
        attempt = await channel.send(a_mail())
        await channel.aclose()
        return attempt.outcome

    async with MisbehavingServer({At.QUIT: [goodbye]}, tls=server_tls(authority)) as server:
        outcome = await asyncio.to_thread(lambda: run(send_one(server.port)))
        gc.collect()
    assert outcome is SendOutcome.DELIVERED
    assert left == []


@both_ways
async def test_a_cancelled_send_leaves_no_half_finished_connection_behind(offered: tuple[str, ...]) -> None:
    async with MisbehavingServer({At.RCPT: [Slow(0.3)]}, extensions=offered) as server:
        channel = EmailChannel(settings(server.port))
        sending = asyncio.create_task(channel.send(a_mail()))
        await asyncio.sleep(0.1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert (await channel.send(a_mail())).outcome is SendOutcome.DELIVERED
        await channel.aclose()
    assert len(server.accepted) == 1


@pytest.mark.parametrize("stays", ["RSET", "QUIT"])
async def test_a_send_cancelled_behind_the_answer_leaves_no_open_connection(stays: str) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay.test ESMTP\r\n")
        await reader.readline()
        writer.write(b"250-relay.test\r\n250 PIPELINING\r\n")
        await reader.readuntil(b"DATA\r\n")
        if stays == "RSET":
            writer.write(b"250 ok\r\n550 5.1.1 no\r\n554 no\r\n")
        else:
            writer.write(b"250 ok\r\n250 ok\r\n354 go\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 2.0.0 queued\r\n")
        assert await reader.readline() == stays.encode() + b"\r\n"
        asked.set()
        with suppress(OSError):
            await reader.read()
        ended.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channel = EmailChannel(settings(port, host="127.0.0.1", mails_per_connection=1))
    sending = asyncio.create_task(channel.send(a_mail()))
    await asked.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    async with asyncio.timeout(10):
        await ended.wait()
    server.close()
