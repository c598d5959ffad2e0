"""A page of metrics may be anything: it is read within bounds, or it is said why not."""

import time
from contextlib import suppress
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.readers.auditor import WANTED as AUDIT
from doctor.readers.metrics_page import MetricsPage, read_metrics
from doctor.side_by_side import NotSeen
from doctor.status.metrics_look import WANTED
from infra.metrics import Metric, MetricKind

LAG: Final = Metric("lag", MetricKind.GAUGE, "-", ("group", "topic"))
AT: Final = Metric("at", MetricKind.GAUGE, "-")


def read(text: str) -> MetricsPage:
    return read_metrics(text, (LAG, AT))


def test_values_are_found_by_their_labels_whatever_their_order() -> None:
    page = read(
        '# HELP lag -\n# TYPE lag gauge\nlag{topic="b",group="a"} 3.0\nlag{group="c",topic="d"} 4\nat 1e3\n'
    )
    assert dict(page.values(LAG)) == {("a", "b"): 3.0, ("c", "d"): 4.0}
    assert page.one(AT) == 1000.0
    assert page.sum(LAG) == 7.0


def test_what_was_not_asked_for_is_not_even_read() -> None:
    page = read("other{broken 1\nlagging 2\nat 1\n")
    assert list(page.rows) == ["at"]


def test_a_row_with_other_labels_is_another_metric() -> None:
    assert dict(read('lag{group="a"} 1\nlag{group="a",topic="b",person="c"} 2\n').values(LAG)) == {}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "1e300", "-1e14"])
def test_what_is_no_number_of_ours_is_unknown_and_not_0(value: str) -> None:
    assert read(f"at {value}\n").one(AT) is None


@pytest.mark.parametrize(
    "text",
    [
        "at\n",
        "at {} {}\n",
        'lag{group="a\n',
        'lag{group="a" topic="b"} 1\n',
        "at one\n",
        f"at {'1' * 3000}\n",
        "at 1\n" * 20_001,
    ],
)
def test_what_is_no_page_of_metrics_is_not_seen_and_its_words_are_not_repeated(text: str) -> None:
    with pytest.raises(NotSeen) as raised:
        read(text)
    assert "1111" not in str(raised.value)


def test_a_page_of_a_web_server_says_nothing() -> None:
    assert read_metrics("<html><body>at 1</body></html>", WANTED).rows == {}


@given(st.text(max_size=300), st.sampled_from(["", "lag{", 'lag{group="', "at ", "at 1 # "]))
def test_nothing_but_the_known_error_comes_of_any_text(text: str, begin: str) -> None:
    with suppress(NotSeen):
        read(begin + text)


def test_the_longest_page_that_is_taken_is_read_in_moments() -> None:
    row = 'frafaldsvarsel_audit_unaccounted{hop="h%d"} 0\n'
    began = time.monotonic()
    page = read_metrics("".join(row % number for number in range(20_000)), AUDIT)
    assert len(page.rows["frafaldsvarsel_audit_unaccounted"]) == 20_000
    assert time.monotonic() - began < 10
