"""What schools, municipalities and the register say of the made-up students of these stories."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

SCHOOL = "912345"
CPR = "0101051234"
OTHER_CPR = "0202061234"
Plain = dict[str, object]
"""An event as `publish` takes it: with the CPR as it is."""


def event(kind: str, sender: str, moment: str, cpr: str = CPR, **data: object) -> Plain:
    """One line of a file for `publish`."""
    return {"id": str(uuid4()), "type": kind, "sender": sender, "time": moment, "data": {"cpr": cpr, **data}}


def history(cpr: str = CPR) -> list[Plain]:
    """A student of the school who came from the target group, and a message in the window; the message first."""
    return [
        event(
            "dropout-risk.raised",
            SCHOOL,
            "2026-10-02T10:00:00+02:00",
            cpr,
            institution_number=SCHOOL,
            seen_at="2026-10-01T09:00:00+02:00",
            signals=["absence"],
            severity="high",
            text="Svarer ikke på beskeder.",
        ),
        event(
            "residence.registered",
            "REG-CPR",
            "2026-07-01T10:00:00+02:00",
            cpr,
            residence_id=str(uuid4()),
            municipality_code="0563",
            valid_from="2020-01-01",
        ),
        event(
            "benefit-period.registered",
            "0563",
            "2026-07-01T10:00:00+02:00",
            cpr,
            period_id=str(uuid4()),
            municipality_code="0563",
            benefit_type="kontanthjaelp",
            target_group="uddannelsesparat",
            valid_from="2025-09-01",
            valid_to="2026-07-31",
        ),
        event(
            "enrolment.registered",
            SCHOOL,
            "2026-08-12T10:00:00+02:00",
            cpr,
            enrolment_id=str(uuid4()),
            institution_number=SCHOOL,
            education_type="eud",
            admission_date="2026-06-20",
            study_start="2026-08-10",
        ),
    ]


def write(file: Path, events: Sequence[Plain]) -> Path:
    """A file that `publish` reads."""
    file.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    return file
