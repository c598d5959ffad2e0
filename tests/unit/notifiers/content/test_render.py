"""What a unit reads: the reference, why, until when and where; and nothing about a person."""

import re
from datetime import date
from html.parser import HTMLParser

import pytest
from pydantic import ValidationError

from models.notifications.delivery import CALLS_TO_ACT, Audience, Occasion
from notifiers.content.notice import (
    DigestLine,
    DigestNotice,
    TaskNotice,
    danish_short_date,
    danish_weekday_date,
)
from notifiers.content.render import by_name, render

ABOUT_A_TASK = [one for one in Occasion if one not in (Occasion.DIGEST, Occasion.CHANNEL_OFF)]
ACTING = [one for one in ABOUT_A_TASK if one in CALLS_TO_ACT]
LINK = "https://varsel.example.dk/kvitter/" + "A" * 88


def a_notice(**changes: object) -> TaskNotice:
    values: dict[str, object] = {
        "reference": "FV-7K3M-92QD-0001",
        "occasion": Occasion.NEW,
        "unit_name": "Jobcenter Ærø",
        "today": date(2026, 10, 2),
        "react_by": date(2026, 10, 9),
        "messages": 2,
        "opened_on": date(2026, 10, 2),
        "appended_on": date(2026, 10, 1),
        "mentor_until": date(2026, 10, 19),
        "link_base": "https://varsel.example.dk/",
    }
    return TaskNotice.model_validate({**values, **changes})


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.lang: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        values = dict(attrs)
        if tag == "html":
            self.lang = values["lang"]
        self.links += [value for name, value in attrs if name in ("href", "src") and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("occasion", ABOUT_A_TASK)
def test_every_mail_carries_reference_reason_date_and_link(occasion: Occasion) -> None:
    notice = a_notice(occasion=occasion)
    rendered = render(notice)
    page = _Page(rendered.html)
    assert page.lang == "da"
    assert not page.open
    assert "FV-7K3M-92QD-0001" in rendered.subject
    of_the_subject = "mandag den 19." if occasion is Occasion.MENTOR_ENDS else "fredag den 9."
    assert f"{of_the_subject} oktober 2026" in rendered.subject
    for body in (rendered.text, page.text):
        words = re.sub(r"\s+", " ", body)
        assert "FV-7K3M-92QD-0001" in words
        assert "fredag den 9. oktober 2026" in words
        assert "https://varsel.example.dk/opgaver/FV-7K3M-92QD-0001" in words
        assert "tage kontakt til den unge og tage stilling til" in words
        assert "Til Jobcenter Ærø" in words
        assert "lokalt mål" in words
    assert set(page.links) == {"https://varsel.example.dk/opgaver/FV-7K3M-92QD-0001"}
    assert not {"img", "script", "style", "link", "iframe", "form"} & set(page.tags)


def test_every_occasion_says_something_else() -> None:
    rendered = [render(a_notice(occasion=occasion)) for occasion in ABOUT_A_TASK]
    assert len({one.subject for one in rendered}) == len(ABOUT_A_TASK)
    assert len({one.text for one in rendered}) == len(ABOUT_A_TASK)


@pytest.mark.parametrize("occasion", ABOUT_A_TASK)
def test_only_who_owes_something_is_asked_to_act_and_no_date_is_called_statutory(occasion: Occasion) -> None:
    text = re.sub(r"\s+", " ", render(a_notice(occasion=occasion)).text)
    assert ("Det skal I gøre" in text) is (occasion in ACTING)
    assert ("I skal ikke foretage jer mere" in text) is (occasion not in ACTING)
    assert "lovbestemt" not in text
    assert "lovfrist" not in text
    assert "frist" not in text.replace("ikke en frist, der er fastsat i loven", "")


@pytest.mark.parametrize("audience", Audience)
def test_only_the_unit_itself_is_asked_whether_it_has_talked_with_the_young_person(
    audience: Audience,
) -> None:
    text = re.sub(r"\s+", " ", render(a_notice(occasion=Occasion.OVERDUE, audience=audience)).text)
    assert ("Har I allerede talt med den unge" in text) is (audience is Audience.UNIT)
    assert ("Har enheden allerede talt med den unge" in text) is (audience is not Audience.UNIT)


def test_a_notice_has_no_field_for_a_person() -> None:
    """The record is all that rendering sees, so a mail cannot hold what is not named here."""
    assert set(TaskNotice.model_fields) == {
        "reference", "occasion", "audience", "unit_name", "today", "react_by", "messages", "opened_on",
        "appended_on", "mentor_until", "undelivered", "failed", "link_base", "acknowledge_link",
    }  # fmt: skip
    for personal in ("person_id", "cpr", "institution", "reason", "name"):
        with pytest.raises(ValidationError):
            a_notice(**{personal: "x"})


def test_html_is_escaped_and_text_is_not() -> None:
    rendered = render(a_notice(unit_name='<b>Børn & Unge</b> "Øst"'))
    assert "&lt;b&gt;Børn &amp; Unge&lt;/b&gt;" in rendered.html
    assert "<b>" not in rendered.html
    assert '<b>Børn & Unge</b> "Øst"' in rendered.text


def test_a_text_is_laid_out_line_by_line_without_gaps() -> None:
    """What templates leave behind, blanks and empty lines, would tear the facts apart."""
    text = render(a_notice()).text
    assert "\n\n\n" not in text
    assert not any(line.startswith(" ") for line in text.splitlines())
    assert text.endswith("besvares.\n")
    assert text.splitlines()[:4] == ["I har fået en ny opgave", "=" * 23, "", "Til Jobcenter Ærø"]
    assert text.split("\n\n")[-2].splitlines() == [
        "Opgave: FV-7K3M-92QD-0001",
        "Underretninger på opgaven: 2",
        "Første underretning modtaget: 1. oktober 2026",
        "Opgaven oprettet hos jer: 2. oktober 2026",
    ]


def test_the_last_day_of_the_mentor_right_is_a_fact_of_the_notice_that_it_ends_and_of_no_other() -> None:
    ending = render(a_notice(occasion=Occasion.MENTOR_ENDS))
    assert (
        "Sidste dag for at tage retten til mentor i brug: mandag den 19. oktober 2026"
        in ending.text.splitlines()
    )
    assert "Sidste dag for at tage retten til mentor i brug" in _Page(ending.html).text
    assert ending.subject.endswith("retten til mentor skal tages i brug senest mandag den 19. oktober 2026")
    for occasion in set(ABOUT_A_TASK) - {Occasion.MENTOR_ENDS}:
        for last_day in (date(2026, 10, 19), None):
            assert "mentor" not in render(a_notice(occasion=occasion, mentor_until=last_day)).text


def test_a_mail_tells_the_right_to_a_mentor_from_the_support() -> None:
    """LAB § 167(3): what ends is the time to take the right up. That the right or the support ends is not said."""
    ending = render(a_notice(occasion=Occasion.MENTOR_ENDS))
    for text in (ending.text, _Page(ending.html).text):
        said = " ".join(text.split())
        assert "op til 6 måneder fra første brug og kan forlænges" in said
        assert "til mentor slutter" not in said
        assert "mentor udløber" not in said


def test_a_name_in_a_template_of_ours_that_ends_in_nothing_known_is_escaped_all_the_same() -> None:
    """Whoever adds one must say that it is text: a unit's name may hold anything."""
    escape = by_name("notice.html.j2").environment.autoescape
    assert callable(escape)
    assert [escape(name) for name in ("x.html.j2", "x.svg", None, "x.txt.j2")] == [True, True, True, False]


@pytest.mark.parametrize("base", ["http://x", "https://x", "https://x/varsel", "https://x:8443/"])
def test_a_plain_web_address_is_a_link_base(base: str) -> None:
    assert a_notice(link_base=base).link == f"{base.rstrip('/')}/opgaver/FV-7K3M-92QD-0001"


@pytest.mark.parametrize("base", ["ftp://x", "x", "https://x/ y", "https://x/\ty", "https://x/'"])
def test_another_scheme_and_a_space_are_no_link_base(base: str) -> None:
    with pytest.raises(ValidationError):
        a_notice(link_base=base)


@pytest.mark.parametrize(
    "base",
    ["javascript:alert(1)", "https://", "https://x/?a=1", "https://x/#a", "https://u@x", 'https://x/"><b>'],
)
def test_a_link_base_that_is_no_plain_web_address_is_refused(base: str) -> None:
    with pytest.raises(ValidationError):
        a_notice(link_base=base)


@pytest.mark.parametrize("reference", ["FV-7K3M", "FV-7K3M-92QD-0001\n", "010190-1234", "fv-7k3m-92qd"])
def test_a_reference_is_a_reference_and_nothing_else(reference: str) -> None:
    with pytest.raises(ValidationError):
        a_notice(reference=reference)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 10, 9), "fredag den 9. oktober 2026"),
        (date(2027, 1, 2), "lørdag den 2. januar 2027"),
        (date(2028, 2, 29), "tirsdag den 29. februar 2028"),
        (date(2026, 5, 31), "søndag den 31. maj 2026"),
    ],
)
def test_dates_are_written_as_danes_write_them(day: date, words: str) -> None:
    assert danish_weekday_date(day) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 6, 1), "man. 1. juni 2026"),
        (date(2026, 7, 7), "tir. 7. juli 2026"),
        (date(2026, 5, 31), "søn. 31. maj 2026"),
        (date(2026, 3, 4), "ons. 4. mar. 2026"),
        (date(2026, 12, 24), "tor. 24. dec. 2026"),
    ],
)
def test_short_dates_cut_what_is_longer_than_four_letters(day: date, words: str) -> None:
    assert danish_short_date(day) == words


