"""A task's event is the same bytes, whichever way it was made."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import encode

from models.tasks.actions import Ending
from models.tasks.published_events import TaskEvent, TaskEventData
from models.tasks.simple_task_event import SimpleTaskEvent, SimpleTaskEventData
from models.tasks.status import TaskStatus

TYPE = "dk.frafaldsvarsel.task.opened.v1"
REFERENCE = "FV-0000-0000-0000"
zones = st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-5))])
data = st.fixed_dictionaries(
    {
        "reference": st.just(REFERENCE),
        "unit_id": st.text(),
        "version": st.integers(1, 2**40),
        "status": st.sampled_from(TaskStatus),
        "ending": st.none() | st.sampled_from(Ending),
        "react_by": st.dates(date(2000, 1, 1)),
        "acknowledged": st.booleans(),
        "attempts": st.integers(0, 2**40),
        "reached": st.booleans(),
        "follows": st.none() | st.text(),
    }
)


def test_they_have_the_same_fields_in_the_same_order() -> None:
    """A field that is new in one of them fails here."""
    assert SimpleTaskEvent.__struct_fields__ == tuple(TaskEvent.model_fields)
    assert SimpleTaskEventData.__struct_fields__ == tuple(TaskEventData.model_fields)


@given(data, st.uuids(), st.datetimes(datetime(2000, 1, 1), timezones=zones))  # noqa: DTZ001 - bounds have no zone
def test_they_are_written_alike(said: dict[str, object], identity: UUID, time: datetime) -> None:
    """Byte for byte."""
    about = {"id": identity, "type": TYPE, "subject": REFERENCE, "time": time}
    model = TaskEvent.model_validate({**about, "data": said})
    simple = SimpleTaskEvent(**about, data=SimpleTaskEventData(**said))  # type: ignore[arg-type]
    assert encode(simple) == model.model_dump_json(exclude_none=True).encode()
