"""What of our own code decides what a stage makes: its module, and all that module imports.

A part's name carries a hash of it, so that an edit makes the stages again that it can change, and
no others.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]

IDLE: Final = frozenset({
    "tasks.pool", "tasks.nursery", "tasks.process", "tasks.progress", "tasks.settings",
    "tasks.yamlfile", "tasks.dependencies",
    "tasks.store.atomic", "tasks.store.layout", "tasks.store.lock", "tasks.store.parts",
})  # fmt: skip
"""Modules that decide how the work is done and where it lies, not what comes out."""

_IMPORT: Final = re.compile(
    r"^ *(?:from (tasks[\w.]*) import (\([^)]*\)|[^\n]*)|import (tasks[\w.]*))", re.MULTILINE
)


@cache
def code_hash(module: str, root: Path = ROOT) -> str:
    """Return 16 hex digits of sha256 of the sources that `module` depends on, itself included."""
    digest = hashlib.sha256()
    for name, path in sorted(sources(module, root).items()):
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def sources(module: str, root: Path = ROOT) -> dict[str, Path]:
    """Return the modules of ours that `module` imports, at once or later, and their files.

    Imports inside functions count; what idle modules import does not.
    """
    found: dict[str, Path] = {}
    left = [module]
    while left:
        name = left.pop()
        path = _file(name, root)
        if path is None or name in found or name in IDLE:
            continue
        found[name] = path
        for package, names, whole in _IMPORT.findall(path.read_text("utf-8")):
            left.append(package or whole)
            left += [f"{package}.{part}" for part in re.findall(r"\w+", names)]
    return found


def _file(name: str, root: Path) -> Path | None:
    """Return the file of a module or package, None for what is a name in a module."""
    path = root.joinpath(*name.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)
