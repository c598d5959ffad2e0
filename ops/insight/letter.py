"""The looks at a person as a page that a citizen can read, in Danish, and as data. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from infra.page_templates import page_templates
from models.audit_kind import AuditKind
from models.calendar import COPENHAGEN
from models.events.sensitive_fields import OpenPurpose
from notifiers.content.notice import MONTHS
from ops.insight.looks import PersonLook

_TEMPLATES: Final = Path(__file__).parent / "templates"
_WHAT: Final = {
    AuditKind.FOUND_BY_CPR: "Du blev søgt frem med dit CPR-nummer",
    AuditKind.LOOKED_AT: "Opgaven om dig blev åbnet på skærmen",
    AuditKind.OPENED: "Dit CPR-nummer og institutionens tekst om dig blev vist",
    AuditKind.INSIGHT_EXPORTED: "Denne oversigt blev lavet til dig",
    AuditKind.CASE_EXPORTED: "Sagen blev skrevet ud til kommunens sagssystem",
}
_WHY: Final = {
    OpenPurpose.CONTACT_PERSON: "At få kontakt med dig",
    OpenPurpose.CONTACT_INSTITUTION: "At tale med din uddannelsesinstitution",
    OpenPurpose.CASE_RECORD: "At finde eller skrive i din sag",
    OpenPurpose.ACCESS_REQUEST: "At svare på din anmodning om indsigt",
}
_CASE_WORK: Final = "At behandle opgaven"
_VIA: Final = {
    "page": "Kommunens sagsbehandler",
    "api": "Kommunens sagssystem",
    "export": "Driften, for kommunens sagssystem",
    "command": "Driften, efter din anmodning",
}


def letter(looks: Sequence[PersonLook], *, made_at: datetime, unit_name: Callable[[str], str]) -> str:
    """An HTML page of its own: no script, nothing that is fetched, no name and no number of the person."""
    rows = [
        {
            "at": f"{_day(look.at)} kl. {look.at.astimezone(COPENHAGEN):%H.%M}",
            "what": _WHAT[AuditKind(look.kind)],
            "why": why(look),
            "who": _VIA.get(look.via or "", "Tjenesten"),
            "unit": "" if look.unit_id is None else unit_name(look.unit_id),
            "reference": look.reference,
        }
        for look in looks
    ]
    return page_templates(_TEMPLATES).get_template("letter.html").render(rows=rows, made_on=_day(made_at))


def why(look: PersonLook) -> str:
    """The purpose in words."""
    if look.kind == AuditKind.INSIGHT_EXPORTED:
        return _WHY[OpenPurpose.ACCESS_REQUEST]
    return _WHY[OpenPurpose(look.purpose)] if look.purpose in set(OpenPurpose) else _CASE_WORK


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAnswer:
    """One look as data: coded words beside their Danish sentences."""

    at: str
    kind: str
    what: str
    purpose: str | None
    why: str
    via: str | None
    unit: str | None
    unit_name: str | None
    task: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightAnswer:
    """`insight.json`."""

    made_at: str
    looks: Sequence[LookAnswer]


def as_data(
    looks: Sequence[PersonLook], *, made_at: datetime, unit_name: Callable[[str], str]
) -> InsightAnswer:
    """The same as the letter, for a machine; times in UTC."""
    return InsightAnswer(
        made_at=made_at.isoformat(timespec="seconds"),
        looks=[
            LookAnswer(
                at=look.at.astimezone(UTC).isoformat(),
                kind=look.kind,
                what=_WHAT[AuditKind(look.kind)],
                purpose=look.purpose,
                why=why(look),
                via=look.via,
                unit=look.unit_id,
                unit_name=None if look.unit_id is None else unit_name(look.unit_id),
                task=look.reference,
            )
            for look in looks
        ],
    )


def _day(moment: datetime) -> str:
    local = moment.astimezone(COPENHAGEN)
    return f"{local.day}. {MONTHS[local.month - 1]} {local.year}"
