"""What the crash tests run in processes of their own: a writer that is killed, readers that poll.

Processes come from a fork server that has the imports done, so hundreds of them cost little.
"""

import ctypes
import hashlib
import json
import multiprocessing as mp
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import FrameType

import duckdb
import pandas as pd

from tasks.publish import partition as publish
from tasks.schema import Finished
from tasks.store.layout import Layout
from tasks.store.snapshot import expire
from tests.synthetic import (
    NOON,
    close_all,
    finished,
    prose,
    run_dedup,
    run_publish,
    write_part,
)

ARTICLES_A_DAY = 12

CHANGES = frozenset({"os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir"})
"""Audit events of the calls after which a reader could see something else."""
CALLS = frozenset(
    {"mkdir", "rmdir", "rename", "replace", "link", "symlink", "unlink", "flush", "fsync", "open",
     "close", "write", "truncate"}
)  # fmt: skip
"""All calls about files, as Python makes them; watching them is slow."""

SYSTEM_CALLS = (
    "mkdir", "rename", "link", "symlink", "unlink", "unlinkat", "rmdir", "fsync", "write",
    "ftruncate", "flock",
)  # fmt: skip
"""All by which the kernel is asked to change something, or to make it durable."""

_PR_SET_PTRACER = 0x59616D61

Row = tuple[str, int, str]
Reader = Callable[[Path], list[Row]]


def server() -> ForkServerContext:
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(["tests.publish.crash"])
    return context


def pages_of(day: int) -> list[Finished]:
    """Return a day's pages: new articles, and a new version of one that every day changes."""
    at = NOON + timedelta(days=day)
    new = [finished(f"day-{day}-{i}", at=at) for i in range(ARTICLES_A_DAY)]
    return [*new, finished("live", [prose(f"live {day}")], at=at)]


def expected(days: int) -> list[Row]:
    """Return key and text of every row after `days` days, without asking the code under test."""
    rows: list[Row] = []
    for day in range(days):
        pages = pages_of(day)
        rows += [(page.article_id, 1, page.text_sha256) for page in pages[:-1]]
        rows.append((pages[-1].article_id, day + 1, pages[-1].text_sha256))
    return sorted(rows)


def digest(rows: list[Row]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def work(data: Path, day: int) -> None:
    """Do a day's work from its pages to the snapshot, as a repeated run would."""
    write_part(data, f"day-{day}", "p1", pages_of(day), run_id="run-1")
    close_all(data, f"day-{day}")
    run_dedup(data)
    run_publish(data, keep_snapshots=3, keep_days=0)


def compact(data: Path, before: str) -> None:
    publish.compact(data, "run-c", before=before)
    expire(Layout(data), keep=7, younger=timedelta(0), now=datetime.now(UTC))


def tidy(data: Path) -> None:
    """Compact everything, and leave one snapshot."""
    publish.compact(data, "run-c", before="2099-01-01")
    expire(Layout(data), keep=1, younger=timedelta(0), now=datetime.now(UTC))


def publish_dying_before_change(
    data: Path, count: int, work: Callable[[Path], object] = run_publish
) -> None:
    """Publish (or tidy), and die by SIGKILL just before the `count`-th of `CHANGES`."""
    left = count

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        del arguments
        if event in CHANGES:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    work(data)


def publish_dying_before_call(data: Path, count: int) -> None:
    """Publish, and die by SIGKILL just before the `count`-th of `CALLS`."""
    left = count

    def watch(frame: FrameType, event: str, called: object) -> None:
        nonlocal left
        del frame
        if event == "c_call" and getattr(called, "__name__", "") in CALLS:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    run_publish(data)
    sys.setprofile(None)


def publish_when_told(data: Path, told: Path) -> None:
    """Publish once the file `told` exists; until then another process may attach to this one."""
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1))
    deadline = time.monotonic() + 120
    while not told.exists():
        if time.monotonic() > deadline:
            sys.exit("nobody said that I may publish")
        time.sleep(0.002)
    run_publish(data)


def read_pandas(data: Path, snapshot: str = "current") -> list[Row]:
    table = pd.read_parquet(data / snapshot / "articles")
    return _rows(table)


def read_duckdb(data: Path, snapshot: str = "current") -> list[Row]:
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT article_id, version, text_sha256 FROM read_parquet(?)",
            [f"{data / snapshot / 'articles'}"],
        ).fetchall()
    return sorted((str(a), int(v), str(t)) for a, v, t in found)


def read_pandas_resolved(data: Path) -> list[Row]:
    return read_pandas(data, os.path.realpath(data / "current"))


def read_duckdb_resolved(data: Path) -> list[Row]:
    return read_duckdb(data, os.path.realpath(data / "current"))


def _rows(table: pd.DataFrame) -> list[Row]:
    columns = (table[name].tolist() for name in ("article_id", "version", "text_sha256"))
    return sorted(zip(*columns, strict=True))


PLAIN: dict[str, Reader] = {"pandas": read_pandas, "duckdb": read_duckdb}
RESOLVED: dict[str, Reader] = {
    "pandas, resolved": read_pandas_resolved,
    "duckdb, resolved": read_duckdb_resolved,
}
READERS = PLAIN | RESOLVED


def poll(data: Path, reader: str, known: Mapping[str, int], log: Path) -> None:
    """Read without pause until the file ``<log>.stop`` exists; log each state that was seen.

    A state is the number of days it holds; -1 is a mixture or a part of one; a string an error.
    """
    seen: list[int | str] = []
    stop = log.with_suffix(".stop")
    while not stop.exists():
        try:
            seen.append(known.get(digest(READERS[reader](data)), -1))
        except (OSError, duckdb.Error) as error:
            seen.append(f"{type(error).__name__}: {error}")
    log.write_text(json.dumps(seen))


if __name__ == "__main__":
    run_publish(Path(sys.argv[1]))
