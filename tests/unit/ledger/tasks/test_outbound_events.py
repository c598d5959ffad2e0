"""What subscribers and institutions are told: each change once, nothing about a person, nothing unasked."""

from dataclasses import replace

import orjson
import pytest

from config.topics import Topic
from ledger.tasks.outbound_events import AnswerPolicy
from models.reasons import DecisionReason
from models.tasks.actions import (
    Acknowledge,
    Action,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    Release,
    Reopen,
    ReopenReason,
    Take,
)
from models.tasks.published_events import ReactionEvent, TaskEvent
from tests.channels import with_webhooks
from tests.factories import INSTITUTION, PERSON, uuid
from tests.unit.ledger.decisions import ARRIVED, OTHER_UNIT, POLICY, UNIT, Desk, decided, deed_of, later

REACHED = ContactAttempt(at=ARRIVED, form=ContactForm.PHONE, reached=True)
CONTACT = Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,))
TELLING = replace(
    POLICY,
    answers=AnswerPolicy(
        contact_made=lambda unit, day: unit == UNIT and day >= ARRIVED.date(),
        closed=lambda unit, _: unit == UNIT,
    ),
)


def test_an_institution_of_education_that_is_not_covered_is_told_whom_the_message_concerns() -> None:
    """KUI § 12 c. Once for each message, whatever the municipality lets others know, and nothing about a person."""
    desk = Desk(POLICY)
    uncovered = DecisionReason.EDUCATION_NOT_COVERED
    desk.take(decided("one", unit=None, reason=uncovered), decided("two", unit=None, reason=uncovered))
    desk.take(decided("one", unit=None, reason=uncovered, revision=2))
    told = answers(desk)
    assert [(one.type, one.subject, one.data.concerns) for one in told] == [
        ("dk.frafaldsvarsel.reaction.education-not-covered.v1", uuid(name), "municipal_youth_unit")
        for name in ("one", "two")
    ]
    assert {one.data.sender for one in told} == {INSTITUTION}
    assert PERSON not in "".join(row.value.decode() for row in desk.outbox)
    assert events(desk) == []


def test_a_message_that_is_refused_gets_no_answer_of_its_education() -> None:
    """Its id came first about somebody else: an answer under that id would be about the other message."""
    desk = Desk(POLICY)
    desk.take(decided(unit=None, reason=DecisionReason.EDUCATION_NOT_COVERED), refused=True)
    assert answers(desk) == []


@pytest.mark.parametrize(
    "reason",
    [
        reason
        for reason in DecisionReason
        if reason not in (DecisionReason.EDUCATION_NOT_COVERED, DecisionReason.OBLIGED)
    ],
)
def test_no_other_reason_is_answered(reason: DecisionReason) -> None:
    """Most of them would tell whether a student gets a benefit."""
    desk = Desk(TELLING)
    desk.take(decided(unit=None, reason=reason))
    assert answers(desk) == []


def events(desk: Desk) -> list[TaskEvent]:
    return [TaskEvent.model_validate_json(row.value) for row in desk.outbox if row.topic == Topic.TASK_EVENTS]


def answers(desk: Desk) -> list[ReactionEvent]:
    return [
        ReactionEvent.model_validate_json(row.value) for row in desk.outbox if row.topic == Topic.REACTIONS
    ]


def told(desk: Desk) -> list[str]:
    return [event.type.removeprefix("dk.frafaldsvarsel.task.").removesuffix(".v1") for event in events(desk)]


def worked(*deeds: Action, policy: object = POLICY) -> Desk:
    """A task on which people have done these."""
    desk = Desk(policy)  # type: ignore[arg-type]
    desk.take(decided())
    for number, deed in enumerate(deeds):
        (task,) = desk.tasks.values()
        assert desk.do(deed_of(task, deed, name=f"act {number}")) is not None
    return desk


