"""The kept contract: what was promised of each column, so that a change of it fails the build.

``docs/contract.json`` holds each table's columns with type, unit and meaning. Columns may be
added; one that is there keeps all three. ``python -m tasks.publish.contract docs/contract.json``
adds what is new, and refuses when something promised has changed.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tasks.schema import TABLES
from tasks.store.atomic import write_bytes

Contract = dict[str, dict[str, dict[str, str]]]
"""Table -> column -> what is promised of it: type, unit, meaning."""


def contract() -> Contract:
    """Return the contract that tasks/schema.py states now."""
    return {
        table: {
            field.name: {
                "type": str(field.type),
                "unit": (field.metadata or {}).get(b"unit", b"").decode(),
                "meaning": (field.metadata or {}).get(b"description", b"").decode(),
            }
            for field in schema
        }
        for table, schema in TABLES.items()
    }


def broken(kept: Contract, now: Contract) -> list[str]:
    """Return the promises of `kept` that `now` does not hold, a sentence each."""
    problems = []
    for table, columns in kept.items():
        for column, promised in columns.items():
            stated = now.get(table, {}).get(column)
            if stated is None:
                problems.append(f"{table}.{column}: gone")
                continue
            problems += [
                f"{table}.{column}: {what} was {promised[what]!r}, now {stated[what]!r}"
                for what in promised
                if stated[what] != promised[what]
            ]
    return problems


def read_contract(path: Path) -> Contract:
    """Return the contract kept at `path`."""
    kept: Any = json.loads(path.read_text(encoding="utf-8"))
    return {table: dict(columns) for table, columns in kept.items()}


def main(arguments: list[str]) -> int:
    """Bring the kept contract up to date; return the exit code."""
    path = Path(arguments[0])
    problems = broken(read_contract(path), contract()) if path.exists() else []
    for problem in problems:
        sys.stderr.write(problem + "\n")
    if problems:
        return 4
    write_bytes((json.dumps(contract(), indent=1, ensure_ascii=False) + "\n").encode(), path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
