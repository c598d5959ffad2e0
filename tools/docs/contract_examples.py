"""Example files for ``frafaldsvarsel publish``: the same kind of story in JSON Lines and in CSV, all made up.

The numbers of the people have never been issued: they fail modulus 11 and are not of a 1 January.
"""

import csv
import io
import json
from typing import Any, Final

from models.events.event_types import TYPE_PREFIX

_SOURCES: Final = {
    "900101": "urn:oio:cvr-nr:00110019",
    "900112": "urn:oio:cvr-nr:00119997",
    "0101": "urn:oio:cvr-nr:05100119",
    "0751": "urn:oio:cvr-nr:05908477",
    "REG-CPR": "urn:oio:cvr-nr:09000038",
}
_COLUMNS: Final = (
    "type", "id", "sender", "time", "cpr",
    "enrolment_id", "institution_number", "education_type", "admission_date", "study_start", "ended_on",
    "period_id", "municipality_code", "benefit_type", "target_group", "residence_id",
    "valid_from", "valid_to",
    "seen_at", "signals", "severity", "absence_percentage", "text", "contact_name", "contact_phone",
    "contact_email", "message_id", "reason", "day", "counts",
)  # fmt: skip
ExampleRow = tuple[str, str, str, str, dict[str, Any]]


def examples() -> dict[str, str]:
    """The files by name."""
    return {
        "autumn.jsonl": _lines(_story("a", "1503064321", "900101")),
        "autumn.csv": _csv(_story("b", "0505054322", "900112")),
    }


def _story(one: str, cpr: str, school: str) -> list[ExampleRow]:
    """One person's autumn: the message overtakes the enrolment; a correction, a repeat, a withdrawal, a control total,
    and a residence that never was.

    Each file has a school of its own, so that its total holds whichever of the files are published.
    """

    def uuid(number: int) -> str:
        return f"7c9e6679-7425-40de-944b-{one * 4}{number:08}"

    risk = {
        "institution_number": school,
        "seen_at": "2025-09-02T12:00:00+02:00",
        "signals": ["absence", "missed_assignments"],
        "severity": "medium",
        "absence_percentage": 28,
        "text": "Mangler tre afleveringer.",
        "contact": {"name": "Åse Østergård", "phone": "+45 12 34 56 78", "email": "aase@skole.example"},
    }
    enrolment = {
        "enrolment_id": uuid(101),
        "institution_number": school,
        "education_type": "eud",
        "admission_date": "2025-06-20",
        "study_start": "2025-08-11",
    }
    period = {
        "period_id": uuid(102),
        "municipality_code": "0101",
        "benefit_type": "uddannelseshjaelp",
        "target_group": "uddannelsesparat",
        "valid_from": "2024-03-01",
    }
    home = {"residence_id": uuid(103), "municipality_code": "0101", "valid_from": "2019-05-01"}
    move = {"residence_id": uuid(104), "municipality_code": "0751", "valid_from": "2025-09-20"}
    never = {"residence_id": uuid(105), "municipality_code": "0101", "valid_from": "2025-10-01"}
    second = {**risk, "seen_at": "2025-10-01T09:00:00+02:00", "signals": ["lost_contact"], "severity": "high"}
    taken_back = {"institution_number": school, "message_id": uuid(8), "reason": "raised_by_mistake"}
    raised: ExampleRow = ("dropout-risk.raised", uuid(3), school, "2025-09-02T23:30:00+02:00", risk)
    rows: list[ExampleRow] = [
        ("residence.registered", uuid(1), "REG-CPR", "2019-05-02T08:00:00+02:00", home),
        ("benefit-period.registered", uuid(2), "0101", "2024-03-01T09:00:00+01:00", period),
        raised,
        ("enrolment.registered", uuid(4), school, "2025-09-04T02:15:00+02:00", enrolment),
        (
            "benefit-period.corrected",
            uuid(5),
            "0101",
            "2025-09-05T10:00:00+02:00",
            {**period, "valid_to": "2025-07-31"},
        ),
        raised,
        ("residence.registered", uuid(6), "REG-CPR", "2025-09-21T08:00:00+02:00", move),
        ("dropout-risk.raised", uuid(7), school, "2025-10-01T23:30:00+02:00", second),
        (
            "dropout-risk.raised",
            uuid(8),
            school,
            "2025-10-01T23:31:00+02:00",
            {**second, "signals": ["other"]},
        ),
        ("dropout-risk.withdrawn", uuid(9), school, "2025-10-02T10:00:00+02:00", taken_back),
        ("residence.registered", uuid(12), "REG-CPR", "2025-10-03T08:00:00+02:00", never),
        ("residence.annulled", uuid(13), "REG-CPR", "2025-10-06T08:00:00+02:00", {"residence_id": uuid(105)}),
        (
            "enrolment.ended",
            uuid(10),
            school,
            "2025-11-03T10:00:00+01:00",
            {
                "enrolment_id": uuid(101),
                "institution_number": school,
                "ended_on": "2025-10-31",
                "reason": "dropped_out",
            },
        ),
    ]
    total = {
        "day": "2025-10-01",
        "counts": [{"type": f"{TYPE_PREFIX}dropout-risk.raised.v1", "events": 2}],
    }
    about_people = [
        (kind, name, sender, time, {"cpr": cpr, **data}) for kind, name, sender, time, data in rows
    ]
    return [*about_people, ("control-total.declared", uuid(11), school, "2025-10-02T03:00:00+02:00", total)]


def _lines(rows: list[ExampleRow]) -> str:
    events = [
        {
            "specversion": "1.0",
            "id": name,
            "source": _SOURCES[sender],
            "sender": sender,
            "type": f"{TYPE_PREFIX}{kind}.v1",
            "time": time,
            "datacontenttype": "application/json",
            "data": data,
        }
        for kind, name, sender, time, data in rows
    ]
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def _csv(rows: list[ExampleRow]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for kind, name, sender, time, data in rows:
        flat = {field: content for field, content in data.items() if field != "contact"}
        flat |= {f"contact_{field}": content for field, content in data.get("contact", {}).items()}
        if "signals" in flat:
            flat["signals"] = ";".join(flat["signals"])
        if "counts" in flat:
            flat["counts"] = ";".join(f"{one['type']}={one['events']}" for one in flat["counts"])
        writer.writerow({"type": kind, "id": name, "sender": sender, "time": time, **flat})
    return text.getvalue()
