"""A program logs in with its own secret, and holds no more and no longer than its municipality has given it."""

import logging
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from config.api_clients import ClientRight, KeptSecret
from crypto.client_secret_hash import hash_secret, new_secret
from tests.factories import MADE_UP_CPR
from tests.integration.api.callers import SECRET, Service, api_client, problem, write_clients
from tests.unit.ledger.decisions import OTHER_UNIT, UNIT

FORM = {"grant_type": "client_credentials"}


async def test_a_client_logs_in_by_basic_and_by_the_form(service: Service) -> None:
    http = service.http()
    for response in (
        await http.post("/oauth2/token", data=FORM, auth=("case-system", SECRET)),
        await http.post("/oauth2/token", data=FORM | {"client_id": "case-system", "client_secret": SECRET}),
    ):
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
        token = response.json()
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 600)
        assert token["scope"] == (
            "figures:read persons:open tasks:read tasks:write undecided:read unit:unit-0101"
        )
        answer = await http.get("/tasks", headers={"Authorization": f"bearer {token['access_token']}"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "auth", "expected"),
    [
        (FORM, ("case-system", "wrong"), (401, "invalid_client")),
        (FORM, ("nobody", SECRET), (401, "invalid_client")),
        (FORM, ("other-system", SECRET[:-1]), (401, "invalid_client")),
        (FORM, None, (401, "invalid_client")),
        (FORM | {"client_id": "case-system"}, None, (401, "invalid_client")),
        ({"grant_type": "password"}, ("case-system", SECRET), (400, "unsupported_grant_type")),
        ({"scope": "tasks:read"}, ("case-system", SECRET), (400, "invalid_request")),
        (FORM | {"client_secret": SECRET}, ("case-system", SECRET), (400, "invalid_request")),
        (FORM | {"scope": "everything"}, ("case-system", SECRET), (400, "invalid_scope")),
        (FORM | {"scope": f"unit:{OTHER_UNIT}"}, ("case-system", SECRET), (400, "invalid_scope")),
    ],
)
async def test_who_cannot_log_in_hears_why_as_oauth_says_it(
    service: Service, form: dict[str, str], auth: tuple[str, str] | None, expected: tuple[int, str]
) -> None:
    http = service.http()
    headers = {}
    if auth is not None:
        headers["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
    response = await http.post("/oauth2/token", data=form, headers=headers)
    assert (response.status_code, response.json()) == (expected[0], {"error": expected[1]})
    assert ("WWW-Authenticate" in response.headers) == (expected[0] == 401)


@pytest.mark.parametrize("content", [b"", b"grant_type", b"grant_type=a&grant_type=b", b"\xff=1", b"{}"])
async def test_a_form_that_is_none_is_an_invalid_request(service: Service, content: bytes) -> None:
    response = await service.http().post(
        "/oauth2/token",
        content=content,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (response.status_code, response.json()) == (400, {"error": "invalid_request"})


async def test_without_a_token_nothing_is_read(service: Service) -> None:
    await service.task()
    http = service.http()
    caller = await service.caller()
    token = caller.http.headers["Authorization"].removeprefix("Bearer ")
    form, body, tag = token.split(".")
    for header, code in (
        (None, "no-token"),
        ("Basic YTpi", "no-token"),
        ("Bearer ", "no-token"),
        ("Bearer nonsense", "token-not-valid"),
        (f"Bearer {form}.{body}.{tag[:-4]}AAAA", "token-not-valid"),
        (f"Bearer {form}.{body[:-4]}AAAA.{tag}", "token-not-valid"),
        (f"Bearer {form}.{body}.", "token-not-valid"),
        (f"Bearer fv2.{body}.{tag}", "token-not-valid"),
    ):
        for path in ("/tasks", "/counts"):
            response = await http.get(path, headers={} if header is None else {"Authorization": header})
            assert (response.status_code, problem(response)) == (401, code)
            assert response.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_a_token_ends_by_itself(service: Service) -> None:
    caller = await service.caller()
    service.moved = timedelta(minutes=9, seconds=50)
    assert (await caller.get("/tasks")).status_code == 200
    service.moved = timedelta(minutes=10, seconds=1)
    assert problem(await caller.get("/tasks")) == "token-not-valid"


async def test_a_right_that_was_not_asked_for_is_not_held(service: Service) -> None:
    reference = await service.task()
    reader = await service.caller(scope="tasks:read")
    assert (await reader.get(f"/tasks/{reference}")).status_code == 200
    for response in (await reader.do(reference, {"kind": "take"}), await reader.open(reference)):
        assert (response.status_code, problem(response)) == (403, "right-missing")
        assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]
    writer = await service.caller(scope="tasks:write")
    assert problem(await writer.get("/tasks")) == "right-missing"


async def test_what_a_client_loses_its_tokens_lose_within_a_second(service: Service) -> None:
    await service.task()
    caller, both = await service.caller(), await service.caller("both-system")
    other = await service.caller("other-system")
    write_clients(
        service.file,
        api_client("both-system", OTHER_UNIT),
        api_client("other-system", OTHER_UNIT, rights=(ClientRight.WRITE,)),
    )
    service.ticks += 1
    assert problem(await caller.get("/tasks")) == "token-not-valid"
    assert (await both.get("/tasks")).json()["tasks"] == []
    assert problem(await other.get("/tasks")) == "right-missing"


async def test_a_file_that_is_spoilt_leaves_what_was_known(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caller = await service.caller()
    service.file.write_text('{"clients": [{"id": "case-system", "secrets": "fvs_in-the-clear"}]}')
    service.ticks += 1
    assert (await caller.get("/tasks")).status_code == 200
    assert "clients of the interface" in caplog.text
    assert "fvs_in-the-clear" not in caplog.text


async def test_a_secret_is_changed_without_a_gap(service: Service) -> None:
    fresh = new_secret()
    ends = datetime.now(UTC) + timedelta(hours=1)
    old = KeptSecret(hash=hash_secret(SECRET), valid_to=ends)
    write_clients(
        service.file, api_client("case-system", UNIT, secrets=(KeptSecret(hash=hash_secret(fresh)), old))
    )
    service.ticks += 1

    async def status(secret: str) -> int:
        response = await service.http().post("/oauth2/token", data=FORM, auth=("case-system", secret))
        return response.status_code

    assert (await status(SECRET), await status(fresh)) == (200, 200)
    service.moved = timedelta(hours=1)
    assert (await status(SECRET), await status(fresh)) == (401, 200)


async def test_who_asks_too_fast_waits_and_others_do_not(service: Service) -> None:
    write_clients(
        service.file,
        api_client("case-system", requests_per_minute=60),
        api_client("other-system", OTHER_UNIT, requests_per_minute=60),
    )
    service.ticks += 1
    caller, other = await service.caller(), await service.caller("other-system")
    answers = [await caller.get("/counts") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert problem(answers[-1]) == "too-many-requests"
    assert answers[-1].headers["Retry-After"] == "1"
    assert (await other.get("/counts")).status_code == 200
    service.ticks += 1
    assert [(await caller.get("/counts")).status_code for _ in range(2)] == [200, 429]


async def test_log_ins_are_held_back_for_a_known_client_and_for_all_unknown_ones_together(
    service: Service,
) -> None:
    http = service.http()

    async def status(name: str) -> int:
        return (await http.post("/oauth2/token", data=FORM, auth=(name, "wrong"))).status_code

    assert [await status("case-system") for _ in range(6)] == [401] * 5 + [429]
    assert [await status(f"nobody-{number}") for number in range(6)] == [401] * 5 + [429]
    assert await status("other-system") == 401


async def test_wrong_secrets_lock_no_right_one_out_wherever_they_come_from(service: Service) -> None:
    """Ten a second for half a minute, each another one, from the client's own address and from elsewhere."""

    async def status(secret: str, address: str) -> int:
        http = service.http(address)
        return (await http.post("/oauth2/token", data=FORM, auth=("case-system", secret))).status_code

    for number in range(60):
        for address in ("192.0.2.1", "198.51.100.7"):
            assert await status(f"wrong {number}", address) in (401, 429)
        service.ticks += 0.1
    assert await status("wrong", "192.0.2.1") == 429
    assert await status(SECRET, "192.0.2.1") == 200
    assert await status(SECRET, "203.0.113.9") == 200
    assert await status("wrong", "203.0.113.9") == 401


async def test_failures_are_counted_by_address_and_for_ipv6_by_network(service: Service) -> None:
    async def failures(*addresses: str) -> list[int]:
        answers = [
            await service.http(address).post("/oauth2/token", data=FORM, auth=("case-system", "wrong"))
            for address in addresses
        ]
        return [answer.status_code for answer in answers]

    assert await failures(*[f"2001:db8::{number}" for number in range(1, 7)]) == [401] * 5 + [429]
    assert await failures("2001:db8:0:1::1", "192.0.2.1", "::1") == [401] * 3


async def test_a_secret_that_was_right_is_right_only_as_long_as_the_register_says_so(
    service: Service,
) -> None:
    async def status() -> int:
        answer = await service.http().post("/oauth2/token", data=FORM, auth=("case-system", SECRET))
        return answer.status_code

    assert [await status() for _ in range(12)] == [200] * 12
    write_clients(service.file, api_client("case-system", secrets=(KeptSecret(hash=hash_secret("another")),)))
    service.ticks += 1
    assert await status() == 401


async def test_a_database_that_is_away_is_503_and_a_fault_of_ours_says_nothing_of_a_row(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    reference = await service.task()
    caller = await service.caller()
    await service.books.connection.execute(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'a row with {MADE_UP_CPR}'; END $$"
    )
    await service.books.connection.execute(
        "CREATE TRIGGER spoilt BEFORE INSERT ON acts FOR EACH ROW EXECUTE FUNCTION spoil()"
    )
    response = await caller.do(reference, {"kind": "take"})
    assert (response.status_code, problem(response)) == (500, "fault")
    assert "RaiseException P0001" in caplog.text
    assert MADE_UP_CPR not in caplog.text + response.text

    name = psycopg.conninfo.conninfo_to_dict(service.url)["dbname"]
    await service.books.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
        (name,),
    )
    response = await caller.get("/counts")
    assert (response.status_code, problem(response)) == (503, "away")
    assert response.headers["Retry-After"] == "5"


async def test_nothing_that_is_logged_names_a_person_or_a_secret(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reference = await service.task()
    caller = await service.caller()
    await caller.open(reference)
    await caller.do(reference, {"kind": "take", "cpr": MADE_UP_CPR})
    token = caller.http.headers["Authorization"].removeprefix("Bearer ")
    for secret in (MADE_UP_CPR, SECRET, token):
        assert secret not in caplog.text


async def test_every_problem_is_explained_where_its_type_leads(service: Service) -> None:
    http = service.http()
    listed = (await http.get("/problems")).json()
    assert len(listed) >= 18
    for each in listed:
        explained = await http.get(each["type"].removeprefix("/api/v1"))
        assert explained.json() == each
    assert problem(await http.get("/problems/none")) == "not-found"
    assert problem(await http.get("/nothing")) == "not-found"
    assert problem(await http.get("/tasks/")) == "not-found"
    put = await http.put("/tasks", json={})
    assert (put.status_code, problem(put)) == (405, "method-not-allowed")
    assert put.headers["Allow"] == "HEAD, GET"
