"""Some hundred inputs to every surface, and whether the fuzzer sees what it looks for."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from api.app import document
from tests.fuzz import surface
from tests.fuzz.parts import parts
from tests.fuzz.surface import Tally, Wrong, run
from tests.fuzz.surfaces.all_surfaces import SURFACES
from tests.fuzz.surfaces.api import QUERY
from tests.fuzz.surfaces.page_forms import FIELDS
from tests.paths import ROOT

SHORT = 150


@pytest.mark.parametrize("name", SURFACES)
async def test_a_few_inputs_of_each_surface_are_answered_with_a_code(name: str, tmp_path: Path) -> None:
    tally = await run(SURFACES[name], 1, range(SHORT), tmp_path)
    assert [(one.what, one.replay) for one in tally.findings] == []
    assert tally.codes.total() == SHORT
    assert len(tally.codes) > 2


def test_every_field_of_the_pages_is_sent() -> None:
    asked = {
        name
        for template in (ROOT / "inbox/templates").glob("*.html")
        for name in re.findall(r'<(?:input|select)[^>]* name="([a-z_]+)["-]', template.read_text("utf-8"))
    }
    assert len(asked) > 20
    assert asked <= FIELDS | {"do", "version", "initiative", "because"}


def test_every_parameter_of_the_interface_is_sent() -> None:
    ways = [way for ways in document()["paths"].values() for way in ways.values()]
    asked = {one["name"] for way in ways for one in way.get("parameters", ()) if one["in"] == "query"}
    assert asked == set(QUERY)


def test_the_inputs_are_shared_out_whole() -> None:
    given = list(parts(list(SURFACES.values()), 1_000_000))
    assert sum(len(numbers) for _, numbers in given) == 1_000_000
    assert {name for name, _ in given} == set(SURFACES)


class Planted:
    """A surface that does what it is told."""

    name = "planted"
    share = 1

    def __init__(self, does: Callable[[Random], Awaitable[str]]) -> None:
        self._does = does

    @asynccontextmanager
    async def ready(self, folder: Path) -> AsyncIterator["Planted"]:
        yield self

    async def attempt(self, chance: Random) -> str:
        return await self._does(chance)


async def _raises(chance: Random) -> str:
    raise KeyError("what")


async def _says_too_much(chance: Random) -> str:
    raise Wrong("it says too much")


async def _has_no_end(chance: Random) -> str:
    while True:
        with suppress(Exception):
            re.fullmatch(r"(a|a)*b", "a" * 28)


async def _never_answers(chance: Random) -> str:
    await asyncio.sleep(600)
    return "late"


HELD: list[bytes] = []


async def _keeps_all(chance: Random) -> str:
    HELD.append(b"x" * 8_000_000)
    return "kept"


@pytest.mark.parametrize("does", [_raises, _says_too_much, _has_no_end, _never_answers])
async def test_a_fault_is_found(
    does: Callable[[Random], Awaitable[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surface, "CPU_SECONDS", 0.5)
    monkeypatch.setattr(surface, "WALL_SECONDS", 2.0)
    tally = await run(Planted(does), 7, range(2, 3), tmp_path)
    assert (tally.wrong, tally.codes.total()) == (1, 0)
    assert tally.findings[0].replay.endswith("--surface planted --seed 7 --number 2")


async def test_memory_that_grows_is_found(tmp_path: Path) -> None:
    tally = await run(Planted(_keeps_all), 7, range(100), tmp_path)
    HELD.clear()
    assert tally.findings[0].where == "memory"


def test_what_was_found_of_one_part_is_kept_with_the_others() -> None:
    whole, one = Tally("x"), Tally("x", wrong=2, grown_mb=7, slowest_seconds=1.0, slowest=9)
    one.codes["a"] += 3
    whole.add(one)
    whole.add(one)
    assert (whole.codes["a"], whole.wrong, whole.grown_mb, whole.slowest) == (6, 4, 7, 9)
