"""What strangers have sent is shown, and never obeyed."""

import pytest

from frafaldsvarsel.commands.show_thing import printable


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"plain\n\ttext", "plain\n\ttext"),
        ("æøå [bold]".encode(), "æøå [bold]"),
        (b"\x1b[2J\x07\r", "\\x1b[2J\\x07\\r"),
        ("turned \u202e round".encode(), "turned \\u202e round"),
        (b"\xff", "\\xff"),
    ],
)
def test_nothing_shown_can_move_the_cursor_or_turn_the_direction(content: bytes, shown: str) -> None:
    assert printable(content) == shown
