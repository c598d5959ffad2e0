"""A canary that could not come home does not begin, and says all that it lacks."""

from pathlib import Path

import pytest

from config.environments import ProbeEnvironment
from config.errors import ConfigError
from config.senders import base_senders
from config.settings import PREFIX, load
from frafaldsvarsel.wiring import probe as probe_wiring
from models.events import probe_identity
from publisher.key_files import ensure_keys
from tests.paths import DATA as TEST_DATA
from tests.reference import SHIPPED


def settings(data: Path, **changes: object) -> ProbeEnvironment:
    told = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "DATABASE_URL": "postgresql://nobody.invalid/none",
        "CANARY_KEYS_DIR": data / "keys",
        **changes,
    }
    return load(
        ProbeEnvironment, {PREFIX + name: str(value) for name, value in told.items() if value is not None}
    )


def faults(known: ProbeEnvironment) -> list[str]:
    with pytest.raises(ConfigError) as error:
        probe_wiring.probe_settings(known)
    return [fault.sentence for fault in error.value.faults]


def test_with_its_keys_it_can_begin(tmp_path: Path) -> None:
    ensure_keys(tmp_path, base_senders(SHIPPED))
    assert set(probe_wiring.probe_settings(settings(tmp_path)).sources) == probe_identity.SENDERS


def test_without_a_folder_of_keys_it_cannot(tmp_path: Path) -> None:
    assert faults(settings(tmp_path, CANARY_KEYS_DIR=None)) == [
        "FRAFALDSVARSEL_CANARY_KEYS_DIR is missing: the canary signs with keys of its own."
    ]


def test_each_key_that_is_missing_is_named(tmp_path: Path) -> None:
    assert faults(settings(tmp_path)) == [
        *(f"There is no private key of sender {number}." for number in sorted(probe_identity.SENDERS)),
        "The service's public key is missing: service.public.json.",
    ]


def test_reference_data_without_its_rows_is_named(tmp_path: Path) -> None:
    """A municipality's own tables may have been made before there were canaries."""
    ensure_keys(tmp_path, base_senders(SHIPPED))
    good = TEST_DATA / "reference" / "good"
    found = faults(settings(tmp_path, REFERENCE_DIR=good))
    assert found == [
        *(
            f"Sender {number} of the canary is not in the reference data."
            for number in sorted(probe_identity.SENDERS)
        ),
        "Municipality 9990 of the canary is not routed to canary-9990.",
    ]


def test_the_heart_waits_for_interval_and_patience_together(tmp_path: Path) -> None:
    within = probe_wiring.probe_within(
        settings(tmp_path, CANARY_SECONDS=60, CANARY_PATIENCE_SECONDS=90).interval
    )
    assert within is not None
    assert within.total_seconds() == 150
    assert probe_wiring.probe_within(settings(tmp_path).interval) is None


@pytest.mark.parametrize(("until", "version"), [(None, 1), ("2026-12-31", 2)])
def test_it_sends_version_2_of_the_contract_when_version_1_has_a_last_day(
    tmp_path: Path, until: str | None, version: int
) -> None:
    """Readers first: while intakes of the release before may run, they would refuse it."""
    ensure_keys(tmp_path, base_senders(SHIPPED))
    assert probe_wiring.probe_settings(settings(tmp_path, VERSION_1_UNTIL=until)).version == version
