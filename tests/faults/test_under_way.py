"""What is still under way is seen by the rig: a second refusal that nobody has followed, a report that lies unread."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.admin import At
from tests.faults.kafka_log import places
from tests.faults.under_way import under_way

ROWS = """
INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at)
SELECT gen_random_uuid(), 'FV-1', 'p', 'e', 'jc-0101', 'open', '2026-10-09', '2026-10-02 09:00+02';
INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, status, deadline, ended_at)
SELECT gen_random_uuid(), id, 'new', '0:1', 'email', unit_id, 'a@b.example', 'refused', now(), appended_at FROM tasks;
INSERT INTO steps (id, task_id, kind, due_at, about, status, failed_delivery, failed_at)
SELECT gen_random_uuid(), task_id, 'escalation', now(), '2026-10-09', 'fired', id, ended_at FROM deliveries
"""


class Quiet:
    """A rig whose log is empty."""

    def __init__(self, data: Path, url: str) -> None:
        self.data = data
        self.markers: set[tuple[str, int, int]] = set()
        self._url = url

    def ends(self, names: Iterable[str]) -> Mapping[At, int]:
        return dict.fromkeys(places(names), 0)

    def committed(self) -> Mapping[At, int]:
        return {}

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url, autocommit=True)


@pytest.fixture
def quiet(tmp_path: Path, ledger_url: str) -> Quiet:
    (tmp_path / "maildir" / "new").mkdir(parents=True)
    return Quiet(tmp_path, ledger_url)


def test_each_refusal_of_a_notice_must_be_followed(quiet: Quiet) -> None:
    with quiet.connect() as connection:
        connection.execute(ROWS.encode())
        assert under_way(quiet) == ""
        connection.execute("UPDATE deliveries SET ended_at = ended_at + interval '1 hour'")
    assert under_way(quiet) == "1 refused notices are not followed"


def test_what_came_back_and_lies_unread_is_under_way(quiet: Quiet) -> None:
    (quiet.data / "maildir" / "new" / "1.relay").touch()
    assert under_way(quiet) == "1 mails that came back are not read"
