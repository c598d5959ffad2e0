"""How the deliveries stand, for those who watch the service: counts and ages, nobody's address.

Read every half minute: nothing here may cost more the longer the service has lived.
"""

from collections.abc import Iterable
from typing import Final, LiteralString

from infra.figures import Figure
from infra.postgres import Connection
from models.notifications.delivery import Channel
from notifiers import metrics
from notifiers.supersede import Contacts

WAITS_SINCE: Final[LiteralString] = "CASE WHEN attempts > 0 THEN created_at ELSE due_at END"
"""Of a delivery that should have gone out: what was put off on purpose waits since its time came."""
WAITING: Final[LiteralString] = f"""
SELECT channel, (count(*) FILTER (WHERE due_at <= clock_timestamp()))::int, count(*)::int,
       extract(epoch FROM clock_timestamp() - min({WAITS_SINCE}))::float8
FROM deliveries WHERE status = 'due' AND (due_at <= clock_timestamp() OR attempts > 0) GROUP BY channel
"""
FAILING: Final[LiteralString] = "SELECT unit_id, url, disabled_at IS NOT NULL FROM endpoints"
NOW: Final[LiteralString] = "SELECT extract(epoch FROM clock_timestamp())::float8"
_STATES: Final = ("failing", "off")


async def delivery_figures(connection: Connection, contacts: Contacts) -> Iterable[Figure]:
    """Everything; of an endpoint that its unit has no more, nothing."""
    waiting = {row[0]: row[1:] for row in await (await connection.execute(WAITING)).fetchall()}
    endpoints = dict.fromkeys(_STATES, 0)
    for unit_id, url, is_off in await (await connection.execute(FAILING)).fetchall():
        contact = contacts(unit_id)
        if contact is not None and url in contact.own(Channel.WEBHOOK):
            endpoints[_STATES[is_off]] += 1
    ((at,),) = await (await connection.execute(NOW)).fetchall()
    figures: list[Figure] = [(metrics.FIGURES_AT, (), at)]
    for channel in Channel:
        due, all_of_them, seconds = waiting.get(channel, (0, 0, 0.0))
        figures.append((metrics.DUE, (channel,), due))
        figures.append((metrics.WAITING, (channel,), all_of_them))
        figures.append((metrics.OLDEST, (channel,), max(0.0, seconds)))
    figures += [(metrics.ENDPOINTS, (state,), number) for state, number in endpoints.items()]
    return figures
