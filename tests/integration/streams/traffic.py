"""Events of made-up people, each with a story of ten records: facts, messages, corrections, repeats, withdrawals."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.events.event_types import TYPE_PREFIX
from models.events.sender import Sender
from publisher.events import PlainEvent
from tests.factories import uuid

INSTITUTION = "900101"
MUNICIPALITY = "0101"
REGISTER = "REG-CPR"


def made_up_cpr(number: int) -> str:
    """A number of nobody: born in 1999, in the order of the days."""
    return f"{number % 28 + 1:02d}{number // 28 % 12 + 1:02d}99{1000 + number // 336:04d}"


def person_story(number: int, senders: Mapping[str, Sender], salt: str) -> Iterator[PlainEvent]:
    """Ten records about one person; a message comes before its facts, and one repeats itself."""
    cpr, name = made_up_cpr(number), f"{salt} {number}"

    def event(kind: str, sender: str, what: str, time: str, **data: Any) -> PlainEvent:
        return PlainEvent(
            type=f"{TYPE_PREFIX}{kind}.v1",
            id=uuid(f"{what} {name}"),
            sender=sender,
            source=senders[sender].source,
            time=time,
            data={"cpr": cpr, **data},
        )

    own = {"institution_number": INSTITUTION}
    study = own | {
        "enrolment_id": uuid(f"study {name}"),
        "education_type": "eud",
        "admission_date": "2025-08-01",
        "study_start": "2025-08-11",
    }
    help_until = {
        "period_id": uuid(f"help {name}"),
        "municipality_code": MUNICIPALITY,
        "benefit_type": "uddannelseshjaelp",
        "target_group": "uddannelsesparat",
        "valid_from": "2024-01-01",
    }
    seen = own | {"seen_at": "2025-10-01T08:00:00+02:00", "signals": ["absence"], "severity": "high"}

    def home(code: str, since: str) -> dict[str, str]:
        return {
            "residence_id": uuid(f"home {since} {name}"),
            "municipality_code": code,
            "valid_from": since,
        }

    first = event("dropout-risk.raised", INSTITUTION, "first", "2025-10-01T09:00:00+02:00", **seen)
    yield first
    yield event("enrolment.registered", INSTITUTION, "study", "2025-08-12T09:00:00+02:00", **study)
    yield event("benefit-period.registered", MUNICIPALITY, "help", "2025-01-01T09:00:00+01:00", **help_until)
    yield event(
        "residence.registered", REGISTER, "home", "2020-01-01T09:00:00+01:00", **home("0101", "2020-01-01")
    )
    second = event("dropout-risk.raised", INSTITUTION, "second", "2025-11-01T09:00:00+01:00", **seen)
    yield second
    yield first
    yield event(
        "residence.registered", REGISTER, "move", "2025-10-20T09:00:00+02:00", **home("0751", "2025-10-15")
    )
    yield event(
        "benefit-period.corrected",
        MUNICIPALITY,
        "help corrected",
        "2025-02-01T09:00:00+01:00",
        **help_until,
        valid_to="2025-08-10" if number % 2 else "2025-03-01",
    )
    withdrawn = second if number % 3 else first
    yield event(
        "dropout-risk.withdrawn",
        INSTITUTION,
        "withdrawal",
        "2025-11-05T09:00:00+01:00",
        **own,
        message_id=withdrawn.id,
        reason="risk_over",
    )
    yield event("enrolment.corrected", INSTITUTION, "study corrected", "2025-09-12T09:00:00+02:00", **study)
