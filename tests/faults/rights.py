"""Who may do what on the brokers of the rig: the service's own table as a broker is told it, and nothing beyond it."""

from typing import Final

from config.kafka_rights import KafkaUser, rights_of
from tests.faults.admin import Admin

WORKER: Final = KafkaUser.WORKER.value
LEDGER: Final = KafkaUser.LEDGER.value
RIGHTS: Final = {
    user.value: tuple((one.resource.value, one.name, one.operation.value) for one in sorted(rights_of(user)))
    for user in (KafkaUser.WORKER, KafkaUser.LEDGER, KafkaUser.TRAIL)
}


def password(user: str) -> str:
    """Of a user of the rig."""
    return f"{user}-of-the-rig"


def let_in(admin: Admin, user: str) -> None:
    """With the password that its processes have."""
    admin.set_password(user, password(user))


def give(admin: Admin, user: str) -> None:
    """Everything that the user may do."""
    admin.grant(user, RIGHTS[user])


def take(admin: Admin, user: str) -> None:
    """All of it."""
    admin.revoke(user, RIGHTS[user])
