"""How long the follow-up report takes with a million tasks, beside reading the same rows once without counting.

``python -m bench.report [TASKS]``. Two messages for every third task, three facts and two acts for each.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import psycopg

from bench.many_tasks import units
from config.reading_environments import ReportEnvironment
from config.sections.servers import DatabaseAddress, ReferenceSection
from frafaldsvarsel.wiring.report import make_release
from ledger.schema.migrate import migrate
from local.servers.postgres import Database
from reports.read import ReportPeriod

_PERIOD: Final = ReportPeriod(first=date(2025, 8, 1), last=date(2026, 7, 31), as_of=date(2026, 8, 1))
_FILL: Final = (
    """
    INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at)
    SELECT md5('task ' || n)::uuid, 'FV-' || n, md5('person ' || n), md5('enrolment ' || n)::uuid,
        (%(units)s::text[])[n %% %(number)s + 1], 'closed', '2026-08-01',
        '2025-08-03'::timestamptz + (n %% 350) * interval '1 day' + (n %% 28800) * interval '1 second'
    FROM generate_series(1, %(tasks)s) n
    """,
    """
    INSERT INTO verdicts
    SELECT 0, row_number() OVER (), '900101', md5(t.id::text || part), person_id, person_id, 1, 'obliged', 'obliged',
        'lab-2025-07-01', unit_id, enrolment_id, '900101', (%(kinds)s::text[])[ascii(reference) %% 4 + 1],
        'kontanthjaelp', 'uddannelsesparat', right(unit_id, 4), appended_at::date, appended_at, appended_at
    FROM tasks t CROSS JOIN generate_series(1, 2) part WHERE part = 1 OR right(reference, 1) IN ('1', '4', '7')
    """,
    """
    INSERT INTO person_facts
    SELECT 0, row_number() OVER (), person_id, kind, CASE kind WHEN 'enrolment' THEN enrolment_id ELSE md5(kind || t.id)
        END, '900101', appended_at - interval '9 days', 0, appended_at - interval '8 days', kind, 0,
        row_number() OVER (), appended_at - interval '8 days', '900101', 'eud',
        appended_at::date - CASE kind WHEN 'enrolment' THEN 7 ELSE 300 END, NULL, NULL,
        CASE kind WHEN 'period' THEN 'kontanthjaelp' END, CASE kind WHEN 'period' THEN 'uddannelsesparat' END,
        CASE kind WHEN 'residence' THEN right(unit_id, 4) END
    FROM tasks t CROSS JOIN unnest('{enrolment,period,residence}'::text[]) kind
    """,
    """
    INSERT INTO applied (partition, "offset", origin_topic, origin_partition, origin_offset, person_id, changed)
    SELECT partition, "offset", origin_topic, origin_partition, origin_offset, person_id, 0 FROM person_facts
    """,
    """
    INSERT INTO acts (id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, after_offset)
    SELECT md5(kind || id)::uuid, id, CASE kind WHEN 'close' THEN 2 ELSE 1 END, kind,
        CASE kind WHEN 'close' THEN '{"ending": "contact_made", "initiatives": ["mentor"]}'::jsonb
        ELSE jsonb_build_object('at', appended_at + (ascii(id::text) %% 9) * interval '1 day', 'form', 'phone',
                                'reached', true) END,
        'a', 'A', 'page', appended_at + interval '10 days' + (kind = 'close')::int * interval '1 hour', person_id, 0, 0
    FROM tasks CROSS JOIN unnest('{attempt,close}'::text[]) kind
    """,
)
_READ_ONCE: Final = ("person_facts", "verdicts", "acts", "applied")


class Spent(NamedTuple):
    """Seconds of one thing."""

    clock: float
    processor: float
    """Of both sides: the same on a machine that is busy with other things."""


def _timed(folder: Path, what: Callable[[], object]) -> Spent:
    began, had = time.perf_counter(), _processor(folder)
    what()
    time.sleep(1)  # for the server to know that its process has ended
    return Spent(time.perf_counter() - began - 1, _processor(folder) - had)


def _processor(folder: Path) -> float:
    """Of this process, and of the server's that have ended (proc(5): cutime, cstime)."""
    server = (folder / "postgres").rglob("postmaster.pid")
    pid = next(iter(server)).read_text().split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _read_once(url: str) -> None:
    """As text, thrown away."""
    with psycopg.connect(url) as connection:
        for table in _READ_ONCE:
            with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as rows:
                for _ in rows:
                    pass


def measure(tasks: int) -> None:
    """Fill, read once, report."""
    with tempfile.TemporaryDirectory(prefix="frafaldsvarsel-bench-") as folder:
        database = Database(Path(folder) / "postgres")
        database.start()
        try:
            asyncio.run(migrate(database.url))
            everybody = units()
            values = {
                "tasks": tasks,
                "units": list(everybody),
                "number": len(everybody),
                "kinds": ["eud", "eux", "hf", "stx"],
            }
            with psycopg.connect(database.url, autocommit=True) as connection:
                for statement in _FILL:
                    connection.execute(statement.encode(), values)
                connection.execute("VACUUM ANALYZE")
            once = _timed(Path(folder), lambda: _read_once(database.url))
            known = ReportEnvironment(
                database=DatabaseAddress.model_validate({"DATABASE_URL": database.url}),
                reference=ReferenceSection.model_validate({}),
            )
            report = _timed(Path(folder), lambda: make_release(known, _PERIOD, threshold=3, by="bench"))
            sys.stdout.write(
                f"{tasks} tasks: report {report.clock:.1f} s (processor {report.processor:.1f} s), reading the rows "
                f"once {once.clock:.1f} s ({once.processor:.1f} s); processor's ratio "
                f"{report.processor / once.processor:.1f}; load {os.getloadavg()[0]:.1f}\n"
            )
        finally:
            database.stop()


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
