"""Marks: what comparing pages with each other decided, handed from dedup to publish.

One row per article version that is to be published: which page of which part it is, its version,
what changed, and what it duplicates. The table also names the parts it covers, so publishing
works on exactly the set that was compared.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import ContractError
from tasks.store.atomic import write_parquet
from tasks.store.layout import Layout

MARKS: Final = pa.schema(
    [
        ("part", pa.int32()),  # index into the parts
        ("page", pa.int32()),  # number within the part
        ("article_id", pa.string()),
        ("version", pa.int32()),
        ("fetched_at", pa.timestamp("us", tz="UTC")),
        ("site", pa.string()),
        ("size", pa.int64()),  # weight of text and removals: what a row takes of memory
        ("bytes", pa.int64()),  # what it takes of the largest file of its shard
        ("state", pa.binary()),  # digest of what makes a version: text, title, access
        ("state_before", pa.binary()),  # of the version before; empty for version 1
        ("change", pa.string()),
        ("near_dup_of", pa.string()),
        ("dup_score", pa.float32()),
        ("near_row", pa.int32()),  # row of this table that the search found; -1: none
        ("near_score", pa.float32()),
    ]
)

Part = tuple[str, str]
"""Partition and name of a finished part."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The rows of `MARKS`, in the order of first fetching, and the parts they cover."""

    table: pa.Table
    parts: tuple[Part, ...]
    scheme: str  # how duplicates were looked for; another one makes the search start afresh


def write_marks(layout: Layout, marks: Marks) -> None:
    """Replace the marks of a data folder."""
    metadata = {"parts": json.dumps(marks.parts), "scheme": marks.scheme}
    table = marks.table.cast(MARKS).replace_schema_metadata(metadata)
    write_parquet(table, _path(layout))


def read_marks(layout: Layout) -> Marks | None:
    """Return the marks last written; None when there are none.

    Raises:
        ContractError: the file is torn.
    """
    path = _path(layout)
    if not path.exists():
        return None
    try:
        table = pq.read_table(path)
        metadata = table.schema.metadata or {}
        parts, scheme = json.loads(metadata[b"parts"]), metadata[b"scheme"].decode()
    except (OSError, ValueError, KeyError) as error:
        msg = f"{path}: torn ({error}): run the stage dedup again"
        raise ContractError(msg) from error
    if table.schema.names != MARKS.names:
        raise ContractError(f"{path}: of another version: run the stage dedup again")
    return Marks(table.replace_schema_metadata(), tuple((a, b) for a, b in parts), scheme)


def _path(layout: Layout) -> Path:
    return layout.dedup / "marks.parquet"
