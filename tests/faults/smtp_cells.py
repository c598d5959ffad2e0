"""Faults of the mail relay, at every stage of a mail."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.network_faults import bad_way, visited
from tests.faults.proxy import Way
from tests.faults.rig import NOTIFIERS, SMTP
from tests.faults.workload import Sent
from tests.smtp.server import At, Close, Endless, Fault, Say, Silence, Slow

_PATIENCE: Final = 25.0


def _answers(run: Run, chunk: Sequence[Sent], *, at: At, fault: Fault, times: int) -> int:
    """The next visits to a stage end so."""
    relay = run.rig.relay
    if at in (At.BANNER, At.EHLO, At.STARTTLS):
        run.rig.proxy.cut(SMTP)  # these are visited on new connections alone
    relay.misbehave(at, *[fault] * times)
    return visited(run, chunk, relay, times=times, seconds=_PATIENCE)


def _cut(run: Run, chunk: Sequence[Sent], *, times: int) -> int:
    cut = 0
    for part in halves(chunk, times):
        run.publish(part)
        time.sleep(0.6)
        cut += run.rig.proxy.cut(SMTP) > 0
    run.healed()
    return cut


def _server(run: Run, chunk: Sequence[Sent], *, change: Callable[[Any], None]) -> int:
    """Another server stands there for some seconds."""
    relay = run.rig.relay
    change(relay)
    run.rig.proxy.cut(SMTP)
    before = relay.server.connections
    run.publish(chunk)
    deadline = time.monotonic() + _PATIENCE
    while relay.server.connections == before and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    met = relay.server.connections - before
    relay.behave()
    run.healed()
    return min(met, 1)


def _no_starttls(relay: Any) -> None:
    relay.server.starttls = False


def _bad_certificate(relay: Any) -> None:
    relay.server.tls = relay.bad


def _refused_recipient(run: Run, chunk: Sequence[Sent]) -> int:
    """One unit's mailbox refuses for good, the others take their mails."""
    relay = run.rig.relay
    relay.server.bad_recipients = {run.rig.rules.addresses["jc-0147"]: "550 5.1.1 no such mailbox"}
    run.publish(chunk)
    run.rig.drain()
    relay.behave()
    run.healed()
    return 1


@contextmanager
def _with_login(run: Run) -> Iterator[None]:
    """The notifiers log in, and the relay asks for it."""
    rig = run.rig
    rig.children.hold(*NOTIFIERS)
    rig.environment_more = {"SMTP_USERNAME": "service", "SMTP_PASSWORD": "made-up"}
    rig.relay.server.logins = "PLAIN LOGIN"
    rig.children.release(*NOTIFIERS)
    try:
        yield
    finally:
        rig.children.hold(*NOTIFIERS)
        rig.environment_more = {}
        rig.relay.behave()
        rig.children.release(*NOTIFIERS)


def _login_refused(run: Run, chunk: Sequence[Sent], *, times: int) -> int:
    struck = _answers(run, chunk, at=At.AUTH, fault=Say("535 5.7.8 no"), times=times)
    run.rig.relay.server.logins = "PLAIN LOGIN"
    return struck


def _cell(
    name: str,
    work: Any,
    *,
    per_round: int = 1,
    most_rounds: int = 100,
    refusals: bool = False,
    around: Callable[[Run], AbstractContextManager[None]] | None = None,
    **more: Any,
) -> Cell:
    return Cell(
        name,
        Family.SMTP,
        partial(work, **more),
        per_round=per_round,
        most_rounds=most_rounds,
        refusals=refusals,
        around=around,
    )


def _stage(name: str, at: At, fault: Fault, *, times: int = 4, **more: Any) -> Cell:
    return _cell(name, _answers, per_round=times, at=at, fault=fault, times=times, **more)


CELLS: Final = (
    _cell(
        "relay refuses connections",
        bad_way,
        server=SMTP,
        afresh=True,
        way=Way.REFUSE,
        seconds=3,
        most_rounds=4,
    ),
    _cell("relay half open", bad_way, server=SMTP, afresh=True, way=Way.HALF_OPEN, seconds=4, most_rounds=3),
    _cell(
        "relay's answers vanish", bad_way, server=SMTP, afresh=True, way=Way.DEAF, seconds=4, most_rounds=3
    ),
    _cell("connections to the relay cut", _cut, per_round=4, times=4),
    _stage("slow banner", At.BANNER, Slow(3)),
    _stage("421 as the banner", At.BANNER, Say("421 4.3.2 closing")),
    _stage("554 as the banner", At.BANNER, Say("554 5.3.2 no service"), times=2, most_rounds=3),
    _stage("relay denies relaying", At.RCPT, Say("554 5.7.1 <x@y.example>: Relay access denied")),
    _stage(
        "relay rejects our sender",
        At.RCPT,
        Say("553 5.7.1 <x@y.example>: Sender address rejected: not owned"),
    ),
    _stage("sending limit of the day", At.DOT, Say("550 5.4.5 Daily user sending limit exceeded")),
    _stage("send-as denied", At.DOT, Say("554 5.2.252 SendAsDenied; not allowed to send as that")),
    _stage("the same strange no to all", At.RCPT, Say("550 kan ikke i dag"), refusals=True),
    _stage("421 at RCPT", At.RCPT, Say("421 4.3.2 closing")),
    _stage("421 after the final dot", At.DOT, Say("421 4.3.2 closing")),
    _cell("STARTTLS missing", _server, change=_no_starttls, most_rounds=3),
    _stage("STARTTLS failing", At.STARTTLS, Say("454 4.7.0 not now"), times=2, most_rounds=5),
    _cell("bad certificate", _server, change=_bad_certificate, most_rounds=3),
    _cell("login refused (535)", _login_refused, per_round=2, most_rounds=3, around=_with_login, times=2),
    _stage("greylisting (450 at RCPT)", At.RCPT, Say("450 4.2.0 greylisted, come again")),
    _stage("451 at MAIL", At.MAIL, Say("451 4.3.0 local error")),
    _stage("451 at DATA", At.DATA, Say("451 4.3.0 local error")),
    _stage("452 after the final dot", At.DOT, Say("452 4.3.1 no room")),
    _stage("550 at RCPT", At.RCPT, Say("550 5.1.1 no such mailbox"), refusals=True),
    _stage("554 after the final dot", At.DOT, Say("554 5.6.0 not this mail"), refusals=True),
    _cell("one recipient refused and the others taken", _refused_recipient, refusals=True),
    _stage("connection lost at RCPT", At.RCPT, Close()),
    _stage("connection lost at DATA", At.DATA, Close()),
    _stage("body taken and the connection lost", At.DOT, Close()),
    _stage("body taken and never answered", At.DOT, Silence()),
    _stage("body taken and answered too late", At.DOT, Slow(6)),
    _stage("endless answer at RCPT", At.RCPT, Endless(), times=2),
    _stage("endless answer after the final dot", At.DOT, Endless(), times=2),
    _stage("unsolicited line at MAIL", At.MAIL, Say("250 2.1.0 ok\r\n250 2.0.0 queued")),
    _stage("unsolicited line at RCPT", At.RCPT, Say("250 2.1.5 ok\r\n250 2.0.0 queued")),
    _stage("nonsense after the final dot", At.DOT, Say("what a mail")),
)
