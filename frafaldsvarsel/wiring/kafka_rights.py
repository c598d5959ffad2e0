"""The composition root's part for the rights at Kafka: which principal has which."""

from collections.abc import Callable, Mapping

from config.kafka_rights import KafkaRight, KafkaUser, rights_of, sender_rights
from config.sections.servers import KafkaUserSection, QuotaSection, SendersSection
from config.senders import SenderRegister


def wanted_rights(
    users: KafkaUserSection, quotas: QuotaSection, senders: Callable[[], SendersSection] | None
) -> Mapping[str, frozenset[KafkaRight]]:
    """Rights by principal; with `senders`, those of the register as well. Raises `ConfigError`."""
    found = {_principal(users.name_of(user)): rights_of(user) for user in KafkaUser}
    if senders is not None:
        register = SenderRegister(senders().directory)
        register.find("")
        for sender in register.senders:
            found[_principal(quotas.user_of(sender.number))] = sender_rights(sender.kind)
    return found


def _principal(name: str) -> str:
    return f"User:{name}"
