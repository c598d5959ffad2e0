"""Case systems work on tasks over the interface while the inbox is struck, or its answers or its database are lost."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from config.api_clients import ClientRight
from crypto.client_secret_hash import hash_secret, new_secret
from infra.failpoints import FailpointAction, Point
from local.servers.ports import remembered_ports
from models.events import probe_identity
from tests.faults.case_system import CaseSystems
from tests.faults.cells import Cell, Family, Run
from tests.faults.judge_api_calls import CLIENTS
from tests.faults.network_faults import lost_answers, struck_at_work
from tests.faults.observation import Seen
from tests.faults.proxy import OneAnswer, Route
from tests.faults.rig import DATABASE
from tests.faults.workload import Sent

_INBOX: Final = "inbox"
_CHILD: Final = "inbox-1"
_PATIENCE: Final = 20.0
_RIVALS: Final = 0.2
_TERMINATE: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'frafaldsvarsel-inbox' AND state <> 'idle'
"""


class DeedAnswer(OneAnswer):
    """Swallows the answer to a deed: the service has answered, and the case system does not hear it."""

    def wanted(self, chunk: bytes) -> bool:
        """Whether a deed begins here."""
        return chunk.startswith(b"POST /api/v1/tasks/")


@contextmanager
def _with_interface(run: Run) -> Iterator[None]:
    """An inbox that two case systems may use, behind the proxy; afterwards there is none."""
    rig, secret = run.rig, new_secret()
    file = rig.data / "api-clients.json"
    kept = [{"hash": hash_secret(secret)}]
    clients = [
        {
            "id": name,
            "name": f"Case system {name}",
            "units": sorted(rig.rules.addresses.keys() - {probe_identity.UNIT}),
            "rights": [ClientRight.READ, ClientRight.WRITE],
            "secrets": kept,
            "requests_per_minute": 60_000,
        }
        for name in CLIENTS
    ]
    file.write_text(json.dumps({"clients": clients}), "utf-8")
    port = remembered_ports(rig.data / "inbox-port.json", (_INBOX,))[_INBOX]
    rig.environment_more = {
        "API_CLIENTS_FILE": str(file),
        "INBOX_PORT": str(port),
        "OIDC_ISSUER": "https://nobody.example",
        "OIDC_CLIENT_SECRET": "made-up",
    }
    rig.proxy.add(Route(_INBOX, ("127.0.0.1", port), swallow=DeedAnswer))
    rig.children.add(_CHILD)
    try:
        rig.children.wait_ready(_CHILD)
        run.secret = secret
        yield
    finally:
        rig.children.remove(_CHILD)
        rig.environment_more = {}


@contextmanager
def _systems(run: Run, *, rivals: float = _RIVALS) -> Iterator[CaseSystems]:
    """At work for the whole round; afterwards it is known what they were told."""
    rig = run.rig
    systems = CaseSystems(run, port=rig.proxy.routes[_INBOX].port, secret=run.secret, rivals=rivals)
    systems.start()
    try:
        yield systems
        systems.wait()
    finally:
        systems.finish()
    run.calls += systems.calls
    done = sum(call.status == 200 for call in systems.calls)
    run.told.append(
        f"{done} of {len(systems.calls)} deeds done over the interface, {systems.repeated} answered as done before, "
        f"{systems.unheard} sendings told nothing, {systems.duels} deeds on a version that the other wanted too"
    )


def _unheard(run: Run, chunk: Sequence[Sent], *, route: str, times: int) -> int:
    """Answers to deeds are lost on the way: the inbox's own, or the database's to its COMMIT."""
    proxy = run.rig.proxy
    before = proxy.swallowed(route)
    with _systems(run) as systems:
        run.publish(chunk)
        systems.wait()
        proxy.swallow(route, times)
        return lost_answers(run, server=route, before=before, times=times, seconds=_PATIENCE)


def _terminated(run: Run, chunk: Sequence[Sent], *, times: int) -> int:
    """The inbox's backends are ended while they are at something."""
    struck = 0
    with _systems(run) as systems, run.rig.connect() as connection:
        run.publish(chunk)
        systems.wait()
        deadline = time.monotonic() + _PATIENCE
        while struck < times and time.monotonic() < deadline:
            struck += connection.execute(_TERMINATE).rowcount > 0
            time.sleep(0.003)
        run.healed()
    return struck


def _rivals(run: Run, chunk: Sequence[Sent]) -> int:
    """Both want something with every version, at the same moment."""
    with _systems(run, rivals=1.0) as systems:
        run.publish(chunk)
        systems.wait()
        run.healed()
    if not any(call.status == 412 for call in systems.calls):
        run.left_out.append("no case system was ever told that the task had changed")
    return systems.duels


def _tell(run: Run, seen: Seen) -> None:
    seen.calls += run.calls
    if not any(call.status == 200 for call in run.calls):
        run.left_out.append("no case system has done anything")


def _cell(name: str, work: Callable[..., int], *, per_round: int, **more: Any) -> Cell:
    return Cell(
        name,
        Family.API,
        partial(work, **more),
        per_round=per_round,
        most_rounds=2,
        amend=_tell,
        around=_with_interface,
    )


CELLS: Final = (
    *(
        _cell(
            f"{action} at {point}",
            struck_at_work,
            per_round=2,
            at_work=_systems,
            point=point,
            action=action,
            times=2,
            seconds=_PATIENCE,
        )
        for action in (FailpointAction.KILL, FailpointAction.RAISE, FailpointAction.CANCEL)
        for point in (Point.ACT_BEFORE_COMMIT, Point.ACT_COMMITTED)
    ),
    _cell("answers to case systems swallowed", _unheard, per_round=6, route=_INBOX, times=6),
    _cell("case systems and answers to COMMIT swallowed", _unheard, per_round=6, route=DATABASE, times=6),
    _cell("the inbox's backends terminated", _terminated, per_round=6, times=6),
    _cell("two case systems on one version", _rivals, per_round=20),
)
