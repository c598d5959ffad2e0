"""The operators' commands, on a real database, a real mail catcher and a real endpoint."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from config.reference.csv_reader import DATA
from config.settings import PREFIX
from frafaldsvarsel.commands import commands
from local.servers.mail_catcher import Catcher
from local.servers.mailbox import read_mails
from models.calendar import copenhagen_date
from models.ids import delivery_id, task_reference
from publisher.key_files import LOCAL_KEYS_FROM, add_sender, ensure_service_keys
from tests.integration.notifiers.hooks import OLD, write_secrets

UNIT = "jc-0101"


@dataclass
class Endpoint:
    """A unit's own system."""

    url: str
    bodies: list[dict[str, Any]]
    status: int = 200


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    held = Endpoint("", [])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            held.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(held.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    held.url = f"http://localhost:{server.server_address[1]}/hook"
    yield held
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def reference(tmp_path: Path, endpoint: Endpoint) -> Path:
    """The shipped data, with a webhook and an answer of one unit."""
    directory = copytree(DATA, tmp_path / "reference")
    (directory / "webhooks.csv").write_text(
        "unit_id,url,valid_from,valid_to,certainty,source\n"
        f"{UNIT},{endpoint.url},2026-01-01,,made-up,[I] test\n",
        encoding="utf-8",
    )
    (directory / "answers.csv").write_text(
        "municipality_code,contact_made,closed,valid_from,valid_to,certainty,source\n"
        "0101,true,false,2026-01-01,,made-up,[I] test\n",
        encoding="utf-8",
    )
    return directory


@pytest.fixture
def environment(tmp_path: Path, ledger_url: str, reference: Path, catcher: Catcher) -> dict[str, str]:
    write_secrets(tmp_path / "secrets", OLD, unit=UNIT)
    add_sender(tmp_path, "900101", now=LOCAL_KEYS_FROM)
    told = {
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:1",
        "DATABASE_URL": ledger_url,
        "KEY_STORE": str(ensure_service_keys(tmp_path / "keys", datetime.now(UTC)).folder),
        "SENDERS_DIR": str(tmp_path / "senders"),
        "REFERENCE_DIR": str(reference),
        "SMTP_HOST": "localhost",
        "SMTP_PORT": str(catcher.smtp_port),
        "SMTP_CA_FILE": str(catcher.ca_file),
        "MAIL_FROM": "frafaldsvarsel@varsel.example",
        "INBOX_URL": "https://varsel.example",
        "WEBHOOK_SECRETS_DIR": str(tmp_path / "secrets"),
        "WEBHOOK_NETWORKS": "127.0.0.0/8, ::1/128",
        "WEBHOOK_PLAIN_HTTP": "true",
    }
    return {PREFIX + name: value for name, value in told.items()}


def run(environment: dict[str, str], *arguments: str, width: int = 200) -> Result:
    return CliRunner().invoke(commands(), arguments, env={**environment, "COLUMNS": str(width)})


class TestRoutes:
    def test_it_says_the_unit_whom_it_tells_and_the_line_that_says_so(
        self, environment: dict[str, str], endpoint: Endpoint
    ) -> None:
        done = run(environment, "routes", "test", "0101", "--on", "2026-10-02", "--json")
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)
        assert (found["unit_id"], found["unit"]) == (UNIT, "Jobcenter København")
        assert found["because"].startswith("routes.csv, line 2: from 2022-01-01 without an end; fair: [I]")
        assert found["working_days"] == 5
        told = {(one["audience"], one["channel"], one["recipient"]) for one in found["told"]}
        assert ("unit", "email", "opgaver@jc-0101.example") in told
        assert ("unit", "webhook", endpoint.url) in told
        assert {audience for audience, _, _ in told} == {"unit", "lead", "municipality", "service"}
        assert found["answers"] == ["contact-made"]
        when = {(one["occasion"], one["level"]): one for one in found["when"]}
        assert [one["occasion"] for one in found["when"]][::6] == ["new", "mentor_ends"]
        assert when["new", None]["working_days"] is None
        assert when["new", None]["channels"] == ["email", "webhook"]
        assert (when["reminder", 1]["working_days"], when["reminder", 1]["until_seen"]) == (-2, True)
        assert (when["escalation", 2]["working_days"], when["escalation", 2]["to"]) == (3, ["unit", "lead"])

    def test_a_person_reads_the_same(self, environment: dict[str, str]) -> None:
        done = run(environment, "routes", "test", "0155")
        assert done.exit_code == 0
        assert "0155 Dragør" in done.stdout
        assert "jc-0185 Jobcenter Tårnby" in done.stdout
        assert "nothing beside the receipt" in done.stdout
        for line in (
            "new unit by email at once",
            "reminder 1 unit by email 2 working days before the date, unless seen",
            "escalation 1 lead by email 1 working day before the date, unless seen",
            "overdue 1 unit by email 1 working day after the date",
            "mentor ends 1 unit by email 10 working days before the mentor right ends",
        ):
            assert line in " ".join(done.stdout.split())

    @pytest.mark.parametrize(
        ("code", "on", "why"),
        [("0411", "2026-10-02", "does not know"), ("0101", "2021-12-31", "no unit for it on that day")],
    )
    def test_nobody_is_said_too_and_ends_with_1(
        self, environment: dict[str, str], code: str, on: str, why: str
    ) -> None:
        done = run(environment, "routes", "test", code, "--on", on)
        assert done.exit_code == 1
        assert why in " ".join(done.stdout.split())

    def test_what_is_no_date_is_refused(self, environment: dict[str, str]) -> None:
        assert run(environment, "routes", "test", "0101", "--on", "tomorrow").exit_code == 2


