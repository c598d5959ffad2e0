"""Which definitions a piece of code can come to, found in the syntax tree: names that name names, across modules.

More than runs is found, never less, but for what is called by a name that is put together when it runs.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tests.paths import ROOT
from tests.sql_texts import SOURCE


class Definition(NamedTuple):
    """Something that stands at a module's outermost level: a function, a class, a constant."""

    module: str
    name: str


class _Module:
    """One file: what it defines, what its names stand for, and what each definition mentions."""

    def __init__(self, name: str, file: Path) -> None:
        self.name: Final = name
        tree = ast.parse(file.read_text("utf-8"))
        self.stands_for: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for each in node.names:
                    self.stands_for[each.asname or each.name.partition(".")[0]] = (
                        each.name if each.asname else each.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                for each in node.names:
                    self.stands_for[each.asname or each.name] = f"{node.module}.{each.name}"
        self.bodies: dict[str, list[ast.AST]] = defaultdict(list)
        for node in tree.body:
            for named in _named(node):
                self.bodies[named].append(node)
                self.stands_for[named] = f"{name}.{named}"


def _named(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


@cache
def _modules() -> Mapping[str, _Module]:
    found: dict[str, _Module] = {}
    for package in SOURCE:
        for file in package.rglob("*.py"):
            parts = file.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = _Module(name, file)
    return found


def _definition(dotted: str) -> Definition | None:
    """The definition that a dotted name begins with, followed through modules that only hand it on."""
    parts = dotted.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = _modules().get(".".join(parts[:length]))
        if module is None:
            continue
        name = parts[length]
        if name in module.bodies:
            return Definition(module.name, name)
        handed_on = module.stands_for.get(name)
        if handed_on is None or handed_on == dotted:
            return None
        return _definition(".".join([handed_on, *parts[length + 1 :]]))
    return None


@cache
def _mentioned(definition: Definition) -> frozenset[Definition]:
    module = _modules()[definition.module]
    found: set[Definition] = set()

    def look(node: ast.AST) -> None:
        dotted = _dotted(node)
        if dotted is not None:
            first, _, rest = dotted.partition(".")
            meant = module.stands_for.get(first)
            known = None if meant is None else _definition(f"{meant}.{rest}" if rest else meant)
            if known is not None:
                found.add(known)
        else:
            for child in ast.iter_child_nodes(node):
                look(child)

    for body in module.bodies[definition.name]:
        look(body)
    return frozenset(found)


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)) is not None:
        return f"{before}.{node.attr}"
    return None


def reachable(entries: Iterable[Definition]) -> frozenset[Definition]:
    """Whatever code may be run from `entries`, and the constants that it may use."""
    found: set[Definition] = set()
    left = list(entries)
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += _mentioned(one) - found
    return frozenset(found)


def definitions_of(module: str) -> list[Definition]:
    """Everything that a module defines."""
    return [Definition(module, name) for name in _modules()[module].bodies]
