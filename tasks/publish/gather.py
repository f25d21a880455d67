"""Gathering: the rows of a shard, read from its parts and completed by the marks."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tasks.errors import ContractError
from tasks.publish.plan import Shard
from tasks.schema import TABLES
from tasks.store.layout import Layout
from tasks.store.marks import Part

ARTICLE_TABLES: Final = ("articles", "blocks", "removals", "edits")
_DECIDED: Final = ("version", "change", "near_dup_of", "dup_score")


@dataclass(frozen=True, slots=True)
class _Pages:
    """For each page of one part: its row of the shard (-1: not in it), and who captured it."""

    row: NDArray[np.int64]
    run_id: list[str]


def gather(layout: Layout, parts: tuple[Part, ...], shard: Shard) -> dict[str, pa.Table]:
    """Return the four article tables of `shard`, in its order, as they are published.

    Raises:
        ContractError: a part is gone, torn, or of columns that no longer fit the contract.
    """
    part_of = shard.rows["part"].to_numpy()
    page_of = shard.rows["page"].to_numpy()
    found: dict[str, list[pa.Table]] = {name: [] for name in ARTICLE_TABLES}
    for number in np.unique(part_of).tolist():
        rows = np.flatnonzero(part_of == number)
        for name, table in _read(layout, parts[number], page_of[rows], rows).items():
            found[name].append(table)
    return {name: _ordered(name, tables, shard.rows) for name, tables in found.items()}


def _read(
    layout: Layout, part: Part, pages: NDArray[np.int32], rows: NDArray[np.int64]
) -> dict[str, pa.Table]:
    """Return the part's rows of `pages`, each with `row`: its article's row of the shard."""
    folder = layout.part("finished", *part)
    articles = read_part(folder / "articles.parquet", "articles")
    row = np.full(articles.num_rows, -1, np.int64)
    if pages.max(initial=-1) >= row.size:
        msg = f"{folder}: has fewer pages than when it was marked: run the stage dedup again"
        raise ContractError(msg)
    row[pages] = rows
    captured = capture_runs(layout, part[0])
    fallback = articles["run_id"].to_pylist()
    files = articles["warc_file"].to_pylist()
    run_id = [captured.get(f, own) for f, own in zip(files, fallback, strict=True)]
    known = _Pages(row, run_id)
    tables = {"articles": articles} | {
        name: read_part(folder / f"{name}.parquet", name) for name in ARTICLE_TABLES[1:]
    }
    return {name: _chosen(table, known) for name, table in tables.items()}


def _chosen(table: pa.Table, pages: _Pages) -> pa.Table:
    page = table["version"].to_numpy()
    row = pages.row[page]
    chosen = np.flatnonzero(row >= 0)
    kept = table.take(pa.array(chosen))
    if "run_id" in table.column_names:
        runs = pa.array([pages.run_id[p] for p in page[chosen].tolist()], pa.string())
        place = table.schema.get_field_index("run_id")
        kept = kept.set_column(place, table.schema.field("run_id"), runs)
    return kept.append_column("row", pa.array(row[chosen], pa.int64()))


def _ordered(name: str, tables: list[pa.Table], marks: pa.Table) -> pa.Table:
    """Put rows in the shard's order and fill in what the marks decided."""
    table = pa.concat_tables(tables).combine_chunks()
    order = np.argsort(table["row"].to_numpy(), kind="stable")  # rows of a page stay in order
    table = table.take(pa.array(order))
    row = table["row"].combine_chunks()
    table = table.drop_columns(["row"])
    for column in _DECIDED:
        place = table.schema.get_field_index(column)
        if place >= 0:
            decided = marks[column].combine_chunks().take(row)
            table = table.set_column(place, table.schema.field(column), decided)
    return table.cast(TABLES[name]).combine_chunks()


def read_part(path: Path, table: str) -> pa.Table:
    """Read a file of a finished part or of captures as `table`; columns added since are null.

    Raises:
        ContractError: it is gone or torn, or a column is of another type.
    """
    try:
        read = pq.read_table(path, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        msg = f"{path}: gone or torn ({error}): run the stage that makes it again"
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