class TestCheckConfig:
    def test_a_register_that_is_empty_is_a_fault(self, environment: dict[str, str], tmp_path: Path) -> None:
        (tmp_path / "nobody").mkdir()
        done = run(environment | {PREFIX + "SENDERS_DIR": str(tmp_path / "nobody")}, "check-config")
        assert done.exit_code == 78
        assert "nobody: the register has no sender: every message would be refused." in done.output

    def test_a_client_for_a_unit_that_there_is_not_is_a_fault(
        self, environment: dict[str, str], tmp_path: Path
    ) -> None:
        made = run(environment, "api-client", "case-system", "--name", "Sagssystem", "--unit", "jc-9999")
        (tmp_path / "clients.json").write_text(f'{{"clients": [{made.stdout}]}}', encoding="utf-8")
        done = run(
            environment | {PREFIX + "API_CLIENTS_FILE": str(tmp_path / "clients.json")}, "check-config"
        )
        assert done.exit_code == 78
        assert "client case-system has the unit jc-9999, which is not known." in done.output

    @pytest.mark.parametrize(
        ("days_left", "said"),
        [(61, None), (60, "Messages after that day will be"), (-1, "Messages of today are")],
    )
    def test_the_end_of_the_known_law_is_a_warning_from_60_days_before_and_no_fault(
        self, environment: dict[str, str], reference: Path, days_left: int, said: str | None
    ) -> None:
        last = copenhagen_date(datetime.now(UTC)) + timedelta(days=days_left)
        law = reference / "law.toml"
        law.write_text(
            re.sub("known_until = .*", f"known_until = {last}", law.read_text("utf-8")), encoding="utf-8"
        )
        done = run(environment, "check-config")
        assert done.exit_code == 0
        assert ("law_not_confirmed" in done.output) is (said is not None)
        assert (f"lab-2026-02-01 is known until {last}. {said} undecided" in done.output) is (
            said is not None
        )

    def test_what_keeps_webhooks_and_bounces_from_working_is_said(
        self, environment: dict[str, str], tmp_path: Path
    ) -> None:
        assert run(environment, "check-config").exit_code == 0
        broken = {
            PREFIX + "WEBHOOK_SECRETS_DIR": str(tmp_path),
            PREFIX + "WEBHOOK_PLAIN_HTTP": "false",
            PREFIX + "BOUNCE_ADDRESS": "not an address",
            PREFIX + "BOUNCE_MAILDIR": str(tmp_path),
        }
        done = run(environment | broken, "check-config")
        assert done.exit_code == 78
        for sentence in (
            "The webhook of jc-0101 is without TLS",
            "The webhook of jc-0101 cannot be signed: the secret file of the unit cannot be read.",
            "BOUNCE_ADDRESS is not an email address that can be written to.",
            "BOUNCE_MAILDIR is no Maildir",
        ):
            assert sentence in done.output


