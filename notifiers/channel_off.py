"""The mail that tells a unit that nothing is sent to its webhook any more. Pure.

It speaks of our service, not of a duty; the endpoint's address is not repeated, for it may hold a secret.
"""

from dataclasses import dataclass
from typing import Final

from notifiers.render import Rendered, by_name
from notifiers.words import AUTOMATIC_NOTE, PRIVACY_NOTE


@dataclass(frozen=True, kw_only=True)
class _Words:
    subject: str
    heading: str
    reason: str
    meaning: str
    to_do: str


_HEADING: Final = "Jeres webhook er slået fra"
_MEANING: Final = (
    "Frafaldsvarsel sender ikke længere beskeder til jeres fagsystem. I får stadig en mail om hver opgave, og "
    "opgaverne og deres datoer er uændrede."
)
_TO_DO: Final = (
    "Den, der driver jeres fagsystem, retter modtageren og beder derefter Frafaldsvarsels drift om at slå "
    "webhooken til igen."
)
_REASONS: Final = {
    "gone": "Modtageren af jeres webhook svarer, at den er nedlagt (HTTP 410).",
    "failing": "Modtageren af jeres webhook har ikke taget imod en eneste besked i fem døgn.",
}


def render_channel_off(*, cause: str, unit_name: str, reference: str, link: str) -> Rendered:
    """`cause` is the delivery's: ``endpoint:<reason>:<time>``."""
    words = _Words(
        subject=_HEADING,
        heading=_HEADING,
        reason=_REASONS.get(cause.split(":")[1], _REASONS["failing"]),
        meaning=_MEANING,
        to_do=_TO_DO,
    )
    values = {
        "words": words,
        "unit_name": unit_name,
        "reference": reference,
        "link": link,
        "privacy_note": PRIVACY_NOTE,
        "automatic_note": AUTOMATIC_NOTE,
    }
    return Rendered(
        subject=words.subject,
        text=by_name("channel_off.txt.j2").render(values),
        html=by_name("channel_off.html.j2").render(values),
    )