def test_every_month_and_every_day_of_the_week_has_a_name_of_its_own() -> None:
    months = [danish_weekday_date(date(2026, month, 1)).split()[3] for month in range(1, 13)]
    days = [danish_weekday_date(date(2026, 6, day)).split()[0] for day in range(1, 8)]
    assert (len(set(months)), len(set(days))) == (12, 7)
    assert all(name.isalpha() and name.islower() for name in [*months, *days])


def test_a_units_name_has_1_to_120_signs() -> None:
    assert [len(a_notice(unit_name="J" * length).unit_name) for length in (1, 120)] == [1, 120]


def test_a_task_whose_messages_have_all_been_withdrawn_is_one_still() -> None:
    assert "Underretninger på opgaven: 0" in render(a_notice(messages=0)).text
    with pytest.raises(ValidationError):
        a_notice(messages=-1)


def test_a_morning_on_which_nothing_is_late_and_everything_was_seen_is_one() -> None:
    assert render(a_digest(*DAYS[2:3], overdue=0, unseen=0)).subject.startswith("1 åben opgave:")


@pytest.mark.parametrize("name", ["", "a\nb", "a\x7f", "x" * 121])
def test_a_units_name_is_one_short_line(name: str) -> None:
    with pytest.raises(ValidationError):
        a_notice(unit_name=name)


