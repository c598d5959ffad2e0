"""The key of a month is destroyed: what is needed was sealed again before, and the rest is opened by nobody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from config.key_store import KeyStore
from config.settings import PREFIX
from crypto.key_purpose import KeyHolder, KeyPurpose
from crypto.new_keys import new_seal
from crypto.vault import KeyShreddedError, SealOpener
from frafaldsvarsel.commands import commands
from models.events.sensitive_fields import sealed_for
from models.operator import Operator
from models.reasons import DecisionReason
from ops.recovery.shred import NotYet, objection_to_month, seal_again
from publisher.key_files import ensure_service_keys
from tests.factories import MADE_UP_CPR
from tests.integration.api.callers import Service
from tests.keys import MADE_AT, ServiceKeys, made_keys
from tests.unit.ledger.decisions import UNIT

MONTH, LATER = "2026-05", "2026-11"
WHO = Operator("drift-1", "opbevaringstiden er gået")
KEYS = made_keys(MONTH, LATER)
GONE = ServiceKeys(
    tuple(
        one.shredded(MADE_AT) if one.purpose is KeyPurpose.SEAL and one.kid == MONTH else one
        for one in KEYS.keys
    )
)


def again(
    url: str,
    opener: SealOpener = KEYS.opener,
    *,
    is_first: bool = False,
    stop: Callable[[], None] = lambda: None,
) -> int:
    later = KEYS.of(KeyPurpose.SEAL)[-1].sealing
    assert later is not None

    def seal(content: bytes, purpose: str) -> str:
        stop()
        return later.seal(content, purpose)

    with psycopg.connect(url, autocommit=True) as connection:
        done = seal_again(connection, MONTH, is_first=is_first, opener=opener, seal=seal, who=WHO)
    return done.messages


def shredded(service: Service) -> None:
    """The processes have the store after `keys shred`."""
    service.keyring = GONE
    service.use(replace(service.parts, opener=GONE.opener))


@pytest.fixture
async def of_may(service: Service) -> Service:
    service.keyring = KEYS
    service.use(replace(service.parts, opener=KEYS.opener))
    return service


async def test_open_tasks_and_undecided_messages_are_read_on_and_the_rest_by_nobody(of_may: Service) -> None:
    service = of_may
    kept, closed = await service.task(), await service.task()
    await service.books.project(
        decisions=[
            service.message("waits", unit=None, reason=DecisionReason.ENROLMENT_UNKNOWN, person="one"),
            service.message("nobody's", unit=None, person="two"),
        ]
    )
    await service.books.rows("UPDATE tasks SET status = 'closed' WHERE reference = %s RETURNING 1", closed)
    await service.books.rows(
        "UPDATE messages SET outcome = 'undecided', review_on = current_date WHERE person_id = 'one' RETURNING 1"
    )
    before = await service.books.rows("SELECT sealed FROM messages ORDER BY message_id")
    assert again(service.url) == 2
    shredded(service)
    caller = await service.caller()
    (message,) = (await caller.open(kept)).json()["messages"]
    assert message["cpr"] == MADE_UP_CPR
    answer = await caller.open(closed)
    assert (answer.status_code, answer.json()) == (200, {"messages": []})
    assert await service.books.rows("SELECT sealed FROM messages ORDER BY message_id") == before
    found = await service.books.rows("SELECT sender, message_id, person_id, sealed FROM messages")
    assert len(found) == 4
    for sender, message_id, person_id, sealed in found:
        with pytest.raises(KeyShreddedError):
            GONE.opener.open(sealed, sealed_for(sender, message_id, person_id))
    ((detail,),) = await service.books.rows("SELECT detail FROM audit WHERE kind = 'key_shredded'")
    assert detail == {
        "month": MONTH,
        "sealed_again": 2,
        "by": WHO.by,
        "because": WHO.because,
        "login": "shared:postgres",
    }


async def test_what_is_sealed_of_a_person_on_hold_is_read_on(of_may: Service) -> None:
    """Under whichever number the hold was laid; of a closed task too."""
    service = of_may
    held, joined, other = [await service.task() for _ in range(3)]
    await service.books.rows("UPDATE tasks SET status = 'closed' RETURNING 1")
    people = dict(await service.books.rows("SELECT reference, person_id FROM tasks"))
    join = "INSERT INTO person_joins (person_id, joined_to) VALUES ('an earlier number', %s) RETURNING 1"
    await service.books.rows(join, people[joined])
    for person in (people[held], "an earlier number"):
        await service.books.rows(
            "INSERT INTO retention_holds (id, person_id, ground, held_by) "
            "VALUES (gen_random_uuid(), %s, 'a complaint', 'anne') RETURNING 1",
            person,
        )
    assert again(service.url) == 2
    shredded(service)
    caller = await service.caller()
    for reference, number in ((held, 1), (joined, 1), (other, 0)):
        assert len((await caller.open(reference)).json()["messages"]) == number


async def test_a_later_decision_brings_the_old_seal_and_the_unit_reads_on(of_may: Service) -> None:
    service = of_may
    reference = await service.task()
    assert again(service.url) == 1
    shredded(service)
    service.keyring = KEYS  # Kafka still holds what was sealed in May
    person = (await service.books.rows("SELECT person_id FROM tasks"))[0][0]
    ((message_id,),) = await service.books.rows("SELECT message_id FROM messages")
    revised = service.message("message 0", revision=2, unit=UNIT, person=person, enrolment="enrolment 0")
    assert revised.message.message_id == message_id
    await service.books.project(decisions=[revised])
    caller = await service.caller()
    (message,) = (await caller.open(reference)).json()["messages"]
    assert message["cpr"] == MADE_UP_CPR


async def test_cut_off_while_it_seals_nothing_has_changed_and_done_twice_it_is_done(of_may: Service) -> None:
    service = of_may
    await service.task(), await service.task()
    turns = iter([None])

    class Killed(Exception):
        pass

    def stop() -> None:
        if next(turns, Killed) is Killed:
            raise Killed

    with pytest.raises(Killed):
        again(service.url, stop=stop)
    assert await service.books.rows("SELECT 1 FROM resealed") == []
    assert await service.books.rows("SELECT 1 FROM audit WHERE kind = 'key_shredded'") == []
    assert (again(service.url), again(service.url)) == (2, 0)


async def test_what_its_key_does_not_open_holds_it_up(of_may: Service) -> None:
    """Rather that, than a task whose people nobody finds."""
    await of_may.task()
    with pytest.raises(NotYet, match="does not open it"):
        again(of_may.url, SealOpener({}))


async def test_refused_records_that_wait_for_a_person_hold_it_up(of_may: Service) -> None:
    service = of_may
    for offset, day in (
        (1, "2026-05-31T23:59:59Z"),
        (2, "2026-06-01T00:00:00Z"),
        (3, "2026-04-30T23:59:59Z"),
    ):
        await service.books.rows(
            'INSERT INTO receipts (topic, partition, "offset", sender, status, reason, appended_at) '
            "VALUES ('enrolments', 0, %s, '900101', 'rejected', 'not_json', %s) RETURNING 1",
            offset,
            day,
        )
    with pytest.raises(NotYet, match="1 refused records of 2026-05 wait in quarantine"):
        again(service.url)
    with pytest.raises(NotYet, match="2 refused"):
        again(service.url, is_first=True)
    await service.books.rows(
        "INSERT INTO quarantine (kind, id, reason, since, state, decided_by) "
        "VALUES ('input', 'enrolments/0/1', 'not_json', now(), 'dismissed', 'drift-1') "
        "RETURNING 1"
    )
    assert again(service.url) == 0


@pytest.mark.parametrize(
    ("month", "now", "is_young"),
    [
        ("2026-11", "2026-11-30T23:59:59+00:00", True),
        ("2026-10", "2026-11-30T23:59:59+00:00", True),
        ("2026-10", "2026-12-01T00:00:00+00:00", False),
        ("2026-10", "2026-12-01T00:30:00+01:00", True),
        ("2026-12", "2027-01-31T12:00:00+00:00", True),
        ("2027-05", "2027-01-31T12:00:00+00:00", True),
    ],
)
def test_a_young_month_is_never_shredded(month: str, now: str, *, is_young: bool) -> None:
    assert (objection_to_month(month, datetime.fromisoformat(now)) is not None) is is_young


async def test_the_command_destroys_it_in_every_folder_and_a_run_that_was_cut_off_is_finished(
    service: Service, tmp_path: Path
) -> None:
    store: KeyStore = ensure_service_keys(tmp_path, datetime.now(UTC))
    key = new_seal("2020-01", MADE_AT)
    store.hand_out([key])
    told = {PREFIX + "KEY_STORE": str(store.folder), PREFIX + "DATABASE_URL": service.url}

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(
            commands(), ("keys", "shred", *arguments, "--because", "tiden er gået"), env=told
        )
        return done.exit_code, " ".join(done.output.split())

    this = f"{datetime.now(UTC):%Y-%m}"
    assert run(this)[0] == run("2019-01")[0] == run("2020-01")[0] == 1
    assert {one.private is None for one in store.held(KeyHolder.INBOX) if one.kid == "2020-01"} == {False}
    code, said = run("2020-01", "--yes")
    assert (code, "destroyed in 4 folders" in said) == (0, True), said
    secrets = [part for part in (key.private, key.binding, key.public) if part is not None]
    for file in store.folder.rglob("*"):
        assert not file.is_file() or not any(part in file.read_text() for part in secrets)
    # A folder that was brought back, or not reached.
    (store.folder / "intake" / "seal-2020-01.json").write_text(
        key.sealing_half().model_dump_json(exclude_none=True)
    )
    assert "1 folders still had a part" in run("2020-01")[1]
    assert "0 folders still had a part" in run("2020-01")[1]
    listed = CliRunner().invoke(commands(), ("keys", "list", "--json"), env=told).output
    assert "shredded" in listed
    assert not any(part in listed for part in secrets)
    sealed = key.sealing.seal(b"text", "p") if key.sealing else ""
    opener = ServiceKeys(store.held(KeyHolder.INBOX)).opener
    with pytest.raises(KeyShreddedError):
        opener.open(sealed, "p")
