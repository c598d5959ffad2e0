"""What a quick reader cannot take it leaves to the model, whatever is wrong with it."""

from msgspec import Raw, Struct

from models.events.simple_event import read_known_event, read_simple_event
from models.quick_reader import QuickReader


class Held(Struct):
    """Of which a part is left as it stands."""

    part: Raw


def test_what_is_nested_without_end_is_none() -> None:
    """A recursion error would end a process that only meant to ask the model next."""
    deep = b'{"part":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert QuickReader(Held)(deep) is None
    assert read_simple_event(deep) is None
    assert read_known_event(deep) is None
    assert QuickReader(Held)(b'{"part":[1]}') is not None