def test_a_date_passes_when_its_day_is_over() -> None:
    assert [a_notice(today=date(2026, 10, day)).passed for day in (8, 9, 10)] == [False, False, True]


def test_a_digest_is_no_notice_about_a_task_and_only_the_end_of_a_right_needs_its_date() -> None:
    with pytest.raises(ValidationError):
        a_notice(occasion=Occasion.DIGEST)
    assert a_notice(occasion=Occasion.NEW, mentor_until=None).mentor_until is None


def test_lines_of_the_text_fit_a_narrow_window() -> None:
    for occasion in ABOUT_A_TASK:
        for audience in Audience:
            text = render(a_notice(occasion=occasion, audience=audience)).text
            assert max(len(line) for line in text.splitlines()) <= 78


@pytest.mark.parametrize("occasion", ABOUT_A_TASK)
def test_the_acknowledge_link_stands_where_somebody_owes_something_and_nowhere_else(
    occasion: Occasion,
) -> None:
    rendered = render(a_notice(occasion=occasion, acknowledge_link=LINK))
    acting = occasion in ACTING
    assert (LINK in _Page(rendered.html).links) is acting
    assert (LINK in rendered.text.splitlines()) is acting
    assert "Kvittér" not in render(a_notice(occasion=occasion)).text


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "https://x.dk/ y", 'https://x.dk/"y', "https://x.dk/\n", "https://" + "x" * 400],
)
def test_only_an_address_can_be_an_acknowledge_link(link: str) -> None:
    if '"' in link:  # escaped where it stands
        assert link not in render(a_notice(acknowledge_link=link)).html
        return
    with pytest.raises(ValidationError):
        a_notice(acknowledge_link=link)


AFTER = date(2026, 10, 12)


def test_what_comes_after_the_date_says_that_it_has_passed() -> None:
    for occasion in (Occasion.REMINDER, Occasion.OVERDUE, Occasion.ESCALATION):
        rendered = render(a_notice(occasion=occasion, today=AFTER))
        assert "målet var fredag den 9. oktober 2026" in rendered.subject
        assert "MÅLET VAR: fredag den 9. oktober 2026" in rendered.text
        assert "reagér senest" not in rendered.subject


def test_a_reminder_says_how_it_ends_and_that_the_duty_does_not() -> None:
    text = re.sub(r"\s+", " ", render(a_notice(occasion=Occasion.REMINDER)).text)
    assert "Når en af jer kvitterer for den eller tager den, får I ikke flere påmindelser før datoen" in text
    assert "Pligten til at reagere gælder, til opgaven er afsluttet" in text
    overdue = render(a_notice(occasion=Occasion.OVERDUE, today=AFTER)).text
    assert "kvitter" not in overdue


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        (Audience.LEAD, "Til lederen for Jobcenter Ærø"),
        (Audience.MUNICIPALITY, "Til kommunens ansvarlige for Jobcenter Ærø"),
        (Audience.SERVICE, "Til de ansvarlige for Frafaldsvarsel, om Jobcenter Ærø"),
    ],
)
@pytest.mark.parametrize("today", [date(2026, 10, 8), AFTER])
def test_who_is_told_besides_the_unit_reads_why(audience: Audience, words: str, today: date) -> None:
    rendered = render(a_notice(occasion=Occasion.ESCALATION, audience=audience, today=today))
    page = _Page(rendered.html)
    for body in (rendered.text, page.text):
        said = re.sub(r"\s+", " ", body)
        assert words in said
        assert "I får denne mail som" in said
        assert "Det skal enheden gøre" in said


