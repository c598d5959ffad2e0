"""From the form for several tasks to one deed each, or to what is wrong with one: none hinders another. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from inbox.action_forms import BadForm, read_close, read_version
from inbox.forms import Form
from ledger.queries.cursors import is_reference
from models.tasks.actions import Action, Ending, Take

MOST: Final = 25
"""Tasks of one form: a person looks at each."""
_DO: Final = "do-"


class TaskChoice(StrEnum):
    """What is done with a task."""

    TAKE = "take"
    CONTACT_MADE = Ending.CONTACT_MADE.value
    NOT_REACHED = Ending.NOT_REACHED.value


@dataclass(frozen=True, slots=True)
class ChosenDeed:
    """One task's."""

    reference: str
    deed: Action | None
    """None: the form lacks something."""
    fault: str | None
    """The sentence that says what."""
    version: int | None
    """That the page showed."""


def read_several(form: Form) -> tuple[ChosenDeed, ...]:
    """The tasks for which something was chosen, as they stand in the form; one more than `MOST` says too many."""
    chosen = [
        name.removeprefix(_DO)
        for name in form.fields
        if name.startswith(_DO) and form.one(name) in set(TaskChoice) and is_reference(name.removeprefix(_DO))
    ]
    return tuple(_read(form, reference) for reference in chosen[: MOST + 1])


def _read(form: Form, reference: str) -> ChosenDeed:
    version = read_version(form.one(f"version-{reference}"))
    choice = form.one(_DO + reference)
    if choice == TaskChoice.TAKE:
        return ChosenDeed(reference, Take(), None, version)
    deed = read_close(
        Form(
            {
                "ending": (choice,),
                "initiative": form.all(f"initiative-{reference}"),
                "none_because": (form.one(f"because-{reference}"),),
            }
        )
    )
    if isinstance(deed, BadForm):
        return ChosenDeed(reference, None, deed.faults[0].sentence, version)
    return ChosenDeed(reference, deed, None, version)
