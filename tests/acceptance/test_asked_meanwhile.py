"""Whoever asks a service that looks after its servers gets the same answer while one of them is being started again."""

import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.servers.kafka import Broker
from local.servers.process import StartFailed
from local.service import Service

SERVERS = ("broker", "database", "mail_catcher", "provider")
LONG = 200


@pytest.fixture(scope="module")
def service(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("asked"), jars=jars, beside=())
    with service.running():
        yield service


def kill(service: Service, name: str) -> int:
    """Kill it, and return when it is seen to be gone."""
    killed = service.pids()[name]
    os.kill(killed, signal.SIGKILL)
    until(lambda: service.pids().get(name) != killed)
    return killed


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=LONG) as answer:  # noqa: S310 - our own address
        return bytes(answer.read())


def told(service: Service) -> dict[str, object]:
    return dict(json.loads((service.data / "addresses.json").read_text()))


@pytest.mark.parametrize("name", SERVERS)
def test_what_is_asked_while_a_server_is_away_is_answered_when_it_is_back(
    service: Service, name: str
) -> None:
    """And by the same addresses, which those that run on have been told."""
    settings, pages, addresses = service.settings, service.mail_pages, told(service)
    killed = kill(service, name)
    assert service.settings == settings
    assert service.pids()[name] != killed
    assert service.mail_pages == pages
    assert b"<title>" in read(pages)
    with service.database() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    host, _, port = settings.kafka.bootstrap_servers.partition(":")
    socket.create_connection((host, int(port)), LONG).close()
    assert b"token_endpoint" in read(f"{settings.oidc.issuer}/.well-known/openid-configuration")
    until(lambda: told(service)["pids"] == service.pids())
    assert told(service) | {"pids": None} == addresses | {"pids": None}


def test_the_settings_are_answered_at_every_moment_of_a_restart(service: Service) -> None:
    settings = service.settings
    killed = service.pids()["mail_catcher"]
    os.kill(killed, signal.SIGKILL)
    while service.pids().get("mail_catcher") in (None, killed):
        assert service.settings == settings


def test_a_server_that_does_not_come_back_keeps_no_other_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Broker) -> None:
        raise StartFailed("not today")

    with monkeypatch.context() as broken:
        broken.setattr(Broker, "start", fail)
        for name in ("broker", "database"):
            os.kill(service.pids()[name], signal.SIGKILL)
        service.database().close()
        assert "broker" not in service.pids()
    assert service.settings.kafka.bootstrap_servers == told(service)["bootstrap_servers"]
    assert "broker" in service.pids()