def test_a_notice_that_stands_in_for_another_says_so() -> None:
    rendered = render(a_notice(occasion=Occasion.ESCALATION, audience=Audience.LEAD, undelivered=True))
    assert rendered.subject.startswith("En besked om opgave FV-7K3M-92QD-0001 kunne ikke leveres")
    assert "@" not in rendered.text


def test_a_right_that_ends_needs_its_date() -> None:
    assert "mandag den 19. oktober 2026" in render(a_notice(occasion=Occasion.MENTOR_ENDS)).text
    with pytest.raises(ValidationError):
        a_notice(occasion=Occasion.MENTOR_ENDS, mentor_until=None)
    assert "mentor" not in render(a_notice(occasion=Occasion.NEW)).text


def a_digest(*days: date, **changes: object) -> DigestNotice:
    values: dict[str, object] = {
        "unit_name": "Jobcenter Ærø",
        "today": date(2026, 10, 9),
        "lines": tuple(
            DigestLine(reference=f"FV-7K3M-92QD-{number:04}", react_by=day, seen=number % 2 == 0)
            for number, day in enumerate(days)
        ),
        "more": 0,
        "overdue": 1,
        "unseen": 1,
        "link_base": "https://varsel.example.dk",
    }
    return DigestNotice.model_validate({**values, **changes})


DAYS = (date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 14), date(2026, 10, 15))


def test_a_morning_mail_lists_every_task_with_its_date_and_how_it_stands() -> None:
    rendered = render(a_digest(*DAYS))
    page = _Page(rendered.html)
    assert rendered.subject == "4 åbne opgaver, 1 efter målet: fredag den 9. oktober 2026"
    assert not page.open
    for body in (rendered.text, page.text):
        said = re.sub(r"\s+", " ", body)
        for number, (day, standing) in enumerate(
            [
                ("tor. 8. okt. 2026", "Efter målet"),
                ("fre. 9. okt. 2026", "I dag"),
                ("ons. 14. okt. 2026", "I gang"),
                ("tor. 15. okt. 2026", "Ikke kvitteret"),
            ]
        ):
            assert f"FV-7K3M-92QD-{number:04} {day} {standing}" in said
        assert "lokale mål" in said
        assert "Til Jobcenter Ærø" in said
    assert f"https://varsel.example.dk/opgaver/FV-7K3M-92QD-{3:04}" in page.links
    assert max(len(line) for line in rendered.text.splitlines()) <= 78


def test_only_what_is_late_is_marked_as_late() -> None:
    """In red and bold; today's date has not passed."""
    late = [
        line
        for line in render(a_digest(*DAYS)).html.splitlines()
        if 'color:#8f1d1d;font-weight:600;">' in line
    ]
    assert len(late) == 1
    assert "Efter målet" in late[0]


def test_what_finds_no_room_in_a_morning_mail_is_counted() -> None:
    rendered = render(a_digest(*DAYS, more=12, overdue=0))
    assert rendered.subject == "16 åbne opgaver: fredag den 9. oktober 2026"
    assert "Og 12 til" in rendered.text
    assert "Og 12 til" in rendered.html
    assert render(a_digest(DAYS[1], overdue=0)).subject.startswith("1 åben opgave:")


def test_a_morning_mail_that_the_unit_did_not_get_says_so_to_who_gets_it_instead() -> None:
    rendered = render(a_digest(*DAYS, audience=Audience.LEAD))
    assert rendered.subject == "Jobcenter Ærø har 4 åbne opgaver, 1 efter målet: fredag den 9. oktober 2026"
    assert "Til lederen for Jobcenter Ærø" in rendered.text
    assert "Enhedens morgenmail kunne ikke leveres" in re.sub(r"\s+", " ", rendered.text)


def test_a_morning_mail_has_no_field_for_a_person() -> None:
    assert set(DigestLine.model_fields) == {"reference", "react_by", "seen"}
    assert set(DigestNotice.model_fields) == {
        "audience", "unit_name", "today", "lines", "more", "overdue", "unseen", "link_base",
    }  # fmt: skip
