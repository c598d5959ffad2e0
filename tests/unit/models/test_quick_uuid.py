"""Ids are the same, whichever way they are computed: they stand in databases and in mails."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from models.quick_uuid import uuid_of_name


@given(st.uuids(), st.text())
def test_it_is_the_uuid_of_the_standard_library(namespace: UUID, name: str) -> None:
    """Version and variant, too."""
    found = uuid_of_name(namespace, name)
    assert found == uuid5(namespace, name)
    assert (found.version, found.variant) == (5, uuid5(namespace, name).variant)
