"""Notice → subject, text and HTML. Pure: it must not know a clock, an address or a database."""

from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.filters import do_wordwrap

from models.notifications.delivery import Occasion
from notifiers.content.notice import (
    DigestNotice,
    TaskNotice,
    danish_date,
    danish_short_date,
    danish_weekday_date,
)
from notifiers.content.texts import (
    AUTOMATIC_NOTE,
    DIGEST_NOTE,
    PRIVACY_NOTE,
    digest_texts,
    standing,
    texts_for,
)

_PARAGRAPHS: Final = 1024


@dataclass(frozen=True, kw_only=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(notice: TaskNotice | DigestNotice) -> Rendered:
    if isinstance(notice, DigestNotice):
        return _digest(notice)
    words = texts_for(notice)
    ends = None if notice.mentor_until is None else danish_weekday_date(notice.mentor_until)
    values = {
        "notice": notice,
        "words": words,
        "react_by": danish_weekday_date(notice.react_by),
        "opened_on": danish_date(notice.opened_on).removeprefix("den "),
        "appended_on": danish_date(notice.appended_on).removeprefix("den "),
        "mentor_until": ends if notice.occasion is Occasion.MENTOR_ENDS else None,
    }
    return _rendered(words.subject, "notice", values)


def _digest(notice: DigestNotice) -> Rendered:
    words = digest_texts(notice)
    values = {
        "notice": notice,
        "words": words,
        "date_note": DIGEST_NOTE,
        "lines": [
            (
                line.reference,
                danish_short_date(line.react_by),
                standing(line, notice.today),
                line.react_by < notice.today,
                notice.link_of(line),
            )
            for line in notice.lines
        ],
    }
    return _rendered(words.subject, "digest", values)


def _rendered(subject: str, template: str, values: dict[str, object]) -> Rendered:
    values |= {"privacy_note": PRIVACY_NOTE, "automatic_note": AUTOMATIC_NOTE}
    return Rendered(
        subject=subject,
        text=by_name(f"{template}.txt.j2").render(values),
        html=by_name(f"{template}.html.j2").render(values),
    )


@cache
def by_name(name: str) -> Template:
    """One of the templates beside us."""
    return _templates().get_template(name)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html.j2",), ("txt.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    # Most paragraphs are the same in every notice.
    environment.filters["wordwrap"] = lru_cache(_PARAGRAPHS)(partial(do_wordwrap, environment))
    return environment
