"""Snapshots: made aside, complete and durable, then switched to in one step.

The order of steps is the protocol (docs/decisions/0010-publishing-protocol.md says why):

1. data files into a hidden folder, each fsynced, named by its content; unchanged ones hard-linked;
2. the documents, then the manifest, fsynced; then every folder, fsynced;
3. the hidden folder is renamed to ``snapshots/<id>``, and its parent fsynced;
4. ``current`` is replaced by a link to it, and its parent fsynced.

A table that loses a file gets new names for all its files: who listed it before the switch and
opens after it finds all that he listed, or nothing of it, never a part.

Before 4 readers see the old snapshot, after it the new one. All of it under the lock "publish".
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import ConfigError, ContractError
from tasks.store.atomic import (
    PARQUET,
    UNFINISHED,
    faults,
    make_folder,
    sweep,
    switch,
    sync_folder,
    unfinished,
    write_bytes,
)
from tasks.store.layout import Layout
from tasks.store.manifest import DataFile, Manifest, identified, read_manifest, to_bytes

_NO_LINKS: Final = (PermissionError, NotImplementedError)

_NAMED: Final = 7
"""So many snapshots are named to who asks for one that does not exist."""

Add = Callable[[pa.Table, int], None]
"""Adds rows to a file, in row groups of so many rows."""


@dataclass(slots=True)
class Draft:
    """A snapshot in the making. It is nothing to anyone until `publish`."""

    folder: Path
    previous: Path | None  # folder of the snapshot whose files may be linked
    files: list[DataFile] = field(default_factory=list)
    is_healing: bool = False  # a file of the previous snapshot is gone or torn

    @contextmanager
    def adding(self, table: str, month: str, inputs: str) -> Iterator[Add]:
        """Give a function that adds rows to a data file of `table`; it is one when the block ends.

        A block that adds nothing makes no file; rows that are there already stay there once.

        Raises:
            EnvironmentFault: the disk or folder does not let us write.
            ContractError: what was written cannot be read back.
        """
        made = self.folder / table / f"{table}.new"
        writer: pq.ParquetWriter | None = None
        added = 0
        with ExitStack() as stack:

            def add(rows: pa.Table, row_group_rows: int) -> None:
                nonlocal writer, added
                if writer is None:
                    file = stack.enter_context(unfinished(made))
                    writer = stack.enter_context(pq.ParquetWriter(file, rows.schema, **PARQUET))
                writer.write_table(rows, row_group_size=row_group_rows)
                added += rows.num_rows

            yield add
        if writer is not None:
            self._named(made, (table, month, inputs), added)

    def _named(self, made: Path, about: tuple[str, str, str], added: int) -> None:
        """Give a file its name, which follows from its bytes."""
        table, month, inputs = about
        digest = _digest(made)
        if pq.read_metadata(made).num_rows != added:
            msg = f"{table} {month}: the file written does not hold the rows given"
            raise ContractError(msg)
        if self._holds(table, digest):
            made.unlink()
            return
        file = DataFile(table, "", month, added, made.stat().st_size, digest, inputs)
        file = replace(file, name=file.stored)
        made.replace(made.parent / file.name)
        self.files.append(file)

    def keep(self, file: DataFile) -> bool:
        """Link `file` from the previous snapshot; False when it is not there as described.

        Its bytes are read and hashed, a gigabyte a second: what is published was whole then.
        """
        if self.previous is None:
            return False
        if self._holds(file.table, file.sha256):
            return True
        old = self.previous / file.table / file.name
        if not is_whole(old, file):
            self.is_healing = True
            return False
        new = self.folder / file.table / file.name
        with faults(new):
            make_folder(new.parent)
            _link(old, new)
        self.files.append(file)
        return True

    def _holds(self, table: str, digest: str) -> bool:
        return any((file.table, file.sha256) == (table, digest) for file in self.files)

    def rename(self, tables: Set[str], mark: str) -> tuple[DataFile, ...]:
        """Give every file of `tables` a name that ends in `mark`; returns all files."""
        for number, file in enumerate(self.files):
            if file.table in tables:
                folder = self.folder / file.table
                new = replace(file, name=f"{file.stored.removesuffix('.parquet')}-{mark}.parquet")
                (folder / file.name).rename(folder / new.name)
                self.files[number] = new
        return tuple(self.files)

    def document(self, name: str, text: str) -> None:
        """Write a document, such as the dataset card, beside the tables."""
        write_bytes(text.encode(), self.folder / name)


def begin(layout: Layout) -> Draft:
    """Begin a snapshot, and clear away what crashed runs left. Under the lock only."""
    with faults(layout.snapshots):
        make_folder(layout.snapshots)
        sweep(layout.snapshots)
        sweep(layout.data)
        previous = current_folder(layout)
        folder = layout.snapshots / f".{secrets.token_hex(4)}{UNFINISHED}"
        folder.mkdir()
    return Draft(folder, previous)


def publish(layout: Layout, draft: Draft, manifest: Manifest) -> Manifest:
    """Make `draft` the current snapshot; `manifest` lacks only content and id.

    Returns the manifest as published. When the draft holds just what is current, and that is whole,
    the current snapshot stays and its manifest is returned.
    """
    final = identified(manifest)
    if draft.previous is not None:
        standing = read_manifest(draft.previous)
        if _listing(standing) == _listing(final) and not draft.is_healing:
            discard(draft)
            return standing
        with faults(draft.folder):
            files = draft.rename(_replaced(standing, final), f"{final.sequence:06d}")
        final = identified(replace(final, files=files))
    with faults(draft.folder):
        write_bytes(to_bytes(final), draft.folder / "manifest.json")
        for folder in [*(p for p in draft.folder.iterdir() if p.is_dir()), draft.folder]:
            sync_folder(folder)
        target = layout.snapshots / final.id
        draft.folder.rename(target)
        sync_folder(layout.snapshots)
    switch(layout.current, target)
    return final


def discard(draft: Draft) -> None:
    """Drop a draft that will not be published."""
    shutil.rmtree(draft.folder, ignore_errors=True)


def current_folder(layout: Layout) -> Path | None:
    """Return the folder of the current snapshot; None before the first.

    Raises:
        ContractError: `current` points nowhere, or is not a link.
    """
    link = layout.current
    if not link.is_symlink():
        if link.exists():
            msg = f"{link} is not a link of ours: move it away, then run again"
            raise ContractError(msg)
        return None
    folder = link.parent / os.readlink(link)  # noqa: PTH115  Path.readlink is the same call
    if not folder.is_dir():
        msg = f"{link} points to {folder.name}, which is gone: remove the link, then run again"
        raise ContractError(msg)
    return folder


def current(layout: Layout) -> Manifest | None:
    """Return the manifest of the current snapshot; None before the first."""
    folder = current_folder(layout)
    return None if folder is None else read_manifest(folder)


def snapshot_folder(layout: Layout, snapshot: str = "") -> Path:
    """Return the folder of a snapshot by its id, or of the current one, resolved.

    A reader that holds this path keeps reading the same snapshot until it expires.

    Raises:
        ConfigError: there is no such snapshot.
        ContractError: `current` points nowhere, or is not a link.
    """
    folder = layout.snapshots / snapshot if snapshot else current_folder(layout)
    if folder is None:
        raise ConfigError(
            f"no snapshot is published yet in {layout.data}: run `cleancopy run` first, or name "
            "another folder with --data"
        )
    if not (folder / "manifest.json").is_file():
        there = ", ".join(manifest.id for manifest in listed(layout)[-_NAMED:]) or "none"
        raise ConfigError(f"no snapshot {folder.name} in {layout.data}; the newest are: {there}")
    return folder


def listed(layout: Layout) -> list[Manifest]:
    """Return the manifests of all published snapshots, oldest first; torn ones are left out."""
    found = []
    for folder in sorted(layout.snapshots.glob("[0-9]*")):
        try:
            found.append(read_manifest(folder))
        except ContractError:
            continue
    return found


def next_sequence(layout: Layout) -> int:
    """Return the number after every one given, also to snapshots that never became current."""
    numbers = [int(p.name.split("-")[0]) for p in layout.snapshots.glob("[0-9]*-*")]
    return max(numbers, default=0) + 1


def expire(layout: Layout, *, keep: int, younger: timedelta, now: datetime) -> list[str]:
    """Remove old snapshots and return their ids. Under the lock only.

    The current one, the newest `keep`, and all made less than `younger` ago stay. A file goes
    from disk with the last snapshot that holds it.
    """
    standing = current_folder(layout)
    if standing is None:
        return []
    sequence = read_manifest(standing).sequence
    past = [m for m in listed(layout) if m.sequence <= sequence]
    old = [m for m in past[: max(0, len(past) - keep)] if now - m.created >= younger]
    gone = []
    for manifest in old:
        folder = layout.snapshots / manifest.id
        if folder.name == standing.name:
            continue
        doomed = layout.snapshots / f".{manifest.id}{UNFINISHED}"
        with faults(folder):
            folder.rename(doomed)  # from now on it is no snapshot, also after a crash
            sync_folder(layout.snapshots)
            shutil.rmtree(doomed)
        gone.append(manifest.id)
    return gone


@contextmanager
def reading(folder: Path) -> Iterator[Path]:
    """Give the snapshot `folder` to a block that reads it.

    Raises:
        ContractError: the block failed, and a data file is gone or torn: which, and what to do.
    """
    try:
        yield folder
    except BrokenPipeError:  # that is about what is written
        raise
    except (OSError, pa.ArrowException) as error:
        for file in read_manifest(folder).files:
            if not is_whole(folder / file.table / file.name, file):
                raise ContractError(
                    f"{folder.name}: {file.table}/{file.name}: gone, changed or torn; "
                    "`cleancopy data compact` writes it anew from its parts"
                ) from error
        raise


def is_whole(path: Path, file: DataFile) -> bool:
    """Tell whether the data file at `path` is there with the size and hash of its manifest."""
    if not path.is_file() or path.stat().st_size != file.bytes:
        return False
    return _digest(path) == file.sha256


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replaced(old: Manifest, new: Manifest) -> set[str]:
    """Return the tables that lack a file which they had."""
    there = {(file.table, file.name) for file in new.files}
    return {file.table for file in old.files if (file.table, file.name) not in there}


def _listing(manifest: Manifest) -> tuple[object, ...]:
    return (manifest.files, manifest.schemas, manifest.compacted_before)


def _link(old: Path, new: Path) -> None:
    """Give `old` a second name; where the file system has no hard links, copy it."""
    try:
        new.hardlink_to(old)
    except _NO_LINKS:
        with unfinished(new) as file, old.open("rb") as source:
            shutil.copyfileobj(source, file)
