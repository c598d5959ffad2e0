"""Story: somebody logs in; the trail is chained and signed; its keeper dies and comes back; a DBA rewrites it."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from local.service import Service
from tests.acceptance.service import command

PATIENCE_SECONDS = 90


@pytest.fixture(scope="module")
def service(jars: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With the keeper of the trail alone beside it."""
    running = Service(tmp_path_factory.mktemp("trail"), jars=jars, beside=("trail",))
    with running.running():
        yield running


def log_in(service: Service) -> None:
    with httpx2.Client(base_url=service.inbox_pages) as client:
        to_provider = client.get("/log-ind/start").headers["location"]
        back = client.get(f"{to_provider}&person=hanne").headers["location"]
        assert client.get(back).status_code == 303


def verified(service: Service, code: int) -> dict[str, Any]:
    done = command("trail", "verify", "--json", data=service.data)
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def until(what: str, found: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not found():
        assert time.monotonic() < end, f"no {what}"
        time.sleep(0.3)


def rows(service: Service, table: str) -> int:
    with service.database() as connection:
        ((number,),) = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()  # noqa: S608 - ours
    return int(str(number))


def test_what_people_do_is_chained_signed_and_proved(service: Service) -> None:
    log_in(service)
    until("link", lambda: rows(service, "trail") == rows(service, "audit") > 0)
    before = verified(service, 0)
    assert before["findings"] == []
    keeper = service.pids()["trail"]
    os.kill(keeper, signal.SIGKILL)
    log_in(service)
    until("link after the keeper was killed", lambda: rows(service, "trail") == rows(service, "audit") >= 2)
    assert service.pids()["trail"] != keeper
    until("signed root", lambda: verified(service, 0)["signed_to"] >= 2)
    nothing = command("trail", "restart", "--because", "try", data=service.data)
    assert nothing.returncode == 1
    assert "no break" in nothing.stderr


def test_a_row_that_a_dba_changes_is_named(service: Service) -> None:
    with service.database() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit SET detail = '{}' WHERE id = (SELECT min(id) FROM audit)")
    found = verified(service, 1)
    assert [one["fault"] for one in found["findings"]] == ["row_changed"]
    said = command("trail", "verify", data=service.data)
    assert "row changed at link 1" in said.stderr
