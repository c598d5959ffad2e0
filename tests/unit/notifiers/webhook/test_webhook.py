"""The pure parts of a webhook: its signature, its body, what an answer means, and where it may go."""

from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.notifications.delivery import Audience, Occasion, Scope, SendOutcome
from notifiers.due_delivery import Due, DueTask, OpenTasks
from notifiers.webhook.classify import HttpStage, of_exception, of_status, retry_after
from notifiers.webhook.guard import IpAddress, is_allowed
from notifiers.webhook.hook import Hook, checked_url, trial_hook, webhook_payload_builder
from notifiers.webhook.secrets import NoSecret, SecretFiles
from notifiers.webhook.sign import headers, parse_secret

NOW = datetime(2026, 10, 2, 9, 30, tzinfo=UTC)
DELIVERY = UUID("0b0f4f4e-0c4a-5b53-8a3c-3f0c1f1e8b11")
HOUR = timedelta(hours=1)


class TestSignature:
    def test_it_is_the_published_example_of_the_specifications_libraries(self) -> None:
        secret = parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        made = headers(
            [secret],
            webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp=1614265330,
            body=b'{"test": 2432232314}',
        )
        assert made == {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }

    def test_while_a_secret_is_exchanged_there_is_a_signature_by_each(self) -> None:
        old, new = bytes(range(24)), bytes(range(32))
        both = headers([new, old], webhook_id="1", timestamp=1, body=b"{}")["webhook-signature"].split(" ")
        alone = [
            headers([one], webhook_id="1", timestamp=1, body=b"{}")["webhook-signature"] for one in (new, old)
        ]
        assert both == alone

    def test_another_body_time_or_id_has_another_signature(self) -> None:
        secret = [bytes(24)]
        marks = {
            headers(secret, webhook_id=name, timestamp=time, body=body)["webhook-signature"]
            for name, time, body in (("1", 1, b"{}"), ("2", 1, b"{}"), ("1", 2, b"{}"), ("1", 1, b"{ }"))
        }
        assert len(marks) == 4

    @pytest.mark.parametrize(
        "text",
        [
            "",
            b64encode(bytes(24)).decode(),
            "whsec_",
            "whsec_not base64",
            "whsec_" + b64encode(bytes(23)).decode(),
            "whsec_" + b64encode(bytes(65)).decode(),
        ],
    )
    def test_what_is_no_secret_is_refused_and_never_repeated(self, text: str) -> None:
        with pytest.raises(ValueError, match=r".") as raised:
            parse_secret(text)
        assert len(text) < 10 or text not in str(raised.value)


class TestSecretFiles:
    def test_the_newest_stands_first_and_is_read_anew_each_time(self, tmp_path: Path) -> None:
        old, new = (f"whsec_{b64encode(bytes([number] * 24)).decode()}" for number in (1, 2))
        files = SecretFiles(tmp_path)
        (tmp_path / "jc-0101").write_text(f"{old}\n", encoding="ascii")
        assert files.of("jc-0101") == (bytes([1] * 24),)
        (tmp_path / "jc-0101").write_text(f"{new}\n\n{old}\n", encoding="ascii")
        assert files.of("jc-0101") == (bytes([2] * 24), bytes([1] * 24))

    @pytest.mark.parametrize("content", [None, "", "\n", "whsec_x", "æ", "secret\n"])
    def test_a_file_without_a_secret_is_for_a_person_to_mend(
        self, tmp_path: Path, content: str | None
    ) -> None:
        if content is not None:
            (tmp_path / "jc-0101").write_text(content, encoding="utf-8")
        with pytest.raises(NoSecret):
            SecretFiles(tmp_path).of("jc-0101")

    @pytest.mark.parametrize("unit", ["../jc-0101", "/etc/passwd", "", "jc 1"])
    def test_a_units_name_never_leads_out_of_the_folder(self, tmp_path: Path, unit: str) -> None:
        with pytest.raises(NoSecret):
            SecretFiles(tmp_path / "inner").of(unit)

    def test_no_folder_is_no_secret(self) -> None:
        with pytest.raises(NoSecret):
            SecretFiles(None).of("jc-0101")


def a_due(**changes: object) -> Due:
    values: dict[str, object] = {
        "id": DELIVERY,
        "occasion": Occasion.NEW,
        "cause": "0:1",
        "channel": "webhook",
        "unit_id": "jc-0101",
        "recipient": "https://fag.example.dk/hook",
        "deadline": NOW + HOUR,
        "attempts": 0,
        "was_leased": False,
        "frozen": None,
        "audience": Audience.UNIT,
        "undelivered": False,
        "seen": False,
        "about": DueTask(
            id=UUID(int=7),
            is_open=True,
            reference="FV-7K3M-92QD-0001",
            react_by=date(2026, 10, 9),
            opened_at=NOW,
            appended_at=NOW,
            messages=2,
            mentor_until=None,
        ),
    }
    return Due(**{**values, **changes})  # type: ignore[arg-type]


