"""Mails that speak of our service and not of a duty: a webhook that is switched off, and a test. Pure.

An endpoint's address is not repeated, for it may hold a secret.
"""

from collections.abc import Sequence
from typing import Final

from notifiers.content.render import Rendered, by_name
from notifiers.content.texts import AUTOMATIC_NOTE, PRIVACY_NOTE

_OFF: Final = "Jeres webhook er slået fra"
_OFF_REASONS: Final = {
    "gone": "Modtageren af jeres webhook svarer, at den er nedlagt (HTTP 410).",
    "failing": "Modtageren af jeres webhook har ikke taget imod en eneste besked i fem døgn.",
}
_OFF_MEANING: Final = (
    "Frafaldsvarsel sender ikke længere beskeder til jeres fagsystem. I får stadig en mail om hver opgave, og "
    "opgaverne og deres datoer er uændrede."
)
_OFF_TO_DO: Final = (
    "Den, der driver jeres fagsystem, retter modtageren og beder derefter Frafaldsvarsels drift om at slå "
    "webhooken til igen."
)
_TEST: Final = "PRØVE: denne mail handler ikke om en opgave"
_TEST_TEXT: Final = (
    "Det er en prøve på, at mails fra Frafaldsvarsel når frem til jer. Der er ingen opgave og ingen ung bag den, "
    "og I skal ikke gøre noget."
)


def render_channel_off(*, off_reason: str, unit_name: str, reference: str, link: str) -> Rendered:
    """`off_reason` is a `notifiers.webhook.endpoints.OffReason`; `reference` and `link` are of the task tried last."""
    reason = _OFF_REASONS.get(off_reason, _OFF_REASONS["failing"])
    sections = [(None, reason), ("Hvad betyder det?", _OFF_MEANING), ("Hvad skal der ske?", _OFF_TO_DO)]
    return _service_mail(_OFF, unit_name, sections, f"Sidst forsøgt med opgave {reference}", link)


def render_test(*, unit_name: str, link: str) -> Rendered:
    """What an operator sends to see whether mails arrive."""
    return _service_mail(_TEST, unit_name, [(None, _TEST_TEXT)], "Indbakken", link)


def _service_mail(
    heading: str, unit_name: str, sections: Sequence[tuple[str | None, str]], link_label: str, link: str
) -> Rendered:
    values = {
        "subject": heading,
        "heading": heading,
        "unit_name": unit_name,
        "sections": sections,
        "link_label": link_label,
        "link": link,
        "privacy_note": PRIVACY_NOTE,
        "automatic_note": AUTOMATIC_NOTE,
    }
    return Rendered(
        subject=heading,
        text=by_name("service.txt.j2").render(values),
        html=by_name("service.html.j2").render(values),
    )
