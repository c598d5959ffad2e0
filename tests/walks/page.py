"""``docs/walks.md`` from a run's record. Pure but for the rules and runbooks, which it quotes as they are."""

import re
from collections.abc import Iterator
from typing import Final

from local.servers.prometheus import RULES
from tests.paths import ROOT
from tests.walks.operator import Line
from tests.walks.record import Walked
from tests.walks.rung import LIVE, NOT_LIVE
from tests.walks.shortened import FACTOR, holds_for
from tests.walks.walk import Walk, what_to_do

PAGE: Final = ROOT / "docs" / "walks.md"
_SEARCH: Final = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_MOMENT: Final = re.compile(r"^\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d)")


def page(walked: Walked) -> str:
    """The page, whole."""
    return "\n".join(_lines(walked)) + "\n"


def _lines(walked: Walked) -> Iterator[str]:
    rules = RULES.read_text("utf-8")
    verdict = walked.verdict
    yield "# Walks: eight troubles, and what an operator sees of each"
    yield ""
    yield f"<!-- Made by `python -m tests.walks` from evidence/walks/{walked.run}.json; run it again rather than change this page. -->"
    yield ""
    yield "An operator who knows Kafka and not this service must find what is wrong, since when, and what to do, from the alert, the"
    yield "status page and the runbook alone. Each trouble below was brought about on the running service (two workers, two ledgers, two"
    yield "notifiers, `lag`, `audit`) under a light load that never paused. A real Prometheus scraped every process. What rang, what"
    yield "`frafaldsvarsel status` and `frafaldsvarsel doctor` said, and what the runbook says, stands here as it was seen. The trouble"
    yield "was then lifted by the runbook's own words, the alert had to end, and everything had to come through."
    yield ""
    yield "## The result"
    yield ""
    if walked.runs > 1:
        yield f"What follows is of {walked.runs} runs, one after the other; of what was walked twice the last is shown."
        yield ""
    if walked.good:
        yield f"All {len(walked.walks)} were found. Of {verdict.records:,} records ({verdict.messages:,} different at-risk messages) the judge"
        yield f"([evidence.md](evidence.md#how-it-is-judged)) found {verdict.violations} lost, doubled or astray, and the auditor {walked.unaccounted} unaccounted for."
    else:
        yield "**This run is not good**: what was missing stands with its walk."
        yield f"The judge: {verdict.violations} violations in {verdict.records:,} records; the auditor: {walked.unaccounted} unaccounted for."
    yield ""
    yield "| trouble | what rang | after | in production after | looked at within | alert ended after | all through after | |"
    yield "|---|---|---:|---:|---:|---:|---:|---|"
    for one in walked.walks:
        verdict_of = "**" + "; ".join(one.missing) + "**" if one.missing else "found"
        yield (
            f"| [{one.name}](#{_anchor(one.name)}) | `{one.alert}` | {one.rang_after:.0f} s | {_waits(rules, one.alert)} "
            f"| {one.look_seconds:.0f} s | {one.cleared_after:.0f} s | {one.drained_after:.0f} s | {verdict_of} |"
        )
    yield ""
    yield "## How to read it"
    yield ""
    yield f"- The rules are those of [`ops/alerts.yaml`](../ops/alerts.yaml), word for word, but for `for:`, which is divided by {FACTOR}: five minutes"
    yield "  are fifteen seconds here. Prometheus scrapes and judges each second (ten in production), `lag` looks each second (ten), and"
    yield "  the auditor every two (sixty). *In production* adds the rule's `for:` and, where ten looks of `lag` are the window, 100 seconds."
    yield "- *Looked at within*: how long `status` and `doctor` took, on this machine of two cores that was at work."
    yield "- Where the doctor waits for two minutes before it calls something late, the operator looks after these two minutes; with the"
    yield "  rule of production it rings later than that."
    yield "- Nobody but its makers has walked: that another person finds it as fast is not shown."
    yield ""
    for one in walked.walks:
        yield from _walk(rules, one)
    yield from _rung(walked)


def _walk(rules: str, one: Walk) -> Iterator[str]:
    yield f"## {one.name}"
    yield ""
    yield f"*Staged:* {one.staged}"
    yield ""
    yield f"**The alert**, after {one.rang_after:.0f} seconds:"
    yield ""
    ours = [alarm for alarm in one.alarms if alarm.name == one.alert]
    for alarm in ours[:1]:
        yield f"> `{alarm.name}` ({alarm.severity}): {_quoted(alarm.summary)}"
        if alarm.description:
            yield f"> {alarm.description}"
        if alarm.since:
            yield f"> Active since {alarm.since[11:19]} (UTC)."
        yield ">"
        yield f"> {alarm.runbook}"
    yield ""
    if len(ours) > 1:
        yield f"It rang {len(ours)} times, with other labels."
        yield ""
    others = dict.fromkeys(
        f"`{alarm.name}` ({alarm.severity})" for alarm in one.alarms if alarm.name != one.alert
    )
    if others:
        yield f"Beside it rang: {', '.join(others)}."
        yield ""
    yield "**The status page:**"
    yield ""
    yield "```text"
    yield from (line.rstrip() for line in one.screen.splitlines())
    yield "```"
    yield ""
    yield "**The doctor**, of what it had not said before:"
    yield ""
    yield from (_doctor(line) for line in one.doctor)
    yield ""
    yield f"**The runbook**, [{one.runbook}](runbooks/{one.runbook}.md), under *What to do*:"
    yield ""
    yield from (f"> {line}" for line in _remedy(one))
    yield ""
    yield f"*Lifted:* {one.lifted} The alert ended after {one.cleared_after:.0f} seconds, all was through after {one.drained_after:.0f}."
    yield ""


def _doctor(line: Line) -> str:
    found = _MOMENT.match(line.since)
    since = f" Since {found[1]} (UTC)." if found else ""
    return f"- {line.level}, {line.check}: {line.sentence}{since} {line.advice}"


def _remedy(one: Walk) -> list[str]:
    """The numbered line that holds the action."""
    text = what_to_do((ROOT / "docs" / "runbooks" / f"{one.runbook}.md").read_text("utf-8"))
    return [f"{number}. {said}" for number, said in _SEARCH.findall(text) if one.action in said]


def _waits(rules: str, alert: str) -> str:
    window = 100 if alert.startswith("FrafaldsvarselConsumer") else 0
    seconds = holds_for(rules, alert) + window
    return f"{seconds / 60:.0f} min" if seconds >= 100 else f"{seconds} s"


def _rung(walked: Walked) -> Iterator[str]:
    yield "## Every alert, and where it rings and ends"
    yield ""
    yield "Each has a trial of `promtool` in [`ops/alerts.test.yaml`](../ops/alerts.test.yaml). Here it is said which rang, and ended, on the running service."
    yield ""
    yield "| alert | on the running service |"
    yield "|---|---|"
    rung = {one.alert: one for one in walked.rings}
    for name, where in LIVE.items():
        one = rung.get(name)
        after = (
            ""
            if one is None
            else f". It rang after {one.rang_after:.0f} s and ended {one.ended_after:.0f} s after that"
        )
        yield f"| `{name}` | {where}{after if one is None or not one.missing else f'. **{one.missing}**'} |"
    yield from (f"| `{name}` | not: {why} |" for name, why in NOT_LIVE.items())


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _quoted(text: str) -> str:
    return text[:1].upper() + text[1:]