class TestRender:
    def test_every_occasion_can_be_looked_at_and_names_no_task_that_there_is(
        self, environment: dict[str, str]
    ) -> None:
        for occasion in (
            "new", "more_messages", "taken_over", "handed_over", "withdrawn", "reminder", "overdue", "escalation",
            "mentor_ends", "digest", "channel_off",
        ):  # fmt: skip
            text, html = (run(environment, "render", occasion, *more) for more in ((), ("--html",)))
            assert text.exit_code == html.exit_code == 0, (occasion, text.output)
            assert text.stdout.startswith("Subject: ")
            assert "Jobcenter København" in text.stdout
            assert "FV-0000-0000-0000" in text.stdout
            assert html.stdout.startswith("<!DOCTYPE html>")

    def test_a_webhooks_body_is_shown_and_a_morning_mail_has_none(self, environment: dict[str, str]) -> None:
        done = run(environment, "render", "new", "--channel", "webhook", "--unit", UNIT)
        assert json.loads(done.stdout)["type"] == "task.new"
        assert run(environment, "render", "digest", "--channel", "webhook").exit_code == 1

    def test_what_calls_to_look_has_its_acknowledge_link(self, environment: dict[str, str]) -> None:
        assert "https://varsel.example/kvitter/" in run(environment, "render", "new").stdout
        assert "/kvitter/" not in run(environment, "render", "overdue").stdout
        assert "/kvitter/" not in run(environment, "render", "reminder", "--audience", "lead").stdout


class TestTestSend:
    def test_a_test_mail_arrives_and_is_marked_as_one(
        self, environment: dict[str, str], catcher: Catcher
    ) -> None:
        done = run(environment, "test-send", "jc-0151", "--json")
        assert done.exit_code == 0, done.output
        (row,) = [json.loads(line) for line in done.stdout.splitlines()]
        assert (row["recipient"], row["outcome"]) == ("opgaver@jc-0151.example", "delivered")
        mails = [mail for mail in read_mails(catcher.data) if "opgaver@jc-0151.example" in str(mail)]
        assert any("PRØVE" in str(mail) for mail in mails)

    def test_a_test_webhook_arrives_and_is_marked_as_one(
        self, environment: dict[str, str], endpoint: Endpoint
    ) -> None:
        done = run(environment, "test-send", UNIT, "--channel", "webhook")
        assert done.exit_code == 0, done.output
        (body,) = endpoint.bodies
        assert body["type"] == "task.test"
        assert "task" not in body["data"]

    @pytest.mark.parametrize("command", [("test-send", "jc-9999"), ("render", "new", "--unit", "jc-9999")])
    def test_a_unit_that_is_not_known_is_said_and_those_above_it_get_nothing(
        self, environment: dict[str, str], catcher: Catcher, command: tuple[str, ...]
    ) -> None:
        before = len(read_mails(catcher.data))
        done = run(environment, *command)
        assert done.exit_code == 1
        assert "units.csv has no unit jc-9999." in done.output
        assert len(read_mails(catcher.data)) == before

    def test_what_was_not_taken_ends_with_1(self, environment: dict[str, str], endpoint: Endpoint) -> None:
        endpoint.status = 503
        done = run(environment, "test-send", UNIT, "--channel", "webhook")
        assert done.exit_code == 1
        assert "try_again" in done.stdout
        none = run(environment, "test-send", "jc-0147", "--channel", "webhook")
        assert none.exit_code == 1
        assert "no address" in none.stdout


