"""A pytest run as the tests of a change see it: repeatable, without reports, and over at the first failure."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings

ARGUMENTS: Final = (
    *("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--capture=sys", "-o", "timeout=120"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # libraries are there before pytest is
)
_EXAMPLES: Final = 50
"""At most, of a property: the first ones find most, and thousands would be run for each change that survives."""
_REPEATABLE: Final = settings(
    database=None,
    derandomize=True,
    deadline=None,
    print_blob=False,
    phases=(Phase.explicit, Phase.generate),  # an example that fails need not become small
    suppress_health_check=list(HealthCheck),
)


def be_repeatable() -> None:
    """Before any test is imported."""
    settings.register_profile("mutate", _REPEATABLE)
    settings.load_profile("mutate")


def fewer_examples(items: Sequence[pytest.Item]) -> None:
    """No property tries more than so many."""
    for item in items:
        test = getattr(item, "obj", None)
        test = getattr(test, "__func__", test)
        own = getattr(test, "_hypothesis_internal_use_settings", None)
        if own is not None:
            fewer = settings(
                own,
                max_examples=min(own.max_examples, _EXAMPLES),
                database=None,
                derandomize=True,
                deadline=None,
                phases=_REPEATABLE.phases,
            )
            test._hypothesis_internal_use_settings = fewer  # type: ignore[union-attr]


class FirstFailureEnds:
    """The process ends with 1 when a test fails."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Nothing is cleaned up: the process was made for one change."""
        if report.failed:
            os._exit(1)


class Reached:
    """Which lines of some files were run."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = {str(file) for file in files}
        self.lines: set[tuple[str, int]] = set()

    def __enter__(self) -> None:
        self.lines = set()
        sys.settrace(self._call)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, _event: str, _about: Any) -> Any:
        code: CodeType = frame.f_code
        return self._line if code.co_filename in self._files else None

    def _line(self, frame: FrameType, event: str, _about: Any) -> Any:
        if event == "line":
            self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line


def silent() -> None:
    """What this process prints goes nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
