"""What an expression in PromQL names: metrics and labels. A tokenizer, no parser: `promtool` is that."""

import re
from dataclasses import dataclass
from typing import Final

_TEXT: Final = re.compile(r'"[^"]*"')
_SELECTOR: Final = re.compile(r"([A-Za-z_:][\w:]*)\s*\{([^}]*)\}")
_MATCHER: Final = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*("[^"]*")')
_GROUP: Final = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_NAME: Final = re.compile(r"(?<![\w:$])[A-Za-z_:][\w:]*(?!\s*\()(?![\w:])")
_WORDS: Final = frozenset(
    {"and", "bool", "by", "group_left", "group_right", "ignoring", "on", "or", "unless", "without"}
)
_DURATION: Final = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True)
class Named:
    """What one expression names."""

    metrics: frozenset[str]
    matched: tuple[tuple[str, str, str], ...]
    """(metric, label, value): in a selector's braces; the value as it is written, without quotes."""
    grouped: frozenset[str]


def named(expression: str) -> Named:
    """Everything that `expression` names."""
    matched = tuple(
        (metric, label, value.strip('"'))
        for metric, inside in _SELECTOR.findall(expression)
        for label, value in _MATCHER.findall(inside)
    )
    bare = _DURATION.sub("", _TEXT.sub('""', expression))
    grouped = {label.strip() for inside in _GROUP.findall(bare) for label in inside.split(",")} - {""}
    bare = re.sub(r"\{[^}]*\}", "", _GROUP.sub("", bare))
    return Named(frozenset(set(_NAME.findall(bare)) - _WORDS), matched, frozenset(grouped))
