"""What is judged of the mutation tests' changes is about code that there is."""

from tools.mutate.changes import changes_of
from tools.mutate.judged import judged
from tools.mutate.modules import ROOT, chosen


def test_every_judgement_is_about_a_change_that_there_is_and_has_a_reason() -> None:
    """When the code is written anew, what was judged about it goes."""
    changes = [one for path in chosen(("",)) for one in changes_of(path, ROOT)]
    for one in judged():
        assert any(one.fits(change) for change in changes), one
        assert len(one.because) > 15, one
