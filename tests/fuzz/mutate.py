"""Changes made by chance, and by nothing else: the same `Random` changes the same material in the same way.

Bytes are changed blindly, JSON along its structure, so that a good part of what is made gets past the first check.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

from tests.fuzz.hostile import CHUNKS, TEXTS, VALUES

LARGEST: Final = 600_000
"""Bytes; a little more than the largest that any reader takes."""
_MOST_CHANGES: Final = 4


def spoil(chance: Random, content: bytes, others: Sequence[bytes] = ()) -> bytes:
    """`content` after one to four changes; `others`: material of the same kind, to put parts of it in."""
    for _ in range(chance.randint(1, _MOST_CHANGES)):
        content = chance.choice(_BYTE_CHANGES)(chance, content)
        if others and chance.random() < 0.15:
            content = _spliced(chance, content, chance.choice(others))
    return content[:LARGEST]


def spoil_text(chance: Random, text: str) -> str:
    """A text that was changed a little, or another one altogether."""
    if chance.random() < 0.4:
        return chance.choice(TEXTS)
    at = chance.randint(0, len(text))
    match chance.randrange(5):
        case 0:
            return text[:at] + chance.choice(TEXTS) + text[at:]
        case 1:
            return text[:at]
        case 2:
            return text[:at] + text[at + 1 :]
        case 3:
            return text[:at] + chr(chance.randrange(0x10FFFF)) + text[at:]
        case _:
            return text.swapcase() if chance.random() < 0.5 else text * 2


def spoil_json(chance: Random, value: Any) -> Any:
    """A copy of `value`, changed at one to three places of its structure."""
    value = copy.deepcopy(value)
    for _ in range(chance.randint(1, 3)):
        value = _changed(chance, value)
    return value


def _changed(chance: Random, value: Any) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        match chance.randrange(8):
            case 0:
                del value[name]
            case 1:
                value[chance.choice(TEXTS)] = chance.choice(VALUES)
            case 2:
                value[spoil_text(chance, name)] = value.pop(name)
            case 3:
                other = chance.choice(list(value))
                value[name], value[other] = value[other], value[name]
            case _:
                value[name] = _changed(chance, value[name])
        return value
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        match chance.randrange(5):
            case 0:
                del value[at]
            case 1:
                value.append(copy.deepcopy(value[at]))
            case 2:
                return value * chance.choice((2, 50))
            case _:
                value[at] = _changed(chance, value[at])
        return value
    match chance.randrange(6):
        case 0:
            return _nested(chance, value)
        case 1 if isinstance(value, str):
            return spoil_text(chance, value)
        case 2 if isinstance(value, int) and not isinstance(value, bool):
            return value + chance.choice((-1, 1, 10, -(10**6), 10**6))
        case 3:
            return str(value)
        case _:
            return chance.choice(VALUES)


def _nested(chance: Random, value: Any) -> Any:
    for _ in range(chance.choice((1, 1, 2, 15, 40))):
        value = [value] if chance.random() < 0.5 else {"a": value}
    return value


def maybe(chance: Random, share: float, change: Callable[[], Any], otherwise: Any) -> Any:
    """`change()` for that share of the inputs, `otherwise` for the others."""
    return change() if chance.random() < share else otherwise


def spoil_headers(
    chance: Random, headers: Sequence[tuple[str, bytes | None]], foreign: Mapping[str, bytes | None]
) -> list[tuple[str, bytes | None]]:
    """Headers with some changed, lost, doubled, moved, or others put among them."""
    changed = list(headers)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed)) if changed else 0
        if not changed or chance.random() < 0.25:
            name = chance.choice([*foreign, *(name for name, _ in headers), *TEXTS])
            changed.insert(at, (name, foreign.get(name, chance.choice(CHUNKS))))
            continue
        name, content = changed[at]
        match chance.randrange(6):
            case 0:
                del changed[at]
            case 1:
                changed.insert(chance.randint(0, len(changed)), (name, content))
            case 2:
                changed[at] = (name, None)
            case 3:
                changed[at] = (spoil_text(chance, name), content)
            case 4:
                chance.shuffle(changed)
            case _:
                changed[at] = (name, spoil(chance, content or b""))
    return changed


def _flip(chance: Random, content: bytes) -> bytes:
    if not content:
        return bytes([chance.randrange(256)])
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]


def _insert(chance: Random, content: bytes) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + chance.choice(CHUNKS) + content[at:]


def _replace(chance: Random, content: bytes) -> bytes:
    at, chunk = chance.randint(0, len(content)), chance.choice(CHUNKS)
    return content[:at] + chunk + content[at + len(chunk) :]


def _cut(chance: Random, content: bytes) -> bytes:
    return content[: chance.randint(0, len(content))]


def _take_out(chance: Random, content: bytes) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + content[at + chance.randint(1, 40) :]


def _again(chance: Random, content: bytes) -> bytes:
    at = chance.randint(0, len(content))
    piece = content[at : at + chance.randint(1, 60)]
    return content[:at] + piece * chance.choice((2, 3, 10, 1_000)) + content[at:]


def _lines(chance: Random, content: bytes) -> bytes:
    """A line lost, doubled, or moved: the unit in which mails, HTTP and tables are written."""
    lines = content.split(b"\n")
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case _:
            lines[at] = lines[at] + b" " + lines[to]
    return b"\n".join(lines)


def _digits(_: Random, content: bytes) -> bytes:
    """Full-width digits in place of the first ASCII ones: many patterns take both."""
    return content.replace(b"5", "٥".encode(), 3)


def _spliced(chance: Random, content: bytes, other: bytes) -> bytes:
    return content[: chance.randint(0, len(content))] + other[chance.randint(0, len(other)) :]


_BYTE_CHANGES: Final[tuple[Callable[[Random, bytes], bytes], ...]] = (
    _flip,
    _flip,
    _insert,
    _insert,
    _replace,
    _cut,
    _take_out,
    _again,
    _lines,
    _lines,
    _digits,
)
