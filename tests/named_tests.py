"""Whether a test that a page names, as `path::name`, is there."""

import re
from typing import Final

from tests.paths import ROOT

NAMED: Final = re.compile(r"`(tests/[\w/.-]+::\w+)`")
"""As a page writes it."""
_FILE: Final = re.compile(r"tests/[\w/]*test_\w+\.py")


def there(test: str) -> bool:
    """Whether `path::name` is a function of a file of tests, be it in a class."""
    path, _, name = test.partition("::")
    file = ROOT / path
    if not (_FILE.fullmatch(path) and name.startswith("test_") and file.is_file()):
        return False
    found = re.search(rf"^ *(?:async )?def {re.escape(name)}\(", file.read_text("utf-8"), re.MULTILINE)
    return found is not None
