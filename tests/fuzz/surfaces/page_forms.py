"""What the inbox's pages send: the fields of each form and of each address, and the rows that they speak of."""

from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import UUID

from inbox.list_address import FILTER_QUERY, PLACE_QUERY
from inbox.narrowing import (
    EDUCATION_QUERY,
    FOLLOWED_QUERY,
    INSTITUTION_QUERY,
    SEVERITY_QUERY,
    SORTING_QUERY,
    STANDING_IN_QUERY,
)
from inbox.pages import absence, notices, released, search, tasks
from infra.postgres import Connection
from ledger.queries.list_statements import Sorting
from ledger.queries.task_list import Filter
from ledger.store.stand_ins import note_colleague
from models.events.contract import EducationType, Severity
from models.tasks.notes import NoteCode
from tests.browser.releases import release
from tests.integration.inbox.staff import AARHUS, COPENHAGEN
from tests.integration.ledger.task_rows import TODAY, add_delivery

DEED_FIELDS: Final = {
    "date": "2026-10-07",
    "time": "10:15",
    "form": "phone",
    "reached": "yes",
    "ending": "contact_made",
    "initiative": "mentor",
    "none_because": "",
    "to_unit": AARHUS,
    "reason": "moved",
    "note": NoteCode.SEE_CASE_SYSTEM.value,
    "version": "1",
    "purpose": "contact_person",
    "day": "2026-12-07",
}
"""Of a task's page."""
_OTHERS: Final = {
    search.PATH: {"q": "FV-7K2P", "purpose": "contact_person"},
    tasks.SAVE: {"name": "Høj alvor på NEXT"},
    tasks.DROP: {"name": "Høj alvor på NEXT"},
    tasks.EXPORT: {"cpr": "1", "purpose": "contact_person"},
    absence.PATH: {
        "who": f"{COPENHAGEN}/anna",
        "stand_in": "bent",
        "first_day": "2026-12-07",
        "last_day": "2026-12-11",
    },
    absence.END: {"stand_in": str(UUID(int=5))},
    notices.AGAIN: {"delivery": str(UUID(int=6))},
    "/opgaver/kvitter": {"vis": "open"},
}
QUERIES: Final = {
    FILTER_QUERY: ("open", "alle", *Filter),
    PLACE_QUERY: ("2026-10-09~FV-7K2P-0013-ABCD", "2026-10-09T10:00:00.000000Z~FV-7K2P-0013-ABCD"),
    SEVERITY_QUERY: tuple(Severity),
    INSTITUTION_QUERY: ("280051", "999999"),
    EDUCATION_QUERY: tuple(EducationType)[:3],
    FOLLOWED_QUERY: ("1",),
    STANDING_IN_QUERY: ("1",),
    SORTING_QUERY: tuple(Sorting),
    "q": ("FV-7K2P",),
    "enhed": (COPENHAGEN, AARHUS),
    "periode": ("2026-01", "2026-07", "2026-13"),
    "til": ("/opgaver", released.PATH),
    "tabt": ("1",),
    "sprog": ("en", "da"),
    "sagt": ("done", "view_saved", "several_done"),
    "state": ("state",),
    "code": ("code",),
    "iss": ("http://127.0.0.1:1",),
    "error": ("access_denied",),
}
"""Of every address; each page reads some of them."""
FIELDS: Final = frozenset(
    {
        *DEED_FIELDS,
        *QUERIES,
        *(name for form in _OTHERS.values() for name in form),
        "act",
        "task",
        "form_token",
    }
)
"""All that is sent, but those that a task's reference stands in."""
_CHOICES: Final = ("take", "contact_made", "not_reached", "")


@dataclass(frozen=True, slots=True)
class Known:
    """What forms may speak of."""

    references: list[str]
    deliveries: list[str]


async def add_rows(connection: Connection, url: str, identities: list[UUID]) -> list[str]:
    """Notices, colleagues and a release; returns the ids of the notices."""
    for user in ("anna", "bent"):
        await note_colleague(
            connection, reader=user, name=user.title(), units=(COPENHAGEN, AARHUS), today=TODAY
        )
    release(url)
    found = await connection.execute("SELECT id, unit_id FROM tasks WHERE id = ANY(%s)", (identities,))
    return [
        str(await add_delivery(connection, task, unit_id=unit, status=status))
        for task, unit in await found.fetchall()
        for status in ("exhausted", "due")
    ]


def fields_of(chance: Random, path: str, known: Known) -> dict[str, str]:
    """Of the form at `path`, now and then with those of any other one."""
    fields = dict(_OTHERS.get(path, {} if path == tasks.SEVERAL else DEED_FIELDS))
    if chance.random() < 0.1:
        for other in _OTHERS.values():
            fields |= other
    if "delivery" in fields:
        fields["delivery"] = chance.choice(known.deliveries)
    if path == tasks.SEVERAL or chance.random() < 0.05:
        for reference in chance.sample(known.references, chance.randint(0, 4)):
            fields |= {
                f"do-{reference}": chance.choice(_CHOICES),
                f"version-{reference}": "1",
                f"initiative-{reference}": "mentor",
                f"because-{reference}": "",
            }
    return fields


def query_fields(chance: Random) -> dict[str, str]:
    """Some of an address."""
    names = chance.sample(list(QUERIES), chance.randint(0, 6))
    return {name: str(chance.choice(QUERIES[name])) for name in names}
