"""Certificates, the relay, the log-in."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from doctor.diagnosis import HealthCheck
from doctor.judgements.certificates import certificate, log_in, relay
from doctor.readers.certificates import CertificateSeen
from models.service_status import Level

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def ends(days: float) -> CertificateSeen:
    return CertificateSeen("relay:25", NOW + timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "level"), [(31, Level.FINE), (29, Level.WARNING), (6, Level.FAULT), (-1, Level.FAULT)]
)
def test_a_certificate_is_renewed_before_it_ends(days: float, level: Level) -> None:
    found = certificate(HealthCheck.CLIENT_CERTIFICATE, ends(days), NOW)
    assert found.level is level
    assert (found.since is not None) == (days < 0)


def test_a_certificate_that_is_not_taken_says_why() -> None:
    refused = CertificateSeen("broker:9093", None, "its certificate is not taken: certificate has expired")
    found = certificate(HealthCheck.KAFKA_CERTIFICATE, refused, NOW)
    assert (found.level, "has expired" in found.sentence) == (Level.FAULT, True)


def test_a_relay_that_lets_nobody_in_and_one_without_tls() -> None:
    assert relay(CertificateSeen("relay:25", None, "login: 535 5.7.8"), NOW).level is Level.FAULT
    assert relay(CertificateSeen("relay:25", None), NOW).level is Level.WARNING
    assert relay(ends(90), NOW).level is Level.FINE


def test_a_log_in() -> None:
    assert [one.level for one in log_in(None, (), NOW)] == [Level.WARNING]
    assert [one.level for one in log_in("http://p", (), NOW)] == [Level.FINE]
    assert [one.level for one in log_in("https://p", [ends(3)], NOW)] == [Level.FAULT]
