"""Webhooks to an endpoint that misbehaves, and the notifier struck while it calls: two units have an endpoint here."""

import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final

from config.failpoints import Action, Point
from config.tables import DATA
from tests.faults.cells import Cell, Family, Run
from tests.faults.load import Sent
from tests.faults.proxy import Route, Way
from tests.faults.receiver import Receiver
from tests.faults.rig import LEDGERS, NOTIFIERS
from tests.faults.seen import Seen
from tests.faults.told import LEASE_SECONDS
from tests.faults.ways import bad_way, visited
from tests.http.server import Act, Answer, Close, Silence, Slow
from tests.integration.notifiers.hooks import NEW, text_of

_UNITS: Final = ("jc-0101", "jc-0147")
_HOOK: Final = "hook"
_PATIENCE: Final = 25.0


@contextmanager
def _with_endpoints(run: Run) -> Iterator[None]:
    """Ledgers and notifiers know of the endpoints; afterwards nobody has one."""
    rig = run.rig
    with Receiver(text_of(NEW)) as receiver:
        route = rig.proxy.add(Route(_HOOK, ("127.0.0.1", receiver.port)))
        reference, secrets = rig.data / "reference", rig.data / "webhook-secrets"
        shutil.rmtree(reference, ignore_errors=True)
        shutil.copytree(DATA, reference)
        secrets.mkdir(exist_ok=True)
        with (reference / "webhooks.csv").open("a", encoding="utf-8") as table:
            for unit in _UNITS:
                (secrets / unit).write_text(text_of(NEW) + "\n", "ascii")
                url = f"http://127.0.0.1:{route.port}/hook/{unit}"
                table.write(f"{unit},{url},2020-01-01,,made-up,[I] an endpoint of the rig\n")
        _told(
            run,
            {
                "REFERENCE_DIR": str(reference),
                "WEBHOOK_SECRETS_DIR": str(secrets),
                "WEBHOOK_NETWORKS": "127.0.0.0/8",
                "WEBHOOK_PLAIN_HTTP": "true",
                "WEBHOOK_REST_SECONDS": "2",
            },
        )
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


def _struck(run: Run, chunk: Sequence[Sent], *, point: Point, action: Action) -> int:
    children = run.rig.children
    children.strike(point, action)
    run.publish(chunk)
    pid = children.fired(point, seconds=_PATIENCE)
    run.healed()
    if pid is None:
        return 0
    if action is Action.STOP:
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
    name: str, work: Any, *, per_round: int = 1, most_rounds: int = 2, amend: Any = _seen, **more: Any
) -> Cell:
    return Cell(
        name,
        Family.WEBHOOK,
        partial(work, **more),
        per_round=per_round,
        most_rounds=most_rounds,
        amend=amend,
        around=_with_endpoints,
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
        _cell(f"{action} at {point}", _struck, point=point, action=action)
        for action in (Action.KILL, Action.STOP)
        for point in (Point.HOOK_BEFORE, Point.HOOK_SENT, Point.HOOK_ANSWERED)
    ),
)
