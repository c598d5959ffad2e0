"""Webhooks to an endpoint that misbehaves, and the notifier struck while it calls: two units have an endpoint here."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import psycopg
import trustme

from config.reference.csv_reader import DATA
from infra.failpoints import FailpointAction, Point
from tests.faults.cells import Cell, Family, Run
from tests.faults.network_faults import bad_way, visited
from tests.faults.observation import Seen
from tests.faults.process_settings import LEASE_SECONDS
from tests.faults.proxy import Route, Way
from tests.faults.receiver import HOST, Receiver
from tests.faults.rig import LEDGERS, NOTIFIERS
from tests.faults.workload import Sent
from tests.http.server import Act, Answer, Close, Silence, Slow
from tests.integration.notifiers.hooks import NEW, text_of

_UNITS: Final = ("jc-0101", "jc-0147")
_HOOK: Final = "hook"
_PATIENCE: Final = 25.0
_SETTLE_SECONDS: Final = 1.0
_TURNED_AWAY: Final = """
SELECT count(*) FROM attempts a JOIN deliveries d ON d.id = a.delivery_id
WHERE d.channel = 'webhook' AND a.outcome = 'misconfigured' AND a.detail LIKE 'connect: %ertificate%'
"""
Certificate = Callable[[trustme.CA], trustme.LeafCert]


@contextmanager
def _with_endpoints(run: Run, *, tls: bool = False) -> Iterator[None]:
    """Ledgers and notifiers know of the endpoints; afterwards nobody has one."""
    rig, authority = run.rig, trustme.CA() if tls else None
    with Receiver(text_of(NEW), authority) as receiver:
        route = rig.proxy.add(Route(_HOOK, (HOST, receiver.port)))
        reference, secrets = rig.data / "reference", rig.data / "webhook-secrets"
        shutil.rmtree(reference, ignore_errors=True)
        shutil.copytree(DATA, reference)
        secrets.mkdir(exist_ok=True)
        with (reference / "webhooks.csv").open("a", encoding="utf-8") as table:
            for unit in _UNITS:
                (secrets / unit).write_text(text_of(NEW) + "\n", "ascii")
                url = f"{'https' if tls else 'http'}://{HOST}:{route.port}/hook/{unit}"
                table.write(f"{unit},{url},2020-01-01,,made-up,[I] an endpoint of the rig\n")
        told = {
            "REFERENCE_DIR": str(reference),
            "WEBHOOK_SECRETS_DIR": str(secrets),
            "WEBHOOK_NETWORKS": "127.0.0.0/8",
            "WEBHOOK_REST_SECONDS": "2",
        }
        if authority is None:
            told["WEBHOOK_PLAIN_HTTP"] = "true"
        else:
            authority.cert_pem.write_to_path(str(rig.data / "hooks.pem"))
            told["WEBHOOK_CA_FILE"] = str(rig.data / "hooks.pem")
        _told(run, told)
        run.receiver = receiver
        try:
            yield
        finally:
            receiver.behave()
            _told(run, {})


def _receiver(run: Run) -> Receiver:
    assert run.receiver is not None
    return run.receiver


def _told(run: Run, more: dict[str, str]) -> None:
    rig, names = run.rig, (*LEDGERS, *NOTIFIERS)
    rig.children.hold(*names)
    rig.environment_more = more
    rig.children.release(*names)
    rig.children.wait_ready(*names)


def _answers(run: Run, chunk: Sequence[Sent], *, act: Act, times: int) -> int:
    """The next calls end so."""
    receiver = _receiver(run)
    receiver.then(*[act] * times)
    return visited(run, chunk, receiver, times=times, seconds=_PATIENCE)


def _not_to_be_trusted(run: Run, chunk: Sequence[Sent], *, certificate: Certificate) -> int:
    """For a while the endpoint shows this: nobody may say a word to it. Then it shows its own again."""
    rig, receiver = run.rig, _receiver(run)
    authority = receiver.authority
    assert authority is not None
    receiver.show(certificate(authority))
    rig.proxy.cut(_HOOK)
    time.sleep(_SETTLE_SECONDS)
    heard = receiver.read()
    with rig.connect() as connection:
        before = _turned_away(connection)
        run.publish(chunk)
        deadline = time.monotonic() + _PATIENCE
        while (times := _turned_away(connection) - before) == 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(_SETTLE_SECONDS)
    if receiver.read() > heard:
        run.left_out.append("a webhook was sent to an endpoint that nobody could trust")
    receiver.show(authority.issue_cert(HOST))
    run.healed()
    return min(times, 1)


def _turned_away(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(_TURNED_AWAY).fetchone()
    return 0 if row is None else int(row[0])


def _of_another_name(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("somebody-else.example")


def _expired(authority: trustme.CA) -> trustme.LeafCert:
    day = datetime.now(UTC) - timedelta(days=1)
    return authority.issue_cert(HOST, not_before=day - timedelta(days=30), not_after=day)


def _of_another_authority(_: trustme.CA) -> trustme.LeafCert:
    return trustme.CA().issue_cert(HOST)


def _struck(run: Run, chunk: Sequence[Sent], *, point: Point, action: FailpointAction) -> int:
    children = run.rig.children
    children.strike(point, action)
    run.publish(chunk)
    pid = children.fired(point, seconds=_PATIENCE)
    run.healed()
    if pid is None:
        return 0
    if action is FailpointAction.STOP:
        time.sleep(LEASE_SECONDS + 2)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        run.healed()
    return 1


def _seen(run: Run, seen: Seen) -> None:
    seen.hooked = frozenset(_UNITS)
    for hook, body in _receiver(run).hooks():
        seen.hooks.append(hook)
        seen.texts.append((f"webhook {hook.id}", body))
    run.told.append(f"{len({hook.id for hook in seen.hooks})} webhooks in {len(seen.hooks)} calls")
    if not seen.hooks:
        run.left_out.append("no endpoint was called")


def _gone(run: Run, seen: Seen) -> None:
    """It is switched off, called no more, and its unit is told by mail; the other unit's is owed all the same."""
    _seen(run, seen)
    off = {
        one.task_id for one in seen.deliveries if one.occasion == "channel_off" and one.status == "delivered"
    }
    with run.rig.connect() as connection:
        rows = connection.execute("SELECT unit_id FROM endpoints WHERE reason = 'gone'").fetchall()
        connection.execute("DELETE FROM endpoints")
    seen.gone = frozenset(unit for (unit,) in rows)
    if not off or not seen.gone:
        run.left_out.append("an endpoint that said it is gone was not switched off, or nobody was told")


