"""A fault reads as a sentence with its place, and an error shows all of them."""

from config.errors import ConfigError, Fault


def test_a_fault_names_its_file_and_line() -> None:
    assert str(Fault("email is missing.", "units.csv", 3)) == "units.csv, line 3: email is missing."


def test_a_fault_of_a_whole_file_names_no_line() -> None:
    assert str(Fault("the file is missing.", "units.csv")) == "units.csv: the file is missing."


def test_a_fault_outside_any_file_is_its_sentence() -> None:
    assert str(Fault("FRAFALDSVARSEL_KEYS_DIR is missing.")) == "FRAFALDSVARSEL_KEYS_DIR is missing."


def test_an_error_carries_and_shows_every_fault() -> None:
    faults = [Fault("one.", "a.csv", 2), Fault("two.", "b.csv")]
    error = ConfigError(iter(faults))
    assert error.faults == tuple(faults)
    assert str(error).splitlines() == ["a.csv, line 2: one.", "b.csv: two."]


def test_a_value_that_may_be_a_cpr_is_struck_from_the_sentence_that_repeats_it() -> None:
    for written in ("0101011234", "010101-1234", "010101 1234", "０１０１０１1234"):
        assert str(Fault(f'unit_id "{written}": unknown.', "a.csv")) == 'a.csv: unit_id "[CPR]": unknown.'
    assert str(Fault("law.toml, 2026-01-01 to 2026-12-31.")) == "law.toml, 2026-01-01 to 2026-12-31."
