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
