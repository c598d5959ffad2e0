"""One case as files for the authority's case system (offentlighedsloven §§ 13 and 15): a page in Danish, and data.

Nothing that is sealed is opened: what identifies the person and what the school wrote comes through the unit's own
page or interface, for a purpose. That the case was exported is noted in the trail first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, LiteralString

from psycopg.rows import class_row
from pydantic import TypeAdapter

from inbox.evidence_text import sentences
from inbox.timeline import timeline
from inbox.translations import Language, words
from infra.page_templates import page_templates
from infra.postgres import Connection
from ledger.queries.task_detail import TaskView, task
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.calendar import COPENHAGEN
from models.events.sensitive_fields import OpenPurpose
from models.operator import Operator

_TEMPLATES: Final = Path(__file__).parent / "templates"
UNIT_OF: Final[LiteralString] = """
SELECT id, unit_id FROM tasks WHERE reference = %s AND NOT starts_with(person_id, 'erased:')
"""
LETTERS: Final[LiteralString] = """
SELECT created_at, ended_at, occasion, channel, recipient, status,
       frozen ->> 'subject' AS subject, frozen ->> 'text' AS text
FROM deliveries WHERE task_id = %s ORDER BY created_at, id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLetter:
    """A notice as it was sent; before its first attempt it has neither subject nor text."""

    created_at: datetime
    ended_at: datetime | None
    occasion: str
    channel: str
    recipient: str
    status: str
    subject: str | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNames:
    """What units, institutions and municipalities are called."""

    unit_name: Callable[[str], str]
    institution_name: Callable[[str], str]
    municipality_name: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Everything of one case."""

    view: TaskView
    letters: Sequence[CaseLetter]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAnswer:
    """The file's fields."""

    made_at: datetime
    case: TaskView
    letters: Sequence[CaseLetter]


_answer: Final = TypeAdapter(CaseAnswer)


async def read_case(connection: Connection, reference: str, by: Operator) -> CaseFile | None:
    """The case; None where there is none. `connection` is in autocommit: that it was read stands first."""
    row = await (await connection.execute(UNIT_OF, (reference,))).fetchone()
    if row is None:
        return None
    task_id, unit = row
    detail = {
        "by": by.by,
        "because": by.because,
        "via": "export",
        "purpose": OpenPurpose.CASE_RECORD.value,
    }
    line = audit_trail.line(AuditKind.CASE_EXPORTED, detail, task_id=task_id)
    await connection.execute(audit_trail.APPEND, line)
    view = await task(connection, units=frozenset({unit}), key=reference)
    async with connection.cursor(row_factory=class_row(CaseLetter)) as cursor:
        await cursor.execute(LETTERS, (task_id,))
        letters = await cursor.fetchall()
    return None if view is None else CaseFile(view=view, letters=letters)


def as_page(case: CaseFile, names: CaseNames, *, made_at: datetime) -> str:
    """An HTML page of its own: no script, nothing that is fetched."""
    say, found = words(Language.DANISH), case.view
    template = page_templates(_TEMPLATES).get_template("case.html")
    messages = [
        {
            "institution": names.institution_name(one.sender),
            "message_id": one.message_id,
            "registered_at": one.registered_at,
            "sentences": sentences(
                one.evidence,
                one.law_version,
                say,
                institution=names.institution_name,
                municipality=names.municipality_name,
            ),
        }
        for one in found.messages
    ]
    return template.render(
        task=found.task,
        unit=names.unit_name(found.task.unit_id),
        ended=say(f"ending.{found.task.ending}") if found.task.ending else "Åben",
        messages=messages,
        history=list(reversed(timeline(found, say, names))),
        letters=case.letters,
        made_at=_at(made_at),
        at=_at,
    )


def as_data(case: CaseFile, *, made_at: datetime) -> bytes:
    """The same as JSON, for a machine; times with their offset."""
    return _answer.dump_json(CaseAnswer(made_at=made_at, case=case.view, letters=case.letters), indent=1)


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(COPENHAGEN):%d.%m.%Y kl. %H.%M}"
