"""The mail that says that a webhook is switched off."""

import pytest

from notifiers.channel_off import render_channel_off


@pytest.mark.parametrize(("reason", "words"), [("gone", "HTTP 410"), ("failing", "fem døgn")])
def test_a_unit_reads_why_its_webhook_is_off_and_that_nothing_else_has_changed(
    reason: str, words: str
) -> None:
    rendered = render_channel_off(
        cause=f"endpoint:{reason}:2026-10-09T08:00:00+00:00",
        unit_name="Jobcenter Ærø & Omegn",
        reference="FV-7K3M-92QD-0001",
        link="https://varsel.example.dk/opgaver/FV-7K3M-92QD-0001",
    )
    for text in (rendered.text, rendered.html):
        assert words in " ".join(text.split())
        assert "FV-7K3M-92QD-0001" in text
    assert "opgaverne og deres datoer er uændrede" in " ".join(rendered.text.split())
    assert "Ærø &amp; Omegn" in rendered.html
    assert max(map(len, rendered.text.splitlines())) <= 78
