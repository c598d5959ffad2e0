"""RFC 3339's grammar, whole: what libraries let through or add up is refused, in `time` and in the data alike."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from models.events.cloudevent import RefusedError, read
from models.events.contract import Moment
from models.reasons import Rejection
from models.rfc3339 import PATTERN, read_moment
from tests.unit.models.events.test_cloudevent import structured

_CASES: Final[dict[str, Any]] = json.loads(Path("tests/data/records/moments.json").read_text("utf-8"))
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)


@pytest.mark.parametrize(("text", "utc"), _CASES["good"].items())
def test_a_moment_is_read_in_every_place_alike(text: str, utc: str) -> None:
    """To the microsecond; an offset of no hours and no minutes is UTC, whatever its sign."""
    expected = datetime.fromisoformat(utc)
    assert read_moment(text).astimezone(UTC) == expected
    assert read(structured(time=text), []).time == expected
    assert _MOMENT.validate_json(json.dumps(text), strict=True) == expected


@pytest.mark.parametrize("text", [*_CASES["bad"], *_CASES["narrower"]])
def test_what_is_none_is_refused_in_every_place(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an RFC 3339 moment|day is out of range"):
        read_moment(text)
    with pytest.raises(RefusedError) as caught:
        read(structured(time=text), [])
    assert caught.value.refused.reason is Rejection.NOT_A_CLOUDEVENT
    with pytest.raises(ValidationError):
        _MOMENT.validate_json(json.dumps(text), strict=True)


@given(st.integers(-1439, 1439))
def test_every_offset_of_the_grammar_is_read(minutes: int) -> None:
    """Less than a day, in hours and minutes below 60."""
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    text = f"2026-09-01T10:00:00{sign}{size // 60:02}:{size % 60:02}"
    assert read_moment(text).utcoffset() == timedelta(minutes=minutes)


@given(st.integers(0, 99), st.integers(0, 99))
def test_the_schema_says_what_is_read(hours: int, minutes: int) -> None:
    text = f"2026-09-01T10:00:00+{hours:02}:{minutes:02}"
    assert (re.fullmatch(PATTERN, text) is not None) is (hours < 24 and minutes < 60)
