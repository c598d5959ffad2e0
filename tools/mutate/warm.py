"""Changes inside functions: the code of a function that has long been imported is replaced in a fork of the process.

Nothing is imported or collected again, so that most changes take a fraction of a second. It reaches what is decorated,
too: properties, validators, methods of dataclasses and what is cached.
"""

import functools
import gc
import os
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final

import pytest

from tools.mutate.changes import Change, changed_tree
from tools.mutate.session import FirstFailureEnds, Reached, fewer_examples, silent

KILLED: Final = "killed"
SURVIVED: Final = "survived"
OTHERWISE: Final = "otherwise"
"""It cannot be tried in this way: no test runs its line, or the new code does not fit the function."""
_DOES_NOT_FIT: Final = 77


@dataclass(frozen=True, slots=True)
class Ran:
    """What a test did without a change."""

    seconds: float
    """Of the processor."""
    lines: frozenset[tuple[str, int]]


class Warm:
    """The plugin that runs every test once to see what it reaches, and then each change."""

    def __init__(
        self, root: Path, changes: Sequence[Change], processes: int, tell: Callable[[Change, str], None]
    ) -> None:
        self._root = root
        self._changes = changes
        self._processes = processes
        self._tell = tell
        self.failed: list[str] = []
        self.ran: dict[str, Ran] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Properties are cut short."""
        fewer_examples(items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails without a change would kill every one."""
        if report.failed:
            self.failed.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        reached = Reached([self._root / path for path in {change.path for change in self._changes}])
        forget = _caches(self._root)
        for item, following in _with_following(session.items):
            for one in forget:  # or only the first test would be seen to reach what is remembered
                one()
            begun = time.process_time()
            with reached:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self.ran[item.nodeid] = Ran(time.process_time() - begun, frozenset(reached.lines))
        if not self.failed:
            self._try_changes(session.items, forget)
        return True

    def _try_changes(self, items: Sequence[pytest.Item], forget: Sequence[Callable[[], None]]) -> None:
        # They are looked for once: a child that looks through all objects copies them all.
        functions = _functions(self._root)
        gc.collect()
        gc.freeze()
        running: dict[int, Change] = {}
        for change in self._changes:
            tests = [item for item in items if reaches(self.ran[item.nodeid], change, self._root)]
            if not tests or not change.function:
                self._tell(change, OTHERWISE)
                continue
            tests.sort(key=lambda item: self.ran[item.nodeid].seconds)
            if (child := os.fork()) == 0:
                self._try(change, tests, functions[str(self._root / change.path)], forget)
            running[child] = change
            if len(running) >= self._processes:
                self._one_ends(running)
        while running:
            self._one_ends(running)

    def _try(
        self,
        change: Change,
        tests: Sequence[pytest.Item],
        functions: Sequence[FunctionType],
        forget: Sequence[Callable[[], None]],
    ) -> None:
        """In the child, which never returns."""
        try:
            silent()
            if not _replace_code(change, functions, self._root):
                os._exit(_DOES_NOT_FIT)
            for one in forget:
                one()
            tests[0].config.pluginmanager.register(FirstFailureEnds())
            for item, following in _with_following(tests):
                _at_most(5 + 3 * self.ran[item.nodeid].seconds)
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            os._exit(0)
        finally:
            os._exit(1)

    def _one_ends(self, running: dict[int, Change]) -> None:
        child, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        self._tell(running.pop(child), {0: SURVIVED, _DOES_NOT_FIT: OTHERWISE}.get(code, KILLED))


def reaches(ran: Ran, change: Change, root: Path) -> bool:
    """Whether a test runs a line of the changed statement."""
    file = str(root / change.path)
    return any((file, line) in ran.lines for line in range(change.line, change.last_line + 1))


def _with_following(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, [*items[1:], None], strict=True)


def _at_most(seconds: float) -> None:
    """This process ends when it computes longer from now on: a change may have made a loop endless."""
    limit = int(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _functions(root: Path) -> dict[str, list[FunctionType]]:
    """The project's functions by their file."""
    found: defaultdict[str, list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and _is_ours(one, root):
            found[one.__code__.co_filename].append(one)
    return found


def _caches(root: Path) -> list[Callable[[], None]]:
    """What empties the cache of each of the project's functions."""
    cached = [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]
    return [one.cache_clear for one in cached if _is_ours(one.__wrapped__, root)]


def _is_ours(function: object, root: Path) -> bool:
    code = getattr(function, "__code__", None)
    file = code.co_filename if isinstance(code, CodeType) else ""
    return file.startswith(str(root)) and "site-packages" not in file


def _replace_code(change: Change, functions: Sequence[FunctionType], root: Path) -> bool:
    file = root / change.path
    new = dict(
        _codes(compile(changed_tree(file.read_text("utf-8"), change), str(file), "exec", dont_inherit=True))
    )
    replaced = False
    for function in functions:
        code = function.__code__
        name = code.co_qualname
        mine = name == change.function or name.startswith(f"{change.function}.<locals>.")
        if not mine or (name, code.co_firstlineno) not in new:
            continue
        try:
            function.__code__ = new[name, code.co_firstlineno]
        except ValueError:  # it uses other names of the function around it
            return False
        replaced = True
    return replaced


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield (one.co_qualname, one.co_firstlineno), one
            yield from _codes(one)
