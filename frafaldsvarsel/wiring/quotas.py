"""The composition root's part for the quotas of senders at Kafka."""

from collections.abc import Callable
from dataclasses import dataclass

from config.sections.servers import QuotaSection, SendersSection
from config.senders import SenderRegister
from infra.client_quotas import EVERYBODY_ELSE


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderQuotaEnvironment:
    """What is read besides where senders have quotas: without, `topics` needs no register."""

    senders: SendersSection


def quotas(section: QuotaSection, senders: Callable[[], SendersSection]) -> dict[str | None, int]:
    """Bytes a second by Kafka user. A sender whose entry is damaged keeps what it has; raises `ConfigError`."""
    found: dict[str | None, int] = {}
    if section.sender_bytes is not None:
        register = SenderRegister(senders().directory)
        register.find("")
        for sender in sorted(register.senders, key=lambda one: one.number):
            found[section.user_of(sender.number)] = section.sender_bytes
    if section.other_bytes is not None:
        found[EVERYBODY_ELSE] = section.other_bytes
    return found
