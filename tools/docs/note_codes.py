"""The section of docs/inbox.md with the codes that a unit may note on a task."""

from pathlib import Path
from typing import Final

from inbox.translations import Language, words
from models.tasks.notes import NoteCode
from tools.docs.state_owners import BEGIN, END

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "inbox.md"


def section() -> str:
    """What stands between the marks."""
    danish, english = (words(language) for language in (Language.DANISH, Language.ENGLISH))
    rows = [f"| `{code}` | {danish(f'note.{code}')} | {english(f'note.{code}')} |" for code in NoteCode]
    return "\n".join(["| kode | på siden | in English |", "|---|---|---|", *rows])


def files() -> dict[Path, str]:
    """The page with its section, by its path in the repository; `ValueError` where the marks are not there."""
    before, begin, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no section between {BEGIN} and {END}")
    return {Path("docs/inbox.md"): f"{before}{BEGIN}\n{section()}\n{END}{after}"}
