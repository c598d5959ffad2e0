"""Whether a name stands twice in an object of JSON: parsers take the first, the last or neither, and nobody notices.

RFC 8785 canonicalises I-JSON (RFC 7493), which has no such object.
"""

from json import JSONDecoder
from typing import Any, Final

from msgspec.json import Encoder


class _TwiceError(ValueError):
    pass


def has_double_name(text: str) -> bool:
    """Of `text`, which some parser has taken for JSON. Numbers are not read; what is too deep to look at has none."""
    try:
        _LOOKING.decode(text)
    except _TwiceError:
        return True
    except RecursionError:
        return False
    return False


def has_double_name_in(text: str, parsed: Any) -> bool:
    """The same, several times faster, of a text of which a parser has made `parsed` and has kept one name of each two.

    Each name that was dropped has taken its colon with it; colons within strings are in both, unless they are escaped.
    """
    colons = text.count(":")
    if colons < 2:
        return False
    if "\\" not in text:
        try:
            return colons != _WRITING.encode(parsed).count(b":")
        except (ValueError, RecursionError):  # a number that is too long to be written, or nesting too deep
            pass
    return has_double_name(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found


_WRITING: Final = Encoder()
_LOOKING: Final = JSONDecoder(object_pairs_hook=_once, parse_int=len, parse_float=len)
