"""Gathering: the rows of a shard, read from its parts and completed by the marks."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tasks.errors import ContractError
from tasks.publish.holds import quarantined
from tasks.schema import TABLES
from tasks.store.layout import Layout
from tasks.store.marks import Part

ARTICLE_TABLES: Final = ("articles", "blocks", "removals", "edits")
_DECIDED: Final = ("version", "change", "near_dup_of", "dup_score")


def gather(layout: Layout, parts: tuple[Part, ...], marks: pa.Table, name: str) -> pa.Table:
    """Return the article table `name` of the rows `marks`, in their order, as it is published.

    Memory holds this one table about twice.

    Raises:
        ContractError: a part is gone, torn, or of columns that no longer fit the contract.
    """
    part_of = marks["part"].to_numpy()
    page_of = marks["page"].to_numpy()
    found = []
    for number in np.unique(part_of).tolist():
        rows = np.flatnonzero(part_of == number)
        found.append(_chosen(layout, parts[number], name, (page_of[rows], rows)))
    return _ordered(name, found, marks)


def _chosen(
    layout: Layout, part: Part, name: str, wanted: tuple[NDArray[np.int32], NDArray[np.int64]]
) -> pa.Table:
    """Return a part's rows of the pages wanted, each with `row`: its article's of the marks."""
    table = read_part(layout.part("finished", *part) / f"{name}.parquet", name)
    pages, rows = wanted
    page = table["version"].to_numpy()
    row = np.full(int(max(pages.max(), page.max(initial=0))) + 1, -1, np.int64)
    row[pages] = rows
    chosen = np.flatnonzero(row[page] >= 0)
    if name == "articles" and chosen.size != pages.size:
        msg = f"part {part[1]} has fewer pages than when it was marked: run the stage dedup again"
        raise ContractError(msg)
    kept = table.take(pa.array(chosen))
    if "run_id" in table.column_names:
        runs = _runs(layout, part)
        column = pa.array([runs[p] for p in page[chosen].tolist()], pa.string())
        place = table.schema.get_field_index("run_id")
        kept = kept.set_column(place, table.schema.field("run_id"), column)
    return kept.append_column("row", pa.array(row[page[chosen]], pa.int64()))


def _runs(layout: Layout, part: Part) -> list[str]:
    """Return who captured each page of `part`; where the fetches do not say, who cleaned it."""
    path = layout.part("finished", *part) / "articles.parquet"
    pages = pq.read_table(path, columns=["warc_file", "run_id"], partitioning=None)
    captured = capture_runs(layout, part[0])
    pairs = zip(pages["warc_file"].to_pylist(), pages["run_id"].to_pylist(), strict=True)
    return [captured.get(file, own) for file, own in pairs]


def _ordered(name: str, tables: list[pa.Table], marks: pa.Table) -> pa.Table:
    """Put rows in the marks' order and fill in what the marks decided; empties `tables`."""
    table = pa.concat_tables(tables)
    tables.clear()
    order = np.argsort(table["row"].to_numpy(), kind="stable")  # rows of a page stay in order
    table = table.take(pa.array(order))
    row = table["row"].combine_chunks()
    table = table.drop_columns(["row"])
    for column in _DECIDED:
        place = table.schema.get_field_index(column)
        if place >= 0:
            decided = marks[column].combine_chunks().take(row)
            table = table.set_column(place, table.schema.field(column), decided)
    if name == "articles" and "held" in marks.column_names:
        table = quarantined(table, marks["held"].combine_chunks().take(row))
    return table.cast(TABLES[name])


def read_part(path: Path, table: str) -> pa.Table:
    """Read a file of a finished part or of captures as `table`; columns added since are null.

    Raises:
        ContractError: it is gone or torn, or a column is of another type.
    """
    try:
        read = pq.read_table(path, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        msg = f"{path}: gone or torn ({error}): remove it and run the stage that makes it again"
        raise ContractError(msg) from error
    return conform(read, table, str(path))


def conform(read: pa.Table, table: str, name: str) -> pa.Table:
    """Return `read` with the columns of `table`: those it lacks are null.

    Raises:
        ContractError: a column of `read` is unknown or of another type.
    """
    schema = TABLES[table]
    for field in read.schema:
        place = schema.get_field_index(field.name)
        if place < 0 or not schema.field(place).type.equals(field.type):
            msg = f"{name}: column {field.name} ({field.type}) is not in the contract of {table}"
            raise ContractError(msg)
    columns = [
        read[field.name] if field.name in read.column_names else pa.nulls(read.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


@lru_cache(maxsize=64)
def capture_runs(layout: Layout, partition: str) -> dict[str, str]:
    """Return who captured: capture file -> run id, from the partition's fetches.

    Rows carry the run that captured their bytes, not the one that happened to clean them: that
    one would depend on crashes.
    """
    runs: dict[str, str] = {}
    for path in sorted(layout.captures(partition).glob("fetches-*.parquet")):
        table = pq.read_table(path, columns=["warc_file", "run_id"], partitioning=None)
        pairs = table.filter(pc.not_equal(table["warc_file"], "")).group_by("warc_file")
        for row in pairs.aggregate([("run_id", "min")]).to_pylist():
            earlier = runs.get(row["warc_file"], row["run_id_min"])
            runs[row["warc_file"]] = min(earlier, row["run_id_min"])
    return runs
