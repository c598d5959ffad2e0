"""What the mails say, in Danish, for each occasion; the templates only give it a form.

The date is a local service target and must never be called a statutory deadline: the law names none in days.
"""

from dataclasses import dataclass
from datetime import date
from typing import assert_never

from models.notifications.delivery import Audience, Occasion
from notifiers.content.notice import (
    DigestLine,
    DigestNotice,
    FailedMail,
    TaskNotice,
    danish_weekday_date,
)

DUTY = (
    "Når en uddannelsesinstitution inden for de første 6 måneder efter studiestart underretter om, at en ung "
    "er i risiko for at falde fra, skal jobcentret, eller den enhed kommunen har sat i stedet, tage kontakt til "
    "den unge og tage stilling til, om der "
    "skal sættes fastholdelsesinitiativer i gang."
)  # LAB § 30(9): the contact. Deciding on initiatives: the agreement. Since 1 February 2026 no jobcentre need be there.
TARGET_NOTE = "Datoen er et lokalt mål. Den er ikke en frist, der er fastsat i loven."
DIGEST_NOTE = "Datoerne er lokale mål. De er ikke frister, der er fastsat i loven."
PRIVACY_NOTE = (
    "Af hensyn til databeskyttelsen indeholder mailen ingen oplysninger om den unge eller "
    "uddannelsesinstitutionen. Dem finder I på opgaven, når I er logget ind."
)
AUTOMATIC_NOTE = "Mailen er sendt automatisk af Frafaldsvarsel og kan ikke besvares."


@dataclass(frozen=True, kw_only=True)
class NoticeTexts:
    subject: str
    addressee: str
    heading: str
    reason: str  # why this mail is sent
    duty_heading: str
    duty: str
    date_label: str
    date_note: str
    button: str
    opened_label: str
    to_act: bool  # whether the unit owes something
    pressing: bool = False  # the date has passed, or nobody was reached


