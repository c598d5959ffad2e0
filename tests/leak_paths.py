"""What happens to made-up people at a running service: a path for each, good ones and bad ones.

`tests/acceptance/test_nobody_named.py` looks for them afterwards. What comes out of the service on the way is kept.
"""

import socket
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx2

from inbox.action_forms import READERS
from local.service import Service
from tests.acceptance.service import command
from tests.leak_records import CANARIES, Told


def visit_pages(service: Service, told: Told) -> None:
    """A case worker at work, and somebody who writes numbers where none belongs."""
    opened, looked = CANARIES["good, version 2"], CANARIES["searched in the inbox, and nobody's"]
    asked, formed = CANARIES["in an address of the inbox"], CANARIES["in forms and cookies of the inbox"]
    with httpx2.Client(base_url=service.inbox_pages) as client:

        def keep(answer: httpx2.Response) -> httpx2.Response:
            told.add("the inbox's answers", answer.text, str(answer.headers))
            return answer

        to_provider = client.get("/log-ind/start").headers["location"]
        assert client.get(client.get(f"{to_provider}&person=anna").headers["location"]).status_code == 303
        token = keep(client.get("/opgaver")).text.partition('name="form_token" value="')[2].partition('"')[0]
        assert token

        def post(path: str, **fields: str) -> httpx2.Response:
            return client.post(path, data={"form_token": token, **fields})

        found = keep(post("/opgaver/soeg", q=opened.cpr, purpose="contact_person"))
        page = found.headers["location"]
        assert page.startswith("/opgaver/FV-")
        keep(client.get(page))
        told.add("the page of a person who was opened", post(f"{page}/person", purpose="contact_person").text)
        keep(client.get(page))
        for typed in (
            looked.cpr,
            f"cpr {looked.cpr[:6]}-{looked.cpr[6:]}",
            looked.cpr[:8],
            f"{looked.name} {looked.cpr}",
        ):
            keep(post("/opgaver/soeg", q=typed, purpose="contact_person"))
        for path in (
            f"/opgaver?q={asked.cpr}",
            f"/overblik?x={asked.cpr}&sprog=en",
            f"/opgaver/{asked.cpr}",
            f"/{asked.cpr}?q={asked.cpr}",
            f"/log-ind/tilbage?state={asked.cpr}&code={asked.cpr}&error={asked.cpr}",
            f"/log-ind?til=/opgaver?q={asked.cpr}",
            f"/kvitter/{asked.cpr}",
            f"/opgaver?fra={asked.cpr}&vis={asked.cpr}&skole={asked.cpr}",
            f"/uafklarede?efter={asked.cpr}",
        ):
            keep(client.get(path))
            keep(httpx2.get(service.inbox_pages.rstrip("/") + path))
        for deed in READERS:
            fields = dict.fromkeys(
                ("date", "time", "form", "reason", "to_unit", "ending", "act", "version"), formed.cpr
            )
            keep(post(f"{page}/{deed}", **fields, note=formed.name))
        keep(
            client.get(
                "/opgaver", headers={"cookie": f"frafaldsvarsel={formed.cpr}; sprog={quote(formed.name)}"}
            )
        )
        keep(
            client.post(
                "/opgaver/soeg", content=b"\xff" + formed.name.encode(), headers={"content-type": formed.cpr}
            )
        )


