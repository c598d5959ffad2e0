"""An upgrade of a library that takes away what we use of its insides is found here, by name, before anything runs."""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

from streams.engine.private_names import ATTRIBUTE, PRIVATE_NAMES, VERSIONS
from tests.paths import ROOT

PACKAGES: Final = sorted(
    init.parent for init in ROOT.glob("*/__init__.py") if init.parent.name not in ("tests", "tools")
)
"""What serves, and what measures it; a developer's tools may know pytest and hypothesis as well as tests do."""
LIBRARIES: Final = ("faust", "mode", "aiokafka")
PUBLIC: Final = {
    "os._exit": "documented: the end of a process without any clean-up",
    "KafkaError._AUTHENTICATION": "a documented error code of confluent_kafka, as are all with this form",
    "KafkaError._PARTITION_EOF": "as above",
    "KafkaError._ALL_BROKERS_DOWN": "as above",
    "KafkaError._RESOLVE": "as above",
    "KafkaError._TIMED_OUT": "as above",
    "KafkaError._SSL": "as above",
    "KafkaError._TRANSPORT": "as above",
    "member._value_": "documented: how an enum's own __new__ sets its value",
}


def owner_of(path: str) -> Any:
    """The module or class of that dotted path."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        parent, _, name = path.rpartition(".")
        return getattr(owner_of(parent), name)


def shape_of(owner: Any, name: str) -> str | None:
    """What the library has under this name; None where it has nothing."""
    if isinstance(owner, ModuleType):
        return None if not hasattr(owner, name) else shape(getattr(owner, name))
    for base in inspect.getmro(owner):
        if name in vars(base):
            return shape(vars(base)[name])
        if name in inspect.get_annotations(base) or name in attributes_set(base):
            return ATTRIBUTE
    return None


def shape(found: object) -> str:
    if isinstance(found, property):
        return "property"
    if isinstance(found, type):
        return "class"
    if not isinstance(found, FunctionType):
        return ATTRIBUTE
    kind = "async " if inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found) else ""
    signature = inspect.signature(found)
    plain = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    return kind + str(signature.replace(parameters=plain, return_annotation=signature.empty))


@cache
def attributes_set(cls: type) -> frozenset[str]:
    """The attributes that the class's own methods set on `self`."""
    if cls.__module__.partition(".")[0] not in (*LIBRARIES, "aiosmtplib"):
        return frozenset()
    return frozenset(
        node.attr
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(cls))))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value)
    )


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_every_name_is_there_as_it_was_read() -> None:
    """And the installed version is the one in which it was read."""
    installed = {str(library): version(library) for library in VERSIONS}
    assert installed == {str(library): stated for library, stated in VERSIONS.items()}
    found = {(row.owner, row.name): shape_of(owner_of(row.owner), row.name) for row in PRIVATE_NAMES}
    assert found == {(row.owner, row.name): row.shape for row in PRIVATE_NAMES}


def test_the_source_uses_no_private_name_that_is_not_listed() -> None:
    listed = {(file, row.name) for row in PRIVATE_NAMES for file in row.files}
    assert sorted(found_in_source() - listed) == []


def test_every_listed_name_is_used_where_the_table_says() -> None:
    unused = {
        (file, row.name)
        for row in PRIVATE_NAMES
        for file in row.files
        if row.name != "__init__" and row.name not in names_in(ast.parse((ROOT / file).read_text("utf-8")))
    }
    assert unused == set()


def found_in_source() -> set[tuple[str, str]]:
    """File and name of what belongs to a library, by all we can tell."""
    found = set()
    for file in sorted(path for package in PACKAGES for path in package.rglob("*.py")):
        if "node_modules" in file.parts:
            continue
        tree, name = ast.parse(file.read_text("utf-8")), str(file.relative_to(ROOT))
        own = set(defined_in(tree))
        found |= {(name, one) for one in [*of_other_objects(tree, own), *imported_private(tree)]}
        if "streams/engine" in name:
            found |= {(name, one) for one in inherited(file, tree)}
    return found


def of_other_objects(tree: ast.AST, own: set[str]) -> Iterator[str]:
    """`x._name`, where `x` is not the object itself and the file defines no such name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not is_private(node.attr) or is_self(node.value):
            continue
        if node.attr not in own and ast.unparse(node) not in PUBLIC:
            yield node.attr


def imported_private(tree: ast.AST) -> Iterator[str]:
    """`from library._module import _name`: either of the two."""
    ours = {package.name for package in PACKAGES}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] not in ours:
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from filter(is_private, names)


def inherited(file: Path, tree: ast.Module) -> Iterator[str]:
    """What a class of ours overrides of a library's class, and which of its private attributes it uses as its own."""
    module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        bases = [
            base
            for base in inspect.getmro(getattr(module, node.name))
            if base.__module__.partition(".")[0] in LIBRARIES
        ]
        overridden = {
            one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        used = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute) and is_self(one.value)}
        for name in {*overridden, *filter(is_private, used)}:
            if not name.startswith("__") and any(shape_of(base, name) is not None for base in bases):
                yield name


def defined_in(tree: ast.AST) -> Iterator[str]:
    """What this file itself defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value):
            yield node.attr


def names_in(tree: ast.AST) -> set[str]:
    """Every name that the file mentions."""
    found: dict[type, Callable[[Any], str]] = {
        ast.Attribute: lambda node: node.attr,
        ast.Name: lambda node: node.id,
        ast.alias: lambda node: node.name,
        ast.FunctionDef: lambda node: node.name,
        ast.AsyncFunctionDef: lambda node: node.name,
    }
    return {found[type(node)](node) for node in ast.walk(tree) if type(node) in found}
