"""The tables that are logs: fetches, quarantine and runs. Their source files never change.

They follow the same horizon as articles: compacted days in one file a month, later days one file
a source. A log file's rows are told by their time, so a source that spans months is cut.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.errors import ContractError
from tasks.publish.gather import capture_runs, read_part
from tasks.publish.plan import contract_digest
from tasks.schema import TABLES
from tasks.store.layout import Layout
from tasks.store.marks import Marks

TIME: Final = {"fetches": "fetched_at", "quarantine": "fetched_at", "runs": "started_at"}
"""Log table -> the column that says which month a row belongs to."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of log rows; `partition` is "" for runs."""

    path: Path
    partition: str


@dataclass(frozen=True, slots=True)
class LogShard:
    """The rows of one log file: those of `sources` in `month`, before or from the horizon on."""

    table: str
    month: str
    is_compact: bool
    sources: tuple[Source, ...]
    inputs: str


def log_shards(layout: Layout, marks: Marks, compacted_before: str) -> Iterator[LogShard]:
    """Yield the shards of all log tables; every row of every source is in exactly one."""
    for table in TIME:
        groups: dict[tuple[str, bool, str], list[Source]] = {}
        for source in _distinct(_sources(layout, marks, table)):
            for month, is_compact in _months(source.path, TIME[table], compacted_before):
                alone = "" if is_compact else str(source.path)
                groups.setdefault((month, is_compact, alone), []).append(source)
        for (month, is_compact, _), sources in sorted(groups.items()):
            horizon = compacted_before if compacted_before.startswith(month) else ""
            inputs = _inputs(layout, (table, month, horizon, is_compact), sources)
            yield LogShard(table, month, is_compact, tuple(sources), inputs)


def read_log(layout: Layout, shard: LogShard, compacted_before: str) -> pa.Table:
    """Return the rows of `shard`, by time."""
    time = TIME[shard.table]
    tables = []
    for source in shard.sources:
        rows = read_part(source.path, shard.table)
        day = pc.strftime(rows[time], "%Y-%m-%d")
        chosen = pc.and_(
            pc.equal(pc.utf8_slice_codeunits(day, 0, 7), shard.month),
            pc.equal(pc.less(day, compacted_before), pa.scalar(shard.is_compact)),
        )
        tables.append(_with_capture_runs(layout, source, shard.table, rows.filter(chosen)))
    table = pa.concat_tables(tables)
    keys = [(name, "ascending") for name in _sort_keys(shard.table)]
    return table.sort_by(keys).cast(TABLES[shard.table]).combine_chunks()


def _sort_keys(table: str) -> list[str]:
    first = TIME[table]
    return [first, *(n for n in ("run_id", "url", "warc_offset") if n in TABLES[table].names)]


def _with_capture_runs(layout: Layout, source: Source, table: str, rows: pa.Table) -> pa.Table:
    if table != "quarantine":
        return rows
    captured = capture_runs(layout, source.partition)
    pairs = zip(rows["warc_file"].to_pylist(), rows["run_id"].to_pylist(), strict=True)
    runs = pa.array([captured.get(file, own) for file, own in pairs], pa.string())
    place = rows.schema.get_field_index("run_id")
    return rows.set_column(place, rows.schema.field("run_id"), runs)


def _sources(layout: Layout, marks: Marks, table: str) -> Iterator[Source]:
    if table == "quarantine":
        for partition, part in marks.parts:
            path = layout.part("finished", partition, part) / "quarantine.parquet"
            yield Source(path, partition)
    elif table == "fetches":
        for partition in layout.partitions("captures"):
            for path in sorted(layout.captures(partition).glob("fetches-*.parquet")):
                yield Source(path, partition)
    else:
        for path in sorted(layout.runs.glob("*.parquet")):
            yield Source(path, "")


def _distinct(sources: Iterator[Source]) -> Iterator[Source]:
    """Leave out sources with the bytes of an earlier one: a copied partition logs nothing new.

    Only files of equal size are read to tell.
    """
    by_size: dict[int, list[Source]] = {}
    for source in sources:
        alike = by_size.setdefault(source.path.stat().st_size, [])
        if not any(cmp(source.path, other.path, shallow=False) for other in alike):
            alike.append(source)
            yield source


def _months(path: Path, time: str, compacted_before: str) -> list[tuple[str, bool]]:
    """Return the (month, is compacted) that a file has rows of."""
    try:
        footer = pq.read_metadata(path)
        if not footer.num_rows:
            return []
        days = pq.read_table(path, columns=[time], partitioning=None)[time]
    except (OSError, pa.ArrowInvalid) as error:
        msg = f"{path}: torn ({error}): run the stage that makes it again"
        raise ContractError(msg) from error
    names = pc.unique(pc.strftime(days, "%Y-%m-%d")).to_pylist()
    return sorted({(name[:7], name < compacted_before) for name in names})


def _inputs(layout: Layout, group: tuple[object, ...], sources: list[Source]) -> str:
    digest = hashlib.sha256(repr((contract_digest(), group)).encode())
    for source in sources:
        name = source.path.relative_to(layout.data).as_posix()
        digest.update(f"{name} {source.path.stat().st_size}\n".encode())
    return digest.hexdigest()[:32]
