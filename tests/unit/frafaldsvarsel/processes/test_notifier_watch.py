"""What a notifier says of its own work: what became of its attempts, how late they were, and whether there is a way."""

from prometheus_client import generate_latest

from frafaldsvarsel.processes.notifier_watch import NotifierWatch
from models.notifications.delivery import Channel, DeliveryStatus, SendOutcome
from notifiers.told import Attempted
from tests import scrape


def shown(watch: NotifierWatch) -> dict[str, float]:
    return scrape.values(generate_latest(watch.metrics.registry).decode())


def attempt(outcome: SendOutcome, status: DeliveryStatus | None, seconds: float) -> Attempted:
    return Attempted(channel=Channel.EMAIL, outcome=outcome, status=status, seconds=seconds)


def test_attempts_are_counted_and_what_was_taken_says_how_late_it_was() -> None:
    watch = NotifierWatch(Channel)
    watch.told.attempted(attempt(SendOutcome.TRY_AGAIN, DeliveryStatus.DUE, 1))
    watch.told.attempted(attempt(SendOutcome.DELIVERED, DeliveryStatus.DELIVERED, 301))
    watch.told.attempted(attempt(SendOutcome.DELIVERED, None, 2))
    watch.told.expired(3)
    found = shown(watch)
    told = "frafaldsvarsel_delivery_attempts_total"
    assert found[told + '{channel="email",outcome="try_again",status="due"}'] == 1
    assert found[told + '{channel="email",outcome="delivered",status="delivered"}'] == 1
    assert found[told + '{channel="email",outcome="delivered",status="lost"}'] == 1
    seconds = "frafaldsvarsel_delivery_handed_over_seconds"
    assert found[seconds + '_bucket{channel="email",le="300.0"}'] == 1
    assert found[seconds + '_count{channel="email"}'] == 2
    assert found[seconds + '_count{channel="webhook"}'] == 0, "the first one is growth"
    assert found["frafaldsvarsel_deliveries_expired_total"] == 3


def test_a_closed_way_out_is_shown_for_its_channel_alone_and_leaves_the_process_ready() -> None:
    """A relay that is away is nothing that another notifier would mend."""
    watch = NotifierWatch(Channel)
    watch.database(True)
    watch.told.way_out(Channel.EMAIL, False)
    found = shown(watch)
    assert found['frafaldsvarsel_delivery_way_out{channel="email"}'] == 0
    assert found['frafaldsvarsel_delivery_way_out{channel="webhook"}'] == 1
    assert list(watch.health.missing) == []
    watch.told.database(False)
    assert list(watch.health.missing) == ["database"]


def test_the_series_are_bounded_by_channels_outcomes_and_states() -> None:
    watch = NotifierWatch(Channel)
    for channel in Channel:
        for outcome in SendOutcome:
            for status in (*DeliveryStatus, None):
                watch.told.attempted(Attempted(channel=channel, outcome=outcome, status=status, seconds=1))
    assert len(shown(watch)) < 200
