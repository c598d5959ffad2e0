"""Asks every process for its metrics, all at once, each within tight bounds of time and size.

Addresses come from the settings alone. A page is never followed elsewhere, and no proxy is asked.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

import httpx2 as httpx

from doctor.readers.metrics_page import MetricsPage, read_metrics
from doctor.side_by_side import NotSeen
from doctor.status.metrics_look import WANTED

SECONDS: Final = 4.0
"""For one page, whatever comes meanwhile."""
_MOST_BYTES: Final = 4_000_000


async def scrape(
    addresses: Mapping[str, str], *, seconds: float = SECONDS, most_bytes: int = _MOST_BYTES
) -> tuple[dict[str, MetricsPage], dict[str, str]]:
    """The page of each by its name, and why there is none of the others; never raises."""
    async with httpx.AsyncClient(
        timeout=seconds,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept": "text/plain", "Accept-Encoding": "identity"},
    ) as client:
        found = await asyncio.gather(
            *(_page(client, address, seconds, most_bytes) for address in addresses.values())
        )
    pages, why = {}, {}
    for name, page in zip(addresses, found, strict=True):
        if isinstance(page, MetricsPage):
            pages[name] = page
        else:
            why[name] = page
    return pages, why


async def _page(
    client: httpx.AsyncClient, address: str, seconds: float, most_bytes: int
) -> MetricsPage | str:
    try:
        async with asyncio.timeout(seconds):
            text = await _text(client, address, most_bytes)
        # In a thread: a long page must keep nobody's page waiting.
        return await asyncio.to_thread(read_metrics, text, WANTED)
    except NotSeen as error:
        return str(error)
    except TimeoutError:
        return f"There was no answer within {seconds:.0f} seconds."
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        # Only its kind: what an error says may hold the address, and that a password.
        return f"It does not answer: {type(error).__name__}."


async def _text(client: httpx.AsyncClient, address: str, most_bytes: int) -> str:
    async with client.stream("GET", address) as answer:
        if answer.status_code != httpx.codes.OK:
            raise NotSeen(f"The answer was {answer.status_code}.")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise NotSeen("The answer is packed, which was not asked for.")
        body = bytearray()
        async for part in answer.aiter_raw():
            body += part
            if len(body) > most_bytes:
                raise NotSeen("What answers there serves more than any process of the service does.")
    return body.decode("utf-8", "replace")
