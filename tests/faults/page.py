"""``docs/evidence.md`` from a run's evidence, and what was run beside it; it must not say more than these have shown."""

from collections.abc import Iterator
from typing import Final

from tests.faults.cells import Family
from tests.faults.evidence import NOUGHT, Evidence, percentile
from tests.faults.rolling_page import beside
from tests.paths import ROOT

PAGE: Final = ROOT / "docs" / "evidence.md"
_AGAIN: Final = (
    "<!-- Made by `make faults` from evidence/{run}.json; run it again rather than change this page. -->"
)
_WORDS: Final = {
    "lost": "messages, tasks or notices lost",
    "phantom": "tasks or answers that nothing had asked for",
    "wrong": "answers with a wrong reason",
    "duplicate_tasks": "tasks doubled",
    "wrong_unit": "tasks or mails at a wrong unit",
    "duplicate_mails": "mails doubled, with other words or another identity",
    "cpr_found": "CPR numbers found where none may be",
    "deadlines_moved": "deadlines moved",
    "unaccounted": "records that the auditor could not account for",
}
_FAMILIES: Final = {
    Family.SERVICE: (
        "The service struck",
        "Every named point of the code, from the fetch of a record to the relay's yes to a mail. "
        "*kill* is SIGKILL, *raise* an exception that nothing expects, *cancel* a cancelled task; "
        "*stop* is SIGSTOP until another process has taken the work over, and then SIGCONT beside it.",
    ),
    Family.KAFKA: ("The broker and the way to it", "One node, reached through a proxy that misbehaves."),
    Family.CLUSTER: (
        "A cluster of three brokers",
        "Three copies of every record, two of which must have it before it counts.",
    ),
    Family.POSTGRES: ("The database and the way to it", "PostgreSQL behind a proxy, and faults of its own."),
    Family.SMTP: ("The mail relay", "A real SMTP server that gives wrong answers at the stage named."),
    Family.WEBHOOK: (
        "The units' own endpoints",
        "Two units have a webhook; a real HTTP server answers wrongly, or the notifier is struck while it calls.",
    ),
    Family.API: (
        "Case systems at the interface",
        "Two programs with credentials of their own do deeds over HTTP and repeat what gets no answer under its key.",
    ),
    Family.ERASURE: (
        "People erased under load",
        "The command that erases, the service, the broker and the database struck in between.",
    ),
    Family.DISK: ("Full disks", "The servers' disks are small here, and somebody else fills them."),
    Family.RIGHTS: (
        "Passwords and rights",
        "Every kind of process has a name at the broker (SASL_SSL, SCRAM) and only the rights of docs/operations.md; "
        "they are taken away while it works, and given back.",
    ),
    Family.CLOCK: ("Clocks, nights and changes", "Wrong clocks, midnights, keys, routes and restarts."),
}


def page(evidence: Evidence) -> str:
    """The page, whole."""
    return "\n".join(_lines(evidence)) + "\n"


def upper_bound(messages: int) -> float:
    """Seen none in `messages`: with 95 % confidence the rate is not above this (the rule of three)."""
    return 3 / messages if messages else 1.0