def call_interface(service: Service, told: Told) -> None:
    """A case system that puts a person where none belongs."""
    who = CANARIES["in calls of the interface"]
    secret = (service.data / "api" / "case-system.secret").read_text("utf-8")
    url = f"{service.api}/oauth2/token"
    form = {"grant_type": "client_credentials"}
    token = httpx2.post(url, auth=("case-system", secret), data=form).json()["access_token"]
    with httpx2.Client(headers={"Authorization": f"Bearer {token}"}) as client:
        (task, *_) = client.get(f"{service.api}/tasks").json()["tasks"]
        deeds = f"{service.api}/tasks/{task['reference']}/deeds"
        answers = [
            client.post(url, auth=(who.cpr, who.name), data=form),
            client.post(url, data={**form, "client_id": who.cpr, "scope": who.cpr}),
            client.get(f"{service.api}/tasks", headers={"Authorization": f"Bearer {who.cpr}"}),
            client.get(f"{service.api}/tasks/{who.cpr}"),
            client.get(f"{service.api}/{who.cpr}/{quote(who.name)}"),
            client.get(f"{service.api}/tasks", headers={"Worker-Id": who.cpr}),
            *(
                client.get(f"{service.api}/tasks", params={name: who.cpr})
                for name in ("after", "unit", "filter", "limit", who.cpr)
            ),
            *(
                client.post(deeds, json=body, headers={"If-Match": "*", "Idempotency-Key": who.cpr})
                for body in (
                    {"deed": {"kind": "take"}, "worker": {"id": who.cpr, "name": who.name}},
                    {"deed": {"kind": "take"}, "worker": {"id": "a", "name": f"{who.name} {who.cpr}"}},
                    {"deed": {"kind": who.cpr, who.name: who.text}},
                    {who.cpr: who.name},
                )
            ),
            client.post(deeds, content=f"{who.cpr} {who.name}", headers={"content-type": "application/json"}),
        ]
    assert {answer.status_code for answer in answers} <= {200, 400, 401, 404, 412, 422, 428}
    told.add("the interface's answers", *(f"{answer.text}\n{answer.headers}" for answer in answers))


def send_mails_back(service: Service, maildir: Path) -> None:
    """One mail of ours, in words that nobody understands, and one that is none of ours."""
    who = CANARIES["in mails that came back"]
    for number, to in enumerate((_envelope(service), "bounce+nobody@frafaldsvarsel.example")):
        lines = (
            f"To: {to}",
            f"From: {who.name} <{who.cpr}@example.net>",
            f"Subject: {who.cpr} {who.name}",
            f"X-{who.cpr}: {who.text}",
            "Content-Type: text/plain; charset=utf-8",
            "",
            f"{who.cpr}: {who.text}, {who.name}. Status: {who.cpr}",
        )
        (maildir / "tmp" / str(number)).write_text("\n".join(lines), "utf-8")
        (maildir / "tmp" / str(number)).rename(maildir / "new" / str(number))


def _envelope(service: Service) -> str:
    """To where one of the mails comes back."""
    mail = sorted((service.data / "catcher" / "mail").iterdir())[0].read_text("utf-8", "replace")
    return next(line.partition(": ")[2] for line in mail.splitlines() if line.startswith("X-Envelope-From"))


def send_no_http(service: Service, told: Told) -> None:
    """Bytes that no server understands, on every port that takes HTTP."""
    who = CANARIES["in what is no HTTP"]
    for page in (service.inbox_pages, *service.metrics_pages.values()):
        port = urlsplit(page).port
        for sent in (
            f"{who.cpr} {who.name}\r\n\r\n",
            f"GET /{who.cpr} HTTP/1.1\r\n{who.cpr}: {who.text}\r\n\r\n",
            f"\0{who.cpr}\n\n",
        ):
            with socket.create_connection(("127.0.0.1", port or 0), 10) as connection:
                connection.sendall(sent.encode())
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    told.add("answers to what is no HTTP", piece)


def ask_commands(service: Service, told: Told) -> None:
    """What an operator sees: every command that lists, and every page of metrics."""
    for arguments in (
        ("receipts",),
        ("decisions",),
        ("tasks",),
        ("deliveries",),
        ("webhooks",),
        ("quarantine", "list"),
        ("audit", "--json"),
        ("status", "--once"),
        ("doctor",),
        ("routes", "test", "0101"),
        ("check-config",),
        ("trail", "verify"),
    ):
        done = command(*arguments, data=service.data)
        told.add(f"the command {arguments[0]}", done.stdout, done.stderr)
    for name, page in service.metrics_pages.items():
        told.add(f"metrics of {name}", httpx2.get(page).text)