@dataclass
class Ledger:
    url: str

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def delivery(self, *, status: str = "due", channel: str = "email", leased: bool = False) -> UUID:
        task = uuid4()
        made = delivery_id(task, "new", "0:1", channel, "a@b.example")
        self.sql(
            "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at) "
            "VALUES (%s, %s, %s, 'e', %s, 'open', %s, now())",
            task,
            task_reference(task),
            str(task),
            UNIT,
            date(2027, 1, 4),
        )
        self.sql(
            "INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline, status, "
            "due_at, ended_at, lease_until, lease_owner) VALUES (%s, %s, 'new', '0:1', %s, %s, "
            "'opgaver@jc-0101.example', now() + interval '1 day', %s, now() + interval '1 hour', "
            "CASE WHEN %s = 'due' THEN NULL ELSE now() END, "
            "CASE WHEN %s THEN now() + interval '1 hour' END, 'one')",
            made,
            task,
            channel,
            UNIT,
            status,
            status,
            leased,
        )
        return made


@pytest.fixture
def ledger(ledger_url: str) -> Ledger:
    return Ledger(ledger_url)


BECAUSE = ("--because", "test of the commands", "--as", "operator")


class TestNarrow:
    """A terminal of eighty columns: what one copies from a list is whole, and a row takes few lines."""

    def test_a_notice_has_its_id_and_its_task_and_takes_few_lines(
        self, environment: dict[str, str], ledger: Ledger
    ) -> None:
        known = {str(ledger.delivery()), str(ledger.delivery(status="delivered"))}
        ledger.sql("UPDATE deliveries SET attempts = 1 WHERE status = 'delivered'")
        tasks = {str(reference) for (reference,) in ledger.sql("SELECT reference FROM tasks")}
        done = run(environment, "deliveries", "list", width=80)
        assert known | tasks <= set(done.stdout.split())
        heading, delivered, due = 2, 2, 3
        assert len(done.stdout.strip().splitlines()) <= heading + delivered + due
        ledger.sql("UPDATE deliveries SET attempts = 3, occasion = 'more_messages'")
        said = " ".join(run(environment, "deliveries", "list").stdout.split())
        assert f"delivered: more messages to {UNIT} by email, 3 tries" in said
        assert f"due: more messages to {UNIT} by email, 3 tries, next " in said

    def test_a_task_has_its_reference_and_its_dates_and_those_that_are_open_come_first(
        self, environment: dict[str, str], ledger: Ledger
    ) -> None:
        for _ in range(3):
            ledger.delivery()
        ledger.sql("UPDATE deliveries SET status = 'delivered', ended_at = now()")
        ((early,), (late,), (gone,)) = ledger.sql("SELECT reference FROM tasks ORDER BY reference")
        ledger.sql("UPDATE tasks SET react_by = '2026-12-30', mentor_until = '2027-02-28'")
        ledger.sql("UPDATE tasks SET react_by = '2026-12-31' WHERE reference = %s", late)
        ledger.sql(
            "UPDATE tasks SET status = 'closed', ending = 'contact_made', closed_at = now(), "
            "react_by = '2026-10-01' WHERE reference = %s",
            gone,
        )
        done = run(environment, "tasks", width=80)
        rows = [line.split() for line in done.stdout.splitlines() if line.strip().startswith("FV-")]
        assert [row[0] for row in rows] == [early, late, gone]
        dates = ["2026-12-30", "2027-02-28"]
        assert rows[0] == [early, UNIT, "open", *dates, "0", "1"]
        assert rows[2] == [gone, UNIT, "contact", "made", "2026-10-01", dates[1], "0", "1"]

    def test_a_tasks_history_is_whole_and_says_who_looked(
        self, environment: dict[str, str], ledger: Ledger
    ) -> None:
        ledger.delivery()
        ((reference,),) = ledger.sql("SELECT reference FROM tasks")
        for kind, detail in (
            (
                "opened",
                {"by_id": "a", "by_name": "Anna [Holm]", "via": "api", "purpose": "contact_institution"},
            ),
            ("delivery_hurried", {"by": "drift-1", "because": "the school [/called]"}),
            ("task_opened", {"unit": UNIT}),
        ):
            ledger.sql(
                "INSERT INTO audit (kind, task_id, detail) SELECT %s, id, %s FROM tasks", kind, Jsonb(detail)
            )
        done = run(environment, "tasks", "show", reference, width=60)
        said = " ".join(done.stdout.split())
        assert done.exit_code == 0
        assert "Anna [Holm] the person's particulars were opened:" in said
        assert "contact institution" in said
        assert "drift-1 a notice was tried at once: the school [/called]" in said
        told = json.loads(run(environment, "tasks", "show", reference, "--json").stdout)["history"]
        assert [(one["by"], one["who"], one["via"]) for one in told] == [
            ("person", "Anna [Holm]", "api"),
            ("person", "drift-1", "operator"),
            ("service", None, None),
        ]

    def test_an_endpoint_has_its_whole_address(self, environment: dict[str, str], ledger: Ledger) -> None:
        url = "https://fagsystem.kommune-0101.example/integration/frafaldsvarsel/opgaver/besked"
        ledger.sql("INSERT INTO endpoints VALUES (%s, %s, now(), now(), 'gone')", UNIT, url)
        done = run(environment, "webhooks", "list", width=80)
        assert UNIT in done.stdout
        column = done.stdout.splitlines()[1].index("url")
        assert "".join(line[column:].strip() for line in done.stdout.splitlines()[3:]) == url


