"""Each command sets up the logging of its process; here the process is that of the tests."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """For the tests that come after."""
    root = logging.getLogger()
    known = [root, *(one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger))]
    handlers, levels = list(root.handlers), [(one, one.level) for one in known]
    yield
    root.handlers[:] = handlers
    for one, level in levels:
        one.setLevel(level)
