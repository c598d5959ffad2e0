"""The pages are what the code says, and their links lead somewhere."""

import re
from pathlib import Path
from typing import Final

import pytest

from config.every_environment import EveryEnvironment
from config.settings import SECRETS, sections_of, variables_of
from config.topics import TOPICS
from tests.paths import ROOT
from tools.docs import settings_and_topics

WRITTEN: Final = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK: Final = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_every_setting_stands_on_its_page_with_its_meaning() -> None:
    page = settings_and_topics.settings_page()
    for section in sections_of(EveryEnvironment).values():
        for name, field in section.variables().items():
            assert f"`FRAFALDSVARSEL_{name}`" in page
            assert field.description, f"{name} has no description"
            assert field.description in page


def test_every_secret_and_nothing_else_may_stand_in_a_file() -> None:
    page = settings_and_topics.settings_page()
    files = {name for name in variables_of(EveryEnvironment) if f"`FRAFALDSVARSEL_{name}_FILE`" in page}
    assert files == SECRETS


def test_every_topic_stands_on_its_page() -> None:
    page = settings_and_topics.topics_page()
    assert [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")] == [
        spec.name for spec in TOPICS
    ]


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_page_links_only_to_what_is_there(file: Path) -> None:
    targets = [target for target in LINK.findall(file.read_text("utf-8")) if "://" not in target]
    missing = [target for target in targets if not (file.parent / target).exists()]
    assert missing == []


def test_the_settings_in_compose_are_settings() -> None:
    named = set(re.findall(r"FRAFALDSVARSEL_([A-Z_]+):", (ROOT / "compose.yaml").read_text("utf-8")))
    known = {*variables_of(EveryEnvironment), *(f"{name}_FILE" for name in SECRETS)}
    assert named
    assert named <= known
