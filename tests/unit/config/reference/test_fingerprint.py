"""The fingerprint of the rules for reminders is kept in the database: it says when they have changed, and only then."""

from config.reference.checks.all import sound_reference
from config.reference.reminder_policy import reminder_policy_of
from tests.paths import DATA


def test_the_same_rules_have_the_same_fingerprint_in_every_version() -> None:
    """Two versions run side by side; another text would make each plan the other's tasks anew, each minute."""
    assert reminder_policy_of(sound_reference(DATA / "reference" / "good")).fingerprint == "0a3ce11fbe44261d"