class TestSlips:
    """What was typed and is not there is named, and the command does not end as if all were well."""

    @pytest.mark.parametrize(
        "command", [("tasks",), ("decisions",), ("deliveries", "list"), ("webhooks", "list")]
    )
    @pytest.mark.parametrize("more", [(), ("--json",)], ids=["table", "json"])
    def test_a_unit(
        self, environment: dict[str, str], ledger: Ledger, command: tuple[str, ...], more: tuple[str, ...]
    ) -> None:
        slip = run(environment, *command, "--unit", "jc-101", *more)
        assert slip.exit_code == 1
        assert "units.csv has no unit jc-101." in slip.output
        assert run(environment, *command, "--unit", UNIT, *more).exit_code == 0

    def test_a_unit_that_was_taken_out_of_the_data_still_has_what_it_had(
        self, environment: dict[str, str], ledger: Ledger
    ) -> None:
        kept = ledger.delivery()
        ledger.sql("UPDATE tasks SET unit_id = 'jc-gone'")
        ledger.sql("UPDATE deliveries SET unit_id = 'jc-gone'")
        for command in (("tasks",), ("deliveries", "list")):
            done = run(environment, *command, "--unit", "jc-gone", "--json")
            assert done.exit_code == 0, done.output
            assert len(done.stdout.splitlines()) == 1
        assert str(kept) in done.stdout

    @pytest.mark.parametrize("command", ["replay", "dismiss"])
    @pytest.mark.parametrize("more", [(), ("--json",), ("--yes",)], ids=["table", "json", "yes"])
    def test_what_is_not_in_quarantine(
        self, environment: dict[str, str], ledger: Ledger, command: str, more: tuple[str, ...]
    ) -> None:
        there = str(ledger.delivery(status="refused"))
        done = run(environment, "quarantine", command, "--id", "TYPO", "--id", there, *BECAUSE, *more)
        assert done.exit_code == 1
        assert there in done.stdout
        assert "TYPO is not in quarantine." in done.output
        other = run(environment, "quarantine", command, "--id", there, "--kind", "input", *BECAUSE, *more)
        assert other.exit_code == 1
        assert f"{there} is not in quarantine with what else was asked for." in other.output

    def test_what_is_not_in_the_list_of_quarantine(self, environment: dict[str, str], ledger: Ledger) -> None:
        done = run(environment, "quarantine", "list", "--id", "TYPO", "--json")
        assert done.exit_code == 1
        assert "TYPO is not in quarantine." in done.output