class TestBody:
    def test_it_says_which_task_why_until_when_and_where_and_nothing_else(self) -> None:
        hook = webhook_payload_builder("https://varsel.example.dk/")(a_due(), "Jobcenter", NOW)
        assert (hook.id, hook.url, hook.unit_id) == (DELIVERY, "https://fag.example.dk/hook", "jc-0101")
        assert orjson.loads(hook.body) == {
            "type": "task.new",
            "timestamp": "2026-10-02T09:30:00+00:00",
            "data": {
                "task": "FV-7K3M-92QD-0001",
                "unit": "jc-0101",
                "occasion": "new",
                "react_by": "2026-10-09",
                "link": "https://varsel.example.dk/opgaver/FV-7K3M-92QD-0001",
            },
        }

    def test_a_morning_mail_is_no_webhook(self) -> None:
        about = OpenTasks(lines=(), open=0, overdue=0, unseen=0)
        with pytest.raises(ValueError, match="one task"):
            webhook_payload_builder("https://varsel.example.dk")(a_due(about=about), "Jobcenter", NOW)

    def test_a_kept_hook_gives_the_same_bytes(self) -> None:
        hook = webhook_payload_builder("https://varsel.example.dk")(a_due(), "Jobcenter", NOW)
        assert Hook.model_validate(orjson.loads(orjson.dumps(hook.model_dump(mode="json")))) == hook

    def test_a_test_names_no_task(self) -> None:
        hook = trial_hook(
            id=DELIVERY, url="https://b.dk/", unit_id="jc-0101", link_base="https://v.dk", now=NOW
        )
        body = orjson.loads(hook.body)
        assert body["type"] == "task.test"
        assert body["data"]["occasion"] == "test"
        assert "FV-" not in hook.body

    @pytest.mark.parametrize(
        "url",
        ["", "fag.example.dk", "ftp://b.dk/", "https://", "https://u:p@b.dk/", "https://b.dk/#x", "https://b.dk/ x",
         "https://b.dk:0/", "https://b.dk:x/", "https://ærø.dk/", "https://b.dk/\n"],
    )  # fmt: skip
    def test_what_is_no_address_is_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match="address"):
            checked_url(url)
        with pytest.raises(ValidationError):
            Hook(id=DELIVERY, url=url, unit_id="jc-0101", body="{}")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, SendOutcome.DELIVERED),
        (204, SendOutcome.DELIVERED),
        (299, SendOutcome.DELIVERED),
        (301, SendOutcome.MISCONFIGURED),
        (307, SendOutcome.MISCONFIGURED),
        (400, SendOutcome.MISCONFIGURED),
        (401, SendOutcome.MISCONFIGURED),
        (404, SendOutcome.MISCONFIGURED),
        (408, SendOutcome.TRY_AGAIN),
        (409, SendOutcome.TRY_AGAIN),
        (410, SendOutcome.REFUSED),
        (425, SendOutcome.TRY_AGAIN),
        (429, SendOutcome.TRY_AGAIN),
        (500, SendOutcome.TRY_AGAIN),
        (503, SendOutcome.TRY_AGAIN),
        (599, SendOutcome.TRY_AGAIN),
    ],
)
def test_an_answer_is_known_by_its_status_and_speaks_of_its_endpoint_alone(
    status: int, outcome: SendOutcome
) -> None:
    attempt = of_status(status, HOUR)
    assert (attempt.outcome, attempt.code, attempt.scope) == (outcome, status, Scope.MAIL)
    waits = outcome in (SendOutcome.TRY_AGAIN, SendOutcome.MISCONFIGURED)
    assert attempt.retry_after == (HOUR if waits else None)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("90", timedelta(seconds=90)),
        (" 90 ", timedelta(seconds=90)),
        ("0", timedelta(0)),
        ("999999999", HOUR),
        ("9" * 400, None),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), timedelta(minutes=5)),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), HOUR),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), timedelta(0)),
        ("Fri, 99 Foo 2026 09:30:00 GMT", None),
    ],
)
def test_a_wait_that_is_asked_for_is_kept_up_to_a_bound(value: str | None, wait: timedelta | None) -> None:
    assert retry_after(value, now=NOW, longest=HOUR) == wait


def test_a_fault_after_the_request_may_have_left_is_never_taken_for_a_no() -> None:
    for fault in (TimeoutError(), ConnectionResetError(), ValueError("x")):
        assert of_exception(HttpStage.REQUEST, fault).outcome is SendOutcome.INDETERMINATE
        assert of_exception(HttpStage.CONNECT, fault).outcome is SendOutcome.TRY_AGAIN


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
     "255.255.255.255", "192.88.99.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001::1",
     "2001:db8::1", "192.0.0.8", "192.0.0.9", "192.0.0.10", "192.0.0.170", "192.31.196.1", "192.52.193.1",
     "192.88.99.2", "192.175.48.1", "240.0.0.1", "::7f00:1", "::a00:1", "::ffff:0:7f00:1", "100::1",
     "100:0:0:1::1", "2001:1::1", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:30::1",
     "2002:808:808::1", "2620:4f:8000::1", "3ffe::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1",
     "8000::1", "c000::1", "ff0e::1"],
)  # fmt: skip
def test_no_webhook_goes_to_an_address_that_is_not_public(address: str) -> None:
    assert not is_allowed(ip_address(address), ())


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "192.0.1.1",
        "::ffff:8.8.8.8",
        "2606:4700:4700::1111",
        "2001:200::1",
        "2003::1",
        "3fff:1000::1",
    ],
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), ())


@given(st.ip_addresses())
def test_what_the_library_calls_not_global_is_refused_too(address: IpAddress) -> None:
    """Its table is older than IANA's, and no block that it knows has been given back since."""
    if not address.is_global:
        assert not is_allowed(address, ())


def test_a_network_that_was_named_is_allowed_and_no_other() -> None:
    named = (ip_network("10.20.0.0/16"), ip_network("fd12::/32"))
    assert is_allowed(ip_address("10.20.3.4"), named)
    assert is_allowed(ip_address("::ffff:10.20.3.4"), named)
    assert is_allowed(ip_address("fd12::9"), named)
    assert not is_allowed(ip_address("10.21.3.4"), named)
    assert not is_allowed(ip_address("127.0.0.1"), named)