@pytest.mark.parametrize(
    ("deeds", "words"),
    [
        ((), ["opened"]),
        ((Acknowledge(),), ["opened", "acknowledged"]),
        ((Take(), Release()), ["opened", "acknowledged", "updated"]),
        ((REACHED, REACHED), ["opened", "attempt-recorded", "attempt-recorded"]),
        ((REACHED, CONTACT), ["opened", "attempt-recorded", "closed"]),
        (
            (REACHED, CONTACT, Reopen(reason=ReopenReason.CONTACT_LOST)),
            ["opened", "attempt-recorded", "closed", "reopened"],
        ),
    ],
)
def test_each_deed_is_told_by_its_name(deeds: tuple[Action, ...], words: list[str]) -> None:
    assert told(worked(*deeds)) == words


def test_what_the_stream_changes_is_told_too() -> None:
    desk = Desk()
    desk.take(decided())
    desk.take(decided("another"))
    desk.take(decided(revision=2, unit=None))
    desk.take(decided("another", revision=2, unit=None, reason=DecisionReason.WITHDRAWN))
    desk.take(decided(revision=3))
    assert told(desk) == ["opened", "updated", "updated", "withdrawn", "reopened"]
    assert events(desk)[-2].data.ending == Ending.WITHDRAWN_BY_INSTITUTION


@pytest.mark.parametrize("by_person", [True, False])
def test_a_hand_over_is_told_of_both_tasks(by_person: bool) -> None:
    desk = Desk()
    desk.take(decided())
    (task,) = desk.tasks.values()
    if by_person:
        desk.do(deed_of(task, HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.AGREED)))
    else:
        desk.take(decided(revision=2, unit=OTHER_UNIT))
    by_unit = {(event.data.unit_id, event.type.split(".")[3]) for event in events(desk)}
    assert by_unit >= {(UNIT, "opened"), (UNIT, "handed-over"), (OTHER_UNIT, "opened")}


def test_every_version_of_a_task_is_told_once_under_an_id_that_follows_from_it() -> None:
    deeds: tuple[Action, ...] = (
        Take(),
        *[REACHED] * 8,
        CONTACT,
        Reopen(reason=ReopenReason.CONTACT_LOST),
        CONTACT,
    )
    desk, again = worked(*deeds), worked(*deeds)
    found = events(desk)
    assert [event.data.version for event in found] == list(range(1, len(found) + 1))
    assert len({event.id for event in found}) == len({row.id for row in desk.outbox}) == len(found)
    assert desk.outbox == again.outbox
    assert sorted(row.id for row in desk.outbox) == [row.id for row in desk.outbox]


def test_an_event_says_how_the_task_stands_and_nothing_about_a_person() -> None:
    desk = worked(Take(), REACHED, CONTACT)
    (task,) = desk.tasks.values()
    last = events(desk)[-1]
    assert orjson.loads(desk.outbox[-1].value)["data"] == {
        "reference": task.reference,
        "unit_id": UNIT,
        "version": 4,
        "status": "closed",
        "ending": "contact_made",
        "react_by": task.react_by.isoformat(),
        "acknowledged": True,
        "attempts": 1,
        "reached": True,
    }
    assert last.subject == task.reference == desk.outbox[-1].key
    assert last.source == "urn:frafaldsvarsel:ledger"
    for row in desk.outbox:
        for personal in (PERSON, task.enrolment_id, "anna", "Anna", INSTITUTION, uuid("message"), "mentor"):
            assert personal not in f"{row.id} {row.key}" + row.value.decode()


def test_a_task_that_follows_a_closed_one_names_it_by_its_reference() -> None:
    desk = worked(REACHED, CONTACT)
    (closed,) = desk.tasks.values()
    desk.take(decided("another", at=later(20)))
    assert events(desk)[-1].data.follows == closed.reference
    assert str(closed.id) not in desk.outbox[-1].value.decode()


