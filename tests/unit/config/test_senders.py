"""Who may send as shipped: every municipality, institutions, a register of residences; all without keys."""

from collections import Counter

from config.reference.law import law_of
from config.reference.rows import has_valid_cvr_check_digit
from config.senders import base_senders
from models.events import probe_identity
from models.events.sender import SenderKind
from tests.reference import SHIPPED


def test_every_municipality_and_one_register_are_senders() -> None:
    kinds = Counter(
        sender.kind for sender in base_senders(SHIPPED) if sender.number not in probe_identity.SENDERS
    )
    assert kinds[SenderKind.MUNICIPALITY] == 98
    assert kinds[SenderKind.REGISTER] == 1
    assert kinds[SenderKind.INSTITUTION] >= 45


def test_the_canary_has_a_sender_of_each_kind() -> None:
    kinds = Counter(
        sender.kind for sender in base_senders(SHIPPED) if sender.number in probe_identity.SENDERS
    )
    assert kinds == dict.fromkeys(SenderKind, 1)


def test_municipalities_send_under_the_codes_that_routes_know() -> None:
    codes = {sender.number for sender in base_senders(SHIPPED) if sender.kind is SenderKind.MUNICIPALITY}
    assert codes == set(law_of(SHIPPED).routes)


def test_numbers_and_cvrs_are_unique_and_belong_to_nobody() -> None:
    senders = base_senders(SHIPPED)
    assert len({sender.number for sender in senders}) == len(senders)
    assert len({sender.cvr for sender in senders}) == len(senders)
    assert all(has_valid_cvr_check_digit(sender.cvr) for sender in senders)
    assert all(sender.cvr.startswith("0") for sender in senders)


def test_they_carry_no_keys() -> None:
    assert all(sender.keys == () for sender in base_senders(SHIPPED))


def test_the_closed_institution_names_its_successor_and_its_end() -> None:
    [closed] = [sender for sender in base_senders(SHIPPED) if sender.successor is not None]
    assert closed.valid_to is not None
