"""A place that is to be skipped is named as the ledger names it, and nothing else is taken for one."""

import pytest

from ops.recovery.skips import NoPlace, parse


@pytest.mark.parametrize(
    "text",
    [
        f"receipts/0@{'9' * 5_000}",
        f"receipts/{'9' * 5_000}@1",
        f"receipts/0@{'9' * 19}",
        "receipts/0@-1",
        "receipts/\u0660@1",
        "receipts/9@1",
        "people/0@1",
        "receipts@1",
        "",
    ],
)
def test_what_is_no_place_is_a_sentence(text: str) -> None:
    with pytest.raises(NoPlace):
        parse(text)
