"""The status page in 80 columns."""

from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from doctor.status.answer import status_answer
from doctor.status.look import StatusLook
from frafaldsvarsel.commands.show_status import page_of
from models.service_status import FlowStep, ForPeople, Promises, StatusAnswer, StepName

AT: Final = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def shown(answer: StatusAnswer) -> list[str]:
    console = Console(width=80, color_system=None)
    with console.capture() as captured:
        console.print(page_of(answer), highlight=False)
    return captured.get().splitlines()


def step(name: StepName, waiting: int, seconds: float, members: int | None) -> FlowStep:
    state = None if members is None else "Stable" if members else "Empty"
    return FlowStep(
        step=name,
        per_second=1234.5,
        waiting=waiting,
        oldest_seconds=seconds,
        group_state=state,
        members=members,
    )


def test_the_whole_page_fits_and_says_what_there_is() -> None:
    lines = shown(
        StatusAnswer(
            taken_at=AT,
            flow=[
                FlowStep(step=StepName.SENDERS, per_second=9999.9, waiting=None, oldest_seconds=None),
                step(StepName.INTAKE, 0, 0, 8),
                step(StepName.MATCH, 1_234_567, 700, 8),
                step(StepName.LEDGER, 7, 7, 0),
                step(StepName.NOTIFY, 3, 130, None),
            ],
            promises=Promises(
                unaccounted=2,
                counted_at=AT,
                duty_lag_seconds=700,
                overdue_without_contact=12_345,
                oldest_undelivered_seconds=130,
            ),
            people=ForPeople(
                quarantine={"input": 4, "delivery": 1}, undecided_past_review=6, units_not_reached=1
            ),
            away={},
        )
    )
    assert max(map(len, lines)) <= 80
    text = "\n".join(" ".join(line.split()) for line in lines)
    for said in (
        "Frafaldsvarsel 2026-01-02 04:04:00",
        "senders ─▶ intake ─▶ match ─▶ ledger ─▶ notify",
        "each second 9,999.9 1,234.5 1,234.5 1,234.5 1,234.5",
        "waits 0 1,234,567 7 3",
        "the oldest 12 min 7 s 2 min",
        "processes 8 workers 8 workers no ledger",
        "unaccounted for 2 in quarantine 5",
        "longest wait for an answer 12 min undecided past review 6",
        "overdue without contact 12,345 units no mail reaches 1",
        "oldest notice not delivered 2 min",
    ):
        assert said in text, said


def test_what_is_away_says_so_and_an_auditor_that_was_not_asked_is_not_shown() -> None:
    look = StatusLook(at=AT, away={"kafka": "Kafka [does] not answer.", "postgresql": "It is away."})
    text = "\n".join(shown(status_answer(None, look)))
    assert "? kafka  Kafka [does] not answer." in text
    assert "? postgresql  It is away." in text
    assert "unaccounted" not in text
    assert "0" not in text.partition("ledger")[2], "what is not known is no zero"
