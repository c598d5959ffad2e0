"""Too much and too little in the database, and who comes as whom."""

from typing import Any

from doctor.diagnosis import Diagnosis
from doctor.judgements.database_rights import database_rights, operators
from doctor.readers.database_rights import DatabaseRights
from ledger.schema.found_rights import RightsDifference
from ledger.store.personal_login import DatabaseLogin
from models.service_status import Level


def judged(**changes: Any) -> list[Diagnosis]:
    values: dict[str, Any] = {
        "user": "frafaldsvarsel_operator",
        "is_superuser": False,
        "may_own": False,
        "strangers": (),
        "differences": (),
    } | changes
    return list(database_rights(DatabaseRights(**values)))


def test_each_with_what_it_needs_is_fine() -> None:
    assert [one.level for one in judged()] == [Level.FINE]


def test_a_user_that_nothing_limits_is_a_fault() -> None:
    [superuser] = judged(is_superuser=True, may_own=True)
    assert (superuser.level, "a superuser" in superuser.sentence) == (Level.FAULT, True)
    [owner] = judged(may_own=True)
    assert (owner.level, "the owner" in owner.sentence) == (Level.FAULT, True)


def test_a_process_under_another_name_works_and_is_named() -> None:
    [one] = judged(strangers=[("frafaldsvarsel-ledger", "once")])
    assert one.level is Level.WARNING
    assert "frafaldsvarsel-ledger as once" in one.sentence


def test_what_is_missing_is_a_fault_and_what_is_too_much_a_warning() -> None:
    missing = [RightsDifference(f"x lacks {number}.", False, "x", is_missing=True) for number in range(5)]
    too_much = RightsDifference("x has DELETE of audit, and needs it not.", False, "x")
    lacks, has = judged(differences=[*missing, too_much])
    assert (lacks.level, has.level) == (Level.FAULT, Level.WARNING)
    assert lacks.sentence == "x lacks 0. x lacks 1. x lacks 2. And 2 more."
    assert has.sentence == too_much.sentence
    assert "migrate" in has.advice


def test_a_log_in_that_several_share_is_named_and_so_is_a_database_that_allows_it() -> None:
    role = "frafaldsvarsel_operator"
    assert operators(DatabaseLogin("anna", "anna", shared_allowed=False)).level is Level.FINE
    shared = operators(DatabaseLogin(None, role, shared_allowed=False))
    assert (shared.level, role in shared.sentence) == (Level.WARNING, True)
    trial = operators(DatabaseLogin("anna", "anna", shared_allowed=True))
    assert (trial.level, "--as" in trial.sentence) == (Level.WARNING, True)
