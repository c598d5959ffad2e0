"""A webhook is not sent to an endpoint that is off or gone."""

from dataclasses import replace
from datetime import UTC, datetime

from frafaldsvarsel.preview_notice import sample
from models.notifications.delivery import Audience, Occasion
from notifiers.supersede import Superseded
from notifiers.webhook.endpoints import endpoint_superseded

URL = ("https://fag.example.dk/hook",)


def test_a_webhook_that_is_off_or_removed_is_not_sent() -> None:
    due = sample(Occasion.NEW, Audience.UNIT, "jc-0101", URL[0], datetime(2025, 10, 1, 8, tzinfo=UTC))
    assert endpoint_superseded(replace(due, endpoint_off=True), URL) is Superseded.ENDPOINT_OFF
    assert endpoint_superseded(due, ()) is Superseded.ENDPOINT_REMOVED
    assert endpoint_superseded(due, URL) is None
