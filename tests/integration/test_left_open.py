"""A file that leaves something open is told so by its name, and no other file is."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
RUN = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider"]
RUN += ["-p", "tests.fixtures.left_open"]
IMPORTS = "import asyncio, os, psycopg, pytest, socket, uvloop\nurl, kept = os.environ['URL'], []\n"
LEAVES = {
    "connection": "def test(): kept.append(psycopg.connect(url))",
    "cycle": """
        def test():
            one = [psycopg.connect(url)]
            one.append(one)
        """,
    "async_connection": "def test(): kept.append(asyncio.run(psycopg.AsyncConnection.connect(url)))",
    "socket": "def test(): kept.append(socket.create_server(('127.0.0.1', 0)))",
    "loop": "def test(): kept.append(asyncio.new_event_loop())",
    "uvloop": "def test(): kept.append(uvloop.new_event_loop())",
    "garbage": """
        def test():
            one = [open(__file__)]
            one.append(one)
        """,
    "fixture": """
        @pytest.fixture(scope="module")
        def mine(): return psycopg.connect(url)
        def test(mine): pass
        def test_another(mine): pass
        """,
    "failure": """
        @pytest.fixture
        def mine():
            connection = psycopg.connect(url)
            raise ValueError
        def test(mine): pass
        """,
}
CLOSES = {
    "module": """
        @pytest.fixture(scope="module", autouse=True)
        def mine():
            with psycopg.connect(url) as connection, socket.create_server(("127.0.0.1", 0)): yield connection
        def test(): pass
        async def test_another(): await asyncio.sleep(0)
        def test_loops():
            asyncio.run(asyncio.sleep(0))
            uvloop.run(asyncio.sleep(0))
        """,
    # The first of these has the fixture made, and the second uses it still.
    "session": "def test(lasting): lasting.execute('SELECT 1')",
    "session_again": "def test(lasting): lasting.execute('SELECT 1')",
}
LASTING = """
@pytest.fixture(scope="session")
def lasting():
    with psycopg.connect(url) as connection: yield connection
"""


@pytest.mark.parametrize("order", [1, -1])
def test_what_leaves_something_open_is_named_and_nothing_else(
    tmp_path: Path, database: str, order: int
) -> None:
    for name, code in (LEAVES | CLOSES).items():
        (tmp_path / f"test_{name}.py").write_text(IMPORTS + dedent(code))
    (tmp_path / "conftest.py").write_text(IMPORTS + LASTING)
    files = sorted(str(file) for file in tmp_path.glob("test_*.py"))[::order]
    without_ci = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    run = subprocess.run(
        [*RUN, "--rootdir", str(tmp_path), *files],
        cwd=tmp_path,
        # Without CI, for which pytest would say it once more in its summary.
        env=without_ci | {"URL": database, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    named = [
        Path(line.split()[0]).name for line in run.stdout.splitlines() if line.endswith("has left open:")
    ]
    assert sorted(named) == sorted(f"test_{name}.py" for name in LEAVES), run.stdout
    # And the one that fails by itself does so too.
    assert f" {len(LEAVES) + 1} errors in " in run.stdout.splitlines()[-1], run.stdout