class TestDeliveries:
    def test_they_are_listed_by_what_is_asked(self, environment: dict[str, str], ledger: Ledger) -> None:
        due, refused = ledger.delivery(), ledger.delivery(status="refused", channel="webhook")
        done = run(environment, "deliveries", "list", "--json")
        rows = {row["delivery_id"]: row for row in map(json.loads, done.stdout.splitlines())}
        assert set(rows) == {str(due), str(refused)}
        assert rows[str(due)]["unit"] == UNIT
        for option, value, found in (
            ("--status", "refused", refused),
            ("--channel", "email", due),
            ("--task", rows[str(due)]["task"], due),
        ):
            one = run(environment, "deliveries", "list", "--json", option, value)
            assert [json.loads(line)["delivery_id"] for line in one.stdout.splitlines()] == [str(found)]
        assert str(due) in run(environment, "deliveries", "list").stdout

    def test_one_that_is_due_is_tried_now_and_who_wanted_it_is_known(
        self, environment: dict[str, str], ledger: Ledger
    ) -> None:
        due, other = ledger.delivery(), ledger.delivery()
        assert run(environment, "deliveries", "retry", str(due), *BECAUSE).exit_code == 0
        now = "SELECT id FROM deliveries WHERE due_at <= clock_timestamp()"
        assert ledger.sql(now) == [(due,)]
        assert ledger.sql("SELECT kind, detail ->> 'by' FROM audit") == [("delivery_hurried", "operator")]
        assert other != due

    @pytest.mark.parametrize("channel", ["email", "webhook"])
    def test_one_that_was_refused_is_replayed_as_the_quarantine_does_it(
        self, environment: dict[str, str], ledger: Ledger, endpoint: Endpoint, channel: str
    ) -> None:
        refused = ledger.delivery(status="refused", channel=channel)
        if channel == "webhook":
            ledger.sql("UPDATE deliveries SET recipient = %s", endpoint.url)
        done = run(environment, "deliveries", "retry", str(refused), *BECAUSE)
        assert done.exit_code == 0, done.output
        assert ledger.sql("SELECT status FROM deliveries") == [("due",)]
        assert ledger.sql("SELECT kind, state, decided_by FROM quarantine") == [
            ("delivery", "replayed", "operator")
        ]

    @pytest.mark.parametrize("status", ["delivered", "superseded"])
    def test_one_that_has_ended_well_is_not_sent_again(
        self, environment: dict[str, str], ledger: Ledger, status: str
    ) -> None:
        done = run(environment, "deliveries", "retry", str(ledger.delivery(status=status)), *BECAUSE)
        assert done.exit_code == 1
        assert f"It is {status}." in done.output

    def test_one_that_is_being_tried_or_is_not_there_is_left(
        self, environment: dict[str, str], ledger: Ledger
    ) -> None:
        leased = run(environment, "deliveries", "retry", str(ledger.delivery(leased=True)), *BECAUSE)
        assert (leased.exit_code, "It is being tried." in leased.output) == (1, True)
        assert run(environment, "deliveries", "retry", str(uuid4()), *BECAUSE).exit_code == 1
        assert ledger.sql("SELECT count(*) FROM audit") == [(0,)]

    def test_a_webhook_that_is_off_is_listed_and_switched_on_again_by_name(
        self, environment: dict[str, str], ledger: Ledger, endpoint: Endpoint
    ) -> None:
        ledger.sql(
            "INSERT INTO endpoints VALUES (%s, %s, now(), now(), 'gone'), ('jc-0147', 'https://b.example', now(), "
            "NULL, NULL)",
            UNIT,
            endpoint.url,
        )
        listed = run(environment, "webhooks", "list", "--json")
        assert [json.loads(line)["reason"] for line in listed.stdout.splitlines()] == ["gone", None]
        assert run(environment, "webhooks", "enable", UNIT, *BECAUSE).exit_code == 0
        assert ledger.sql("SELECT unit_id FROM endpoints") == [("jc-0147",)]
        assert ledger.sql("SELECT kind, detail ->> 'unit' FROM audit") == [("endpoint_enabled", UNIT)]
        assert run(environment, "webhooks", "enable", UNIT, *BECAUSE).exit_code == 1


