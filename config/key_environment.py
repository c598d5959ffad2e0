"""Of settings that hold all keys, those that one process or command is told: no more than it needs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, get_type_hints

from config.sections.base import PREFIX, Section
from config.sections.keys import (
    STORE,
    VARIABLE,
    InboxKeySection,
    IntakeKeySection,
    LookupKeySection,
    MigrateKeySection,
    NoticeKeySection,
    OpenerKeySection,
    ReplayKeySection,
)
from crypto.key_purpose import KeyHolder

KEY_VARIABLES: Final = (VARIABLE, STORE, "STREAM_KEYS", "TRAIL_KEY")
"""What holds secret keys of the service. A process refuses those that are not its own."""
_HOLDERS: Final[Mapping[type[Section], KeyHolder]] = {
    IntakeKeySection: KeyHolder.INTAKE,
    NoticeKeySection: KeyHolder.NOTIFY,
    InboxKeySection: KeyHolder.INBOX,
    ReplayKeySection: KeyHolder.REPLAY,
    OpenerKeySection: KeyHolder.OPENER,
    LookupKeySection: KeyHolder.LOOKUP,
    MigrateKeySection: KeyHolder.MIGRATE,
}


def holder_of(kind: type[Any]) -> KeyHolder | None:
    """Whose folder a process or a command with these settings reads; None: it needs none."""
    sections = get_type_hints(kind).values()
    return next((_HOLDERS[one] for one in sections if one in _HOLDERS), None)


def least_keys(kind: type[Any], environ: Mapping[str, str], variables: Iterable[str]) -> dict[str, str]:
    """`environ` with the keys alone that are among `variables`, those that `kind` reads: its folder of the store."""
    read = frozenset(variables)
    left = {PREFIX + name + ending for name in KEY_VARIABLES if name not in read for ending in ("", "_FILE")}
    told = {name: value for name, value in environ.items() if name not in left}
    holder, store = holder_of(kind), environ.get(PREFIX + STORE)
    if holder is not None and store is not None:
        told[PREFIX + VARIABLE] = str(Path(store) / holder)
    return told
