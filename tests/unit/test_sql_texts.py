"""SQL stands in order: named, public, outside functions; columns and occasions are listed once."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from ledger.queries.task_detail import TaskFields
from ledger.tasks.rows import TASK_COLUMNS
from models.notifications.delivery import Occasion
from models.tasks.reminders import ReminderKind
from tests.paths import ROOT
from tests.sql_texts import SOURCE, SqlText, in_python, sql_texts

MIGRATIONS: Final = "ledger/schema/"
TASKS_ARE_LISTED: Final = {
    "ledger/queries/listings.py": "`tasks` as commands show it, under the names of its JSON",
    "ledger/schema/command_rights.py": "the columns that people's commands may read",
    "ledger/schema/process_rights.py": "the columns that ledger and inbox may change",
}
"""Beside `TaskRow` itself: what the list is, where it is no list of the table's columns."""
A_LIST: Final = 10
"""So many columns of a table in one place are its list."""
PUT_TOGETHER: Final = {
    "ledger/queries/task_counts.py": "one statement for each filter and narrowing, of the conditions in `narrowed`",
    "ledger/queries/task_list.py": "one statement for each filter and kind of page, of the texts in `list_statements`",
    "ledger/rebuild/compare.py": "one statement for each table, by `psycopg.sql`",
    "ledger/schema/apply_policies.py": "one statement for each policy of `ledger.schema.row_policies`",
    "ledger/schema/dba_script.py": "a role, its powers and its settings, for each name in `config.database_roles`",
    "ledger/schema/row_policies.py": "one statement for each policy",
    "ledger/rebuild/replace.py": "one statement for each table, by `psycopg.sql`",
    "ops/recovery/erasure_search.py": "one statement for each table, over the columns that the role may read",
    "local/demo/counts.py": "the demo's own counts by reason and by unit",
}
"""Where a function puts texts together, and why."""
SERVICE: Final = frozenset(package.name for package in SOURCE)


def texts() -> list[SqlText]:
    """Of Python alone."""
    return [text for text in sql_texts() if text.file.endswith(".py")]


def test_no_sql_stands_in_a_function() -> None:
    """Whoever looks for a statement looks at the top of a file; and an f-string there can hold constants only."""
    wrong = [
        f"{text.file}:{text.line}: {' '.join(text.text.split())[:60]}" for text in texts() if text.in_function
    ]
    assert wrong == []


def test_a_text_in_a_function_would_be_found() -> None:
    source = "A = 'SELECT 1'\ndef f():\n    '''SELECT 2'''\n    g(b'SELECT 3')\n    return f'UPDATE t SET x = {A}'\n"
    assert [(text.line, text.in_function) for text in in_python(source, "x.py")] == [
        (1, False),
        (4, True),
        (5, True),
    ]


def test_sql_has_public_names() -> None:
    wrong = [f"{file}:{line}: {name}" for file, line, name in named_texts() if name.startswith("_")]
    assert wrong == []


def named_texts() -> Iterator[tuple[str, int, str]]:
    """The names at the top of files that stand for SQL, `psycopg.sql` too."""
    for package in SOURCE:
        for file in sorted(package.rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            for node in ast.parse(file.read_text("utf-8")).body:
                target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
                value = getattr(node, "value", None)
                is_text = isinstance(value, ast.Constant | ast.JoinedStr | ast.Call)
                if (
                    value is not None
                    and isinstance(target, ast.Name)
                    and is_text
                    and in_python(f"x = {ast.unparse(value)}", name)
                ):
                    yield name, node.lineno, target.id


def test_texts_are_put_together_where_there_is_a_reason() -> None:
    found, named = set(), {name for _, _, name in named_texts()}
    for package in SOURCE:
        for file in sorted(package.rglob("*.py")):
            where = file.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Attribute)
                    and node.attr == "format"
                    and isinstance(node.value, ast.Name)
                ):
                    found |= {where} if node.value.id in named else set()
    assert found == set(PUT_TOGETHER)


def test_the_columns_of_tasks_are_listed_once() -> None:
    """`TaskRow` lists them, and everything else is made from it or from the record that is read."""
    columns = re.compile(
        rf"\b({'|'.join({*TASK_COLUMNS, *TaskFields.model_fields} - {'id', 'status', 'version'})})\b"
    )
    found = {text.file for text in texts() if len(set(columns.findall(text.text))) >= A_LIST}
    for package in SOURCE:
        for file in sorted(package.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Tuple | ast.List | ast.Set):
                    words = [one.value for one in node.elts if isinstance(one, ast.Constant)]
                    if (
                        len({word for word in words if isinstance(word, str) and columns.fullmatch(word)})
                        >= A_LIST
                    ):
                        found.add(file.relative_to(ROOT).as_posix())
    assert found == set(TASKS_ARE_LISTED)


def test_occasions_are_listed_where_they_are_defined() -> None:
    """SQL is given them: a list typed again would miss the next one."""
    word = "|".join(sorted({*Occasion, *ReminderKind}))
    a_list = re.compile(rf"'({word})'\s*,\s*'({word})'")
    wrong = [
        f"{text.file}:{text.line}: {found.group()}" for text in texts() if (found := a_list.search(text.text))
    ]
    assert wrong == []


def test_the_simulation_uses_public_names() -> None:
    """It stands in for PostgreSQL and knows each statement: a private name would bind it to how a file is written."""
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in sorted((ROOT / "tests" / "simulation").rglob("*.py"))
        for line, name in private_names(ast.parse(file.read_text("utf-8")))
    ]
    assert wrong == []


def private_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Private names of the service that a file imports, or takes from what it has imported."""
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in SERVICE:
            imported |= {alias.asname or alias.name for alias in node.names}
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.startswith("_"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            if private and node.value.id in imported:
                yield node.lineno, f"{node.value.id}.{node.attr}"
