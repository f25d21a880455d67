"""The manifest of a snapshot: which files it is made of, and by what they were made.

What is not in a manifest does not exist. It is written last, as JSON with a digest of itself, so
a torn one is known; a snapshot's data is identified by `content`, a digest over its data files,
so equal data has equal content whoever made it, when, in how many runs.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tasks.errors import ContractError

FORMAT: Final = 1
LOG_OF_RUNS: Final = "runs"
"""The table that says what was run; it grows with every run, so `content` leaves it out."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """One data file of a snapshot; it lies at ``<table>/<name>``."""

    table: str
    name: str
    month: str  # of its rows, "2026-11"; "" for the file of an empty table
    rows: int
    bytes: int
    sha256: str
    inputs: str  # digest of all that decides its bytes: equal inputs, equal file

    @property
    def stored(self) -> str:
        """The name that follows from month and bytes alone: the file's on an object store."""
        return f"{self.month or 'empty'}-{self.sha256[:32]}.parquet"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A snapshot in words."""

    id: str  # "000012-3f2a9c41d0be": sequence and content
    sequence: int
    previous: str  # id of the snapshot it followed; "" for the first
    content: str
    created_at: str  # ISO 8601, UTC
    run_id: str
    compacted_before: str  # days before this one are in files of their month; "" for none
    schemas: dict[str, str]  # table -> version of its contract
    rules: tuple[str, ...]  # rule books that cleaned its rows
    libraries: dict[str, str]
    files: tuple[DataFile, ...] = field(repr=False)

    def of(self, table: str) -> tuple[DataFile, ...]:
        """Return the files of one table."""
        return tuple(file for file in self.files if file.table == table)

    def rows(self, table: str) -> int:
        """Return how many rows one table has."""
        return sum(file.rows for file in self.of(table))

    @property
    def created(self) -> datetime:
        """When it was made, as a time."""
        return datetime.fromisoformat(self.created_at)


def content_of(files: Iterable[DataFile]) -> str:
    """Return the digest that identifies the data of `files`, the log of runs left out."""
    listed = sorted((f.table, f.month, f.sha256, f.rows) for f in files if f.table != LOG_OF_RUNS)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:32]


def identified(manifest: Manifest) -> Manifest:
    """Return `manifest` with the content and id that follow from its files and sequence."""
    files = tuple(sorted(manifest.files, key=_place))
    content = content_of(files)
    name = f"{manifest.sequence:06d}-{content[:12]}"
    return replace(manifest, files=files, content=content, id=name)


def _place(file: DataFile) -> tuple[str, str]:
    return file.table, file.name


def to_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as it is stored."""
    body = {"format": FORMAT} | asdict(manifest)
    return (json.dumps(body | {"sha256": _digest(body)}, indent=1) + "\n").encode()


def from_bytes(content: bytes, name: str) -> Manifest:
    """Read a stored manifest; `name` says whose, for messages.

    Raises:
        ContractError: it is torn, changed, or of a format this version does not know.
    """
    try:
        body = json.loads(content)
        digest = body.pop("sha256")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        msg = f"{name}: torn manifest ({error})"
        raise ContractError(msg) from error
    if digest != _digest(body):
        msg = f"{name}: the manifest was changed or torn: its digest does not fit"
        raise ContractError(msg)
    if body.pop("format") != FORMAT:
        msg = f"{name}: the manifest is of another format; upgrade cleancopy"
        raise ContractError(msg)
    files = tuple(DataFile(**file) for file in body.pop("files"))
    return Manifest(**(body | {"rules": tuple(body["rules"])}), files=files)


def read_manifest(snapshot: Path) -> Manifest:
    """Return the manifest of the snapshot folder `snapshot`.

    Raises:
        ContractError: there is none, or it is torn.
    """
    path = snapshot / "manifest.json"
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path}: no manifest, so no snapshot ({error.strerror})"
        raise ContractError(msg) from error
    try:
        return from_bytes(content, str(path))
    except ContractError as error:
        advice = "to have it made anew, remove that folder and the link to it, then publish"
        raise ContractError(f"{error}; {advice}") from error


def _digest(body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
