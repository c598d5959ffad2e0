"""The walks' own parts: the shortened rules, what is missing of a look, and that every alert has its place."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from doctor.diagnosis import HealthCheck
from local.servers.prometheus import RULES
from models.service_status import StepName
from tests.faults.verdict import Verdict
from tests.walks import walk as walks
from tests.walks.alarms import Alarm
from tests.walks.operator import Line, Seen
from tests.walks.page import page
from tests.walks.record import Walked
from tests.walks.rings import RINGS, Rung
from tests.walks.rung import LIVE, NOT_LIVE
from tests.walks.shortened import holds_for, shortened
from tests.walks.troubles import TROUBLES
from tests.walks.walk import Walk, runbook_faults

TEXT: Final = RULES.read_text("utf-8")
NAMES: Final = re.findall(r"- alert: (\w+)", TEXT)
STOPPED: Final = TROUBLES[0]


def test_shortened_rules_differ_in_how_long_they_must_hold_and_in_nothing_else() -> None:
    short = shortened(TEXT, 20)
    changed = [
        (before, after)
        for before, after in zip(TEXT.splitlines(), short.splitlines(), strict=True)
        if before != after
    ]
    assert changed
    assert all(re.fullmatch(r"        for: \d+[smh]", line) for pair in changed for line in pair)
    assert "        for: 15s" in short
    assert holds_for(TEXT, "FrafaldsvarselConsumerStopped") == 300
    assert holds_for(TEXT, "FrafaldsvarselDutyLagLong") == 0
    assert shortened("        for: 10s\n", 20) == "        for: 1s\n"


def test_every_alert_rings_on_a_running_service_or_has_a_reason_why_not() -> None:
    assert sorted([*LIVE, *NOT_LIVE]) == sorted(NAMES)
    staged = {trouble.alert for trouble in TROUBLES}
    assert staged | {one.alert for one in RINGS} <= LIVE.keys()
    by_walk = {name for name, where in LIVE.items() if "the walk" in where}
    assert {one for where in LIVE.values() for one in re.findall(r"walk \*(.+?)\*", where)} <= {
        trouble.name for trouble in TROUBLES
    }
    assert by_walk - staged == {"FrafaldsvarselSlow", "FrafaldsvarselDutyLag"}


def test_the_eight_troubles_name_alerts_checks_and_runbooks_that_are_there() -> None:
    assert len({trouble.name for trouble in TROUBLES}) == 8
    for trouble in TROUBLES:
        assert {trouble.alert, *trouble.may_ring} <= set(NAMES)
        assert runbook_faults(trouble.runbook, trouble.action) == []
        rule = TEXT.split(f"- alert: {trouble.alert}\n")[1].split("- alert:")[0]
        assert f"docs/runbooks/{trouble.runbook}.md" in rule


def test_a_runbook_without_the_action_is_a_fault() -> None:
    assert runbook_faults("no-such-page", "start") == ["there is no runbook no-such-page"]
    [fault] = runbook_faults("consumer-stands-still", "Do not delete the consumer group")
    assert "does not say" in fault


def alarm(**changes: Any) -> Alarm:
    values: dict[str, Any] = {
        "name": STOPPED.alert,
        "severity": "page",
        "summary": "No process reads",
        "description": "",
        "runbook": f"docs/runbooks/{STOPPED.runbook}.md",
        "labels": (("group", "frafaldsvarsel"),),
    }
    return Alarm(**values | changes)


LINE: Final = Line(
    check=str(HealthCheck.GROUPS),
    level="fault",
    sentence="No worker reads, and 4 records wait for it.",
    since="2026-01-02 03:04:05+00:00",
    advice="Start it.",
    page="docs/runbooks/consumer-stands-still.md",
)


def seen(*lines: Line, members: int = 0, screen: str = "no worker") -> Seen:
    step = {"step": str(StepName.INTAKE), "waiting": 4, "members": members}
    return Seen(status={"flow": [step]}, screen=screen, doctor=lines, status_seconds=2, doctor_seconds=3)


def looked(now: Seen, before: Seen | None = None) -> list[str]:
    found = Walk(STOPPED.name, "", "", STOPPED.alert, STOPPED.runbook, STOPPED.action)
    walks._judge_look(STOPPED, found, now, before or seen())
    return found.missing


def test_a_look_that_tells_all_has_nothing_missing() -> None:
    assert looked(seen(LINE)) == []


@pytest.mark.parametrize(
    ("now", "missing"),
    [
        (seen(), "the doctor does not say 'No worker reads' of groups"),
        (seen(replace(LINE, since="")), "since when"),
        (seen(replace(LINE, advice="")), "no remedy"),
        (seen(LINE, members=2), "status does not show it"),
        (seen(LINE, screen="all is well"), "status does not say 'no worker'"),
    ],
)
def test_what_a_look_does_not_tell_is_missing(now: Seen, missing: str) -> None:
    [said] = looked(now)
    assert missing in said


def test_what_the_doctor_said_before_the_trouble_tells_nothing_of_it() -> None:
    assert len(looked(seen(LINE), before=seen(LINE))) == 1


@pytest.mark.parametrize(
    ("ringing", "faults"),
    [
        ([alarm()], 0),
        ([alarm(), alarm(name="FrafaldsvarselDutyLag")], 0),
        ([alarm(), alarm(name="FrafaldsvarselCprInLog")], 1),
        ([alarm(), alarm(name="FrafaldsvarselHealed", severity="ticket")], 0),
        ([alarm(runbook="docs/runbooks/canary.md")], 1),
    ],
)
def test_a_page_that_has_nothing_to_do_with_it_is_a_fault(ringing: list[Alarm], faults: int) -> None:
    found = Walk(STOPPED.name, "", "", STOPPED.alert, STOPPED.runbook, STOPPED.action)
    walks._judge_alarms(STOPPED, found, ringing)
    assert len(found.missing) == faults


def walked(**changes: Any) -> Walked:
    one = Walk(STOPPED.name, "Staged.", "Lifted.", STOPPED.alert, STOPPED.runbook, STOPPED.action)
    one.alarms, one.doctor, one.screen = (alarm(),), (LINE,), "no worker"
    values: dict[str, Any] = {
        "run": "r",
        "seconds": 9,
        "walks": (one,),
        "rings": (Rung(RINGS[0].alert, RINGS[0].staged, 7, 5),),
        "verdict": Verdict(records=9),
        "unaccounted": 0,
    }
    return Walked(**values | changes)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert Walked.read(walked().write(tmp_path)) == walked()


def test_of_several_runs_the_last_of_each_walk_is_shown_and_every_loss_counts() -> None:
    first, last = walked(verdict=Verdict(records=9, lost=1)), walked(unaccounted=2)
    first.walks[0].missing.append("nobody rang")
    both = Walked.together([first, last])
    assert [one.missing for one in both.walks] == [[]]
    assert (both.verdict.lost, both.verdict.records, both.unaccounted, both.runs) == (1, 18, 2, 2)
    assert not both.good


def test_the_page_says_what_was_seen_and_hides_no_fault() -> None:
    good = page(walked())
    assert "All 1 were found" in good
    assert "Since 03:04:05" in good
    assert "`stopped`: start the process" in good
    assert "not good" in page(walked(verdict=Verdict(records=9, lost=1)))
    bad = walked()
    bad.walks[0].missing.append("nobody rang")
    assert "**nobody rang**" in page(bad)
    assert not bad.good
    quiet = walked(rings=(Rung(RINGS[0].alert, RINGS[0].staged, missing="did not ring"),))
    assert "**did not ring**" in page(quiet)
    assert not quiet.good
