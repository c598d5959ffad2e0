"""Every word that the pages say, in both languages: one catalogue, ``words.toml``, a pair a line.

A word that is missing is a fault at the start, never a hole in a page.
"""

import string
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

CATALOGUE: Final = Path(__file__).with_name("words.toml")


class Language(StrEnum):
    """The languages of the pages; the value is the page's ``lang``."""

    DANISH = "da"
    ENGLISH = "en"

    @property
    def other(self) -> "Language":
        """The one that the page offers to change to."""
        return Language.ENGLISH if self is Language.DANISH else Language.DANISH


class Translations:
    """The catalogue in one language."""

    def __init__(self, language: Language, pairs: Mapping[str, tuple[str, str]]) -> None:
        self.language: Final = language
        self._place: Final = 0 if language is Language.DANISH else 1
        self._pairs: Final = pairs

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence under `key`, its names in braces replaced; a key that is not there is a fault of ours."""
        text = self._pairs[key][self._place]
        return text.format(**values) if values else text

    def knows(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self._pairs

    def count(self, key: str, number: int, /, **values: object) -> str:
        """The sentence for one or for many: ``key.one`` or ``key.many``, with `number` in it."""
        form = "one" if number == 1 else "many"
        return self(f"{key}.{form}", number=self.number(number), **values)

    def number(self, number: int) -> str:
        """A number with its thousands apart, as the language writes them."""
        text = f"{number:,}"
        return text.replace(",", ".") if self.language is Language.DANISH else text

    def decimal(self, number: float) -> str:
        """A number with one decimal."""
        text = f"{number:.1f}"
        return text.replace(".", ",") if self.language is Language.DANISH else text


@cache
def pairs(file: Path = CATALOGUE) -> Mapping[str, tuple[str, str]]:
    """The whole catalogue: key → Danish, English."""
    return dict(_flat(tomllib.loads(file.read_text("utf-8")), ""))


def words(language: Language) -> Translations:
    """The catalogue in `language`."""
    return Translations(language, pairs())


def names_in(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _flat(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for name, value in table.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{key}.")
        elif isinstance(value, list) and len(value) == 2 and all(isinstance(text, str) for text in value):
            yield key, (value[0], value[1])
        else:
            raise ValueError(f"{key} is not a pair of Danish and English")
