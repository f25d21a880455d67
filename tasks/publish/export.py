"""Articles taken out of a snapshot: as CSV, JSON lines or Parquet, by site, date and language."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from pathlib import Path
from typing import IO, Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from tasks.errors import ConfigError
from tasks.schema import ARTICLES
from tasks.store.atomic import unfinished
from tasks.store.manifest import Manifest, read_manifest

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: Final[tuple[Format, ...]] = ("csv", "jsonl", "parquet")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles; empty fields do not select."""

    sites: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: datetime | None = None  # first fetched at or after
    until: datetime | None = None  # first fetched before
    newest: bool = False  # only the newest version of each article that is not held back
    good: bool = False  # only quality "ok"
    columns: tuple[str, ...] = ()


def export(folder: Path, target: Path, how: Format, selection: Selection) -> int:
    """Write the selected articles of the snapshot `folder` to `target`; return how many.

    Lists become text joined by "; " in CSV. Memory holds a batch, not the selection.

    Raises:
        ConfigError: a column does not exist.
        EnvironmentFault: the file cannot be written; an old one stays.
    """
    with unfinished(target) as file:
        return write_to(file, folder, how, selection)


def write_to(file: IO[bytes], folder: Path, how: Format, selection: Selection) -> int:
    """Write the selected articles to an open file, in the format `how`; return how many."""
    names = _columns(selection)
    batches = _batches(folder, selection, names)
    writers = {"csv": _write_csv, "jsonl": _write_jsonl, "parquet": _write_parquet}
    schema = pa.schema([ARTICLES.field(name) for name in names])
    return writers[how](file, schema, batches)


def _columns(selection: Selection) -> list[str]:
    unknown = [name for name in selection.columns if name not in ARTICLES.names]
    if unknown:
        known = ", ".join(ARTICLES.names)
        raise ConfigError(f"articles has no column {unknown[0]!r}; it has {known}")
    return list(selection.columns or ARTICLES.names)


def _batches(folder: Path, selection: Selection, names: list[str]) -> Iterator[pa.RecordBatch]:
    manifest = read_manifest(folder)
    files = [str(folder / "articles" / file.name) for file in manifest.of("articles")]
    dataset = ds.dataset(files, format="parquet", schema=ARTICLES)
    if not selection.newest:
        yield from dataset.to_batches(columns=names, filter=_filter(selection))
        return
    newest = newest_versions(folder, manifest)
    read = list(dict.fromkeys([*names, "article_id", "version"]))
    for batch in dataset.to_batches(columns=read, filter=_filter(selection)):
        place = pc.index_in(batch["article_id"], newest["article_id"].combine_chunks())
        last = newest["version"].combine_chunks().take(place)
        yield batch.filter(pc.equal(batch["version"], last)).select(names)


def _filter(selection: Selection) -> pc.Expression | None:
    parts = []
    time = ARTICLES.field("fetched_at").type
    if selection.sites:
        parts.append(pc.field("site").isin(list(selection.sites)))
    if selection.languages:
        parts.append(pc.field("lang").isin(list(selection.languages)))
    if selection.since:
        parts.append(pc.field("fetched_at") >= pa.scalar(selection.since, time))
    if selection.until:
        parts.append(pc.field("fetched_at") < pa.scalar(selection.until, time))
    if selection.good:
        parts.append(pc.field("quality") == "ok")
    return reduce(and_, parts) if parts else None


def newest_versions(folder: Path, manifest: Manifest) -> pa.Table:
    """Return article_id and version of the newest version of each article, of those released."""
    files = [str(folder / "articles" / file.name) for file in manifest.of("articles")]
    rows = ds.dataset(files, format="parquet").to_table(
        columns=["article_id", "version"], filter=pc.field("quality") != "quarantined"
    )
    newest = rows.group_by("article_id").aggregate([("version", "max")])
    return newest.rename_columns(["article_id", "version"])


def _write_parquet(file: IO[bytes], schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> int:
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd", write_page_index=True) as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
            count += batch.num_rows
    return count


def _write_jsonl(file: IO[bytes], schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> int:
    del schema
    count = 0
    for batch in batches:
        for row in batch.to_pylist():
            file.write((json.dumps(row, ensure_ascii=False, default=_plain) + "\n").encode())
            count += 1
    return count


def _plain(value: Any) -> str:  # noqa: ANN401
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _write_csv(file: IO[bytes], schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> int:
    flat = pa.schema([pa.field(f.name, pa.string()) if _is_list(f) else f for f in schema])
    count = 0
    with pv.CSVWriter(file, flat) as writer:
        for batch in batches:
            columns = [
                _joined(batch[field.name]) if _is_list(field) else batch[field.name]
                for field in schema
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=flat))
            count += batch.num_rows
    return count


def _is_list(field: pa.Field) -> bool:
    return bool(pa.types.is_list(field.type))


def _joined(values: pa.Array) -> pa.Array:
    return pc.binary_join(values, "; ")
