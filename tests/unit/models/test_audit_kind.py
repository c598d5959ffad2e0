"""The audit trail's words."""

import pytest

from models.audit_kind import AuditKind, kind_of_end
from models.notifications.delivery import DeliveryStatus


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (DeliveryStatus.DUE, None),
        (DeliveryStatus.DELIVERED, None),
        (DeliveryStatus.REFUSED, AuditKind.DELIVERY_REFUSED),
        (DeliveryStatus.EXHAUSTED, AuditKind.DELIVERY_EXHAUSTED),
        (DeliveryStatus.SUPERSEDED, AuditKind.DELIVERY_SUPERSEDED),
    ],
)
def test_every_end_but_success_is_told_to_people(status: DeliveryStatus, kind: AuditKind | None) -> None:
    assert kind_of_end(status) == kind


def test_a_kind_is_its_members_name_in_small_letters() -> None:
    """It stands in the table, and in what operators search for."""
    assert [kind.value for kind in AuditKind] == [kind.name.lower() for kind in AuditKind]
