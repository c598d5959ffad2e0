"""The inputs of a run shared out among processes of their own."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.fuzz.surface import Surface, Tally, run
from tests.fuzz.surfaces.all_surfaces import SURFACES

_PART: Final = 10_000
"""Inputs of one process: memory is looked at from its beginning to its end."""


def parts(surfaces: Sequence[Surface], inputs: int) -> Iterator[tuple[str, range]]:
    """Each surface's share of the inputs, in parts; the last surface gets what is left by rounding."""
    shares, given = sum(one.share for one in surfaces), 0
    for place, one in enumerate(surfaces, 1):
        number = inputs - given if place == len(surfaces) else inputs * one.share // shares
        given += number
        for first in range(0, number, _PART):
            yield one.name, range(first, min(first + _PART, number))


def run_part(name: str, seed: int, numbers: range) -> Tally:
    """In a process of its own."""
    logging.getLogger().addHandler(logging.NullHandler())
    with TemporaryDirectory(prefix="fuzz-") as folder:
        return asyncio.run(run(SURFACES[name], seed, numbers, Path(folder)))
