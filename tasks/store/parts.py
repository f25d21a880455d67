"""Parts of stage work: written whole, named by their key, and listed when they count.

A finished part is a folder with one Parquet file a table and ``part.json``; it appears by one
rename. Which parts of a partition count is said by its ``parts.json``, replaced whole when a stage
has done the partition: a crash half-way leaves the earlier list standing, so a half-done
partition is never published, and parts of older rules lie there unread until `forget` removes them.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa

from tasks.errors import ContractError
from tasks.schema import TABLES
from tasks.store.atomic import (
    UNFINISHED,
    faults,
    make_folder,
    sweep,
    sync_folder,
    write_bytes,
    write_parquet,
)
from tasks.store.layout import Layout, WorkStage, checked

PART_TABLES: Final = ("articles", "blocks", "removals", "edits", "quarantine")
"""What a finished part holds, each with the columns of `tasks.schema.TABLES`."""

_RETRIED: Final = "retried.json"


def write_finished(
    layout: Layout, partition: str, name: str, tables: Mapping[str, pa.Table]
) -> Path:
    """Write the finished part `name` of `partition` and return its folder; an existing one stays.

    `tables` must hold `PART_TABLES` exactly, in their schemas.

    Raises:
        ContractError: a table is missing, unknown, or of another schema.
        EnvironmentFault: the disk or folder does not let us write.
    """
    if sorted(tables) != sorted(PART_TABLES):
        msg = f"part {name}: tables {sorted(tables)}, expected {sorted(PART_TABLES)}"
        raise ContractError(msg)
    for table, content in tables.items():
        if not content.schema.equals(TABLES[table]):
            msg = f"part {name}: columns of {table} differ from the contract in tasks/schema.py"
            raise ContractError(msg)
    folder = layout.part("finished", partition, name)
    if folder.is_dir():
        return folder
    with faults(folder):
        make_folder(folder.parent)
        neighbour = folder.parent / f".{name}.{secrets.token_hex(4)}{UNFINISHED}"
        try:
            neighbour.mkdir()
            for table, content in tables.items():
                write_parquet(content, neighbour / f"{table}.parquet")
            counts = {table: content.num_rows for table, content in tables.items()}
            write_bytes(
                json.dumps({"name": name, "rows": counts}).encode(), neighbour / "part.json"
            )
            _become(neighbour, folder)
        except BaseException:
            shutil.rmtree(neighbour, ignore_errors=True)
            raise
    return folder


def _become(neighbour: Path, folder: Path) -> None:
    """Rename a whole folder into place; when another writer was first, its equal one stays."""
    try:
        os.rename(neighbour, folder)  # noqa: PTH104  Path.rename is the same call
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(neighbour)
    sync_folder(folder.parent)


def close(layout: Layout, stage: WorkStage, partition: str, names: Iterable[str]) -> None:
    """Say that exactly `names` are the parts of `partition` now, in capture order.

    What crashed writes left is swept away, so call it under the partition's lock.

    Raises:
        ContractError: one of them does not exist; the earlier list stays.
    """
    listed = [checked(name) for name in names]
    folder = layout.work(stage, partition)
    missing = [name for name in listed if not (folder / name).exists()]
    if missing:
        msg = f"{stage} {partition}: {len(missing)} parts are missing, first {missing[0]}"
        raise ContractError(msg)
    write_bytes(json.dumps({"parts": listed}, indent=1).encode(), folder / "parts.json")
    sweep(folder)


def closed(layout: Layout, stage: WorkStage, partition: str) -> list[Path]:
    """Return the parts of `partition` that count, in capture order; none before `close`.

    Raises:
        ContractError: the list is torn, or names a part that is gone.
    """
    folder = layout.work(stage, partition)
    listing = folder / "parts.json"
    if not listing.exists():
        return []
    try:
        paths = [folder / name for name in json.loads(listing.read_bytes())["parts"]]
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{listing}: not a list of parts ({error}): run the stage {stage} again"
        raise ContractError(msg) from error
    for path in paths:
        if not path.exists():
            msg = f"{path}: listed, but gone: run the stage {stage} again"
            raise ContractError(msg)
    return paths


def retried(layout: Layout, partition: str) -> dict[str, list[int]]:
    """Return the records of `partition` that people had made again: offsets by capture file.

    A record stands there as often as it was tried. It is part of the name of the part that holds
    it, so what failed for a passing reason is made again, by every stage.
    """
    path = layout.work("extracted", partition) / _RETRIED
    found: dict[str, list[int]] = json.loads(path.read_bytes()) if path.exists() else {}
    return found


def retry(layout: Layout, partition: str, offsets: Mapping[str, Iterable[int]]) -> None:
    """Have the records at `offsets` of capture files made again. Hold the partition's lock."""
    known = retried(layout, partition)
    for file, some in offsets.items():
        known[file] = sorted([*known.get(file, ()), *some])
    path = layout.work("extracted", partition) / _RETRIED
    write_bytes(json.dumps(known, sort_keys=True).encode(), path)


def forget(layout: Layout, stage: WorkStage, partition: str) -> int:
    """Remove the parts of `partition` that no longer count; return how many.

    Where the stage never finished nothing is removed. Call it under the partition's lock.
    """
    if not (layout.work(stage, partition) / "parts.json").is_file():
        return 0
    kept = {path.name for path in closed(layout, stage, partition)}
    old = [path for path in layout.parts(stage, partition) if path.name not in kept]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return len(old)
