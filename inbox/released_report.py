"""What the follow-up report says of codes, handed to the pages: `reports` and the pages do not know each other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from inbox.translations import Language
from ledger.queries.released_figures import ReleasedFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedReport:
    """Its words, and its file."""

    name: Callable[[str, str, Language], str]
    """The name of a code, by kind: `family`, `category`, `measure`, in a language."""
    line: Callable[[str, Language], str]
    """The name of a municipality, or of the line in which several are counted."""
    as_csv: Callable[[Iterable[ReleasedFigure]], bytes]
    """Figures as the release's own file has them."""
