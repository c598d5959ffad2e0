"""Notice → subject, text and HTML. Pure: it must not know a clock, an address or a database."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from notifiers.notice import TaskNotice, danish_date, danish_weekday_date
from notifiers.words import AUTOMATIC_NOTE, PRIVACY_NOTE, words_for


@dataclass(frozen=True, kw_only=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(notice: TaskNotice) -> Rendered:
    words = words_for(notice)
    values = {
        "notice": notice,
        "words": words,
        "react_by": danish_weekday_date(notice.react_by),
        "opened_on": danish_date(notice.opened_on).removeprefix("den "),
        "appended_on": danish_date(notice.appended_on).removeprefix("den "),
        "privacy_note": PRIVACY_NOTE,
        "automatic_note": AUTOMATIC_NOTE,
    }
    return Rendered(
        subject=words.subject,
        text=template("notice.txt.j2").render(values),
        html=template("notice.html.j2").render(values),
    )


def template(name: str) -> Template:
    """One of the templates beside us."""
    return _templates().get_template(name)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html.j2",), ("txt.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
