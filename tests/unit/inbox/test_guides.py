"""What to do stands where the page leads, in the documents' own words, and nothing else comes of them."""

from pathlib import Path

import pytest

from inbox.guides import DOCS, Guide, inline, read_guides
from inbox.pages import service

GUIDES = read_guides()


def test_every_runbook_is_a_page_with_its_four_sections() -> None:
    names = {file.stem for file in (DOCS / "runbooks").glob("*.md")}
    assert len(names) > 10
    assert names <= GUIDES.keys()
    for name in names:
        heads = [block.lines[0] for block in GUIDES[name].blocks if block.kind == "h2"]
        assert heads == ["What it means", "What to look at", "What to do", "What not to do"], name


@pytest.mark.parametrize(
    "name", [*service._GUIDES.values(), *service._STEP_GUIDE.values(), service._LAG_GUIDE]
)
def test_what_the_page_leads_to_is_there(name: str) -> None:
    assert GUIDES[name].blocks


def test_a_list_goes_on_and_a_paragraph_ends_it(tmp_path: Path) -> None:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "one.md").write_text(
        "# A title\n\n## A head\nSome words.\n1. first\n2. second\n\nMore.\n- a\n", encoding="utf-8"
    )
    guide = read_guides(tmp_path)["one"]
    assert guide.title == "A title"
    assert [(block.kind, *block.lines) for block in guide.blocks] == [
        ("h2", "A head"),
        ("p", "Some words."),
        ("ol", "first", "second"),
        ("p", "More."),
        ("ul", "a"),
    ]


def test_without_the_documents_there_are_no_pages(tmp_path: Path) -> None:
    assert read_guides(tmp_path) == {}


@pytest.mark.parametrize(
    ("line", "html"),
    [
        ("plain & <b>", "plain &amp; &lt;b&gt;"),
        ("`a <b>` then **so**", "<code>a &lt;b&gt;</code> then <strong>so</strong>"),
        ("[see](known.md)", '<a href="/drift/vejledning/known">see</a>'),
        ("[see](../doctor.md#known)", '<a href="/drift/vejledning/known">see</a>'),
        ("[see](../operations.md#the-audit)", "see (<code>operations.md#the-audit</code>)"),
        ("[see](unknown.md)", "see (<code>unknown.md</code>)"),
        ("[see](javascript:alert(1))", "see (<code>javascript:alert(1</code>))"),
        ('[<i>](https://elsewhere.example/")', "&lt;i&gt; (<code>https://elsewhere.example/&#34;</code>)"),
    ],
)
def test_a_line_is_escaped_and_leads_to_known_pages_alone(line: str, html: str) -> None:
    assert str(inline(line, {"known": Guide("Known", ())})) == html
