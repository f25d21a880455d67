"""A published snapshot against its manifest, its hashes and the contract; and against raw bytes."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from tasks.errors import ContractError
from tasks.publish.check import COUNTED, ledger_problems, table_problems
from tasks.publish.gather import ARTICLE_TABLES
from tasks.publish.logs import TIME
from tasks.publish.values import wrong_values
from tasks.schema import TABLES
from tasks.store.manifest import DataFile, Manifest, identified, read_manifest
from tasks.store.snapshot import is_whole

Row = dict[str, Any]

_TRACED: Final = [
    "article_id", "version", "url", "text_sha256", "raw_sha256", "warc_file", "warc_offset",
    "rules_version",
]  # fmt: skip


def validate(folder: Path) -> list[str]:
    """Return what is wrong with the snapshot in `folder`, a sentence each; empty when all holds."""
    try:
        manifest = read_manifest(folder)
    except ContractError as error:
        return [str(error)]
    if torn := _torn(folder, manifest):  # what the rows of such files say is worth nothing
        return torn
    return [*_shards(folder, manifest), *_logs(folder, manifest), *_across(folder, manifest)]


def _torn(folder: Path, manifest: Manifest) -> list[str]:
    """Return which files are gone, changed, or not of the snapshot."""
    return [*_listing(folder, manifest), *(p for f in manifest.files for p in _file(folder, f))]


def _listing(folder: Path, manifest: Manifest) -> Iterator[str]:
    if identified(manifest).id != manifest.id:
        yield f"manifest: its files are not those of {manifest.id}"
    told = {f"{file.table}/{file.name}" for file in manifest.files}
    there = {path.relative_to(folder).as_posix() for path in folder.glob("*/*")}
    yield from (f"{name}: not in the manifest" for name in sorted(there - told))
    yield from (f"{name}: in the manifest, but gone" for name in sorted(told - there))
    for table in sorted(set(TABLES) - {file.table for file in manifest.files}):
        yield f"{table}: has no file"


def _file(folder: Path, file: DataFile) -> Iterator[str]:
    path = folder / file.table / file.name
    name = f"{file.table}/{file.name}"
    if not path.is_file():
        return
    if not is_whole(path, file):
        yield f"{name}: changed or torn: it does not have the size and hash of the manifest"
        return
    read = pq.ParquetFile(path)
    if read.metadata.num_rows != file.rows:
        yield f"{name}: {read.metadata.num_rows} rows, {file.rows} in the manifest"
    if not read.schema_arrow.equals(TABLES[file.table]):
        yield f"{name}: columns differ from the contract"


def _shards(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Check the rows of each shard: the files of the article tables that share their inputs."""
    by_inputs: dict[str, dict[str, DataFile]] = {}
    for file in manifest.files:
        if file.table in ARTICLE_TABLES and file.month:
            by_inputs.setdefault(file.inputs, {})[file.table] = file
    for files in by_inputs.values():
        month = next(iter(files.values())).month
        yield from (f"{month}: {problem}" for problem in _shard(folder, files))


def _shard(folder: Path, files: dict[str, DataFile]) -> Iterator[str]:
    """Check one shard, a table after the other, so that memory holds one of them."""
    counted: dict[str, pa.Table] = {}
    problems: list[str] = []
    for name in ARTICLE_TABLES:
        table = _read(folder, files[name]) if name in files else TABLES[name].empty_table()
        problems += table_problems(name, table)
        counted[name] = table.select(list(COUNTED[name]))
    yield from problems or ledger_problems(counted)


def _logs(folder: Path, manifest: Manifest) -> Iterator[str]:
    for file in manifest.files:
        if file.table in TIME or file.table == "site_health":
            yield from wrong_values({file.table: _read(folder, file)})


def _across(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Check what only all files together can show: keys, versions, and whom duplicates name."""
    files = [str(folder / "articles" / file.name) for file in manifest.of("articles")]
    names = ["article_id", "version", "near_dup_of"]
    rows = ds.dataset(files, format="parquet").to_table(columns=names)
    counted = rows.group_by("article_id").aggregate(
        [("version", "max"), ("version", "count_distinct"), ("version", "count")]
    )
    doubled = counted.filter(
        pc.not_equal(counted["version_count"], counted["version_count_distinct"])
    )
    if doubled.num_rows:
        yield f"articles: {doubled.num_rows} have a version twice, first {doubled['article_id'][0]}"
    gaps = counted.filter(pc.not_equal(counted["version_max"], counted["version_count"]))
    if gaps.num_rows:
        yield f"articles: {gaps.num_rows} lack a version, first {gaps['article_id'][0]}"
    named = pc.unique(rows["near_dup_of"].filter(pc.not_equal(rows["near_dup_of"], "")))
    unknown = named.filter(pc.invert(pc.is_in(named, counted["article_id"].combine_chunks())))
    if len(unknown):
        yield f"articles.near_dup_of: {len(unknown)} name no article, first {unknown[0]}"


def _read(folder: Path, file: DataFile) -> pa.Table:
    table = pq.read_table(folder / file.table / file.name, partitioning=None)
    return table.cast(TABLES[file.table])


@dataclass(frozen=True, slots=True)
class Recleaned:
    """What cleaning one row's raw bytes again gave."""

    raw_sha256: str
    text_sha256: str
    rules_version: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one row could be made again from its raw bytes."""

    article_id: str
    version: int
    url: str
    result: str  # "same", "other rules", "raw bytes differ", "text differs", or the error
    is_good: bool


def verify(
    folder: Path, sample: int, seed: int, reclean: Callable[[str, int], Recleaned]
) -> list[Verdict]:
    """Make up to `sample` rows again from their raw bytes, and compare hashes.

    `reclean` gets warc_file and warc_offset; what it raises counts as the row's result. A text
    that differs under another rule book proves nothing, and is said to be so.
    """
    manifest = read_manifest(folder)
    files = [str(folder / "articles" / file.name) for file in manifest.of("articles")]
    rows = ds.dataset(files, format="parquet")
    count = rows.count_rows()
    chosen = sorted(random.Random(seed).sample(range(count), min(sample, count)))  # noqa: S311
    return [_verdict(row, reclean) for row in rows.take(chosen, columns=_TRACED).to_pylist()]


def _verdict(row: Row, reclean: Callable[[str, int], Recleaned]) -> Verdict:
    try:
        again = reclean(row["warc_file"], row["warc_offset"])
    except Exception as error:  # noqa: BLE001  whatever the page's bytes provoke is its result
        result = f"{type(error).__name__}: {error}"
    else:
        result = _compared(row, again)
    is_good = result in ("same", "other rules")
    return Verdict(row["article_id"], row["version"], row["url"], result, is_good)


def _compared(row: Row, again: Recleaned) -> str:
    if again.raw_sha256 != row["raw_sha256"]:
        return "raw bytes differ"
    if again.text_sha256 == row["text_sha256"]:
        return "same"
    return "text differs" if again.rules_version == row["rules_version"] else "other rules"