class TestAnswers:
    def test_an_institution_learns_nothing_unless_the_municipality_has_said_so(self) -> None:
        assert answers(worked(REACHED, CONTACT)) == []

    def test_it_learns_of_contact_and_of_the_end_of_its_own_message_and_never_how(self) -> None:
        desk = worked(REACHED, REACHED, CONTACT, policy=TELLING)
        found = answers(desk)
        assert [event.type for event in found] == [
            "dk.frafaldsvarsel.reaction.contact-made.v1",
            "dk.frafaldsvarsel.reaction.closed.v1",
        ]
        for row in desk.outbox:
            if row.topic == Topic.REACTIONS:
                assert row.key == INSTITUTION
                assert orjson.loads(row.value)["data"] == {
                    "sender": INSTITUTION,
                    "message_id": uuid("message"),
                }
                for hidden in (PERSON, UNIT, "FV-", "mentor", "contact_made"):
                    assert hidden not in row.value.decode()

    def test_each_message_of_the_task_has_its_answer_and_no_attempt_without_contact_is_told(self) -> None:
        desk = Desk(TELLING)
        desk.take(decided())
        desk.take(decided("another", sender="281082"))
        (task,) = desk.tasks.values()
        desk.do(deed_of(task, ContactAttempt(at=ARRIVED, form=ContactForm.LETTER, reached=False), name="1"))
        assert answers(desk) == []
        desk.do(deed_of(task, REACHED, name="2"))
        assert sorted(event.data.sender for event in answers(desk)) == sorted([INSTITUTION, "281082"])

    def test_what_is_closed_twice_is_answered_under_the_same_id(self) -> None:
        reopened = Reopen(reason=ReopenReason.CLOSED_BY_MISTAKE)
        found = answers(worked(REACHED, CONTACT, reopened, CONTACT, policy=TELLING))
        closings = [event.id for event in found if "closed" in event.type]
        assert len(closings) == 2
        assert len(set(closings)) == 1

    def test_what_is_said_later_of_a_closed_task_is_no_second_end(self) -> None:
        """A message that stops obliging changes the task's version, and an institution has its answer already."""
        desk = worked(REACHED, CONTACT, policy=TELLING)
        desk.take(decided(revision=2, unit=None))
        assert [event.type.split(".")[3] for event in answers(desk)] == ["contact-made", "closed"]

    def test_each_answer_is_sent_under_an_id_of_its_own(self) -> None:
        """An outbox keeps one row for one id."""
        desk = worked(REACHED, CONTACT, policy=TELLING)
        ids = [row.id for row in desk.outbox if row.topic == Topic.REACTIONS]
        assert ids == [f"reaction/{event.id}" for event in answers(desk)]
        assert len({row.id for row in desk.outbox}) == len(desk.outbox)
        assert all(b"null" not in row.value for row in desk.outbox)

    def test_another_municipality_has_said_nothing(self) -> None:
        desk = Desk(TELLING)
        desk.take(decided(unit=OTHER_UNIT))
        (task,) = desk.tasks.values()
        desk.do(deed_of(task, REACHED))
        assert answers(desk) == []


class TestWebhooks:
    URL = "https://fag.unit-0101.example/hook"

    def test_a_unit_with_an_endpoint_has_a_webhook_beside_each_mail(self) -> None:
        hooked = with_webhooks(POLICY.addresses, lambda unit, _: (self.URL,) if unit == UNIT else ())
        desk = Desk(replace(POLICY, addresses=hooked))
        desk.take(decided())
        desk.take(decided(revision=2, unit=OTHER_UNIT))
        made = sorted((row.unit_id, row.channel, row.occasion.value) for row in desk.deliveries.values())
        assert made == [
            (UNIT, "email", "handed_over"),
            (UNIT, "email", "new"),
            (UNIT, "webhook", "handed_over"),
            (UNIT, "webhook", "new"),
            (OTHER_UNIT, "email", "taken_over"),
        ]
        assert {row.recipient for row in desk.deliveries.values() if row.channel == "webhook"} == {self.URL}

    def test_the_endpoint_is_that_of_the_day_on_which_the_message_arrived(self) -> None:
        """So that a rebuild, however late, makes out the same."""
        until_then = with_webhooks(
            POLICY.addresses, lambda _, day: (self.URL,) if day <= ARRIVED.date() else ()
        )
        desk = Desk(replace(POLICY, addresses=until_then))
        desk.take(decided(), now=later(100))
        desk.take(decided("another", enrolment="another", at=later(1)), now=later(100))
        assert [row.channel for row in desk.deliveries.values()] == ["email", "webhook", "email"]
