"""Whether a name stands twice in an object of JSON: parsers take the first, the last or neither, and nobody notices.

RFC 8785 canonicalises I-JSON (RFC 7493), which has no such object.
"""

from json import JSONDecoder
from typing import Any, Final


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


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found


_LOOKING: Final = JSONDecoder(object_pairs_hook=_once, parse_int=len, parse_float=len)
