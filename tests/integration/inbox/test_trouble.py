"""The pages when something is broken: they help, and they tell nothing of what is inside."""

from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from api.mount import ApiMount
from config.environments import InboxEnvironment
from config.settings import load
from crypto import base64url
from frafaldsvarsel.wiring.inbox import inbox_parts
from inbox.app import build
from inbox.dependencies import InboxDependencies
from inbox.oidc import Provider
from tests.integration.inbox.environment import environment
from tests.reference import SHIPPED
from tests.unit.inbox.provider_answers import ISSUER, Answers

ADDRESS = "https://indbakke.example"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> InboxDependencies:
    """Of an inbox whose database and provider are away; its pool is never opened."""
    return inbox_parts(
        load(InboxEnvironment, environment(tmp_path_factory.mktemp("inbox"), address=ADDRESS)), SHIPPED
    )


def client(parts: InboxDependencies) -> httpx2.AsyncClient:
    """Somebody whose cookie was once given."""
    name = b"n" * 32
    cookie = base64url.encode(name + parts.sessions.tags.make(name, 32))
    transport = httpx2.ASGITransport(app=build(parts), raise_app_exceptions=False)
    return httpx2.AsyncClient(
        transport=transport, base_url=ADDRESS, cookies={"__Host-frafaldsvarsel": cookie}
    )


async def test_without_the_database_a_page_says_that_nothing_is_lost(parts: InboxDependencies) -> None:
    async with client(parts) as person:
        answer = await person.get("/opgaver")
        assert answer.status_code == 503
        assert "Intet er gået tabt" in answer.text
        assert (await person.get("/readyz")).status_code == 503
        assert (await person.get("/healthz")).status_code == 200


async def test_without_the_provider_the_log_in_says_so(parts: InboxDependencies) -> None:
    transport = httpx2.ASGITransport(app=build(parts))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as person:
        answer = await person.get("/log-ind/start")
        assert answer.status_code == 503
        assert "Login virker ikke" in answer.text
        assert (await person.get("/log-ind")).status_code == 200


