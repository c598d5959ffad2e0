"""The gate: what only shows when the first message is refused is said before a process begins."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from config.settings import PREFIX
from frafaldsvarsel.commands import commands
from local.made_up_law import confirmed_tables
from tests.unit.frafaldsvarsel.wiring.environments import told
from tools.docs.contract_vectors import SERVICE_KEY, SIGNING_KEY

EX_CONFIG: Final = 78


def run(environment: dict[str, str]) -> Result:
    return CliRunner().invoke(
        commands("check-config"), ["check-config"], env={**environment, "COLUMNS": "250"}
    )


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return told(tmp_path)


def _entry(number: str, **changes: object) -> Callable[[Path], None]:
    def change(register: Path) -> None:
        file = register / f"{number}.json"
        file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **changes}), "utf-8")

    return change


def _key(**changes: object) -> Callable[[Path], None]:
    def change(register: Path) -> None:
        entry = json.loads((register / "900101.json").read_text("utf-8"))
        _entry("900101", keys=[{**entry["keys"][0], **changes}])(register)

    return change


def test_what_up_makes_is_sound(environment: dict[str, str]) -> None:
    done = run(environment)
    assert done.exit_code == 0, done.output
    assert "published test keys" not in done.output


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_key(x=SIGNING_KEY["x"]), "key 900101-1 is published (docs/contract/vectors)"),
        (_key(crv="X25519"), "key 900101-1 is not a public Ed25519 key."),
        (_key(d="AAAA"), "it holds the private half of a key"),
        (_key(valid_from="2026-01-02T00:00:00Z", valid_to="2026-01-01T00:00:00Z"), "before it begins at"),
        (
            _key(valid_to="2023-01-01T00:00:00Z"),
            "every key of 900101 has ended: all that it sends is refused.",
        ),
        (_entry("900101", keys=[]), "900101 has no key: all that it sends is refused."),
        (
            _entry("900101", valid_to="2021-01-01"),
            "900101 ends on 2021-01-01, before it begins on 2022-01-01.",
        ),
        (_entry("900101", successor="900101"), "900101 is its own successor."),
        (_entry("900101", successor="999998"), "successor 999998 is not in the register."),
    ],
)
def test_a_register_that_would_refuse_or_believe_the_wrong_one_is_no_sound_one(
    change: Callable[[Path], None], sentence: str, environment: dict[str, str], tmp_path: Path
) -> None:
    change(tmp_path / "senders")
    done = run(environment)
    assert done.exit_code == EX_CONFIG
    assert "900101.json: " in done.output
    assert sentence in done.output
    assert "sound" not in done.output


@pytest.mark.parametrize(
    ("opening", "sentence"),
    [
        (None, "intake has no key of the purpose opening"),
        ({**SERVICE_KEY, "d": None}, "opening-k1.json: is a public half only: it opens nothing."),
        (SIGNING_KEY, "opening-k1.json: is not an X25519 key: no CPR is sealed to it."),
        (SERVICE_KEY, "opening-k1.json: is published (docs/contract/vectors): everybody can open with it."),
    ],
)
def test_keys_that_open_nothing_or_for_everybody_are_no_sound_ones(
    opening: dict[str, str | None] | None, sentence: str, environment: dict[str, str]
) -> None:
    for holder in ("intake", "replay"):
        folder = Path(environment[PREFIX + "KEY_STORE"]) / holder
        next(folder.glob("opening-*")).unlink()
        if opening is not None:
            jwk = {name: part for name, part in opening.items() if part is not None}
            key = {"purpose": "opening", "kid": "k1", "made_at": "2026-01-01T00:00:00Z", "jwk": jwk}
            (folder / "opening-k1.json").write_text(json.dumps(key))
    done = run(environment)
    assert done.exit_code == EX_CONFIG
    assert sentence in done.output
    assert str(SERVICE_KEY["d"]) not in done.output


def test_a_service_to_try_the_vectors_on_takes_published_keys_and_says_so(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """The line is drawn by a setting that `up` and `demo` make, and nobody else."""
    _key(x=SIGNING_KEY["x"])(tmp_path / "senders")
    done = run({**environment, PREFIX + "PUBLISHED_KEYS_TAKEN": "true"})
    assert done.exit_code == 0, done.output
    assert "The published test keys are taken" in done.output


def test_a_confirmation_of_the_law_that_is_dated_after_today_is_refused(
    environment: dict[str, str], tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    tables = confirmed_tables(tmp_path / "reference", today)
    asked = {**environment, PREFIX + "REFERENCE_DIR": str(tables)}
    assert run(asked).exit_code == 0
    with (tables / "law_confirmers.csv").open("a", encoding="utf-8") as people:
        people.write("one@loven.example,Navn,2026-01-01,,made-up,[I] test\n")
    with (tables / "law_confirmations.csv").open("a", encoding="utf-8") as table:
        on, until = today + timedelta(days=3), today + timedelta(days=4)
        table.write(f"lab-2026-02-01,{until},one@loven.example,{on},made-up,[I] test\n")
    done = run(asked)
    assert done.exit_code == EX_CONFIG
    assert f"one@loven.example has confirmed on {on}, which is after today." in done.output
