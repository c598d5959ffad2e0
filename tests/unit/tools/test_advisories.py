"""What is said of pip-audit's answer: a library that nobody has looked up is not a sound one."""

import json

import pytest

from tools.advisories import NOT_REACHED, judged

SOUND = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
SKIPPED = {"name": "yarl", "skip_reason": "not found"}
KNOWN = {
    "name": "jinja2",
    "version": "3.1.6",
    "vulns": [{"id": "GHSA-0000", "fix_versions": ["3.1.7"]}, {"id": "GHSA-0001", "fix_versions": []}],
}


@pytest.mark.parametrize(
    "answer", ["", "error: no route", "[]", "{}", json.dumps({"dependencies": [SKIPPED, SKIPPED]})]
)
def test_where_nothing_was_looked_up_a_sentence_says_so(answer: str) -> None:
    assert judged(answer) == ([NOT_REACHED], 0)


def test_sound_libraries_are_counted_and_skipped_ones_named() -> None:
    assert judged(json.dumps({"dependencies": [SOUND, SKIPPED]})) == (
        ["1 of 2 libraries were looked up, 0 advisories.", "Not looked up: yarl."],
        0,
    )


def test_an_advisory_is_named_and_ends_with_1() -> None:
    assert judged(json.dumps({"dependencies": [SOUND, KNOWN]})) == (
        [
            "jinja2 3.1.6: GHSA-0000, mended in 3.1.7",
            "jinja2 3.1.6: GHSA-0001, mended in no version",
            "2 of 2 libraries were looked up, 2 advisories.",
        ],
        1,
    )
