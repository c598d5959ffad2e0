"""Records of our own, made up by their models; and the odd things that a field may hold instead."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from models.events.content import ResidenceAnnulment
from tests.factories import START, annulment, enrolment_end, moment, risk, uuid, withdrawal

_ZONES: Final = st.sampled_from(
    (UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-5, minutes=-30)))
)
_TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_TAKEN_BACK: Final[dict[Any, Any]] = {
    type(said): said
    for said in (
        enrolment_end(START).content,
        annulment(at=moment(START)).content,
        ResidenceAnnulment(kind="residence.annulled", residence_id=uuid("home")),
        withdrawal(risk()).content,
    )
}
ODD: Final[tuple[Any, ...]] = (
    *(None, True, 1, -1, 1.0, 1.5, 2**70, "", "x", "1", [], ["x"], [1], {}, {"later": 1}),
    *("2026-03-01", "2026-02-30", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-03-01t12:00:00z"),
    *("2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:60Z", "2026-03-01T24:00:00Z", 1_790_000_000),
    *("0001-01-01T00:00:00+23:59", "2026-03-01T12:00:00-00:00", "2026-03-01T12:00Z", "æ\u0000", "\ud800"),
)


def records(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Of any content that the model takes."""
    return st.builds(model, **{name: _values(each.annotation) for name, each in model.model_fields.items()})


def _values(kind: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _values(arguments[0])
    if origin is tuple:
        return st.lists(_values(arguments[0]), max_size=2).map(tuple)
    if arguments:
        return st.one_of(*(_values(one) for one in arguments))
    if kind is NoneType:
        return st.none()
    if kind in _TAKEN_BACK:
        return st.just(_TAKEN_BACK[kind])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return records(kind)
    simple = {str: _TEXTS, date: st.dates(), int: st.integers(-(2**63), 2**63 - 1), bool: st.booleans()}
    if kind in simple:
        return simple[kind]
    if isinstance(kind, type) and issubclass(kind, str):
        return st.sampled_from(list(kind))  # type: ignore[call-overload]  # an enum
    return st.datetimes(min_value=datetime(1990, 1, 1), timezones=_ZONES)  # noqa: DTZ001 - with a zone of the strategy's


def written(record: BaseModel) -> bytes:
    """As the service writes it."""
    return record.model_dump_json(exclude_none=True).encode()


@st.composite
def spoilt(draw: st.DrawFn, model: type[BaseModel]) -> bytes:
    """A record of which one field holds something odd, is gone, or has company that nobody knows."""
    content = json.loads(written(draw(records(model))))
    holder = draw(st.sampled_from(list(_holders(content))))
    name = draw(st.sampled_from([*holder, "later"]))
    if draw(st.booleans()):
        holder[name] = draw(st.sampled_from(ODD))
    else:
        holder.pop(name, None)
    return json.dumps(content).encode()


def _holders(content: Any) -> Any:
    if isinstance(content, dict):
        yield content
        content = list(content.values())
    if isinstance(content, list):
        for one in content:
            yield from _holders(one)