def _cell(
    name: str,
    work: Any,
    *,
    per_round: int = 1,
    most_rounds: int = 2,
    amend: Any = _seen,
    around: Any = _with_endpoints,
    **more: Any,
) -> Cell:
    return Cell(
        name,
        Family.WEBHOOK,
        partial(work, **more),
        per_round=per_round,
        most_rounds=most_rounds,
        amend=amend,
        around=around,
        refusals=amend is _gone,
    )


def _answer(name: str, act: Act, *, times: int = 2, **more: Any) -> Cell:
    return _cell(name, _answers, per_round=times, act=act, times=times, **more)


CELLS: Final = (
    _cell("endpoint refuses connections", bad_way, server=_HOOK, afresh=True, way=Way.REFUSE, seconds=3),
    _cell("endpoint half open", bad_way, server=_HOOK, afresh=True, way=Way.HALF_OPEN, seconds=3),
    _cell("endpoint's answers vanish", bad_way, server=_HOOK, afresh=True, way=Way.DEAF, seconds=3),
    _answer("endpoint says 503", Answer(503)),
    _answer("endpoint says 429 with Retry-After", Answer(429, (("Retry-After", "3"),))),
    _answer("endpoint says 302", Answer(302, (("Location", "http://127.0.0.1:1/"),)), times=1),
    _answer("endpoint says 410", Answer(410), times=1, most_rounds=1, amend=_gone),
    _answer("webhook taken and connection lost", Close()),
    _answer("webhook taken and never answered", Silence(), times=1, most_rounds=1),
    _answer("webhook answered slowly", Slow(4)),
    *(
        _cell(
            f"endpoint's certificate {what}",
            _not_to_be_trusted,
            certificate=certificate,
            around=partial(_with_endpoints, tls=True),
        )
        for what, certificate in (
            ("is of another name", _of_another_name),
            ("has expired", _expired),
            ("is by an unknown authority", _of_another_authority),
        )
    ),
    *(
        _cell(f"{action} at {point}", _struck, point=point, action=action)
        for action in (FailpointAction.KILL, FailpointAction.STOP)
        for point in (Point.HOOK_BEFORE, Point.HOOK_SENT, Point.HOOK_ANSWERED)
    ),
)
