"""The state machine of a delivery: an end stays an end, but for an operator and a mail that comes back."""

from itertools import product

import pytest

from models.notifications.delivery import DeliveryStatus
from models.notifications.delivery_moves import MADE_OUT, TRANSITIONS, Move, allowed, checked

ENDS = frozenset(DeliveryStatus) - {DeliveryStatus.DUE}


def test_every_move_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(Move)


def test_only_an_operator_and_a_mail_that_comes_back_move_what_has_ended() -> None:
    moving = {move for move, status in product(Move, ENDS) if allowed(move, status)}
    assert moving == {Move.RETRY, Move.BOUNCE}
    assert {move for move in Move if allowed(move, DeliveryStatus.DUE)} == set(Move) - {Move.RETRY}
    assert not any(allowed(move, DeliveryStatus.SUPERSEDED) for move in Move)


def test_only_an_attempt_delivers_and_only_an_operator_makes_a_notice_due_again() -> None:
    """An attempt may leave it due: it is tried again."""
    ending_at = {status: {move for move in Move if _ends(move, status)} for status in DeliveryStatus}
    assert ending_at[DeliveryStatus.DELIVERED] == {Move.RECORD}
    assert ending_at[DeliveryStatus.DUE] == {Move.RECORD, Move.RETRY}
    assert ending_at[DeliveryStatus.REFUSED] == {Move.RECORD, Move.BOUNCE}


def test_a_mistake_of_ours_is_an_error_and_a_status_that_fits_comes_back() -> None:
    assert checked(Move.RECORD, DeliveryStatus.DELIVERED) is DeliveryStatus.DELIVERED
    with pytest.raises(ValueError, match="does not end at"):
        checked(Move.BOUNCE, DeliveryStatus.DELIVERED)


def test_a_new_one_is_due_or_for_a_person_to_decide() -> None:
    assert {DeliveryStatus.DUE, DeliveryStatus.EXHAUSTED} == MADE_OUT


def _ends(move: Move, status: DeliveryStatus) -> bool:
    try:
        return checked(move, status) is status
    except ValueError:
        return False
