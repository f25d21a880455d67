"""Lessons on disk, and which of them a partition is read with.

    work/templates/lessons/<part>.parquet    what one extracted part teaches
    work/templates/<hash>.parquet            all lessons of the closed parts, merged: a snapshot
    work/templates/runs/<run>.json           the snapshot that was newest when a run began
    work/templates/pins/<partition>.json     the snapshot a partition is read with

A partition keeps the snapshot it was first read with until rules, code or libraries change, which
make it be read again anyway: so its parts are what they were, and pages that come to it later do
not make all others be read again. All partitions of a run get the same snapshot, whatever their
order and however many at a time. A merged file may be built on an earlier one, because `bounded`
chooses greatest elements, and is the same as if it had been built from nothing.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.schema import Extracted
from tasks.store.atomic import write_bytes, write_parquet
from tasks.store.layout import Layout
from tasks.store.parts import closed
from tasks.template import (
    LESSON,
    Lesson,
    Template,
    bounded,
    lesson,
    lesson_of,
    site_of,
    template,
)  # fmt: skip

SCHEMA: Final = pa.schema([("site", pa.string()), *LESSON])
ROWS: Final = 64
"""Lessons in a row group: a worker reads those of one site only."""

KEPT_S: Final = 24 * 3600.0
"""What no partition is read with goes when no run can be using it any more."""

Lessons = Mapping[str, tuple[Lesson, ...]]


@dataclass(frozen=True, slots=True)
class Taught:
    """A snapshot of lessons on disk."""

    path: Path
    version: str  # hash of what it says; part of the names of parts read with it


def learn(pages: Iterable[Extracted]) -> Lessons:
    """Return what pages teach, by site."""
    found: dict[str, list[Lesson]] = {}
    for page in pages:
        site = site_of(page.page.url)
        one = lesson(page) if site else None
        if one is not None:
            found.setdefault(site, []).append(one)
    return {site: bounded(found[site]) for site in sorted(found)}


def save(lessons: Lessons, path: Path, parts: Iterable[str] = ()) -> None:
    """Write lessons to `path`, whole; `parts` names what they were learnt from."""
    rows = [(site, one) for site in sorted(lessons) for one in lessons[site]]
    columns: list[list[object]] = [[site for site, _ in rows]]
    columns += [[getattr(one, name) for _, one in rows] for name in SCHEMA.names[1:]]
    arrays = [pa.array(values, f.type) for values, f in zip(columns, SCHEMA, strict=True)]
    about = {"version": _version(lessons), "parts": json.dumps(sorted(parts))}
    table = pa.Table.from_arrays(arrays, schema=SCHEMA.with_metadata(about))
    write_parquet(table, path, row_group_rows=ROWS)


def load(path: Path, site: str = "") -> Lessons:
    """Return the lessons in a file, or those of one site."""
    about = pq.read_metadata(path)
    spans = [about.row_group(n).column(0).statistics for n in range(about.num_row_groups)]
    near = [n for n, s in enumerate(spans) if not site or s is None or s.min <= site <= s.max]
    if not near:
        return {}
    rows = pq.ParquetFile(path, metadata=about).read_row_groups(near).to_pylist()
    return {
        name: tuple(map(lesson_of, some))
        for name, some in groupby(rows, key=lambda row: str(row["site"]))
        if site in ("", name)
    }


@lru_cache(maxsize=256)
def recall(path: Path, site: str) -> Template | None:
    """Return the template of one site in a snapshot, None if its pages do not agree on one."""
    found = load(path, site) if site else {}
    return template(site, found[site]) if site in found else None


def part_of(layout: Layout, part: str) -> Path:
    """Return the path of what an extracted part teaches."""
    return layout.templates / "lessons" / f"{part}.parquet"


def pinned(layout: Layout, partition: str, run_id: str, fingerprint: str) -> Taught:
    """Return the snapshot that `partition` is read with; chosen now if it has none.

    Args:
        layout: of the data folder.
        partition: about to be extracted; hold its lock.
        run_id: of the run; "" for a stage run by hand.
        fingerprint: of rules, code and libraries; another one frees the partition to learn.
    """
    pin = layout.templates / "pins" / f"{partition}.json"
    known = _read(pin)
    if known is not None and known["fingerprint"] == fingerprint:
        path = layout.templates / known["file"]
        if path.exists():
            return Taught(path, known["version"])
    taught = _of_run(layout, run_id)
    content = {"file": taught.path.name, "version": taught.version, "fingerprint": fingerprint}
    write_bytes(json.dumps(content).encode(), pin)
    return taught


def gather(layout: Layout) -> Taught:
    """Return all that the closed parts teach, merged, made now if it does not exist."""
    parts = {
        path.stem: found
        for partition in layout.partitions("extracted")
        for path in closed(layout, "extracted", partition)
        if (found := part_of(layout, path.stem)).exists()
    }
    name = hashlib.sha256(json.dumps(sorted(parts)).encode()).hexdigest()[:24]
    target = layout.templates / f"{name}.parquet"
    if not target.exists():
        base, known = _largest(layout, frozenset(parts))
        missing = [parts[stem] for stem in sorted(parts.keys() - known)]
        save(merged(map(load, [*base, *missing])), target, parts)
        _expire(layout, target)
    return Taught(target, _about(target)[0])


def merged(many: Iterable[Lessons]) -> Lessons:
    """Return all lessons of each site that count."""
    every: dict[str, list[Lesson]] = {}
    for lessons in many:
        for site, some in lessons.items():
            every.setdefault(site, []).extend(some)
    return {site: bounded(every[site]) for site in sorted(every)}


def _of_run(layout: Layout, run_id: str) -> Taught:
    """Return the snapshot of a run: the newest one when its first partition asked."""
    note = layout.templates / "runs" / f"{run_id}.json"
    known = _read(note) if run_id else None
    if known is not None and (path := layout.templates / known["file"]).exists():
        return Taught(path, known["version"])
    taught = gather(layout)
    if run_id:
        content = {"file": taught.path.name, "version": taught.version}
        write_bytes(json.dumps(content).encode(), note)
    return taught


def _read(path: Path) -> dict[str, str] | None:
    """Return what a note says, None if there is none that can be read."""
    try:
        found: dict[str, str] = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found


def _version(lessons: Lessons) -> str:
    rows = [(site, [repr(one) for one in lessons[site]]) for site in sorted(lessons)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:24]


def _about(path: Path) -> tuple[str, frozenset[str]]:
    """Return the version of a snapshot, and the parts it was made of."""
    about = pq.read_schema(path).metadata
    return about[b"version"].decode(), frozenset(json.loads(about[b"parts"]))


def _snapshots(layout: Layout) -> Iterator[Path]:
    yield from sorted(layout.templates.glob("[!.]*.parquet"))


def _largest(layout: Layout, wanted: frozenset[str]) -> tuple[list[Path], frozenset[str]]:
    """Return the snapshot that knows most of `wanted` and nothing else, if there is one."""
    found = [(path, _about(path)[1]) for path in _snapshots(layout)]
    fitting = [(len(parts), path, parts) for path, parts in found if parts <= wanted]
    if not fitting:
        return [], frozenset()
    _, path, parts = max(fitting)
    return [path], parts


def _expire(layout: Layout, newest: Path) -> None:
    """Remove snapshots that no partition is read with, and notes of runs that ended long ago."""
    pins = map(_read, (layout.templates / "pins").glob("*.json"))
    used = {pin["file"] for pin in pins if pin is not None} | {newest.name}
    notes = list((layout.templates / "runs").glob("*.json"))
    idle = [path for path in _snapshots(layout) if path.name not in used]
    for path in [*idle, *notes]:
        if path.stat().st_mtime < time.time() - KEPT_S:
            path.unlink(missing_ok=True)
