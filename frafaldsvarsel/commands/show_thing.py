"""How one thing of the quarantine is shown. What strangers have sent is shown as text, and never obeyed."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from frafaldsvarsel.commands.terminal import fail, out, plain_fields, show
from models.calendar import COPENHAGEN
from models.dead_letter import DeadLetter
from models.reasons import Rejection
from ops.recovery.failed_deliveries import Tried
from ops.recovery.rejected_payloads import Bytes, Gone

ShownContent = Bytes | Gone | None
_MEANING: Final = {str(reason): reason.text for reason in Rejection}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderAnswer:
    """A header of a record, as text or in base64."""

    name: str
    value: str | None
    encoding: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedAnswer:
    """What was in it, and what was tried: what `quarantine show --json` adds to a row of the list."""

    gone: str | None
    headers: Sequence[HeaderAnswer]
    value: str | None
    encoding: str | None
    attempts: Sequence[Tried]


def as_object(dead_letter: DeadLetter, content: ShownContent, tried: Sequence[Tried]) -> Mapping[str, object]:
    """The thing as JSON (docs/command-line.md): its row, and what was opened."""
    value, encoding = _encoded(content.value) if isinstance(content, Bytes) else (None, None)
    headers = content.headers if isinstance(content, Bytes) else ()
    opened = OpenedAnswer(
        gone=content.why if isinstance(content, Gone) else None,
        headers=[
            HeaderAnswer(name=name, value=text, encoding=how)
            for name, (text, how) in ((name, _encoded(held)) for name, held in headers)
        ],
        value=value,
        encoding=encoding,
        attempts=tried,
    )
    return dead_letter.model_dump(mode="json") | plain_fields(opened)


def present(dead_letter: DeadLetter, content: ShownContent, tried: Sequence[Tried]) -> None:
    """The thing for a person."""
    _say(
        f"{dead_letter.kind} {dead_letter.id}: {dead_letter.reason}"
        + (f" ({dead_letter.detail})" if dead_letter.detail else "")
    )
    if dead_letter.reason in _MEANING:
        _say(_MEANING[dead_letter.reason])
    of = dead_letter.sender or dead_letter.unit
    since = f"{dead_letter.since.astimezone(COPENHAGEN):%Y-%m-%d %H:%M:%S}"
    task = f", task {dead_letter.task}" if dead_letter.task else ""
    _say(f"{since}{f', of {of}' if of else ''}{task}, {dead_letter.state}")
    if isinstance(content, Gone):
        fail(content.why)
    elif content is not None:
        for name, held in content.headers:
            _say(f"  {printable(name.encode())}: {printable(held or b'')}")
        _say("")
        _say("no value" if content.value is None else printable(content.value))
    else:
        show(
            "",
            ("attempt", "at", "outcome", "code", "why"),
            (
                [
                    one.attempt,
                    f"{one.at.astimezone(COPENHAGEN):%Y-%m-%d %H:%M:%S}",
                    one.outcome,
                    one.code,
                    one.detail,
                ]
                for one in tried
            ),
            empty="Nobody has tried it.",
        )


def printable(content: bytes) -> str:
    """The bytes as text in which nothing can move the cursor, change a colour or turn the direction.

    >>> printable(bytes([27]) + b"[2J \\xff")
    '\\\\x1b[2J \\\\xff'
    """
    text = content.decode(errors="backslashreplace")
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else sign.encode("unicode_escape").decode()
        for sign in text
    )


def _encoded(content: bytes | None) -> tuple[str | None, str | None]:
    if content is None:
        return None, None
    try:
        return content.decode(), "text"
    except UnicodeDecodeError:
        return b64encode(content).decode(), "base64"


def _say(sentence: str) -> None:
    out.print(sentence, markup=False, highlight=False, soft_wrap=True, emoji=False)
