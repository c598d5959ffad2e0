"""The rights that docs/operations.md tells an operator to give are those under which the fault cells run."""

import re
from typing import Final

import pytest

from config.topics import BY_NAME, Topic
from models.events.event_types import InputTopic
from tests.faults.rights import RIGHTS
from tests.paths import ROOT

PAGE: Final = (ROOT / "docs" / "operations.md").read_text("utf-8")


def held(user: str, right: str) -> set[str]:
    """The topics on which a user has it."""
    return {str(name) for kind, name, given in RIGHTS[user] if (kind, given) == ("TOPIC", right)}


@pytest.mark.parametrize("user", RIGHTS)
def test_the_page_gives_each_process_the_rights_with_which_it_was_tested(user: str) -> None:
    (row,) = re.findall(rf"^\| `{user}` \| (read .*); write (.*); group", PAGE, re.MULTILINE)
    said = [set(re.findall(r"`([a-z-]+)`", part)) for part in row]
    inputs = set(map(str, InputTopic))
    assert [held(user, "READ") - inputs, held(user, "WRITE")] == said
    assert ("the input topics" in row[0]) == (inputs <= held(user, "READ"))


def test_every_topic_of_the_service_has_somebody_who_may_write_it() -> None:
    written = set().union(*(held(user, "WRITE") for user in RIGHTS))
    # Written by a command that people run, under a user of their own.
    assert written | {str(Topic.ERASURES)} == BY_NAME.keys() - set(map(str, InputTopic))
    assert Topic.TASK_EVENTS in written
