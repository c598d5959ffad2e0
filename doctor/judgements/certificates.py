"""Whether certificates are taken, and how long they are good for. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, warning
from doctor.readers.certificates import CertificateSeen
from doctor.words import age, days

SOON: Final = timedelta(days=30)
NOW: Final = timedelta(days=7)
_RENEW: Final = "Renew it, then restart the processes that read it at their start."


def certificate(check: HealthCheck, seen: CertificateSeen, now: datetime) -> Diagnosis:
    """One certificate: its end, or why it is not taken."""
    if seen.refused:
        return fault(
            check, f"{seen.whose}: {seen.refused}.", "Mend the certificate, or the authority's file."
        )
    if seen.ends_at is None:
        return fine(check, f"{seen.whose} is used without TLS.")
    left = seen.ends_at - now
    if left <= timedelta(0):
        sentence = f"The certificate of {seen.whose} ended {age(seen.ends_at, now)} ago."
        return fault(check, sentence, _RENEW, seen.ends_at)
    sentence = f"The certificate of {seen.whose} ends in {days(left)}."
    if left < SOON:
        return (fault if left < NOW else warning)(check, sentence, _RENEW)
    return fine(check, sentence)


def relay(seen: CertificateSeen, now: datetime) -> Diagnosis:
    """Whether the relay lets a notifier in, and its certificate's end."""
    if seen.refused:
        return fault(
            HealthCheck.RELAY,
            f"The mail relay {seen.whose} does not let us in ({seen.refused}).",
            "No mail goes out: see the relay; name, password and certificate are settings.",
        )
    if seen.ends_at is None:
        return warning(
            HealthCheck.RELAY,
            f"The mail relay {seen.whose} is used without TLS.",
            "For local use only: set SMTP_TLS.",
        )
    return certificate(HealthCheck.RELAY, seen, now)


def log_in(issuer: str | None, seen: Iterable[CertificateSeen], now: datetime) -> Iterable[Diagnosis]:
    """Whether people can log in. `seen`: nothing where the provider answers without TLS."""
    if issuer is None:
        yield warning(
            HealthCheck.LOG_IN,
            "No OpenID provider is set: nobody can log in to the inbox.",
            "Set FRAFALDSVARSEL_OIDC_ISSUER.",
        )
        return
    shown = [certificate(HealthCheck.LOG_IN, one, now) for one in seen]
    yield from shown or [fine(HealthCheck.LOG_IN, "The OpenID provider answers.")]
