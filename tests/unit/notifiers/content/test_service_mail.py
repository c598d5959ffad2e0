"""Mails about the service itself: a webhook that is off, and a test that nobody can take for a task."""

import pytest

from notifiers.content.service_mail import render_channel_off, render_test


@pytest.mark.parametrize(("reason", "words"), [("gone", "HTTP 410"), ("failing", "fem døgn")])
def test_a_unit_reads_why_its_webhook_is_off_and_that_nothing_else_has_changed(
    reason: str, words: str
) -> None:
    rendered = render_channel_off(
        off_reason=reason,
        unit_name="Jobcenter Ærø & Omegn",
        reference="FV-7K3M-92QD-0001",
        link="https://varsel.example.dk/opgaver/FV-7K3M-92QD-0001",
    )
    assert rendered.subject == "Jeres webhook er slået fra"
    for text in (rendered.text, rendered.html):
        assert words in " ".join(text.split())
        assert "FV-7K3M-92QD-0001" in text
        assert "Hvad betyder det?" in text
        assert "Hvad skal der ske?" in text
        assert "Sidst forsøgt med opgave FV-7K3M-92QD-0001:" in text
        assert "Den, der driver jeres fagsystem, retter modtageren" in " ".join(text.split())
        assert "Mailen er sendt automatisk" in " ".join(text.split())
    assert "opgaverne og deres datoer er uændrede" in " ".join(rendered.text.split())
    assert "Ærø &amp; Omegn" in rendered.html
    assert max(map(len, rendered.text.splitlines())) <= 78


def test_a_test_is_marked_as_one_in_subject_and_heading_and_names_no_task() -> None:
    rendered = render_test(unit_name="Jobcenter Ærø", link="https://varsel.example.dk")
    assert rendered.subject.startswith("PRØVE")
    for text in (rendered.text, rendered.html):
        assert "PRØVE" in text
        assert "FV-" not in text
        assert "Indbakken:" in text
        assert "I skal ikke gøre noget" in " ".join(text.split())
    assert "https://varsel.example.dk" in rendered.text
