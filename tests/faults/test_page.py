"""The page says what a run has shown, and what it does not prove."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.cells import Family, Outcome
from tests.faults.evidence import Evidence, percentile, totals
from tests.faults.page import PAGE, page, upper_bound
from tests.faults.verdict import Verdict
from tests.paths import ROOT


def _outcome(**changes: object) -> Outcome:
    base = Outcome(
        cell="kill at mail.dot",
        family=Family.SERVICE,
        injections=12,
        recoveries=(1.0, 2.0, 3.0),
        verdict=Verdict(records=3000, messages=700, copies=4),
        unaccounted=0,
        seconds=30.0,
        deaths=12,
        told=("something was seen",),
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # the fields of an outcome


def _evidence(*outcomes: Outcome) -> Evidence:
    return Evidence(
        run="20261124-090000",
        seed=1,
        seconds=60.0,
        cores=2,
        versions={"Kafka": "4.3.1", "commit": "abc"},
        rig={"session timeout": "6 s"},
        outcomes=outcomes,
        not_run=("credentials revoked (no users).",),
        totals=totals(outcomes),
    )


def test_a_good_run_shows_its_sums_its_bound_and_its_limits() -> None:
    text = page(_evidence(_outcome(), _outcome(cell="broker killed", family=Family.KAFKA)))
    assert "**2 kinds of fault**, brought in **24 times**" in text
    assert "**6,000 records**" in text
    assert "one in 2,000 (the rule of three)" in text
    assert "not power cuts" in text
    assert "- Not run: credentials revoked (no users)." in text
    assert "| kill at mail.dot | 12 | 3,000 | 2.0 s, 3.0 s | 4 | good |" in text
    assert "- *kill at mail.dot*: something was seen." in text
    assert "NOT" not in text
    assert "not good" not in text


def test_a_run_with_a_finding_does_not_look_like_a_good_one() -> None:
    text = page(_evidence(_outcome(verdict=Verdict(records=10, lost=2))))
    assert "**This run is not good" in text
    assert "| messages, tasks or notices lost | **2** |" in text
    assert "| **2 violations** |" in text
    assert "kinds of fault" not in text


def test_a_fault_that_never_struck_is_no_evidence() -> None:
    assert not _evidence(_outcome(injections=0)).good
    assert "**the fault never struck**" in page(_evidence(_outcome(injections=0)))


def test_a_cell_that_failed_or_is_not_accounted_for_is_not_good() -> None:
    assert not _outcome(failure="NotDrained: after 150 seconds").good
    assert not _outcome(unaccounted=1).good
    assert _outcome().good


def test_evidence_is_read_as_it_was_written(tmp_path: Path) -> None:
    evidence = _evidence(_outcome())
    assert Evidence.read(evidence.write(tmp_path)) == evidence


def test_the_bound_of_the_rule_of_three() -> None:
    assert upper_bound(300_000) == 1e-5


def test_percentiles_take_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([], 0.99)) == (51.0, 100.0, 0.0)


@pytest.mark.skipif(not PAGE.exists(), reason="no run of the whole matrix has been published yet")
def test_the_published_page_is_made_from_the_published_evidence() -> None:
    text = PAGE.read_text("utf-8")
    run = re.search(r"evidence/([0-9-]+)\.json", text)
    assert run is not None
    assert page(Evidence.read(ROOT / "evidence" / f"{run.group(1)}.json")) == text


def test_runs_side_by_side_are_shown_as_one() -> None:
    one = replace(_evidence(_outcome()), not_run=("*broker killed*, for want of time.", "no users."))
    other = _evidence(_outcome(cell="broker killed", family=Family.KAFKA))
    whole = Evidence.together([one, other])
    assert whole.totals["records"] == 6000
    assert whole.not_run == ("no users.", "credentials revoked (no users).")
    assert "**2 kinds of fault**" in page(whole)


def test_what_failed_and_was_mended_is_said_and_what_still_fails_is_not_hidden() -> None:
    failed = _outcome(failure="NotDrained: 18 notices are due")
    other = _outcome(cell="broker killed", failure="NotDrained: for ever")
    whole = Evidence.together([_evidence(failed, other), _evidence(_outcome())])
    assert whole.mended == ("*kill at mail.dot*: NotDrained: 18 notices are due",)
    assert not whole.good
    text = page(whole)
    assert "- *kill at mail.dot*: NotDrained: 18 notices are due" in text
    assert "**NotDrained: for ever**" in text
    assert Evidence.together([_evidence(failed), _evidence(_outcome())]).good


def test_planted_bugs_and_simulated_worlds_are_shown_and_count() -> None:
    summary = {"seeds": 2000, "first_seed": 0, "fault_injections": 9, "faults": {"a": 9}, "violations": []}
    whole = replace(_evidence(_outcome()), plants={"auto-commit on": "the judge: lost 3"}, simulation=summary)
    assert whole.good
    text = page(whole)
    assert "**1 of 1** bugs" in text
    assert "| auto-commit on | the judge: lost 3 |" in text
    assert "**2,000 simulated worlds** (seeds 0 to 1,999)" in text
    assert not replace(whole, plants={"auto-commit on": ""}).good
    assert "| auto-commit on | **nothing** |" in page(replace(whole, plants={"auto-commit on": ""}))
    assert not replace(whole, simulation={**summary, "violations": [{"seed": 1}]}).good
