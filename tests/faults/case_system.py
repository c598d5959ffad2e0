"""Two case systems at the interface, with credentials of their own: what gets no answer they send again, word for word.

They reach the inbox through the proxy, as a municipality's system does; where tasks lie they are told by the database.
"""

import http.client
import json
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

from models.events import probe_identity
from models.tasks.actions import ContactForm, Ending, HandOverReason, Initiative, ReopenReason
from tests.faults.cells import Run
from tests.faults.judge_api_calls import CLIENTS
from tests.faults.observation import CallSeen

_ANSWER_SECONDS: Final = 6.0
_AGAIN_SECONDS: Final = 0.2
_PAUSE_SECONDS: Final = 0.05
_PATIENCE: Final = 20.0
_SETTLE_SECONDS: Final = 40.0
_AT_LEAST: Final = 20
_TASKS: Final = """
SELECT id, reference, unit_id, status, reached_at IS NOT NULL FROM tasks
WHERE opened_at >= %s AND status <> 'withdrawn' ORDER BY random() LIMIT 1
"""
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
_LOST: Final = (OSError, http.client.HTTPException)
_NOT_NOW: Final = (429, 500, 503)
"""What says nothing about the deed: to be sent again."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A deed as it goes out, every time."""

    key: str
    worker: str
    task_id: UUID
    path: str
    etag: str
    deed: Mapping[str, Any]


class CaseSystems:
    """Both are at work until `finish`, now and then on the same version of the same task."""

    def __init__(self, run: Run, *, port: int, secret: str, rivals: float) -> None:
        """`rivals`: how often, of all tasks, both want something with one at the same time."""
        self._rig, self._since = run.rig, run.marks.began
        self._port, self._secret, self._rivals = port, secret, rivals
        self._rng = Random(run.rig.seed)
        self._tokens: dict[str, str] = {}
        self._stop = threading.Event()
        self._over = threading.Event()
        self._units = sorted(run.rig.rules.addresses.keys() - {probe_identity.UNIT})
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="case systems")
        self.calls: list[CallSeen] = []
        self.unheard = self.repeated = self.duels = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self) -> None:
        """Until they have done something; what is published may take a while to become a task."""
        deadline = time.monotonic() + _PATIENCE
        while len(self.calls) < _AT_LEAST and time.monotonic() < deadline and self._thread.is_alive():
            time.sleep(0.1)

    def finish(self) -> None:
        """Let what is under way be answered, then end."""
        self._stop.set()
        self._thread.join(_SETTLE_SECONDS)
        alive = self._thread.is_alive()
        self._over.set()
        if self._fault is not None:
            raise self._fault
        if alive:
            raise TimeoutError("a case system got no answer")

    def _work(self) -> None:
        try:
            with ThreadPoolExecutor(2) as both, self._rig.connect() as connection:
                while not self._stop.is_set():
                    row = connection.execute(_TASKS, (self._since,)).fetchone()
                    if row is not None:
                        self._one(both, row)
                    time.sleep(_PAUSE_SECONDS)
        except BaseException as fault:  # handed to whoever waits
            self._fault = fault

    def _one(self, both: ThreadPoolExecutor, row: Any) -> None:
        task_id, reference, unit, status, reached = row
        path = f"/api/v1/tasks/{reference}"
        answer = self._answered(CLIENTS[0], "GET", path)
        if answer is None or answer[0] != 200:
            return
        duel = self._rng.random() < self._rivals
        self.duels += duel
        calls = [
            _Call(
                key=uuid4().hex,
                worker=uuid4().hex.translate(_LETTERS),
                task_id=task_id,
                path=f"{path}/deeds",
                etag=answer[1],
                deed=self._deed(unit, closed=status == "closed", reached=reached),
            )
            for _ in range(2 if duel else 1)
        ]
        list(both.map(self._do, CLIENTS, calls))

    def _do(self, client: str, call: _Call) -> None:
        body = json.dumps({"deed": call.deed, "worker": {"id": call.worker, "name": "Anna Berg"}})
        headers = {"If-Match": call.etag, "Idempotency-Key": call.key, "Content-Type": "application/json"}
        answer = self._answered(client, "POST", call.path, body, headers)
        if answer is not None:
            by = f"{client}/{call.worker}"
            self.calls.append(CallSeen(by, call.task_id, call.deed["kind"], call.etag, answer[0]))

    def _answered(
        self, client: str, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, str] | None:
        """Send it until there is an answer that says something; status and ETag. None: it is over."""
        while not self._over.is_set():
            try:
                token = self._token(client)
                more = {"Authorization": f"Bearer {token}", **(headers or {})}
                status, etag, _ = self._ask(method, path, body, more)
            except _LOST:
                self.unheard += 1
            else:
                if status not in _NOT_NOW:
                    return status, etag
                self.unheard += 1
            time.sleep(_AGAIN_SECONDS)
        return None

    def _token(self, client: str) -> str:
        if client not in self._tokens:
            basic = b64encode(f"{client}:{self._secret}".encode()).decode()
            headers = {
                "Authorization": f"Basic {basic}",
                "Content-Type": "application/x-www-form-urlencoded",
            }
            body = "grant_type=client_credentials"
            status, _, said = self._ask("POST", "/api/v1/oauth2/token", body, headers)
            if status != 200:
                raise http.client.HTTPException(f"no token: {status}")
            self._tokens[client] = json.loads(said)["access_token"]
        return self._tokens[client]

    def _ask(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            self.repeated += response.headers.get("Idempotency-Replayed") == "true"
            return response.status, response.headers.get("ETag", ""), response.read()
        finally:
            connection.close()

    def _deed(self, unit: str, *, closed: bool, reached: bool) -> dict[str, Any]:
        if closed and self._rng.random() < 0.5:
            return {"kind": "reopen", "reason": ReopenReason.NEW_INFORMATION.value}
        if reached and self._rng.random() < 0.4:
            ending, initiatives = Ending.CONTACT_MADE.value, [Initiative.MENTOR.value]
            return {"kind": "close", "ending": ending, "initiatives": initiatives}
        attempt = {
            "kind": "attempt",
            "at": datetime.now(UTC).isoformat(),
            "form": self._rng.choice(tuple(ContactForm)).value,
        }
        to_unit = self._rng.choice([one for one in self._units if one != unit])
        deeds: tuple[dict[str, Any], ...] = (
            {"kind": "acknowledge"},
            {"kind": "take"},
            {"kind": "release"},
            {**attempt, "reached": True},
            {**attempt, "reached": False},
            {"kind": "close", "ending": Ending.NOT_REACHED.value},
            {"kind": "hand_over", "to_unit": to_unit, "reason": HandOverReason.AGREED.value},
        )
        return self._rng.choice(deeds)
