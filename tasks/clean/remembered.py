"""Site memories on disk: flat tables with a row a page, and all of them merged into one file.

The merged file is named by the parts it is made of and carries the hash of what it says, which
goes into the key of what is cleaned with it. Because `merge` is associative, commutative and
idempotent, it may be built on an earlier merged file and is the same, byte for byte, as if
it had been built from nothing.
"""

import hashlib
import json
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache, reduce
from itertools import groupby
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.clean.memory import SiteMemory, Sketch, merge
from tasks.clean.recall import Recall
from tasks.pages import lists, spans
from tasks.store.atomic import PASSING, write_parquet
from tasks.store.layout import Layout
from tasks.store.parts import closed
from tasks.template import LESSON, Lesson, lesson_of

SCHEMA: Final = pa.schema(
    [
        ("site", pa.string()),
        ("fetched_at", pa.timestamp("us", tz="UTC")),
        ("article", pa.string()),
        ("main", pa.list_(pa.string())),
        ("beside", pa.list_(pa.string())),
        ("lessons", pa.list_(pa.struct(list(LESSON)))),
        ("version", pa.string()),  # of all that is known of the site
    ]
)
ROWS: Final = 64
"""Pages in a row group: a worker reads those of one site only."""

OPTIONS: Final = {**PASSING, "write_statistics": ["site"]}
KEPT_MERGED: Final = 4
KEPT_S: Final = 24 * 3600.0
"""An older merged file is removed when newer ones exist and no run can be using it any more."""

Memories = Mapping[str, SiteMemory]


@dataclass(frozen=True, slots=True)
class Recalled:
    """A merged memory on disk."""

    path: Path
    version: str  # hash of what it says


def save(memories: Memories, path: Path, parts: Iterable[str] = ()) -> None:
    """Write memories to `path`, whole; `parts` names what they were learnt from."""
    _write(_table(memories), path, parts)


def load(path: Path, site: str = "") -> dict[str, SiteMemory]:
    """Return the memories in a file, or that of one site."""
    rows = _rows_of(path, site) if site else pq.read_table(path)
    return {} if rows is None else _memories(rows)


def gather(layout: Layout) -> Recalled | None:
    """Return all that the closed parts remember, merged, made now if it does not exist."""
    parts = {
        path.stem: path
        for partition in layout.partitions("remembered")
        for path in closed(layout, "remembered", partition)
    }
    if not parts:
        return None
    name = hashlib.sha256(json.dumps(sorted(parts)).encode()).hexdigest()[:24]
    target = layout.recalled / f"{name}.parquet"
    if not target.exists():
        base, known = _largest(layout, frozenset(parts))
        missing = [parts[stem] for stem in sorted(parts.keys() - known)]
        _write(_joined([*base, *missing]), target, parts)
        _expire(layout)
    return Recalled(target, _about(target)[0])


def newest(layout: Layout) -> Path | None:
    """Return the file last merged, if there is one; nothing is written."""
    return max(_files(layout), key=lambda path: path.stat().st_mtime, default=None)


def merged(many: Iterable[Memories]) -> dict[str, SiteMemory]:
    """Return what all of them know, by site."""
    return reduce(_join, many, {})


@lru_cache(maxsize=4)
def recall(path: Path, site: str) -> Recall | None:
    """Return the memory of one site in a merged file, ready to be asked; None if it has none."""
    rows = _rows_of(path, site)
    if rows is None:
        return None
    version = rows["version"][0].as_py() if "version" in rows.column_names else ""
    return Recall(_memories(rows)[site], version)


def _table(memories: Memories) -> pa.Table:
    """Return memories as rows, sites in order."""
    rows = [(site, page) for site in sorted(memories) for page in memories[site].pages]
    versions = {site: memories[site].version for site in memories}
    columns = [
        [site for site, _ in rows],
        *([getattr(page, name) for _, page in rows] for name in SCHEMA.names[1:-2]),
        lists([page.lessons for _, page in rows], Lesson).cast(SCHEMA.field("lessons").type),
        [versions[site] for site, _ in rows],
    ]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _joined(paths: Sequence[Path]) -> pa.Table:
    """Return what some files know; rows of sites that one of them alone knows stay as they are."""
    tables = [pq.read_table(path) for path in paths]
    files = Counter(site for table in tables for site in pc.unique(table["site"]).to_pylist())
    shared = {site for site, count in files.items() if count > 1}
    for table in tables:
        shared.update(() if _is_current(table.schema) else table["site"].to_pylist())
    several = pa.array(sorted(shared), pa.string())
    is_shared = [pc.is_in(table["site"], value_set=several) for table in tables]
    both = list(zip(tables, is_shared, strict=True))
    alone = [t.filter(pc.invert(held)).cast(SCHEMA) for t, held in both if _is_current(t.schema)]
    told = merged(_memories(table.filter(held)) for table, held in both)
    rows = pa.concat_tables([*alone, _table(told)])
    sites = rows["site"].to_pylist()
    order = sorted(range(len(sites)), key=sites.__getitem__)
    return rows.combine_chunks().take(pa.array(order, pa.int64()))


