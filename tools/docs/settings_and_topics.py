"""The settings and the topics as pages, made from the code: ``python -m tools.docs.settings_and_topics``.

With ``--check`` it changes nothing, and ends with 1 where a page is not what the code says. A test runs the same.
"""

import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.environments import COMMANDS, PROCESSES, EveryEnvironment
from config.settings import PREFIX, SECRETS, sections_of, variables_of
from config.topics import TOPICS, TopicSpec

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
_AGAIN: Final = (
    "<!-- Made by `python -m tools.docs.settings_and_topics`; change the code, then run it again. -->"
)
_KIB: Final = 1024


def settings_page() -> str:
    """Every setting: variable, default, meaning, whether a file may hold it, and which process reads it."""
    rows = [
        (
            f"`{PREFIX}{name}`",
            _default(field),
            _meaning(field),
            f"`{PREFIX}{name}_FILE`" if name in SECRETS else "",
            _read_by(name),
        )
        for section in sections_of(EveryEnvironment).values()
        for name, field in section.variables().items()
    ]
    demands = [
        (
            ", ".join(f"`{name}`" for name, other in {**PROCESSES, **COMMANDS}.items() if other is kind),
            ", ".join(f"`{name}`" for name in _demanded(kind)) or "nothing",
        )
        for kind in dict.fromkeys([*PROCESSES.values(), *COMMANDS.values()])
    ]
    return _page(
        "Settings",
        f"Every process reads its settings from the environment, once, at its start; all begin with `{PREFIX}`.",
        "It reads those that it needs and no other: what another process needs may be absent, and is not looked at.",
        "Of the key ring it keeps what it needs and drops the rest: the notifier signs links, and opens nothing.",
        "A secret may also stand in a file: its variable ends with `_FILE`, and spaces and line ends around "
        "its content do not count.",
        "Where both are set, the variable itself wins.",
        "A setting that is missing, wrong or unknown stops the process with exit code 78, a sentence for each fault.",
        "`frafaldsvarsel check-config` says the same without starting anything.",
        "",
        *_table(("variable", "default", "meaning", "or in a file", "read by"), rows),
        "",
        "## What must be set",
        "",
        f"By process and command, each without `{PREFIX}`; a secret may stand in its file instead.",
        "`inbox` needs `OIDC_ISSUER` and `OIDC_CLIENT_SECRET`, and `canary` needs `CANARY_KEYS_DIR` as well.",
        "",
        *_table(("process or command", "must be set"), demands),
    )


def topics_page() -> str:
    """Every topic: what for, key, partitions, how long."""
    rows = [
        (
            f"`{spec.name}`",
            spec.about,
            spec.key,
            str(spec.partitions),
            _kept(spec),
            "the broker's" if spec.append_time else "the writer's",
            _size(spec.max_message_bytes),
        )
        for spec in TOPICS
    ]
    every = _common(spec.config(min_insync_replicas=0) for spec in TOPICS)
    every.pop("min.insync.replicas")
    compacted = _common(spec.config(min_insync_replicas=0) for spec in TOPICS if spec.compacted)
    shared = ", ".join(f"`{name}={value}`" for name, value in every.items())
    only = ", ".join(
        f"`{name}={value}`"
        for name, value in compacted.items()
        if name not in {**every, "min.insync.replicas": "", "retention.ms": "", "message.timestamp.type": ""}
    )
    return _page(
        "Topics",
        "`frafaldsvarsel topics apply` makes those that are missing; `frafaldsvarsel topics check` says what differs.",
        "Neither changes one that is there. Set `auto.create.topics.enable=false`, so that nothing else makes one.",
        f"Copies come from `{PREFIX}REPLICATION_FACTOR`, and `min.insync.replicas` from `{PREFIX}MIN_INSYNC_REPLICAS`.",
        f"All of them have {shared}.",
        f"Those that are compacted have {only}.",
        "",
        *_table(
            ("topic", "what it holds", "key", "partitions", "kept", "clock of a record", "largest batch"),
            rows,
        ),
        "",
        "Topics keyed by person id have the same number of partitions, and a person is in the same one in all of them.",
        "That number never changes in place: it would send a person's next event to another partition than the last.",
    )


PAGES: Final = {"settings.md": settings_page, "topics.md": topics_page}


def differing(docs: Path) -> list[str]:
    """The pages in `docs` that are not what the code says."""
    return [name for name, page in PAGES.items() if _text(docs / name) != page()]


def write(docs: Path) -> list[str]:
    """Write the pages that differ; returns their names."""
    changed = differing(docs)
    for name in changed:
        (docs / name).write_text(PAGES[name](), encoding="utf-8")
    return changed


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` say which are old."""
    if "--check" not in arguments:
        for name in write(DOCS):
            sys.stdout.write(f"docs/{name} written\n")
        return 0
    old = differing(DOCS)
    for name in old:
        sys.stderr.write(f"docs/{name} is old: run `python -m tools.docs.settings_and_topics`.\n")
    return 1 if old else 0


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _page(title: str, *lines: str) -> str:
    return "\n".join((f"# {title}", "", _AGAIN, "", *lines, ""))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _read_by(variable: str) -> str:
    readers = [name for name, kind in PROCESSES.items() if variable in variables_of(kind)]
    # What only looks is told in the same words as what drives again.
    return ", ".join(name for name in readers if name != "audit --heal" or "audit" not in readers)


def _demanded(kind: type[Any]) -> list[str]:
    return [
        name
        for section in sections_of(kind).values()
        for name, field in section.variables().items()
        if field.is_required()
    ]


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PydanticUndefined:
        return "**must be set**"
    if value is None:
        return "none"
    return f"`{value.value if isinstance(value, StrEnum) else value}`"


def _meaning(field: FieldInfo) -> str:
    least = next((limit.ge for limit in field.metadata if hasattr(limit, "ge")), None)
    return field.description or "" if least is None else f"{field.description}; at least {least}"


def _kept(spec: TopicSpec) -> str:
    if spec.compacted:
        return "the last record of each key"
    return "for ever" if spec.retention_days is None else f"{spec.retention_days} days"


def _size(count: int) -> str:
    return f"{count // _KIB**2} MiB" if count % _KIB**2 == 0 else f"{count // _KIB} KiB"


def _common(configurations: Iterable[dict[str, str]]) -> dict[str, str]:
    """The entries that are the same in all."""
    first, *others = configurations
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
