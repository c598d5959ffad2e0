"""Webhooks and answers: dated, and none unless somebody has set them."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from config.reference.channels import answers_of, webhooks_of
from config.reference.checks.all import sound_reference
from tests.paths import DATA as TEST_DATA
from tests.reference import SHIPPED

GOOD = TEST_DATA / "reference" / "good"
OLD, NEW = "https://fag.example/old", "https://fag.example/new"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    target = tmp_path / "data"
    shutil.copytree(GOOD, target)
    (target / "webhooks.csv").write_text(
        "unit_id,url,valid_from,valid_to,certainty,source\n"
        f"jc-0185,{OLD},2026-01-01,2026-03-01,made-up,[I] test\n"
        f"jc-0185,{NEW},2026-03-01,,made-up,[I] test\n",
        encoding="utf-8",
    )
    (target / "answers.csv").write_text(
        "municipality_code,contact_made,closed,valid_from,valid_to,certainty,source\n"
        "0185,true,false,2026-01-01,2026-03-01,made-up,[I] test\n"
        "0185,true,true,2026-03-01,,made-up,[I] test\n",
        encoding="utf-8",
    )
    return target


@pytest.mark.parametrize(
    ("day", "urls"),
    [
        (date(2025, 12, 31), ()),
        (date(2026, 1, 1), (OLD,)),
        (date(2026, 2, 28), (OLD,)),
        (date(2026, 3, 1), (NEW,)),
    ],
)
def test_a_unit_has_the_endpoint_of_the_day(directory: Path, day: date, urls: tuple[str, ...]) -> None:
    webhooks = webhooks_of(sound_reference(directory))
    assert webhooks.urls("jc-0185", day) == urls
    assert webhooks.urls("jc-0461", day) == ()


def test_an_institution_learns_what_the_units_municipality_has_set_and_nothing_by_default(
    directory: Path,
) -> None:
    answers = answers_of(sound_reference(directory))
    before, after = date(2026, 2, 1), date(2026, 4, 1)
    assert (answers.contact_made("jc-0185", before), answers.closed("jc-0185", before)) == (True, False)
    assert (answers.contact_made("jc-0185", after), answers.closed("jc-0185", after)) == (True, True)
    for unit in ("jc-0461", "jc-0001"):
        assert not answers.contact_made(unit, after)
        assert not answers.closed(unit, after)
    assert not answers.contact_made("jc-0185", date(2025, 1, 1))


def test_the_data_that_is_shipped_sends_no_webhook_and_answers_nobody() -> None:
    assert webhooks_of(SHIPPED).rows == {}
    assert not any(answers_of(SHIPPED).rows.values())