def texts_for(notice: TaskNotice) -> NoticeTexts:
    """The words for one notice."""
    reference, day, unit = notice.reference, danish_weekday_date(notice.react_by), notice.unit_name
    match notice.occasion:
        case Occasion.NEW:
            return _to_act(
                notice,
                subject=f"Ny opgave {reference}: reagér senest {day}",
                heading="I har fået en ny opgave",
                reason="En uddannelsesinstitution har underrettet om en ung, der er i risiko for at falde "
                "fra sin uddannelse, og jeres enhed er ansvarlig for at reagere.",
            )
        case Occasion.MORE_MESSAGES:
            return _to_act(
                notice,
                subject=f"Ny underretning på opgave {reference}: reagér senest {day}",
                heading="Der er kommet en ny underretning",
                reason="En uddannelsesinstitution har sendt endnu en underretning om den unge på en opgave, "
                "som I allerede har. I får ikke en opgave mere, og datoen bliver ikke udskudt.",
            )
        case Occasion.TAKEN_OVER:
            return _to_act(
                notice,
                subject=f"Opgave {reference} er overdraget til jer: reagér senest {day}",
                heading="I har overtaget en opgave",
                reason="Ansvaret for opgaven er flyttet til jeres enhed fra en anden enhed. Det sker for "
                "eksempel, når den unge er flyttet til jeres kommune.",
            )
        case Occasion.REMINDER if notice.passed:
            return _to_act(
                notice,
                subject=f"Påmindelse om opgave {reference}: målet var {day}",
                heading="Ingen har kvitteret for opgaven",
                reason=_REMINDED,
            )
        case Occasion.REMINDER:
            return _to_act(
                notice,
                subject=f"Påmindelse om opgave {reference}: reagér senest {day}",
                heading="Datoen for opgaven nærmer sig",
                reason=_REMINDED,
            )
        case Occasion.OVERDUE:
            whoever = "I" if notice.audience is Audience.UNIT else "enheden"
            return _to_act(
                notice,
                subject=f"Opgave {reference} er stadig åben: målet var {day}",
                heading="Datoen er passeret, og opgaven er stadig åben",
                reason=f"Opgaven er ikke afsluttet. Har {whoever} allerede talt med den unge, så registrér kontakten "
                "og afslut opgaven. Ellers skal det ske nu: Pligten til at reagere gælder, til opgaven er afsluttet.",
            )
        case Occasion.ESCALATION if notice.undelivered:
            return _to_act(
                notice,
                subject=f"En besked om opgave {reference} kunne ikke leveres: reagér senest {day}"
                if not notice.passed
                else f"En besked om opgave {reference} kunne ikke leveres: målet var {day}",
                heading="En besked kunne ikke leveres",
                reason=f"Vi har ikke kunnet levere en besked om opgaven til {_who(notice)}. Derfor får I den i "
                f"stedet. {_failure(notice.failed)}Sørg for, at {unit} kender opgaven, og at den adresse, vi skriver "
                "til, bliver rettet.",
                pressing=True,
            )
        case Occasion.ESCALATION if notice.passed:
            return _to_act(
                notice,
                subject=f"Opgave {reference} hos {_short(unit)} er stadig åben: målet var {day}",
                heading="En opgave er ikke afsluttet",
                reason=f"{unit} skulle have reageret på opgaven senest {day}, men den er ikke afsluttet. "
                f"I får denne mail som {_ROLES[notice.audience]}.",
            )
        case Occasion.ESCALATION:
            return _to_act(
                notice,
                subject=f"Ingen har kvitteret for opgave {reference}: reagér senest {day}",
                heading="Ingen har kvitteret for opgaven",
                reason=f"Ingen hos {unit} har kvitteret for opgaven, og datoen er nær. "
                f"I får denne mail som {_ROLES[notice.audience]}. Når en medarbejder kvitterer for opgaven eller "
                "tager den, bliver der ikke skrevet mere om den før datoen.",
                pressing=True,
            )
        case Occasion.MENTOR_ENDS:
            ends = danish_weekday_date(notice.mentor_until or notice.react_by)
            return _to_act(
                notice,
                subject=f"Opgave {reference}: retten til mentor skal tages i brug senest {ends}",
                heading="Retten til mentor skal tages i brug snart",
                # LAB § 167(3): what ends is the time to take the right up; the support runs from its first use.
                reason=f"Sidste dag for den unge til at tage retten til mentor i brug er {ends}, og opgaven er "
                "stadig åben. Skal den unge have en mentor, så tag stilling til det inden da. Støtten kan derefter "
                "gives i op til 6 måneder fra første brug og kan forlænges.",
            )
        case Occasion.HANDED_OVER:
            return _released(
                notice,
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
                notice,
                subject=f"Opgave {reference} er trukket tilbage: målet {day} gælder ikke længere",
                heading="Opgaven er trukket tilbage",
                reason="De oplysninger, som opgaven byggede på, er rettet eller trukket tilbage.",
                duty="Jobcentret har derfor ikke længere pligt til at tage kontakt til den unge og tage "
                "stilling til fastholdelsesinitiativer på grundlag af denne opgave. I skal ikke foretage "
                "jer mere i opgaven.",
            )
        case Occasion.CHANNEL_OFF:
            raise ValueError("it has a mail of its own")
        case Occasion.DIGEST:
            raise ValueError("a digest is a notice of its own")
        case _:
            assert_never(notice.occasion)


_REMINDED = (
    "Ingen hos jer har kvitteret for opgaven endnu. Når en af jer kvitterer for den eller tager den, får I ikke "
    "flere påmindelser før datoen. Pligten til at reagere gælder, til opgaven er afsluttet."
)
_ROLES = {
    Audience.UNIT: "modtager hos enheden",
    Audience.LEAD: "leder for enheden",
    Audience.MUNICIPALITY: "kommunens ansvarlige for området",
    Audience.SERVICE: "ansvarlige for Frafaldsvarsel",
}
_OPENED = "Opgaven oprettet hos jer"
_LONGEST_NAME = 60


def _who(notice: TaskNotice) -> str:
    """Whom the notice did not reach: somebody at the unit, or above it."""
    return (
        notice.unit_name if notice.audience is not Audience.SERVICE else f"dem, der følger {notice.unit_name}"
    )


