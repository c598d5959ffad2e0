"""The log-in as a browser does it: several tabs, the Back button, and what a provider should not have said."""

import logging
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from inbox.app import build
from inbox.oidc import Provider
from tests.integration.inbox.staff import ADDRESS, COPENHAGEN, CPR, Desk
from tests.unit.inbox.provider_answers import ISSUER, Answers

RIGHTS = [{"role": "case_worker", "units": [COPENHAGEN]}]


class Browser:
    """One browser before the real pages, with a provider that answers as it is told."""

    def __init__(self, desk: Desk, levels: tuple[str, ...] = (), **claims: Any) -> None:
        self.desk = desk
        self.answers = Answers(claims={"name": "Anna Holm", desk.parts.rights_claim: RIGHTS} | claims)
        provider = Provider(
            issuer=ISSUER,
            client_id="inbox",
            client_secret="secret",
            redirect_uri=f"{ADDRESS}/log-ind/tilbage",
            levels=levels,
            transport=self.answers.transport(),
        )
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=build(replace(desk.parts, provider=provider))),
            base_url=ADDRESS,
        )

    async def begin(self, target: str = "/opgaver") -> dict[str, str]:
        """A tab goes to the provider; returns what the provider is asked."""
        answer = await self.http.get(f"/log-ind/start?til={target}")
        assert answer.status_code == 303
        asked = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in asked.items()}

    async def back(self, asked: dict[str, str]) -> httpx2.Response:
        """The provider sends the tab back."""
        self.answers.nonce = asked["nonce"]
        return await self.http.get("/log-ind/tilbage", params={"state": asked["state"], "code": "code"})

    async def sessions(self) -> list[tuple[str, str]]:
        """Those that there are, but that of the desk itself."""
        found = await self.desk.connection.execute(
            "SELECT user_id, form_token FROM inbox_sessions WHERE form_token <> %s ORDER BY user_id",
            (self.desk.token,),
        )
        return [(str(user), str(token)) for user, token in await found.fetchall()]


async def test_two_tabs_log_in_each_by_its_own_and_share_one_session(desk: Desk) -> None:
    browser = Browser(desk)
    one, other = await browser.begin("/opgaver"), await browser.begin("/overblik")
    answer = await browser.back(one)
    assert (answer.status_code, answer.headers["location"]) == (303, "/opgaver")
    before = await browser.sessions()
    answer = await browser.back(other)
    assert (answer.status_code, answer.headers["location"]) == (303, "/overblik")
    assert await browser.sessions() == before
    assert [user for user, _ in before] == ["anna"]
    assert not [name for name in browser.http.cookies if name.startswith("log-ind")]


async def test_who_is_logged_in_goes_on_without_the_provider(desk: Desk) -> None:
    browser = Browser(desk)
    asked = await browser.begin()
    await browser.back(asked)
    before = await browser.sessions()
    answer = await browser.http.get("/log-ind/start?til=/overblik")
    assert answer.headers["location"] == "/overblik"
    # Back, by the browser's button, to the address from the provider.
    answer = await browser.back(asked)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert await browser.sessions() == before


@pytest.mark.parametrize("changed", [{"sub": "bo"}, {"name": "Anna Berg"}, {"rights": []}], ids=str)
async def test_another_person_or_other_rights_begin_a_session_anew(
    desk: Desk, changed: dict[str, Any]
) -> None:
    browser = Browser(desk)
    one, other = await browser.begin(), await browser.begin()
    await browser.back(one)
    before = await browser.sessions()
    if "rights" in changed:
        changed = {desk.parts.rights_claim: []}
    browser.answers.claims |= changed
    await browser.back(other)
    after = await browser.sessions()
    assert len(after) == 1
    assert after != before


async def test_a_browser_keeps_a_few_log_ins_and_the_newest(desk: Desk) -> None:
    browser = Browser(desk)
    browser.http.cookies.set("log-ind-old", "nonsense", domain="127.0.0.1", path="/")
    begun = [await browser.begin() for _ in range(12)]
    kept = [name for name in browser.http.cookies if name.startswith("log-ind-")]
    assert len(kept) == 5
    assert "log-ind-old" not in kept
    assert (await browser.back(begun[0])).status_code == 400
    assert (await browser.back(begun[-1])).status_code == 303


@pytest.mark.parametrize("state", ["tilstand-å", "%00", "%F0%28", "x" * 3000, ""])
async def test_a_state_that_is_none_of_ours_is_a_page(desk: Desk, state: str) -> None:
    browser = Browser(desk)
    await browser.begin()
    answer = await browser.http.get(f"/log-ind/tilbage?code=a&state={state}")
    assert answer.status_code == 400
    assert "Dit login blev ikke færdigt" in answer.text


@pytest.mark.parametrize("subject", ["", " ", CPR, "anna\0", "a" * 300])
async def test_a_person_who_cannot_be_named_is_told_so_and_gets_no_session(
    desk: Desk, subject: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    browser = Browser(desk, sub=subject)
    answer = await browser.back(await browser.begin())
    assert answer.status_code == 403
    assert "Du blev ikke logget ind" in answer.text
    assert await browser.sessions() == []
    assert "the provider names a person in a way that cannot be kept" in caplog.text
    assert CPR not in caplog.text


async def test_a_list_for_a_token_is_a_page(desk: Desk) -> None:
    browser = Browser(desk)
    browser.answers.token_answer = [{"id_token": "a"}]
    answer = await browser.back(await browser.begin())
    assert answer.status_code == 503
    assert "Vi får ikke svar" in answer.text


HIGH, SUBSTANTIAL, LOW = (
    f"https://data.gov.dk/concept/core/nsis/{level}" for level in ("High", "Substantial", "Low")
)


@pytest.mark.parametrize("acr", [LOW, None, "", f"{SUBSTANTIAL} ", SUBSTANTIAL.upper()])
async def test_who_comes_with_too_low_a_level_is_told_to_log_in_otherwise(
    desk: Desk, acr: str | None
) -> None:
    browser = Browser(desk, (SUBSTANTIAL, HIGH), acr=acr)
    asked = await browser.begin()
    assert asked["acr_values"] == f"{SUBSTANTIAL} {HIGH}"
    answer = await browser.back(asked)
    assert answer.status_code == 403
    assert "højere sikringsniveau" in answer.text
    assert await browser.sessions() == []


@pytest.mark.parametrize("acr", [SUBSTANTIAL, HIGH])
async def test_a_level_that_is_taken_lets_in(desk: Desk, acr: str) -> None:
    browser = Browser(desk, (SUBSTANTIAL, HIGH), acr=acr)
    answer = await browser.back(await browser.begin())
    assert answer.status_code == 303
    assert len(await browser.sessions()) == 1


async def test_without_levels_none_is_asked_for(desk: Desk) -> None:
    assert "acr_values" not in await Browser(desk).begin()
