"""The register knows of every change within a second, and no damage takes a good entry away."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from config.errors import ConfigError, Fault
from config.senders import SenderRegister, write_sender
from crypto.new_keys import new_signing_key
from crypto.signature import sign, verify
from models.events.sender import Sender, SenderKind, VerificationKey, kind_of

SINCE = datetime(2022, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Register:
    """A register with a clock that stands still and a list of what it reported."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = Clock()
        self.reported: list[Fault] = []
        self.register = SenderRegister(directory, clock=self.clock, report=self.reported.append)

    def later(self, seconds: float = 1.0) -> SenderRegister:
        self.clock.now += seconds
        return self.register

    @property
    def sentences(self) -> list[str]:
        return [str(fault) for fault in self.reported]


@pytest.fixture
def known(tmp_path: Path) -> Register:
    return Register(tmp_path)


def public(key: OKPKey, kid: str | None = None) -> VerificationKey:
    return VerificationKey(x=str(key.as_dict(private=False)["x"]), kid=kid or key.kid or "", valid_from=SINCE)


def sender(number: str = "900001", *keys: VerificationKey, name: str = "Nyby Skole") -> Sender:
    return Sender(number=number, kind=kind_of(number), name=name, cvr="00110019", keys=keys)


def test_a_sender_that_was_written_is_found_with_all_that_it_holds(known: Register) -> None:
    entry = sender("900001", public(new_signing_key("k1"))).model_copy(
        update={"valid_to": date(2026, 1, 1), "successor": "900002"}
    )
    write_sender(known.directory, entry)
    assert known.register.find("900001") == entry
    assert known.register.find("900002") is None


@pytest.mark.parametrize("number", ["900001", "0461", "REG-CPR"])
def test_every_kind_of_sender_has_an_entry(number: str, known: Register) -> None:
    write_sender(known.directory, sender(number))
    found = known.register.find(number)
    assert found is not None
    assert found.kind is kind_of(number)


def test_its_key_verifies_what_it_signed(known: Register) -> None:
    private = new_signing_key("k1")
    write_sender(known.directory, sender("900001", public(private)))
    found = known.register.key("900001", "k1")
    assert found is not None
    verification, key = found
    assert verification.valid_from == SINCE
    verify(sign(b"content", private), b"content", key)
    assert not key.is_private


def test_a_key_is_parsed_once(known: Register) -> None:
    write_sender(known.directory, sender("900001", public(new_signing_key("k1"))))
    first = known.register.key("900001", "k1")
    again = known.later(5).key("900001", "k1")
    assert first is not None
    assert again is not None
    assert first[1] is again[1]


def test_an_unknown_kid_or_number_has_no_key(known: Register) -> None:
    write_sender(known.directory, sender("900001", public(new_signing_key("k1"))))
    assert known.register.key("900001", "k2") is None
    assert known.register.key("900002", "k1") is None
    assert known.register.key("../900001", "k1") is None


def test_a_new_sender_is_known_within_a_second_and_no_sooner(known: Register) -> None:
    assert known.register.find("900001") is None
    write_sender(known.directory, sender())
    assert known.later(0.999).find("900001") is None
    assert known.later(0.001).find("900001") == sender()


def test_a_new_key_is_known_within_a_second(known: Register) -> None:
    old, new = public(new_signing_key("k1")), public(new_signing_key("k2"))
    write_sender(known.directory, sender("900001", old))
    assert known.register.key("900001", "k2") is None
    write_sender(known.directory, sender("900001", old, new))
    assert known.later().key("900001", "k2") is not None


def test_a_withdrawn_key_is_gone_within_a_second_though_it_was_known(known: Register) -> None:
    key = public(new_signing_key("k1"))
    write_sender(known.directory, sender("900001", key))
    assert known.register.key("900001", "k1") is not None
    write_sender(known.directory, sender("900001"))
    assert known.later().key("900001", "k1") is None


def test_a_removed_file_takes_its_sender_with_it(known: Register) -> None:
    write_sender(known.directory, sender())
    assert known.register.find("900001") is not None
    (known.directory / "900001.json").unlink()
    assert known.later().find("900001") is None


@pytest.mark.parametrize("kept", [0, 1, 50])
def test_a_half_written_file_keeps_the_old_entry_and_is_reported_once(kept: int, known: Register) -> None:
    write_sender(known.directory, sender())
    assert known.register.find("900001") == sender()
    file = known.directory / "900001.json"
    whole = sender(name="Nyby Erhvervsskole").model_dump_json()
    file.write_text(whole[:kept], "utf-8")
    assert known.later().find("900001") == sender()
    assert known.later().find("900001") == sender()
    assert len(known.reported) == 1
    assert known.sentences[0].startswith("900001.json: ")
    assert known.register.faults == tuple(known.reported)

    file.write_text(whole, "utf-8")
    assert known.later().find("900001") == sender(name="Nyby Erhvervsskole")
    assert known.register.faults == ()


