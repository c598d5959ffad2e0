"""What the codes of a release are called, in Danish and English."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).parent / "words.toml"


class ReportLanguage(StrEnum):
    """In which a release is written."""

    DANISH = "da"
    ENGLISH = "en"


class Words:
    """Names by kind and code. A code without a name is its own."""

    def __init__(self, values: Mapping[str, Mapping[str, str]], clusters: Mapping[str, str]) -> None:
        """`values`: names by breakdown and code, from the reference tables; `clusters`: names by code."""
        self._words: dict[str, dict[str, list[str]]] = tomllib.loads(_FILE.read_text("utf-8"))
        self._values = values
        self._clusters = clusters

    def say(self, kind: str, code: str, language: ReportLanguage) -> str:
        """The name of a family, breakdown, measure, category or status."""
        found = self._words[kind].get(code)
        return code if found is None else found[language is ReportLanguage.ENGLISH]

    def value(self, breakdown: str, code: str, language: ReportLanguage) -> str:
        """The name of a value of a breakdown."""
        if breakdown == "month" and code[:4].isdigit():
            names = self.say("months", "names", language).split()
            return f"{names[int(code[5:]) - 1]} {code[:4]}"
        named = self._values.get(breakdown, {}).get(code)
        if named is not None:
            return named
        if code.startswith("hidden."):
            return self.say("value", "hidden.+", language)
        if breakdown == "municipality" and code.isdigit():
            return self.say("value", "unnamed", language).format(code=code)
        if code.removesuffix("+") in self._clusters:
            cluster = self._clusters[code.removesuffix("+")]
            return self.say("value", "cluster+", language).format(name=cluster)
        return self.say("value", code, language)
