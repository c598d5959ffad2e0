"""Every SQL text of the source, found in the syntax tree: what it writes, and whether it stands in a function."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.paths import ROOT

SOURCE: Final = tuple(
    init.parent for init in sorted(ROOT.glob("*/__init__.py")) if init.parent.name not in ("tests", "bench")
)
"""The packages of the service, and what starts it on one machine."""

_COMMENT: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_SQL: Final = re.compile(
    r"\s*[(]?\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH \w+|TRUNCATE|MERGE INTO|COPY|LOCK TABLE|NOTIFY|LISTEN|"
    r"CREATE|DROP|ALTER|SET LOCAL|WHERE|FROM|JOIN|LEFT JOIN|ORDER BY|AND|VALUES|ON CONFLICT)\b"
)
"""Keywords are written in capitals here; a fragment that others put together counts too."""
_WRITE: Final = re.compile(
    r"(?P<before>\b(?:FOR|KEY|DO)\s+)?"
    r"\b(?:INSERT\s+INTO|UPDATE(?!\s+(?:SET|OF|ON|SKIP|NOWAIT)\b)|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO)\b"
    r"\s*(?:ONLY\s+)?(?P<table>[\w.{}\"]*)"
)
IN_SMALL_LETTERS: Final = re.compile(
    r"\b(insert into|delete from|truncate table|merge into|update \w+ set)\b"
)
"""What would not be found."""
ANY: Final = "?"
"""A table that is named only when the text is put together."""


@dataclass(frozen=True, slots=True)
class SqlText:
    """One text, without its comments."""

    file: str
    """From the root, as an import would not name it."""
    line: int
    text: str
    in_function: bool

    @property
    def writes(self) -> frozenset[str]:
        """The tables that it inserts into, updates, deletes from or empties."""
        return frozenset(_writes(self.text))


def _writes(text: str) -> Iterator[str]:
    for found in _WRITE.finditer(text):
        if found["before"]:
            continue
        name = found["table"].replace('"', "")
        yield ANY if not name or "{" in name or "}" in name else name.rpartition(".")[2]


def sql_texts(*roots: Path) -> list[SqlText]:
    """All of them, in Python and in files of SQL."""
    found: list[SqlText] = []
    for root in roots or SOURCE:
        for file in sorted(root.rglob("*.py")):
            found += in_python(file.read_text("utf-8"), file.relative_to(ROOT).as_posix())
        for file in sorted(root.rglob("*.sql")):
            text = _COMMENT.sub(" ", file.read_text("utf-8"))
            found.append(SqlText(file.relative_to(ROOT).as_posix(), 1, text, in_function=False))
    return found


def in_python(source: str, name: str) -> list[SqlText]:
    """Those of one file."""
    tree = ast.parse(source)
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found: list[SqlText] = []

    def look(node: ast.AST, *, in_function: bool) -> None:
        if id(node) in documentation:
            return
        text = _text(node)
        if text is not None:
            bare = _COMMENT.sub(" ", text)
            if isinstance(node, ast.expr) and bare.split()[1:] and (_SQL.match(bare) or _WRITE.search(bare)):
                found.append(SqlText(name, node.lineno, bare, in_function))
            return
        inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            look(child, in_function=inside)

    look(tree, in_function=False)
    return found


def _text(node: ast.AST) -> str | None:
    """What a literal says; what is put into an f-string is `{}`."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode("utf-8", "replace")
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None