def _lines(evidence: Evidence) -> Iterator[str]:
    totals = evidence.totals
    recoveries = [seconds for outcome in evidence.outcomes for seconds in outcome.recoveries]
    yield _AGAIN.format(run=evidence.run)
    yield "# Evidence: what was tried, and what became of it"
    yield ""
    yield "The service creates legal duties, so that it loses nothing and sends nothing astray is measured, not claimed."
    yield "This page is made from the fault matrix (`tests/faults`), the planted bugs and the simulation."
    yield "Real processes of the service work on real servers, made-up people's records arrive, and something is broken."
    yield "When it is whole again and everything is through, a judge compares what should be with what is."
    yield ""
    yield "## The result"
    yield ""
    if evidence.good:
        yield f"In **{totals['cells']} kinds of fault**, brought in **{totals['injections']:,} times** while"
        yield f"**{totals['records']:,} records** arrived (**{totals['messages']:,}** of them different at-risk messages),"
        yield "the judge and the auditor found:"
    else:
        yield "**This run is not good: at least one cell has found a fault, or could not be brought to its end.**"
        yield "They are marked in the tables below."
    yield ""
    yield "| | found |"
    yield "|---|---:|"
    for name in (*NOUGHT, "unaccounted"):
        yield f"| {_WORDS[name]} | {_bold(totals[name])} |"
    yield ""
    yield f"After the fault had been lifted, everything was through within {percentile(recoveries, 0.5):.1f} seconds"
    yield f"in half of the cases, and within {percentile(recoveries, 0.99):.1f} seconds in 99 of 100 ({len(recoveries):,} measured)."
    yield ""
    yield f"**{totals['copies']:,} copies** of a mail went out: the very same mail, byte by byte and under the same Message-ID, sent once"
    yield "more because the answer to the first was never heard. A mail system cannot do better: not to repeat it could be to lose it."
    if totals["refused"]:
        yield f"**{totals['refused']:,} notices** were refused for good by the relay, as the cell wanted it. Each is an escalation that people see."
    yield ""
    if evidence.mended:
        yield "These cells failed in an earlier run, were understood, and are shown here as they ran after that:"
        yield ""
        yield from (f"- {found}" for found in evidence.mended)
        yield ""
    yield "## What it does not prove"
    yield ""
    yield f"- To see none among {totals['records']:,} records is no proof of none at all: with 95 % confidence the rate is below"
    yield f"  {upper_bound(totals['records']):.1e}, that is one in {totals['records'] // 3:,} (the rule of three)."
    yield "  It holds for faults of these kinds, in this mixture; of faults that nobody thought of it says nothing."
    yield "- A broker or database that is killed here loses its process, not its machine: what it had handed to the operating"
    yield "  system is still written. It proves crashes of processes, not power cuts and not disks that lie."
    yield "- Everything runs on one machine with one clock. A network that is slow, silent or cut is made by a proxy in between."
    yield "- The people, schools, units and addresses are made up, and so is the mixture of good and bad records."
    yield "- The judge was written from the rules' words a second time, but by the same people: a rule that is understood"
    yield "  wrongly is wrong twice. The rules' sources stand in the law's reference data, and are for a lawyer to check."
    for reason in evidence.not_run:
        yield f"- Not run: {reason}"
    yield ""
    yield "## How it is judged"
    yield ""
    yield "An independent model (`tests/oracle.py`, `tests/faults/judge.py`) works out from the published records what must be:"
    yield "which records are taken, what is decided of each message, which unit has which task, and by when."
    yield "It is held against the database, against the topics as another Kafka library reads them, and against every mail that the relay holds."
    yield "Each made-up CPR number is searched for in every key, value and header, every row, every log and every mail."
    yield "After every cell the service's own auditor must account for each record as well."
    yield ""
    for family in Family:
        yield from _family(evidence, family)
    yield from _plants(evidence)
    yield from _simulation(evidence)
    yield from beside()
    yield "## The run"
    yield ""
    yield f"Run `{evidence.run}`, seed {evidence.seed}, {evidence.seconds / 60:.0f} minutes on {evidence.cores} cores."
    yield ""
    yield "| | |"
    yield "|---|---|"
    for name, text in {**evidence.rig, **evidence.versions}.items():
        yield f"| {name} | {text} |"
    yield ""
    yield "To repeat it: `make faults`; one cell: `make faults ARGS=\"--cells 'kill at mail.dot'\"`."


def _plants(evidence: Evidence) -> Iterator[str]:
    if not evidence.plants:
        return
    found = sum(bool(caught) for caught in evidence.plants.values())
    yield "## Planted bugs"
    yield ""
    yield f"A harness that finds nothing may be blind. **{found} of {len(evidence.plants)}** bugs that were planted into the service were found."
    yield "Where the service's next line of defence would have repaired one, the plant takes that away too (`tests/faults/planted_bugs`)."
    if any("alone" in caught for caught in evidence.plants.values()):
        yield "What such a bug does *alone*, with that line still there, was tried as well, and stands beside it."
    yield ""
    yield "| bug | found by |"
    yield "|---|---|"
    for name, caught in evidence.plants.items():
        yield f"| {name} | {caught or '**nothing**'} |"
    yield ""


def _simulation(evidence: Evidence) -> Iterator[str]:
    shown = evidence.simulation
    if not shown:
        return
    yield "## Simulation"
    yield ""
    yield f"**{shown['seeds']:,} simulated worlds** (seeds {shown['first_seed']:,} to {shown['first_seed'] + shown['seeds'] - 1:,}),"
    yield f"in which {shown['fault_injections']:,} faults of {len(shown['faults'])} kinds happened: **{len(shown['violations'])}** broke a promise."
    yield "The real rules, steps and statements run there under a virtual clock; the stand-in for PostgreSQL is held against the real one."
    yield "It does not prove the cryptography of intake, transactions side by side, or anything below the client libraries."
    yield ""


def _family(evidence: Evidence, family: Family) -> Iterator[str]:
    outcomes = [outcome for outcome in evidence.outcomes if outcome.family == family]
    if not outcomes:
        return
    title, about = _FAMILIES[family]
    yield f"## {title}"
    yield ""
    yield about
    yield ""
    yield "| fault | times | records | back after (half, 99 %) | copies of mails | verdict |"
    yield "|---|---:|---:|---:|---:|---|"
    for outcome in outcomes:
        verdict = outcome.verdict
        times = f"{percentile(outcome.recoveries, 0.5):.1f} s, {percentile(outcome.recoveries, 0.99):.1f} s"
        yield (
            f"| {outcome.cell} | {outcome.injections} | {verdict.records:,} | {times} | {verdict.copies} "
            f"| {'good' if outcome.good else '**' + outcome.why + '**'} |"
        )
    yield ""
    notes = [(outcome.cell, text) for outcome in outcomes for text in outcome.told]
    if notes:
        yield "Seen on the way:"
        yield ""
        yield from (f"- *{cell}*: {text}." for cell, text in dict.fromkeys(notes))
        yield ""


def _bold(number: int) -> str:
    return f"{number:,}" if number == 0 else f"**{number:,}**"
