"""What the address of the task list says: which tasks, narrowed to what, and where to go on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from inbox.narrowing import Narrowing, read_narrowing
from ledger.queries.cursors import ByClosing, Cursor, read_cursor
from ledger.queries.task_list import Filter

PATH: Final = "/opgaver"
FILTER_QUERY: Final = "vis"
PLACE_QUERY: Final = "efter"


@dataclass(frozen=True, slots=True)
class ListChoice:
    """Which list."""

    filter: Filter
    narrowing: Narrowing
    place: Cursor | None = None

    @property
    def query(self) -> str:
        """Of its address, from its beginning: what a saved view keeps."""
        return address(self.filter, narrowing=self.narrowing).partition("?")[2]


def read_choice(query: Mapping[str, str]) -> ListChoice:
    """What an address says; what is not understood, or was cut off, is as if it were not there."""
    chosen = filter_of(query.get(FILTER_QUERY, "").strip())
    # Closed tasks are a memory, and too many to be looked through.
    narrowing = Narrowing() if chosen is Filter.CLOSED else read_narrowing(query)
    return ListChoice(chosen, narrowing, _place(query.get(PLACE_QUERY, "").strip(), chosen))


def filter_of(text: str) -> Filter:
    """The open tasks, where there is none of that name."""
    return Filter(text) if text in set(Filter) else Filter.OPEN


def address(
    chosen: Filter, typed: str = "", after: str = "", narrowing: Narrowing | None = None, *, path: str = PATH
) -> str:
    """Of a list: a filter, a search by reference, a place, and what it is narrowed to."""
    parts = {FILTER_QUERY: "" if chosen is Filter.OPEN else chosen.value, "q": typed, PLACE_QUERY: after}
    if narrowing is not None:
        parts |= narrowing.query
    query = urlencode({name: value for name, value in parts.items() if value})
    return f"{path}?{query}" if query else path


def _place(text: str, chosen: Filter) -> Cursor | None:
    try:
        place = read_cursor(text)
    except ValueError:
        return None
    return place if isinstance(place, ByClosing) == (chosen is Filter.CLOSED) else None
