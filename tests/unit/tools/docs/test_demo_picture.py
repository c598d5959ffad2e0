"""The picture of the demo in README.md is of this version and of the sentences that the audit prints now."""

import re
from html import unescape
from typing import Final

import pytest

from frafaldsvarsel import VERSION
from ops.audit.report import ABOUT, Check
from tests.paths import ROOT
from tools.docs.demo_picture import PICTURE

TEXT: Final = (ROOT / PICTURE).read_text("utf-8")
SHOWN: Final = unescape(" ".join(re.findall(r"<text [^>]*>([^<]*)</text>", TEXT))).replace("\xa0", " ")


def test_the_picture_is_of_this_version_and_its_numbers_agreed() -> None:
    assert f"frafaldsvarsel {VERSION}" in SHOWN
    assert "unaccounted 0" in SHOWN
    assert "Every number agrees with the independent count" in SHOWN


@pytest.mark.parametrize("check", Check)
def test_each_audit_check_is_shown_in_its_present_words(check: Check) -> None:
    """After a change of the words: `make pictures`."""
    assert ABOUT[check] in SHOWN


def test_the_picture_fetches_nothing_and_is_small() -> None:
    assert set(re.findall(r"https?://[^\"' )]+", TEXT)) == {"http://www.w3.org/2000/svg"}
    assert len(TEXT) < 40_000
