"""The environment: typed once, every fault a sentence, no secret ever shown."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from config.errors import ConfigError
from config.every_environment import EveryEnvironment
from config.settings import PREFIX, SECRETS, load
from crypto.keyring import new_keyring
from crypto.stream_keys import new_stream_keyring

SECRET = "postgresql://somebody:hunter2@db/frafald"


def environment(**more: str) -> dict[str, str]:
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
        "DATABASE_URL": SECRET,
        "KEYRING": new_keyring().model_dump_json(),
        "SENDERS_DIR": "senders",
        **more,
    }
    return {PREFIX + name: value for name, value in values.items()} | {"PATH": "/usr/bin"}


def faults(environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(EveryEnvironment, environ)
    return [str(fault) for fault in caught.value.faults]


def test_a_whole_environment_becomes_typed_settings() -> None:
    settings = load(EveryEnvironment, environment(SMTP_PORT="2525", SMTP_TLS="tls"))
    assert settings.smtp.port == 2525
    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.keyring.ring.vault_active == "v1"


def test_every_fault_is_named_at_once() -> None:
    broken = environment(SMTP_PORT="many", TYPO="1")
    del broken[PREFIX + "DATABASE_URL"]
    said = faults(broken)
    assert len(said) == 3
    assert any("FRAFALDSVARSEL_DATABASE_URL is missing." in one for one in said)
    assert any("FRAFALDSVARSEL_SMTP_PORT is not valid" in one for one in said)
    assert any("FRAFALDSVARSEL_TYPO is not a setting" in one for one in said)


@pytest.mark.parametrize("url", ["hunter2", "mysql://somebody:hunter2@db/x", "postgresql:/hunter2"])
def test_what_is_no_address_of_a_database_is_said_before_anything_tries_it_and_not_repeated(url: str) -> None:
    said = faults(environment(DATABASE_URL=url))
    assert said == ["FRAFALDSVARSEL_DATABASE_URL is not valid: it is no address of a PostgreSQL database."]


@pytest.mark.parametrize("url", [SECRET, "postgres://a:b[c@db,db2/x", "host=/run/postgresql dbname=frafald"])
def test_an_address_of_a_database_is_one_as_libpq_takes_it(url: str) -> None:
    assert load(EveryEnvironment, environment(DATABASE_URL=url)).database.url.get_secret_value() == url


@pytest.mark.parametrize("url", ["varsel.example", "https://", "ftp://varsel.example", "http://[x"])
def test_links_in_mails_lead_somewhere(url: str) -> None:
    (said,) = faults(environment(INBOX_URL=url))
    assert said.startswith("FRAFALDSVARSEL_INBOX_URL is not valid: ")


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_every_secret_may_lie_in_a_file(name: str, tmp_path: Path) -> None:
    """The file's content, without the newline at its end, is the secret."""
    content = {
        "KEYRING": new_keyring().model_dump_json(),
        "STREAM_KEYS": new_stream_keyring().model_dump_json(),
        "DATABASE_URL": SECRET,
        "MIGRATE_DATABASE_URL": SECRET,
    }.get(name, "hunter2")
    file = tmp_path / "secret"
    file.write_text(content + "\n")
    environ = environment(**{name + "_FILE": str(file)})
    environ.pop(PREFIX + name, None)
    found = load(EveryEnvironment, environ)
    held = {
        "KAFKA_PASSWORD": found.kafka.password,
        "DATABASE_URL": found.database.url,
        "MIGRATE_DATABASE_URL": found.migrate.url,
        "KEYRING": SecretStr(found.keyring.ring.model_dump_json()),
        "STREAM_KEYS": SecretStr(found.stream.ring.model_dump_json()) if found.stream.ring else None,
        "SMTP_PASSWORD": found.smtp.password,
        "HEARTBEAT_URL": found.audit.heartbeat_url,
        "OIDC_CLIENT_SECRET": found.oidc.client_secret,
    }[name]
    assert held is not None
    assert held.get_secret_value() == content


def test_a_mac_is_required_by_those_only_who_can_judge_one() -> None:
    """And a ring that is not sound is refused without a word of what it holds."""
    ring = new_stream_keyring()
    (said,) = faults(environment(STREAM_MAC_REQUIRED_FROM="2026-01-01T00:00:00Z"))
    assert said == "STREAM_MAC_REQUIRED_FROM needs STREAM_KEYS."
    (said,) = faults(
        environment(STREAM_KEYS=ring.model_dump_json().replace('"active":"s1"', '"active":"s2"'))
    )
    assert said == "FRAFALDSVARSEL_STREAM_KEYS is not a key ring of the stream; see docs/operations.md."
    told = environment(STREAM_KEYS=ring.model_dump_json(), STREAM_MAC_REQUIRED_FROM="2026-01-01T00:00:00Z")
    assert load(EveryEnvironment, told).stream.ring == ring
    (said,) = faults(told | {PREFIX + "STREAM_MAC_REQUIRED_FROM": "2026-01-01T00:00:00"})
    assert "timezone" in said


def test_a_secret_file_that_is_not_there_is_named_by_its_variable() -> None:
    assert any(
        "FRAFALDSVARSEL_SMTP_PASSWORD_FILE names a file that cannot be read" in one
        for one in faults(environment(SMTP_PASSWORD_FILE="nowhere"))
    )


def test_copies_that_must_have_a_record_cannot_be_more_than_there_are() -> None:
    said = faults(environment(REPLICATION_FACTOR="1", MIN_INSYNC_REPLICAS="2"))
    assert said == ["FRAFALDSVARSEL_MIN_INSYNC_REPLICAS is larger than FRAFALDSVARSEL_REPLICATION_FACTOR."]


@pytest.mark.parametrize(
    "keyring",
    [
        "",
        "{}",
        "not json",
        '{"vault":{"v1":"c2hvcnQ="},"vault_active":"v1","opening":[]}',
        '{"vault_active":1}',
    ],
)
def test_a_key_ring_that_cannot_be_used_is_one_sentence_and_shows_nothing(keyring: str) -> None:
    said = faults(environment(KEYRING=keyring))
    assert said == ["FRAFALDSVARSEL_KEYRING is not a key ring; see docs/operations.md."]


def test_no_secret_shows_in_the_settings() -> None:
    settings = load(EveryEnvironment, environment(SMTP_PASSWORD="hunter3", KAFKA_PASSWORD="hunter4"))
    shown = repr(settings) + str(settings) + repr(settings.kafka)
    assert "hunter" not in shown
    assert "opening" not in shown
