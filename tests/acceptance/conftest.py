"""One service for all stories of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.service import Up, running


@pytest.fixture(scope="module")
def up(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Empty, and with nobody but the made-up senders that every new service has."""
    with running(tmp_path_factory.mktemp("service")) as service:
        yield service
