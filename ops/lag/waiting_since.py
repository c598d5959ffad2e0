"""Since when a sender's record has been under way, read from the record that now waits for the next step. Pure."""

from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ValidationError

from config.topics import Topic


class _Origin(BaseModel):
    appended_at: AwareDatetime


class _Event(BaseModel):
    origin: _Origin


class _Decided(BaseModel):
    message: _Event
    revision: int


def waiting_since(topic: str, value: bytes | None, appended_at: datetime) -> datetime:
    """When the broker appended the sender's record that `value` came from; `appended_at` where it does not say so.

    A later revision of a decision counts from itself: the message has had an answer before it.
    """
    try:
        match topic:
            case Topic.PERSON_EVENTS:
                return _Event.model_validate_json(value or b"").origin.appended_at.astimezone(UTC)
            case Topic.DECISIONS:
                decided = _Decided.model_validate_json(value or b"")
                return (
                    decided.message.origin.appended_at.astimezone(UTC)
                    if decided.revision <= 1
                    else appended_at
                )
            case _:
                return appended_at
    except ValidationError:
        return appended_at
