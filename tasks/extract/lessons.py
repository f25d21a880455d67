"""Lessons on disk, and which of them a partition is read with.

    work/templates/surveys/<part>.parquet    what one extracted part teaches
    work/templates/<hash>.parquet            all surveys of the closed parts, merged: a snapshot
    work/templates/runs/<run>.json           the snapshot that was newest when a run began
    work/templates/pins/<partition>.json     the snapshot a partition is read with

A partition keeps the snapshot it was first read with until rules, code or libraries change, which
make it be read again anyway: so its parts are what they were, and pages that come to it later do
not make all others be read again. All partitions of a run get the same snapshot, whatever their
order and however many at a time. A merged file may be built on an earlier one, because `bounded`
chooses greatest elements, and is the same as if it had been built from nothing.

A row is a site: its surveys, and what they agree on, ready to be used. Sites that nothing new was
learnt of are copied as they stand, and a worker reads of a row only what it uses.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.extract.ground import Known, Survey, known, told, written
from tasks.pages import lists, spans, unlisted, whole
from tasks.store.atomic import PASSING, write_bytes, write_parquet
from tasks.store.layout import Layout
from tasks.store.parts import closed
from tasks.template import bounded

SURVEYS: Final = lists([], Survey).type
SCHEMA: Final = pa.schema(
    [("site", pa.string()), ("surveys", SURVEYS), ("known", pa.string())]  # `known` as JSON
)
ROWS: Final = 32
"""Sites in a row group: a worker reads those that its pages are of."""

OPTIONS: Final = {**PASSING, "write_statistics": ["site"]}
KEPT_S: Final = 24 * 3600.0
"""What no partition is read with goes when no run can be using it any more."""

Surveys = Mapping[str, tuple[Survey, ...]]


@dataclass(frozen=True, slots=True)
class Taught:
    """A snapshot of surveys on disk."""

    path: Path
    version: str  # hash of what it says; part of the names of parts read with it


def learn(found: Iterable[tuple[str, Survey]]) -> Surveys:
    """Return what pages teach, by site in order."""
    by_site: dict[str, list[Survey]] = {}
    for site, one in found:
        by_site.setdefault(site, []).append(one)
    return {site: bounded(by_site[site]) for site in sorted(by_site)}


def save(surveys: Surveys, path: Path) -> None:
    """Write what one part teaches to `path`, whole."""
    write_parquet(_table(surveys, ["" for _ in surveys]), path, options=PASSING)


def load(path: Path) -> Surveys:
    """Return the surveys in a file."""
    return _surveys(pq.read_table(path, columns=["site", "surveys"]))


def recall(path: Path, site: str) -> Known | None:
    """Return what is known of one site in a snapshot, None if its pages do not agree."""
    for number, (first, last) in enumerate(spans(path)):
        if first <= site <= last:
            return told(_group(path, number).get(site, ""))
    return None


def part_of(layout: Layout, part: str) -> Path:
    """Return the path of what an extracted part teaches."""
    return layout.templates / "surveys" / f"{part}.parquet"


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
    name = hashlib.sha256(json.dumps([str(SCHEMA), *sorted(parts)]).encode()).hexdigest()[:24]
    target = layout.templates / f"{name}.parquet"
    if not target.exists():
        base, known = _largest(layout, frozenset(parts))
        _write(_joined(base, [parts[stem] for stem in sorted(parts.keys() - known)]), target, parts)
        _expire(layout, target)
    return Taught(target, _about(target)[0])


def merged(many: Iterable[Surveys]) -> Surveys:
    """Return all surveys of each site that count."""
    return learn((site, one) for surveys in many for site, some in surveys.items() for one in some)


def _joined(base: pa.Table, missing: Iterable[Path]) -> pa.Table:
    """Return the rows of a snapshot that knows what `base` does and what some parts teach."""
    new = merged(map(load, missing))
    is_old = pc.is_in(base["site"], value_set=pa.array(list(new), pa.string()))
    both = merged([_surveys(base.filter(is_old)), new])
    fresh = _table(both, [written(known(site, some)) for site, some in both.items()])
    rows = pa.concat_tables([base.filter(pc.invert(is_old)), fresh])
    return rows.combine_chunks().sort_by("site").cast(SCHEMA)


def _table(surveys: Surveys, said: Sequence[str]) -> pa.Table:
    """Return a row for each site with what is said to be known of it."""
    columns = [
        pa.array(list(surveys), pa.string()),
        lists(list(surveys.values()), Survey).cast(SURVEYS),
        pa.array(said, pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _surveys(rows: pa.Table) -> Surveys:
    some = unlisted(whole(rows["surveys"]), Survey)
    return dict(zip(rows["site"].to_pylist(), some, strict=True))


def _write(rows: pa.Table, path: Path, parts: Iterable[str]) -> None:
    about = {"version": _version(rows), "parts": json.dumps(sorted(parts))}
    rows = rows.replace_schema_metadata(about)
    write_parquet(rows, path, row_group_rows=ROWS, options=OPTIONS)


@lru_cache(maxsize=64)
def _group(path: Path, number: int) -> Mapping[str, str]:
    """Return what is known of each site of a row group, as JSON; some 100 kB."""
    rows = pq.ParquetFile(path).read_row_group(number, columns=["site", "known"])
    return dict(zip(rows["site"].to_pylist(), rows["known"].to_pylist(), strict=True))


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


def _version(rows: pa.Table) -> str:
    sites = zip(rows["site"].to_pylist(), rows["known"].to_pylist(), strict=True)
    known = [(site, said) for site, said in sites if said]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:24]


def _about(path: Path) -> tuple[str, frozenset[str]]:
    """Return the version of a snapshot, and the parts it was made of."""
    about = pq.read_schema(path).metadata
    return about[b"version"].decode(), frozenset(json.loads(about[b"parts"]))


def _snapshots(layout: Layout) -> Iterator[Path]:
    yield from sorted(layout.templates.glob("[!.]*.parquet"))


def _largest(layout: Layout, wanted: frozenset[str]) -> tuple[pa.Table, frozenset[str]]:
    """Return the snapshot that knows most of `wanted` and nothing else, an empty one if none is."""
    fitting = [
        (len(parts), path, parts)
        for path in _snapshots(layout)
        if pq.read_schema(path).equals(SCHEMA)
        for _, parts in [_about(path)]
        if parts <= wanted
    ]
    if not fitting:
        return SCHEMA.empty_table(), frozenset()
    _, path, parts = max(fitting)
    return pq.read_table(path).replace_schema_metadata(None), parts


def _expire(layout: Layout, newest: Path) -> None:
    """Remove snapshots that no partition is read with, and notes of runs that ended long ago."""
    pins = map(_read, (layout.templates / "pins").glob("*.json"))
    used = {pin["file"] for pin in pins if pin is not None} | {newest.name}
    notes = list((layout.templates / "runs").glob("*.json"))
    idle = [path for path in _snapshots(layout) if path.name not in used]
    for path in [*idle, *notes]:
        if path.stat().st_mtime < time.time() - KEPT_S:
            path.unlink(missing_ok=True)
