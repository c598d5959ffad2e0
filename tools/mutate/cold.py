"""Changes to what runs when a module is imported, and all that survived so far: each in a process that imports anew.

Tables, constants, members of enums and settings of records are read once, often by what other modules do at import.
"""

import importlib
import os
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import accumulate
from pathlib import Path
from types import CodeType
from typing import Final

import pytest

from tools.mutate.changes import Change, changed_tree
from tools.mutate.modules import ROOT, dotted, own_tests
from tools.mutate.session import ARGUMENTS, FirstFailureEnds, be_repeatable, fewer_examples, silent
from tools.mutate.warm import KILLED, SURVIVED, Ran, reaches

_SECONDS: Final = 20.0
"""Of tests, for one change."""


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, change: Change) -> None:
        super().__init__(name, path)
        self._change = change

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text("utf-8")
        return compile(changed_tree(source, self._change), str(self.path), "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """Gives the changed module in place of the one on the disk."""

    def __init__(self, change: Change, root: Path) -> None:
        self._name, self._file, self._change = dotted(change.path), root / change.path, change

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _Loader(fullname, str(self._file), self._change)
        packages = [str(self._file.parent)] if self._file.name == "__init__.py" else None
        return spec_from_file_location(
            fullname, self._file, loader=loader, submodule_search_locations=packages
        )


class _Only:
    """Runs these tests alone, in this order; what they are tried with may have been renamed by the change."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._turn = {_bare(name): -turn for turn, name in enumerate(reversed(tests))}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Properties are cut short as well."""
        kept = [item for item in items if _bare(item.nodeid) in self._turn]
        items[:] = sorted(kept, key=lambda item: self._turn[_bare(item.nodeid)])
        fewer_examples(items)


def _bare(name: str) -> str:
    return name.partition("[")[0]


def preload(names: Iterable[str]) -> None:
    """Import libraries, which no change touches, before the process is forked."""
    for name in names:
        with suppress(Exception):
            importlib.import_module(name)


def tests_for(
    changes: Sequence[Change], ended: Mapping[Change, str], ran: Mapping[str, Ran], *, own_only: bool
) -> dict[Change, list[str]]:
    """For each change the tests that may notice it, the quickest first.

    Of one that survived, those that reach it: they are asked anew in a process that knew it from its beginning. Of one
    that runs at import, all tests of the module's own files, and then (not `own_only`) those that reach its module.
    """
    files = {path: set(own_tests(path)) for path in {change.path for change in changes}}
    chosen = {}
    for change in changes:
        names = [name for name, one in ran.items() if reaches(one, change, ROOT)]
        if ended[change] != SURVIVED:
            own = [name for name in ran if name.partition("::")[0] in files[change.path]]
            file = str(ROOT / change.path)
            names = own if own and own_only else [name for name, one in ran.items() if _in(file, one)]
        names.sort(key=lambda name: ran[name].seconds)
        spent = list(accumulate(ran[name].seconds for name in names))
        chosen[change] = [
            name for name, seconds in zip(names, spent, strict=True) if seconds <= _SECONDS
        ] or names[:1]
    return chosen


def _in(file: str, ran: Ran) -> bool:
    return any(line[0] == file for line in ran.lines)


def try_cold(
    root: Path, changes: Sequence[Change], tests: Mapping[Change, Sequence[str]], processes: int
) -> Iterator[tuple[Change, str]]:
    """Each change in a process of its own, and how it ended."""
    running: dict[int, Change] = {}
    for change in changes:
        if not tests[change]:
            yield change, SURVIVED
            continue
        if (child := os.fork()) == 0:
            _run(root, change, tests[change])
        running[child] = change
        if len(running) >= processes:
            yield _one_ends(running)
    while running:
        yield _one_ends(running)


def _one_ends(running: dict[int, Change]) -> tuple[Change, str]:
    child, status = os.wait()
    return running.pop(child), SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED


def passes_unchanged(root: Path, tests: Sequence[str]) -> bool:
    """Whether these tests pass in such a process when nothing is changed."""
    if (child := os.fork()) == 0:
        _run(root, None, tests)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _run(root: Path, change: Change | None, tests: Sequence[str]) -> None:
    """In the child, which never returns."""
    try:
        silent()
        resource.setrlimit(resource.RLIMIT_CPU, (180, 180))  # a change may have made a loop endless
        if change is not None:
            sys.meta_path.insert(0, _Finder(change, root))
        be_repeatable()
        files = dict.fromkeys(name.partition("::")[0] for name in tests)
        os._exit(pytest.main([*ARGUMENTS, *files], plugins=[_Only(tests), FirstFailureEnds()]))
    finally:
        os._exit(1)
