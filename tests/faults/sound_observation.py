"""What a cell leaves behind where all is well, for the tests of the judge to spoil."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from config.reference.law import law_of
from models.events.event_types import TYPE_PREFIX
from publisher.events import PlainEvent, Ready
from tests.factories import uuid
from tests.faults.observation import DeliverySeen, Logged, MailSeen, MessageSeen, Seen, TaskSeen
from tests.faults.reference_rules import Rules
from tests.faults.workload import Sent
from tests.reference import SHIPPED
from tests.unit.models.eligibility.histories import plain_law

CPR = "0101991234"
OTHER_CPR = "0201991234"
UNIT = "jc-0101"
OTHER_UNIT = "jc-0147"
SPACE = UUID("6d4a1b0e-5c1c-5f0e-9a55-3f1f5f0c7b12")
THURSDAY = datetime(2026, 11, 26, 9, tzinfo=UTC)
RULES = Rules(
    law=plain_law(law_of(SHIPPED)),
    days={},
    usual_days=5,
    days_off=(),
    addresses={UNIT: "opgaver@jc-0101.example", OTHER_UNIT: "opgaver@jc-0147.example"},
)


def _logged(number: int, kind: str, sender: str, time: str, cpr: str = CPR, **data: Any) -> Logged:
    event = PlainEvent(
        type=f"{TYPE_PREFIX}{kind}.v1",
        id=uuid(f"{kind} {number}"),
        sender=sender,
        source="urn:oio:cvr-nr:00000000",
        time=time,
        data={"cpr": cpr, **data},
    )
    sent = Sent(Ready("enrolments", b"", b"sealed", ()), cpr, event)
    return Logged(("enrolments", 0, number), THURSDAY + timedelta(seconds=number), sent)


def _risk(number: int) -> Logged:
    return _logged(
        number,
        "dropout-risk.raised",
        "900101",
        "2025-10-01T09:00:00+02:00",
        institution_number="900101",
        signals=["absence"],
        severity="high",
    )


STUDY = uuid("study")
TASK = uuid5(SPACE, "task")
NOTICE = uuid5(SPACE, "notice")


def all_well() -> Seen:
    """One person, one duty, one task, one mail; and one bad record that was refused."""
    bad = Logged(("enrolments", 0, 9), THURSDAY, Sent(Ready("enrolments", b"", b"{", ()), OTHER_CPR, None))
    inputs = [
        _logged(
            0,
            "enrolment.registered",
            "900101",
            "2025-08-12T09:00:00+02:00",
            enrolment_id=STUDY,
            institution_number="900101",
            education_type="eud",
            admission_date="2025-08-01",
            study_start="2025-08-11",
        ),
        _logged(
            1,
            "benefit-period.registered",
            "0101",
            "2025-01-01T09:00:00+01:00",
            period_id=uuid("help"),
            municipality_code="0101",
            benefit_type="uddannelseshjaelp",
            target_group="uddannelsesparat",
            valid_from="2024-01-01",
        ),
        _logged(
            2,
            "residence.registered",
            "REG-CPR",
            "2020-01-01T09:00:00+01:00",
            residence_id=uuid("home"),
            municipality_code="0101",
            valid_from="2020-01-01",
        ),
        _risk(3),
    ]
    message = inputs[3].sent.event
    assert message is not None
    return Seen(
        inputs=[*inputs, bad],
        receipts={one.place: "accepted" for one in inputs} | {bad.place: "rejected"},
        applied=[(one.place, "person") for one in inputs],
        messages=[MessageSeen("900101", message.id, "person", "obliged", "obliged", STUDY, UNIT, TASK)],
        tasks=[TaskSeen(TASK, "person", STUDY, UNIT, "open", date(2026, 12, 3), inputs[3].appended_at)],
        deliveries=[DeliverySeen(NOTICE, TASK, "new", "0:3", RULES.addresses[UNIT], "delivered")],
        mails=[MailSeen(f"<{NOTICE}@x.example>", RULES.addresses[UNIT], "words", answered=True)],
        texts=[("topic receipts/0@0", b'{"offset":3}')],
    )
