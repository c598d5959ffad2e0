"""The words of the mails: none is left out, and what they say follows from who reads them and when."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date

import pytest

from models.notifications.delivery import CALLS_TO_ACT, Audience, Occasion
from notifiers.content.notice import FailedMail, TaskNotice
from notifiers.content.texts import (
    AUTOMATIC_NOTE,
    DIGEST_NOTE,
    DUTY,
    PRIVACY_NOTE,
    TARGET_NOTE,
    DigestTexts,
    NoticeTexts,
    digest_texts,
    texts_for,
)
from tests.unit.notifiers.content.test_render import ABOUT_A_TASK, AFTER, DAYS, a_digest, a_notice

BEFORE = date(2026, 10, 2)


def notices() -> Iterator[TaskNotice]:
    """Every notice that can be told from another by its words."""
    for occasion in ABOUT_A_TASK:
        for audience in Audience:
            for today in (BEFORE, AFTER):
                for undelivered in (False, True):
                    yield a_notice(occasion=occasion, audience=audience, today=today, undelivered=undelivered)


def said(texts: NoticeTexts | DigestTexts) -> dict[str, str]:
    values = {field.name: getattr(texts, field.name) for field in fields(texts)}
    return {name: value for name, value in values.items() if isinstance(value, str)}


def test_no_word_is_left_out_of_any_notice() -> None:
    """An empty heading or reason would be a mail that nobody understands."""
    for notice in notices():
        for name, value in said(texts_for(notice)).items():
            assert len(value) > 5, (notice, name)


@pytest.mark.parametrize(
    ("audience", "role"),
    [
        (Audience.UNIT, "modtager hos enheden"),
        (Audience.LEAD, "leder for enheden"),
        (Audience.MUNICIPALITY, "kommunens ansvarlige for området"),
        (Audience.SERVICE, "ansvarlige for Frafaldsvarsel"),
    ],
)
def test_who_is_told_of_an_escalation_reads_as_whom(audience: Audience, role: str) -> None:
    for today in (BEFORE, AFTER):
        notice = a_notice(occasion=Occasion.ESCALATION, audience=audience, today=today)
        assert f"I får denne mail som {role}." in texts_for(notice).reason


def test_a_notice_presses_when_its_date_has_passed_or_nobody_was_reached() -> None:
    """And an all-clear never does: the unit owes nothing."""
    for notice in notices():
        pressing = texts_for(notice).pressing
        if notice.occasion not in CALLS_TO_ACT:
            assert not pressing
        else:
            assert pressing is (notice.occasion is Occasion.ESCALATION or notice.today == AFTER)


def test_a_call_says_by_when_and_after_it_what_the_target_was() -> None:
    for notice in notices():
        texts = texts_for(notice)
        passed = notice.today == AFTER or notice.occasion not in CALLS_TO_ACT
        assert texts.date_label == ("Målet var" if passed else "Reagér senest")
        if notice.occasion in (Occasion.REMINDER, Occasion.ESCALATION):
            assert ("målet var" in texts.subject, "reagér senest" in texts.subject) == (passed, not passed)


@pytest.mark.parametrize(
    ("occasion", "before", "after"),
    [
        (Occasion.REMINDER, "Datoen for opgaven nærmer sig", "Ingen har kvitteret for opgaven"),
        (Occasion.ESCALATION, "Ingen har kvitteret for opgaven", "En opgave er ikke afsluttet"),
        (Occasion.NEW, "I har fået en ny opgave", "I har fået en ny opgave"),
    ],
)
def test_the_heading_is_of_the_day_on_which_it_is_read(occasion: Occasion, before: str, after: str) -> None:
    assert texts_for(a_notice(occasion=occasion, today=BEFORE)).heading == before
    assert texts_for(a_notice(occasion=occasion, today=AFTER)).heading == after


@pytest.mark.parametrize("audience", Audience)
def test_who_reads_a_call_knows_whose_task_it_is(audience: Audience) -> None:
    own = audience is Audience.UNIT
    texts = texts_for(a_notice(occasion=Occasion.OVERDUE, audience=audience, today=AFTER))
    assert texts.duty_heading == ("Det skal I gøre" if own else "Det skal enheden gøre")
    assert texts.opened_label == ("Opgaven oprettet hos jer" if own else "Opgaven oprettet hos enheden")


@pytest.mark.parametrize(
    ("audience", "whom"),
    [
        (Audience.UNIT, "til Jobcenter Ærø."),
        (Audience.LEAD, "til Jobcenter Ærø."),
        (Audience.MUNICIPALITY, "til Jobcenter Ærø."),
        (Audience.SERVICE, "til dem, der følger Jobcenter Ærø."),
    ],
)
def test_a_notice_that_stands_in_for_another_says_whom_that_did_not_reach(
    audience: Audience, whom: str
) -> None:
    """The service is told last: by then those above the unit were not reached either."""
    reason = texts_for(a_notice(occasion=Occasion.ESCALATION, audience=audience, undelivered=True)).reason
    assert f"Vi har ikke kunnet levere en besked om opgaven {whom}" in reason


@pytest.mark.parametrize(
    ("came_back", "given_up", "code", "said"),
    [
        (False, False, "550", "Mailen gik til post@jc.example, men mailserveren afviste den (kode 550). "),
        (False, False, None, "Mailen gik til post@jc.example, men mailserveren afviste den. "),
        (False, True, "451", "men ingen mailserver tog imod den, før vi måtte opgive (kode 451). "),
        (True, False, "5.1.1", "men den kom tilbage som umulig at levere (kode 5.1.1). "),
    ],
)
def test_who_is_told_instead_reads_which_address_failed_and_why(
    came_back: bool, given_up: bool, code: str | None, said: str
) -> None:
    failed = FailedMail(address="post@jc.example", came_back=came_back, given_up=given_up, code=code)
    notice = a_notice(
        occasion=Occasion.ESCALATION, audience=Audience.MUNICIPALITY, undelivered=True, failed=failed
    )
    assert said in texts_for(notice).reason
    assert "post@jc.example" not in texts_for(notice).subject


@pytest.mark.parametrize(("length", "shown"), [(60, "J" * 60), (61, f"{'J' * 60}…"), (120, f"{'J' * 60}…")])
def test_a_long_name_leaves_room_in_a_subject(length: int, shown: str) -> None:
    notice = a_notice(
        occasion=Occasion.ESCALATION, audience=Audience.LEAD, today=AFTER, unit_name="J" * length
    )
    assert f"hos {shown} er stadig åben" in texts_for(notice).subject


@pytest.mark.parametrize("occasion", [Occasion.CHANNEL_OFF, Occasion.DIGEST])
def test_what_is_not_about_one_task_has_no_words_here(occasion: Occasion) -> None:
    with pytest.raises(ValueError, match="of its own"):
        texts_for(a_notice().model_copy(update={"occasion": occasion}))


@pytest.mark.parametrize("audience", Audience)
def test_no_word_is_left_out_of_a_morning_mail(audience: Audience) -> None:
    for more in (0, 1, 12):
        texts = digest_texts(a_digest(*DAYS, audience=audience, more=more))
        for name, value in said(texts).items():
            assert len(value) > 5 or (name == "more" and more == 0), name
        assert texts.more == ("" if more == 0 else f"Og {more} til, som I finder i indbakken.")


def test_a_morning_mail_counts_what_is_open_what_is_late_and_what_nobody_has_seen() -> None:
    texts = digest_texts(a_digest(*DAYS, more=3, overdue=2, unseen=5))
    assert texts.counts == (("Åbne opgaver", 7), ("Efter målet", 2), ("Ikke kvitteret", 5))


@pytest.mark.parametrize("audience", Audience)
def test_only_the_unit_is_told_of_its_own_tasks(audience: Audience) -> None:
    texts = digest_texts(a_digest(*DAYS, audience=audience))
    own = audience is Audience.UNIT
    assert texts.heading == ("I har 4 åbne opgaver" if own else "Jobcenter Ærø har 4 åbne opgaver")
    assert texts.subject.startswith("4 åbne opgaver" if own else "Jobcenter Ærø har 4 åbne opgaver")
    assert texts.reason.startswith("Her er de opgaver" if own else "Enhedens morgenmail kunne ikke leveres.")
    assert "Her er de opgaver, som Jobcenter Ærø har åbne i dag, fredag den 9. oktober 2026." in texts.reason


def test_what_stands_below_every_mail_is_there() -> None:
    """That a date is no deadline of the law, what is not in the mail, and that nobody reads an answer."""
    for words in (DUTY, TARGET_NOTE, DIGEST_NOTE, PRIVACY_NOTE, AUTOMATIC_NOTE):
        assert words.endswith(".")
        assert len(words.split()) > 8