def _is_current(schema: pa.Schema) -> bool:
    """Return whether a file has all columns; parts of an earlier version of ours may not."""
    return bool(schema.names == SCHEMA.names)


def _write(rows: pa.Table, path: Path, parts: Iterable[str]) -> None:
    about = {"version": _version(rows), "parts": json.dumps(sorted(parts))}
    rows = rows.replace_schema_metadata(about)
    write_parquet(rows, path, row_group_rows=ROWS, options=OPTIONS)


def _memories(rows: pa.Table) -> dict[str, SiteMemory]:
    return {
        site: SiteMemory(site, tuple(map(_sketch, some)))
        for site, some in groupby(rows.to_pylist(), key=lambda row: str(row["site"]))
    }


def _rows_of(path: Path, site: str) -> pa.Table | None:
    """Return a site's rows, None if it has none: sites are in order, so few row groups are read."""
    found = []
    for number, (first, last) in enumerate(spans(path)):
        if first <= site <= last:
            group, sites = _group(path, number)
            start, stop = bisect_left(sites, site), bisect_right(sites, site)
            found += [group.slice(start, stop - start)] if start < stop else []
    return pa.concat_tables(found) if found else None


@lru_cache(maxsize=4)
def _group(path: Path, number: int) -> tuple[pa.Table, list[str]]:
    """Return one row group and its sites, in order: one read after another lie side by side."""
    group = pq.ParquetFile(path).read_row_group(number)
    return group.replace_schema_metadata(None), group["site"].to_pylist()


def _join(one: Memories, other: Memories) -> dict[str, SiteMemory]:
    both = {**one, **other}
    for site in one.keys() & other.keys():
        both[site] = merge(one[site], other[site])
    return both


def _sketch(row: Mapping[str, object]) -> Sketch:
    values = {name: row[name] for name in SCHEMA.names[1:-1]}
    values["fetched_at"] = row["fetched_at"].astimezone(UTC)  # type: ignore[attr-defined]
    for name in ("main", "beside"):  # the pages of a site share most lines: one string each
        values[name] = tuple(map(sys.intern, row[name]))  # type: ignore[call-overload]
    values["lessons"] = tuple(map(lesson_of, row["lessons"]))  # type: ignore[call-overload]
    return Sketch(**values)  # type: ignore[arg-type]


def _version(rows: pa.Table) -> str:
    """Return the version of all that some rows say: of the versions of their sites, in order."""
    sites = zip(rows["site"].to_pylist(), rows["version"].to_pylist(), strict=True)
    versions = [version for _, version in dict.fromkeys(sites)]
    return hashlib.sha256(json.dumps(versions).encode()).hexdigest()[:24]


def _about(path: Path) -> tuple[str, frozenset[str]]:
    """Return the version of a merged file, and the parts it was made of."""
    about = pq.read_schema(path).metadata
    return about[b"version"].decode(), frozenset(json.loads(about[b"parts"]))


def _files(layout: Layout) -> Iterator[Path]:
    yield from sorted(layout.recalled.glob("[!.]*.parquet"))


def _largest(layout: Layout, wanted: frozenset[str]) -> tuple[list[Path], frozenset[str]]:
    """Return the merged file that knows most of `wanted` and nothing else, if there is one."""
    files = (path for path in _files(layout) if _is_current(pq.read_schema(path)))
    found = [(path, _about(path)[1]) for path in files]
    fitting = [(len(parts), path, parts) for path, parts in found if parts <= wanted]
    if not fitting:
        return [], frozenset()
    _, path, parts = max(fitting)
    return [path], parts


def _expire(layout: Layout) -> None:
    newest = sorted(_files(layout), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest[KEPT_MERGED:]:
        if path.stat().st_mtime < time.time() - KEPT_S:
            path.unlink(missing_ok=True)
