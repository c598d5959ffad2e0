"""What every answer of the inbox tells a browser: nothing of others, nothing kept, nothing framed."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from inbox.auth_guard import ResponseHeaders


async def _page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("a page")


async def headers_of(path: str = "/", *, secure: bool = True) -> httpx2.Headers:
    """Of an answer that sets none itself, or of one that is not there."""
    app = ResponseHeaders(Starlette(routes=[Route("/", _page)]), secure=secure, static_path="/static/1")
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as browser:
        answer = await browser.get(f"https://inbox.example{path}", headers={"origin": "https://else.example"})
    return answer.headers


def directives(policy: str) -> dict[str, str]:
    """A policy's directives with what each allows."""
    pairs = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: allowed for name, _, allowed in pairs}


@pytest.mark.parametrize("path", ["/", "/nowhere"])
async def test_a_page_loads_its_own_alone_and_is_framed_by_nobody(path: str) -> None:
    policy = directives((await headers_of(path))["content-security-policy"])
    assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("frame-ancestors") == "'none'"
    assert set(policy.values()) == {"'self'"}
    assert "object-src" not in policy, "what is not named falls under default-src"


async def test_a_browser_tells_no_other_site_where_it_was_and_shares_nothing_with_it() -> None:
    headers = await headers_of()
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "kept"), [("/", "no-store"), ("/static/1/inbox.css", "public, max-age=31536000, immutable")]
)
async def test_a_page_is_kept_by_nobody_and_a_static_file_for_ever(path: str, kept: str) -> None:
    assert (await headers_of(path))["cache-control"] == kept


async def test_no_other_origin_reads_an_answer() -> None:
    assert [name for name in await headers_of() if name.startswith("access-control-")] == []


async def test_tls_is_asked_for_where_there_is_tls() -> None:
    assert (await headers_of())["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "strict-transport-security" not in await headers_of(secure=False)