def _failure(failed: FailedMail | None) -> str:
    """Where the mail went and what came of it, so that somebody can mend it."""
    if failed is None:
        return ""
    code = "" if failed.code is None else f" (kode {failed.code})"
    if failed.came_back:
        what = f"den kom tilbage som umulig at levere{code}"
    elif failed.given_up:
        what = f"ingen mailserver tog imod den, før vi måtte opgive{code}"
    else:
        what = f"mailserveren afviste den{code}"
    return f"Mailen gik til {failed.address}, men {what}. "


def _short(unit: str) -> str:
    """A unit's name with room for the rest of a subject beside it."""
    return unit if len(unit) <= _LONGEST_NAME else f"{unit[:_LONGEST_NAME]}…"


def _addressee(notice: TaskNotice | DigestNotice) -> str:
    match notice.audience:
        case Audience.UNIT:
            return notice.unit_name
        case Audience.LEAD:
            return f"lederen for {notice.unit_name}"
        case Audience.MUNICIPALITY:
            return f"kommunens ansvarlige for {notice.unit_name}"
        case Audience.SERVICE:
            return f"de ansvarlige for Frafaldsvarsel, om {notice.unit_name}"


def _to_act(
    notice: TaskNotice, *, subject: str, heading: str, reason: str, pressing: bool = False
) -> NoticeTexts:
    own = notice.audience is Audience.UNIT
    return NoticeTexts(
        subject=subject,
        addressee=_addressee(notice),
        heading=heading,
        reason=reason,
        duty_heading="Det skal I gøre" if own else "Det skal enheden gøre",
        duty=DUTY,
        date_label="Målet var" if notice.passed else "Reagér senest",
        date_note=TARGET_NOTE,
        button="Åbn opgaven",
        opened_label=_OPENED if own else "Opgaven oprettet hos enheden",
        to_act=True,
        pressing=pressing or notice.passed,
    )


def _released(notice: TaskNotice, *, subject: str, heading: str, reason: str, duty: str) -> NoticeTexts:
    return NoticeTexts(
        subject=subject,
        addressee=_addressee(notice),
        heading=heading,
        reason=reason,
        duty_heading="Det betyder det for jer",
        duty=duty,
        date_label="Målet var",
        date_note="Datoen var et lokalt mål og gælder ikke længere for jer.",
        button="Se opgaven",
        opened_label=_OPENED,
        to_act=False,
    )


@dataclass(frozen=True, kw_only=True)
class DigestTexts:
    subject: str
    addressee: str
    heading: str
    reason: str
    counts: tuple[tuple[str, int], ...]
    more: str
    button: str


def digest_texts(notice: DigestNotice) -> DigestTexts:
    """The words for a morning mail."""
    day = danish_weekday_date(notice.today)
    what = "1 åben opgave" if notice.open == 1 else f"{notice.open} åbne opgaver"
    late = f", {notice.overdue} efter målet" if notice.overdue else ""
    own = notice.audience is Audience.UNIT
    listed = f"Her er de opgaver, som {notice.unit_name} har åbne i dag, {day}. De ældste datoer står først."
    return DigestTexts(
        subject=f"{what}{late}: {day}" if own else f"{_short(notice.unit_name)} har {what}{late}: {day}",
        addressee=_addressee(notice),
        heading=f"I har {what}" if own else f"{notice.unit_name} har {what}",
        reason=listed
        if own
        else f"Enhedens morgenmail kunne ikke leveres. Derfor får I den i stedet. {listed}",
        counts=(
            ("Åbne opgaver", notice.open),
            ("Efter målet", notice.overdue),
            ("Ikke kvitteret", notice.unseen),
        ),
        more="" if notice.more == 0 else f"Og {notice.more} til, som I finder i indbakken.",
        button="Åbn indbakken",
    )


def standing(line: DigestLine, today: date) -> str:
    """How a task stands, in a word or two."""
    if line.react_by < today:
        return "Efter målet"
    if line.react_by == today:
        return "I dag"
    return "I gang" if line.seen else "Ikke kvitteret"
