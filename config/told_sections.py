"""The sections of an environment that could be read, where some could not: for whoever must look at what is left."""

from collections.abc import Iterable
from typing import TypeVar

from config.sections.base import Section

SectionT = TypeVar("SectionT", bound=Section)


class ToldSections:
    """Sections by their type."""

    def __init__(self, found: Iterable[Section]) -> None:
        self._found = tuple(found)

    def get(self, kind: type[SectionT]) -> SectionT | None:
        """The section; None where its settings are missing or not valid."""
        return next((one for one in self._found if type(one) is kind), None)