async def test_a_fault_of_ours_is_a_page_in_the_readers_language_without_a_word_about_it(
    parts: InboxDependencies, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing comes up to the server, which would log a traceback with the words of whoever raised it."""

    def broken() -> datetime:
        raise RuntimeError("what is inside")

    transport = httpx2.ASGITransport(app=build(replace(parts, clock=broken)))
    async with httpx2.AsyncClient(
        transport=transport, base_url=ADDRESS, cookies={"__Host-sprog": "en"}
    ) as person:
        answer = await person.get("/log-ind/start")
        assert answer.status_code == 500
        assert "Something broke on our side" in answer.text
        assert "inside" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "a page failed: RuntimeError in broken" in caplog.text
    assert "inside" not in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_cookie_that_we_did_not_sign_is_no_session_and_costs_no_look(
    parts: InboxDependencies,
) -> None:
    """The database is away, and is not asked: a stranger can make nobody wait."""
    for cookie in ("", "nonsense", base64url.encode(b"n" * 64), base64url.encode(b"n" * 10)):
        transport = httpx2.ASGITransport(app=build(parts))
        async with httpx2.AsyncClient(
            transport=transport, base_url=ADDRESS, cookies={"__Host-frafaldsvarsel": cookie}
        ) as person:
            answer = await person.get("/opgaver")
            assert answer.status_code == 303
            assert answer.headers["location"] == "/log-ind?til=%2Fopgaver"


async def test_a_form_without_a_session_leads_back_to_its_page_and_says_that_nothing_was_kept(
    parts: InboxDependencies,
) -> None:
    transport = httpx2.ASGITransport(app=build(parts))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as person:
        answer = await person.post("/opgaver/FV-7K2P-01AB-9XYZ/attempt", data={"form": "phone"})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/log-ind?til=%2Fopgaver%2FFV-7K2P-01AB-9XYZ%2Fattempt&tabt=1"
        page = await person.get(answer.headers["location"])
        assert "Det, du sendte, blev ikke gemt" in page.text
        assert "/log-ind/start?til=%2Fopgaver%2FFV-7K2P-01AB-9XYZ%2Fattempt" in page.text
        out = await person.post("/log-ud", data={"form_token": "old"})
        assert "tabt" not in out.headers["location"]


async def test_by_tls_a_log_in_under_way_is_kept_for_this_host_alone_and_forgotten_as_it_was_kept(
    parts: InboxDependencies,
) -> None:
    provider = Provider(
        issuer=ISSUER,
        client_id="inbox",
        client_secret="secret",
        redirect_uri=f"{ADDRESS}/log-ind/tilbage",
        transport=Answers().transport(),
    )
    transport = httpx2.ASGITransport(app=build(replace(parts, provider=provider)))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as person:
        kept = ""
        for _ in range(7):
            answer = await person.get("/log-ind/start")
            *forgotten, kept = answer.headers.get_list("set-cookie")
            for cookie in (*forgotten, kept):
                assert cookie.startswith("__Host-log-ind-")
                assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert len(forgotten) == 1
        assert len(person.cookies) == 5


async def test_a_form_that_ends_in_the_middle_is_no_fault_of_ours(
    parts: InboxDependencies, caplog: pytest.LogCaptureFixture
) -> None:
    """A browser that is closed while it sends; an error in the log would ring."""
    heard: list[Message] = []
    pieces: list[Message] = [
        {"type": "http.request", "body": b"form_token=ol", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return pieces.pop(0)

    async def send(message: Message) -> None:
        heard.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/log-ud", "query_string": b"", "scheme": "https",
        "headers": [(b"content-type", b"application/x-www-form-urlencoded")], "server": ("a", 1),
    }  # fmt: skip
    await build(parts)(scope, receive, send)
    assert heard[0]["status"] == 400
    assert "failed" not in caplog.text


@pytest.mark.parametrize("query", ["q=010101-1234", "fra=0101011234", "0101011234"])
async def test_a_cpr_in_an_address_goes_on_into_no_link_and_no_other_address(
    parts: InboxDependencies, query: str
) -> None:
    transport = httpx2.ASGITransport(app=build(parts))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as person:
        for path in ("/log-ind", "/nowhere", "/opgaver", f"/opgaver/{query.rpartition('=')[2]}"):
            for more in ("", "&sprog=en"):
                answer = await person.get(f"{path}?{query}{more}")
                assert "1234" not in answer.text + answer.headers.get("location", "")


@pytest.mark.parametrize("path", ["/opgaver/", "/log-ind/", "/api/v1", "/uafklarede/"])
async def test_no_address_is_made_of_the_host_that_a_request_names(
    parts: InboxDependencies, path: str
) -> None:
    transport = httpx2.ASGITransport(app=build(parts))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as person:
        answer = await person.get(path, headers={"host": "elsewhere.example"})
        assert answer.status_code == 404
        assert "location" not in answer.headers


async def test_what_the_interface_says_of_itself_is_not_said_twice(parts: InboxDependencies) -> None:
    said = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}
    transport = httpx2.ASGITransport(
        app=build(parts, beside=ApiMount(PlainTextResponse("here", headers=said)))
    )
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as person:
        answer = await person.get("/api/v1/tasks")
        assert answer.text == "here"
        for name, value in said.items():
            assert answer.headers.get_list(name) == [value]
        assert answer.headers["x-frame-options"] == "DENY"


async def test_by_tls_cookies_are_secure_and_the_browser_is_told_to_stay_with_it(
    parts: InboxDependencies,
) -> None:
    transport = httpx2.ASGITransport(app=build(parts))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as person:
        answer = await person.get("/log-ind?sprog=en")
        assert answer.headers["set-cookie"].startswith("__Host-sprog=en; ")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(
            answer.headers["set-cookie"].split("; ")
        )
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    "path", ["//elsewhere.example", "///elsewhere.example", "/%5Celsewhere.example", "/a"]
)
async def test_changing_the_language_leads_to_no_other_host(parts: InboxDependencies, path: str) -> None:
    transport = httpx2.ASGITransport(app=build(parts))
    async with httpx2.AsyncClient(transport=transport) as person:
        answer = await person.get(f"{ADDRESS}{path}?sprog=en&vis=mine")
        assert answer.status_code == 303
        target = answer.headers["location"]
        assert target.startswith("/")
        assert not target.startswith(("//", "/\\"))
        assert target.endswith("?vis=mine")


async def test_a_log_in_whose_time_is_over_or_that_is_anothers_is_begun_anew(
    parts: InboxDependencies,
) -> None:
    transport = httpx2.ASGITransport(
        app=build(replace(parts, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)))
    )
    for cookies in ({}, {"log-ind": "v1.nonsense"}):
        async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS, cookies=cookies) as person:
            answer = await person.get("/log-ind/tilbage?code=a&state=b")
            assert answer.status_code == 400
            assert "Dit login blev ikke færdigt" in answer.text
