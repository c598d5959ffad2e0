"""A claim gives what it says in so many words, and nothing more."""

import pytest

from inbox.rights import Right, Rights, Role, rights_of

UNITS = {"jc-0101", "jc-0751"}


def rights(*listed: object) -> Rights:
    """The rights of a claim that lists these."""
    return rights_of({"rights": list(listed)}, "rights", UNITS)


def test_a_case_worker_works_with_the_named_units_tasks_and_sees_no_figures() -> None:
    found = rights({"role": "case_worker", "units": ["jc-0101"]})
    assert found.tasks_of == {"jc-0101"}
    assert found.figures_of == frozenset()
    assert not found.undecided
    assert not found.sees_undecided


def test_a_manager_works_too_and_sees_the_figures_of_the_same_units() -> None:
    found = rights({"role": "manager", "units": ["jc-0101"]}, {"role": "case_worker", "units": ["jc-0751"]})
    assert found.tasks_of == UNITS
    assert found.figures_of == {"jc-0101"}


def test_the_service_desk_sees_the_undecided_and_no_units_tasks_whatever_units_it_names() -> None:
    found = rights({"role": "service_desk", "units": ["jc-0101"]})
    assert found.undecided
    assert found.tasks_of == frozenset()
    assert found.held == (Right(role=Role.SERVICE_DESK),)


@pytest.mark.parametrize(
    "listed",
    [
        {"role": "case_worker"},
        {"role": "case_worker", "units": []},
        {"role": "case_worker", "units": "jc-0101"},
        {"role": "case_worker", "units": ["jc-9999"]},
        {"role": "case_worker", "units": [None, 7, {"jc-0101": 1}]},
        {"role": "CASE_WORKER", "units": ["jc-0101"]},
        {"role": "administrator", "units": ["jc-0101"]},
        {"role": ["case_worker"], "units": ["jc-0101"]},
        {"units": ["jc-0101"]},
        "case_worker",
        None,
    ],
)
def test_what_cannot_be_read_gives_nothing(listed: object) -> None:
    assert not rights(listed).any


@pytest.mark.parametrize("claim", [None, {}, "case_worker", 1])
def test_a_claim_that_is_no_list_gives_nothing(claim: object) -> None:
    assert not rights_of({"rights": claim}, "rights", UNITS).any
    assert not rights_of({}, "rights", UNITS).any


def test_a_right_that_is_another_systems_hinders_none_of_ours() -> None:
    found = rights(
        {"role": "other-system", "units": ["x"]}, {"role": "case_worker", "units": ["jc-0101", "jc-9999"]}
    )
    assert found.tasks_of == {"jc-0101"}


def test_an_operator_sees_the_service_and_nothing_of_a_unit_whatever_units_it_names() -> None:
    found = rights({"role": "operator", "units": ["jc-0101"]})
    assert found.held == (Right(role=Role.OPERATOR),)
    assert found.operates
    assert found.any
    assert (found.tasks_of, found.figures_of, found.sees_undecided) == (frozenset(), frozenset(), False)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_no_other_role_operates(role: Role) -> None:
    assert not rights({"role": role.value, "units": ["jc-0101"]}).operates
