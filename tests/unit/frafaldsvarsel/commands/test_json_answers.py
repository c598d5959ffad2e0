"""What programs read of an audit, a rebuild, a doctor and a status does not change by one byte."""

from datetime import UTC, datetime
from typing import Final

import pytest

from doctor.diagnosis import HealthCheck, fault, fine, unknown
from doctor.readers.auditor import AuditSaid
from doctor.status.answer import status_answer
from doctor.status.look import LedgerSeen, StatusLook
from frafaldsvarsel.commands.canary import ProbeAnswer
from frafaldsvarsel.commands.doctor import doctor_answer
from frafaldsvarsel.commands.show_audit import audit_answer
from frafaldsvarsel.commands.show_rebuild import ledger_answer, people_answer
from frafaldsvarsel.commands.terminal import emit
from ledger.rebuild.compare import Comparison
from ledger.rebuild.rebuild import Rebuilt
from ledger.rebuild.take_over import Removed
from models.eligibility.compare_record import Finding, RecordDifference
from ops.audit.report import AuditReport, Check, CheckResult, Missing, Waiting
from ops.probe.trace import Leg
from streams.rebuild_person_store import PersonStoreRebuild

AT: Final = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
ANSWERS: Final[list[tuple[object, str]]] = [
    (
        ledger_answer(
            Rebuilt(
                removed=[Removed("receipts", 1, 5, AT, 7)],
                tables=[Comparison("tasks", 3, 4, "aa", "bb", 1, 2, 1, 1, ["jc"])],
                records=9,
                acts=4,
                unplaced=1,
            ),
            applied=True,
        ),
        '{"differing": 4, "applied": true, "records": 9, "acts": 4, "acts_without_place": 1, "tables": [{"table": '
        '"tasks", "live": 3, "rebuilt": 4, "live_hash": "aa", "rebuilt_hash": "bb", "differing": 4, "only_live": 1, '
        '"only_rebuilt": 2, "different": 1, "on_the_way": 1, "rows": ["jc"]}], "removed": [{"topic": "receipts", '
        '"partition": 1, "first_offset": 5, "oldest": "2026-01-02 03:04:00+00:00", "taken_over": 7}]}\n',
    ),
    (
        people_answer(
            PersonStoreRebuild(
                people=3,
                events=8,
                held_hash="a",
                rebuilt_hash="b",
                findings=[
                    Finding("p", RecordDifference.BEHIND, None),
                    Finding("q", RecordDifference.EVENTS, None),
                    Finding("r", RecordDifference.BEHIND, None),
                ],
                removed=[2],
                written=1,
            )
        ),
        '{"people": 3, "events": 8, "held_hash": "a", "rebuilt_hash": "b", "differing": 3, "differences": '
        '{"behind": 2, "events": 1}, "written": 1, "removed": [2]}\n',
    ),
    (
        audit_answer(
            AuditReport(
                accounts=(CheckResult(hop=Check.RECEIPTS, total=3, parts={"accepted": 2}, unaccounted=1),),
                exceptions=(
                    Missing(hop=Check.RECEIPTS, what="no receipt", topic="enrolments", partition=1, offset=4),
                ),
                canary_home_at=AT,
                oldest_seconds=4.21,
                waiting=(
                    Waiting(topic="enrolments", partition=1, seconds=300),
                    Waiting(topic="enrolments", partition=2, seconds=299),
                ),
            )
        ),
        '{"unaccounted": 1, "under_way": 0, "oldest_seconds": 4.2, "stuck": [{"topic": "enrolments", "partition": 1, '
        '"seconds": 300.0}], "canary_home_at": "2026-01-02T03:04:00+00:00", "accounts": [{"hop": '
        '"receipts", "total": 3, "parts": {"accepted": 2}, "under_way": 0, "unaccounted": 1, "beside": {}}], '
        '"exceptions": [{"hop": "receipts", "what": "no receipt", "topic": "enrolments", "partition": 1, '
        '"offset": 4}]}\n',
    ),
    (
        ProbeAnswer(
            message_id="one",
            home=False,
            seconds=1.25,
            legs={Leg.PUBLISHED: 1.25},
            lost_at=Leg.RECEIPT,
            why="too long",
        ),
        '{"message_id": "one", "home": false, "seconds": 1.25, "legs": {"published": 1.25}, "lost_at": "receipt", '
        '"why": "too long"}\n',
    ),
    (
        doctor_answer(
            [
                fault(HealthCheck.GROUPS, "No ledger runs.", "Start it.", AT),
                unknown(HealthCheck.CLOCKS, "Nobody tells the time."),
                fine(HealthCheck.DISK, "Room."),
            ],
            AT,
        ),
        '{"looked_at": "2026-01-02 03:04:00+00:00", "faults": 1, "warnings": 0, "unknown": 1, "fine": 1, "found": '
        '[{"check": "groups", "level": "fault", "sentence": "No ledger runs.", "since": "2026-01-02 03:04:00+00:00", '
        '"advice": "Start it.", "page": "docs/runbooks/consumer-stands-still.md"}, {"check": "clocks", "level": '
        '"unknown", "sentence": "Nobody tells the time.", "since": null, "advice": null, "page": '
        '"docs/doctor.md#clocks"}, {"check": "disk", "level": "fine", "sentence": "Room.", "since": null, "advice": '
        'null, "page": "docs/doctor.md#disk"}]}\n',
    ),
    (
        status_answer(
            None,
            StatusLook(
                at=AT,
                ledger=LedgerSeen(
                    at=AT,
                    attempts=7,
                    waiting=0,
                    oldest_seconds=0.0,
                    overdue=2,
                    quarantine={"input": 3},
                    undecided=1,
                    failed_units=0,
                ),
                audit=AuditSaid(0, AT, None),
                away={"kafka": "Kafka does not answer."},
            ),
        ),
        '{"taken_at": "2026-01-02 03:04:00+00:00", "flow": [{"step": "senders", "per_second": null, "waiting": null, '
        '"oldest_seconds": null, "group_state": null, "members": null}, {"step": "intake", "per_second": null, '
        '"waiting": null, "oldest_seconds": null, "group_state": null, "members": null}, {"step": "match", '
        '"per_second": null, "waiting": null, "oldest_seconds": null, "group_state": null, "members": null}, {"step": '
        '"ledger", "per_second": null, "waiting": null, "oldest_seconds": null, "group_state": null, "members": null}, '
        '{"step": "notify", "per_second": null, "waiting": 0, "oldest_seconds": 0.0, "group_state": null, "members": '
        'null}], "promises": {"unaccounted": 0, "counted_at": "2026-01-02 03:04:00+00:00", "duty_lag_seconds": null, '
        '"overdue_without_contact": 2, "oldest_undelivered_seconds": 0.0}, "people": {"quarantine": {"input": 3}, '
        '"undecided_past_review": 1, "units_not_reached": 0}, "away": {"kafka": "Kafka does not answer."}}\n',
    ),
]


@pytest.mark.parametrize(("answer", "line"), ANSWERS, ids=[type(answer).__name__ for answer, _ in ANSWERS])
def test_an_answer_is_the_same_to_the_byte(
    answer: object, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    emit(answer)
    assert capsys.readouterr().out == line
