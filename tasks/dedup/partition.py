"""The stage: compare the closed parts of all partitions, and leave the marks for publishing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tasks.dedup.index import INDEX, index_part, read_index
from tasks.dedup.mark import mark
from tasks.progress import Progress, tell
from tasks.store.layout import Layout
from tasks.store.lock import held
from tasks.store.marks import Part, write_marks
from tasks.store.options import DedupOptions
from tasks.store.parts import closed

_LIGHT: Final = [
    "page", "article_id", "fetched_at", "warc_file", "warc_offset", "site", "size", "bytes",
    "state", "text", "raw",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What one run of the stage found, over all partitions."""

    partition: str
    parts: int
    indexed: int  # parts that were new to the index
    captures: int
    versions: int  # rows to be published
    changed: int  # of them, versions after the first
    duplicates: int


def run(partition: str, data: Path, config: Path, run_id: str, options: DedupOptions) -> Report:
    """Bring the marks up to date with every closed part, and return the counts.

    `partition` only says on whose behalf: versions and duplicates are found across partitions.
    """
    del config  # every choice is in the options
    layout = Layout(data)
    with held(layout.lock("publish"), who=f"dedup of {run_id}"):
        parts = closed_parts(layout)
        indexed = 0
        for number, part in enumerate(parts, 1):
            indexed += index_part(layout, part)
            tell(Progress("dedup", "", number, len(parts), "parts"))
        captures = _captures(layout, parts)
        marks = mark(layout, parts, captures, options.threshold)
        write_marks(layout, marks)
    return Report(
        partition=partition,
        parts=len(parts),
        indexed=indexed,
        captures=captures.num_rows,
        versions=marks.table.num_rows,
        changed=pc.sum(pc.not_equal(marks.table["change"], "")).as_py() or 0,
        duplicates=pc.sum(pc.not_equal(marks.table["near_dup_of"], "")).as_py() or 0,
    )


def closed_parts(layout: Layout) -> tuple[Part, ...]:
    """Return every finished part that counts, by partition and name."""
    return tuple(
        sorted(
            (partition, path.name)
            for partition in layout.partitions("finished")
            for path in closed(layout, "finished", partition)
        )
    )


def _captures(layout: Layout, parts: tuple[Part, ...]) -> pa.Table:
    """Return one row a page of all parts; some 200 bytes each in memory."""
    tables = []
    for i, part in enumerate(parts):
        table = read_index(layout, part, _LIGHT)
        tables.append(table.append_column("part", pa.array([i] * table.num_rows, pa.int32())))
    if not tables:
        light = pa.schema([INDEX.field(name) for name in _LIGHT])
        return light.append(pa.field("part", pa.int32())).empty_table()
    return pa.concat_tables(tables).replace_schema_metadata()
