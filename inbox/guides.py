"""What to do about each trouble, as pages: the runbooks, and the sections of `docs/doctor.md`. Read once, at the start.

It knows as much of Markdown as they use. Everything is escaped; a link leads to another of these pages, or nowhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
PATH: Final = "/drift/vejledning"
_INLINE: Final = re.compile(r"`([^`]+)`|\[([^\]]+)\]\(([^)]+)\)|\*\*([^*]+)\*\*")
_NAME: Final = re.compile(r"[a-z-]+")
_ITEM: Final = re.compile(r"(?:\d+\.|[-*]) +")
_TARGET: Final = re.compile(r"(?:\.\./)?(?:runbooks/)?(?:doctor\.md#)?([a-z-]+)(?:\.md)?")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (``h2``), a paragraph (``p``) or a list (``ol``, ``ul``) of Markdown lines."""

    kind: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Guide:
    """One page."""

    title: str
    blocks: Sequence[Block]


def read_guides(docs: Path = DOCS) -> Mapping[str, Guide]:
    """By name: a runbook's file, or a section of `docs/doctor.md`. Empty where the documents are not there."""
    found: dict[str, Guide] = {}
    checks = docs / "doctor.md"
    if checks.is_file():
        for section in re.split(r"^## ", checks.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            name, _, text = section.partition("\n")
            if _NAME.fullmatch(name):
                found[name] = Guide(name, _blocks(text))
    for file in sorted((docs / "runbooks").glob("*.md")):
        first, _, text = file.read_text("utf-8").partition("\n")
        found[file.stem] = Guide(first.removeprefix("# ").strip(), _blocks(text))
    return found


def inline(line: str, known: Mapping[str, Guide]) -> Markup:
    """A line with its code, its bold words and its links."""
    parts, at = [], 0
    for match in _INLINE.finditer(line):
        parts.append(escape(line[at : match.start()]))
        code, text, target, bold = match.groups()
        if code is not None:
            parts.append(Markup("<code>{}</code>").format(code))
        elif bold is not None:
            parts.append(Markup("<strong>{}</strong>").format(bold))
        else:
            name = _TARGET.fullmatch(target)
            if name is not None and name[1] in known:
                parts.append(Markup('<a href="{}/{}">{}</a>').format(PATH, name[1], text))
            else:
                parts.append(Markup("{} (<code>{}</code>)").format(text, target.removeprefix("../")))
        at = match.end()
    return Markup("").join([*parts, escape(line[at:])])


def _blocks(text: str) -> Sequence[Block]:
    blocks: list[Block] = []
    for line in filter(None, (line.rstrip() for line in text.split("\n"))):
        item = _ITEM.match(line)
        if line.startswith("#"):
            blocks.append(Block("h2", (line.lstrip("# "),)))
        elif item is not None:
            kind = "ol" if item[0][0].isdigit() else "ul"
            before = blocks.pop().lines if blocks and blocks[-1].kind == kind else ()
            blocks.append(Block(kind, (*before, line[item.end() :])))
        else:
            blocks.append(Block("p", (line,)))
    return tuple(blocks)