class TestLedgerSkip:
    """`ledger skip`: exactly one record passes, and who said so is kept."""

    def test_it_is_noted_once_with_who_and_why(self, environment: dict[str, str], ledger: Ledger) -> None:
        ledger.sql("INSERT INTO position VALUES ('decisions', 3, 17)")
        asked = run(environment, "ledger", "skip", "decisions/3@017", *BECAUSE)
        assert (asked.exit_code, ledger.sql("SELECT count(*) FROM skips")) == (1, [(0,)])
        assert run(environment, "ledger", "skip", "decisions/3@17", *BECAUSE).stderr == asked.stderr, (
            "asked once"
        )
        [waiting] = map(json.loads, run(environment, "requests", "list", "--json").stdout.splitlines())
        assert waiting["id"] in asked.stderr.replace("\n", "")
        own = run(environment, "requests", "approve", waiting["id"], *BECAUSE)
        assert (own.exit_code, "another person" in own.stderr) == (1, True)
        approval = ("requests", "approve", waiting["id"], "--because", "seen", "--as", "another")
        assert run(environment, *approval).exit_code == 0
        done = run(environment, "ledger", "skip", "decisions/3@17", *BECAUSE)
        assert (done.exit_code, done.stdout.split(";")[0]) == (0, "decisions/3@17 is let pass")
        again = run(environment, "ledger", "skip", "decisions/3@17", *BECAUSE)
        assert "is let pass already" in again.stdout
        assert ledger.sql('SELECT topic, partition, "offset", decided_by, because FROM skips') == [
            ("decisions", 3, 17, "operator", "test of the commands")
        ]
        assert ledger.sql("SELECT count(*) FROM audit WHERE kind = 'record_skipped'") == [(1,)]

    def test_what_the_ledger_has_passed_by_is_not_skipped_any_more(
        self, environment: dict[str, str], ledger: Ledger
    ) -> None:
        ledger.sql("INSERT INTO position VALUES ('decisions', 3, 17)")
        late = run(environment, "ledger", "skip", "decisions/3@16", *BECAUSE)
        assert late.exit_code == 1
        assert "the ledger has passed it by; it goes on at 17" in late.stderr
        assert ledger.sql("SELECT count(*) FROM skips") == [(0,)]

    @pytest.mark.parametrize(
        ("place", "why"),
        [
            ("decisions/3", "a place reads TOPIC/PARTITION@OFFSET"),
            ("decisions/-3@1", "a place reads TOPIC/PARTITION@OFFSET"),
            ("person-events/0@1", "the ledger reads receipts, applied, decisions"),
            ("receipts/7@1", "receipts has 4 partitions"),
        ],
    )
    def test_a_place_that_the_ledger_does_not_read_is_refused(
        self, environment: dict[str, str], place: str, why: str
    ) -> None:
        done = run(environment, "ledger", "skip", place, *BECAUSE)
        assert done.exit_code == 2
        assert why in " ".join(done.stderr.replace("│", " ").split())

    def test_a_reason_must_be_given(self, environment: dict[str, str]) -> None:
        assert run(environment, "ledger", "skip", "receipts/0@1").exit_code == 2
