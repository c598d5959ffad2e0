"""What the mails say, in Danish, for each occasion; the templates only give it a form.

The date is a local service target and must never be called a statutory deadline: the law names none in days.
"""

from dataclasses import dataclass
from typing import assert_never

from models.outcome import Occasion
from notifiers.notice import TaskNotice, danish_weekday_date

DUTY = (
    "Når en uddannelsesinstitution inden for de første 6 måneder efter studiestart underretter om, at en ung "
    "er i risiko for at falde fra, skal jobcentret tage kontakt til den unge og tage stilling til, om der "
    "skal sættes fastholdelsesinitiativer i gang."
)  # LAB § 30; agreement on the rethinking of the employment effort, in force 1 January 2022
TARGET_NOTE = "Datoen er et lokalt mål. Den er ikke en frist, der er fastsat i loven."
PRIVACY_NOTE = (
    "Af hensyn til databeskyttelsen indeholder mailen ingen oplysninger om den unge eller "
    "uddannelsesinstitutionen. Dem finder I på opgaven, når I er logget ind."
)
AUTOMATIC_NOTE = "Mailen er sendt automatisk af Frafaldsvarsel og kan ikke besvares."


@dataclass(frozen=True, kw_only=True)
class Words:
    subject: str
    heading: str
    reason: str  # why this mail is sent
    duty_heading: str
    duty: str
    date_label: str
    date_note: str
    button: str
    to_act: bool  # whether the unit owes something


def words_for(notice: TaskNotice) -> Words:
    """The words for one notice."""
    reference, day = notice.reference, danish_weekday_date(notice.react_by)
    match notice.occasion:
        case Occasion.NEW:
            return _to_act(
                subject=f"Ny opgave {reference}: reagér senest {day}",
                heading="I har fået en ny opgave",
                reason="En uddannelsesinstitution har underrettet om en ung, der er i risiko for at falde "
                "fra sin uddannelse, og jeres enhed er ansvarlig for at reagere.",
            )
        case Occasion.MORE_MESSAGES:
            return _to_act(
                subject=f"Ny underretning på opgave {reference}: reagér senest {day}",
                heading="Der er kommet en ny underretning",
                reason="En uddannelsesinstitution har sendt endnu en underretning om den unge på en opgave, "
                "som I allerede har. I får ikke en opgave mere, og datoen bliver ikke udskudt.",
            )
        case Occasion.TAKEN_OVER:
            return _to_act(
                subject=f"Opgave {reference} er overdraget til jer: reagér senest {day}",
                heading="I har overtaget en opgave",
                reason="Ansvaret for opgaven er flyttet til jeres enhed fra en anden enhed. Det sker for "
                "eksempel, når den unge er flyttet til jeres kommune.",
            )
        case Occasion.HANDED_OVER:
            return _released(
                subject=f"Opgave {reference} er overdraget fra jer: målet {day} gælder ikke længere for jer",
                heading="Opgaven er overdraget til en anden enhed",
                reason="Ansvaret for opgaven er flyttet fra jeres enhed til en anden enhed. Det sker for "
                "eksempel, når den unge er flyttet til en anden kommune.",
                duty="Pligten til at tage kontakt til den unge og tage stilling til fastholdelsesinitiativer "
                "påhviler nu den anden enhed, som får sin egen besked. I skal ikke foretage "
                "jer mere i opgaven.",
            )
        case Occasion.WITHDRAWN:
            return _released(
                subject=f"Opgave {reference} er trukket tilbage: målet {day} gælder ikke længere",
                heading="Opgaven er trukket tilbage",
                reason="De oplysninger, som opgaven byggede på, er rettet eller trukket tilbage.",
                duty="Jobcentret har derfor ikke længere pligt til at tage kontakt til den unge og tage "
                "stilling til fastholdelsesinitiativer på grundlag af denne opgave. I skal ikke foretage "
                "jer mere i opgaven.",
            )
        case Occasion.CHANNEL_OFF:
            raise ValueError("it has a mail of its own")
        case _:
            assert_never(notice.occasion)


def _to_act(*, subject: str, heading: str, reason: str) -> Words:
    return Words(
        subject=subject,
        heading=heading,
        reason=reason,
        duty_heading="Det skal I gøre",
        duty=DUTY,
        date_label="Reagér senest",
        date_note=TARGET_NOTE,
        button="Åbn opgaven",
        to_act=True,
    )


def _released(*, subject: str, heading: str, reason: str, duty: str) -> Words:
    return Words(
        subject=subject,
        heading=heading,
        reason=reason,
        duty_heading="Det betyder det for jer",
        duty=duty,
        date_label="Målet var",
        date_note="Datoen var et lokalt mål og gælder ikke længere for jer.",
        button="Se opgaven",
        to_act=False,
    )