def test_a_half_written_file_harms_no_other_sender(known: Register) -> None:
    (known.directory / "900001.json").write_text("{", "utf-8")
    write_sender(known.directory, sender("900002"))
    assert known.register.find("900001") is None
    assert known.register.find("900002") is not None


def damaged(**changes: object) -> dict[str, object]:
    entry = json.loads(sender("900001", public(new_signing_key("k1"))).model_dump_json())
    return {**entry, **changes}


TWICE = json.loads(public(new_signing_key("k1")).model_dump_json())


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (damaged(number="900002"), "the file is named 900001 and holds 900002."),
        (
            damaged(kind=SenderKind.REGISTER),
            "900001 is not the number of a sender of the kind register.",
        ),
        (damaged(keys=[TWICE, TWICE]), "key k1 is there twice."),
        (damaged(keys=[{**TWICE, "x": "short"}]), "key k1 is not a public Ed25519 key."),
        (damaged(keys=[{**TWICE, "x": "A" * 44}]), "key k1 is not a public Ed25519 key."),
        (damaged(keys=[{**TWICE, "x": "æ"}]), "key k1 is not a public Ed25519 key."),
        (damaged(keys=[{**TWICE, "crv": "X25519"}]), "key k1 is not a public Ed25519 key."),
        (
            damaged(keys=[{**TWICE, "d": "secret"}]),
            "it holds the private half of a key: that key is no secret any more, its owner must make a new one.",
        ),
        (damaged(cvr="1"), "cvr \"1\": string should match pattern '^[0-9]{8}$'."),
    ],
)
def test_an_entry_that_cannot_be_trusted_is_refused(
    entry: dict[str, object], sentence: str, known: Register
) -> None:
    (known.directory / "900001.json").write_text(json.dumps(entry), "utf-8")
    assert known.register.find("900001") is None
    assert known.sentences == [f"900001.json: {sentence}"]


def test_every_fault_of_an_entry_is_reported(known: Register) -> None:
    entry = damaged(number="900002", keys=[{**TWICE, "x": "short"}])
    (known.directory / "900001.json").write_text(json.dumps(entry), "utf-8")
    assert known.register.find("900001") is None
    assert len(known.reported) == len(known.register.faults) == 2


def test_a_directory_that_was_never_readable_is_an_error_and_not_an_empty_register(tmp_path: Path) -> None:
    register = Register(tmp_path / "missing")
    with pytest.raises(ConfigError, match="the register cannot be read") as raised:
        register.register.find("900001")
    assert str(tmp_path) not in str(raised.value)
    (tmp_path / "missing").mkdir()
    write_sender(tmp_path / "missing", sender())
    assert register.register.find("900001") is not None


def test_a_directory_that_goes_away_takes_nobody_with_it(tmp_path: Path) -> None:
    directory = tmp_path / "register"
    directory.mkdir()
    write_sender(directory, sender())
    known = Register(directory)
    assert known.register.find("900001") is not None
    directory.rename(tmp_path / "elsewhere")
    assert known.later().find("900001") is not None
    assert known.later().find("900001") is not None
    assert len(known.reported) == 1
    (tmp_path / "elsewhere").rename(directory)
    assert known.later().find("900001") is not None
    assert known.register.faults == ()


def test_nothing_but_entries_is_read(known: Register) -> None:
    write_sender(known.directory, sender())
    (known.directory / ".900002.json").write_text("{", "utf-8")
    (known.directory / "README.md").write_text("{", "utf-8")
    assert known.register.find("900001") is not None
    assert known.reported == []


def test_writing_leaves_one_readable_file_and_nothing_beside_it(known: Register) -> None:
    write_sender(known.directory, sender())
    write_sender(known.directory, sender(name="Nyby Erhvervsskole"))
    [file] = known.directory.iterdir()
    assert file.name == "900001.json"
    assert file.stat().st_mode & 0o777 == 0o644
    assert json.loads(file.read_text("utf-8"))["name"] == "Nyby Erhvervsskole"


def test_a_write_that_fails_leaves_the_old_entry_and_nothing_beside_it(known: Register) -> None:
    (known.directory / "900001.json").mkdir()  # a directory cannot be replaced by a file
    with pytest.raises(IsADirectoryError):
        write_sender(known.directory, sender())
    assert [path.name for path in known.directory.iterdir()] == ["900001.json"]
    assert known.register.find("900001") is None
    assert len(known.reported) == 1
