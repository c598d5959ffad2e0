"""The environment: typed once, every fault a sentence, no secret ever shown."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.errors import ConfigError
from config.every_environment import EveryEnvironment
from config.settings import PREFIX, SECRETS, load
from crypto.jwk_set import as_set
from crypto.new_keys import new_signing_key
from crypto.stream_keys import new_stream_keyring

TRAIL = new_signing_key("trail-1")
SECRET = "postgresql://somebody:hunter2@db/frafald"


def environment(**more: str) -> dict[str, str]:
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
        "DATABASE_URL": SECRET,
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
        "STREAM_KEYS": new_stream_keyring().model_dump_json(),
        "TRAIL_KEY": json.dumps(TRAIL.as_dict(private=True)),
        "TRAIL_PUBLIC_KEYS": as_set(TRAIL),
        "DATABASE_URL": SECRET,
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=hunter2",
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
        "STREAM_KEYS": SecretStr(found.stream.ring.model_dump_json()) if found.stream.ring else None,
        "TRAIL_KEY": SecretStr(json.dumps(found.trail_key.key.as_dict(private=True)))
        if found.trail_key.key
        else None,
        "TRAIL_PUBLIC_KEYS": SecretStr(as_set(*(found.trail_public.keys or {}).values())),
        "SMTP_PASSWORD": found.smtp.password,
        "HEARTBEAT_URL": found.audit.heartbeat_url,
        "OIDC_CLIENT_SECRET": found.oidc.client_secret,
        "OTEL_EXPORTER_OTLP_HEADERS": found.traces.headers,
    }[name]
    assert held is not None
    assert held.get_secret_value() == content


def test_traces_are_off_until_a_collector_is_named_by_a_variable_of_ours() -> None:
    """What is set for all programs of a machine does not switch them on."""
    machine = environment() | {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example:4318"}
    assert load(EveryEnvironment, machine).traces.endpoint is None
    found = load(EveryEnvironment, environment(OTEL_EXPORTER_OTLP_ENDPOINT="https://collector.example:4318"))
    assert found.traces.endpoint == "https://collector.example:4318"
    assert (found.traces.ratio, found.traces.pairs) == (1.0, {})


def test_what_a_collector_asks_for_is_read_as_opentelemetry_writes_it() -> None:
    told = environment(OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20made-up, x-tenant = seven==,")
    found = load(EveryEnvironment, told).traces
    assert found.pairs == {"authorization": "Bearer made-up", "x-tenant": "seven=="}
    assert "made-up" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "begins with http"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://us:hunter2@collector:4318", "holds more than an address"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318?token=hunter2", "holds more than an address"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2", "no list of name=value"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b%0d%0ahunter2: c", "no list of name=value"),
        ("TRACES_SAMPLE_RATIO", "nan", "TRACES_SAMPLE_RATIO"),
        ("TRACES_SAMPLE_RATIO", "1.5", "TRACES_SAMPLE_RATIO"),
        ("TRACES_SAMPLE_RATIO", "-1", "TRACES_SAMPLE_RATIO"),
    ],
)
def test_a_fault_in_the_settings_of_traces_is_a_sentence_without_the_secret(
    name: str, value: str, said: str
) -> None:
    (sentence,) = faults(environment(**{name: value}))
    assert said in sentence
    assert "hunter2" not in sentence


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


def test_no_secret_shows_in_the_settings() -> None:
    settings = load(EveryEnvironment, environment(SMTP_PASSWORD="hunter3", KAFKA_PASSWORD="hunter4"))
    shown = repr(settings) + str(settings) + repr(settings.kafka)
    assert "hunter" not in shown


def test_the_operators_page_asks_at_named_addresses_in_their_order() -> None:
    told = "worker-2=http://w2:9100/metrics, lag=https://lag.internal:9100/metrics,"
    settings = load(EveryEnvironment, environment(OPERATOR_METRICS_ADDRESSES=told))
    assert list(settings.operators.processes.items()) == [
        ("worker-2", "http://w2:9100/metrics"),
        ("lag", "https://lag.internal:9100/metrics"),
    ]
    assert load(EveryEnvironment, environment()).operators.processes == {}


@pytest.mark.parametrize(
    "told",
    [
        "http://geheim:9100/metrics",
        "lag=file:///etc/geheim",
        "lag=geheim:9100",
        "lag=http://geheim:hunter2@lag/metrics",
        "lag=http://geheim, lag=http://geheim",
        "La<g=http://geheim",
        ",".join(f"p{number}=http://geheim" for number in range(51)),
    ],
)
def test_an_address_that_nobody_may_be_asked_at_is_a_fault_and_is_not_repeated(told: str) -> None:
    (said,) = faults(environment(OPERATOR_METRICS_ADDRESSES=told))
    assert "FRAFALDSVARSEL_OPERATOR_METRICS_ADDRESSES is not valid" in said
    assert "geheim" not in said
