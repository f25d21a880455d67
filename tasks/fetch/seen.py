"""What fetching remembers between runs: URLs, feeds, robots.txt. One SQLite file in data/state.

It is a memory, not a record: what it knows of pages can be made again from the captures, and losing
it only costs requests. SQLite commits are atomic: a killed run leaves the state of its last batch.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tasks.errors import EnvironmentFault
from tasks.fetch.robots import Access, Robots

_VERSION: Final = 1
_SCHEMA: Final = """
create table if not exists urls (
  canonical text primary key, url text not null, source_id text not null,
  fetched_at real not null, published_at real, checks integer not null,
  failures integer not null, next_at real,
  etag text not null, last_modified text not null, body_sha256 text not null
) without rowid;
create index if not exists due on urls (source_id, next_at);
create table if not exists feeds (
  url text primary key, fetched_at real not null, next_at real not null, interval_s real not null,
  etag text not null, last_modified text not null
) without rowid;
create table if not exists robots (
  origin text primary key, fetched_at real not null, access text not null, body text not null
) without rowid;
"""


@dataclass(frozen=True, slots=True)
class SeenUrl:
    """A page that was found: captured, or still to be."""

    canonical: str
    url: str
    source_id: str
    fetched_at: datetime  # when it was captured last; when it was found, if never
    published_at: datetime | None
    checks: int  # how often it was looked at
    failures: int  # attempts in a row that failed in passing
    next_at: datetime | None  # when to look again; None: never
    etag: str
    last_modified: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class SeenFeed:
    """A feed or sitemap that was read."""

    url: str
    fetched_at: datetime
    next_at: datetime
    interval_s: float
    etag: str
    last_modified: str


class Memory:
    """The state file, open. Reads are single look-ups; writes come in batches."""

    def __init__(self, path: Path) -> None:
        """Open `path`; a file that is missing, damaged or of another version is begun anew."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self.is_new = not path.exists()
        try:
            with _faults(path):
                self._open(path)
        except sqlite3.DatabaseError:
            self._db.close()
            self.is_new = True
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._open(path)

    def _open(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
        version = self._db.execute("pragma user_version").fetchone()[0]
        if version not in {0, _VERSION}:
            raise sqlite3.DatabaseError(f"version {version}")
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(_SCHEMA)
        self._db.execute(f"pragma user_version = {_VERSION}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def url(self, canonical: str) -> SeenUrl | None:
        """Return what is known of a page."""
        with closing(
            self._db.execute("select * from urls where canonical = ?", [canonical])
        ) as rows:
            row = rows.fetchone()
        if row is None:
            return None
        canonical, url, source_id, fetched, published, checks, failures, due, *rest = row
        return SeenUrl(
            canonical, url, source_id, _moment(fetched), _moment_or_none(published),
            checks, failures, _moment_or_none(due), *rest,
        )  # fmt: skip

    def due(self, source_id: str, now: datetime, limit: int) -> list[SeenUrl]:
        """Return pages of a source to be fetched: first those never captured, newest first."""
        query = (
            "select canonical from urls where source_id = ? and next_at <= ? "
            "order by checks > 0, published_at desc, next_at limit ?"
        )
        with closing(self._db.execute(query, [source_id, now.timestamp(), limit])) as rows:
            names = [row[0] for row in rows]
        return [seen for name in names if (seen := self.url(name)) is not None]

    def feed(self, url: str) -> SeenFeed | None:
        """Return what is known of a feed or sitemap."""
        with closing(self._db.execute("select * from feeds where url = ?", [url])) as rows:
            row = rows.fetchone()
        return SeenFeed(row[0], _moment(row[1]), _moment(row[2]), *row[3:]) if row else None

    def robots(self, origin: str) -> Robots | None:
        """Return what the robots.txt of `origin` said last."""
        with closing(self._db.execute("select * from robots where origin = ?", [origin])) as rows:
            row = rows.fetchone()
        if row is None:
            return None
        access: Access = row[2]
        return Robots(access, _moment(row[1]), row[3])

    def remember(
        self,
        urls: Iterable[SeenUrl] = (),
        feeds: Iterable[SeenFeed] = (),
        robots: Iterable[tuple[str, Robots]] = (),
    ) -> None:
        """Write all or nothing.

        Raises:
            EnvironmentFault: the disk is full, or the folder cannot be written.
        """
        with _faults(self._path):
            self._write(urls, feeds, robots)

    def _write(
        self,
        urls: Iterable[SeenUrl],
        feeds: Iterable[SeenFeed],
        robots: Iterable[tuple[str, Robots]],
    ) -> None:
        self._db.execute("begin immediate")
        try:
            self._db.executemany(
                "insert or replace into urls values (?,?,?,?,?,?,?,?,?,?,?)",
                [(u.canonical, u.url, u.source_id, _number(u.fetched_at), _number(u.published_at),
                  u.checks, u.failures, _number(u.next_at), u.etag, u.last_modified, u.body_sha256)
                 for u in urls],
            )  # fmt: skip
            self._db.executemany(
                "insert or replace into feeds values (?,?,?,?,?,?)",
                [(f.url, f.fetched_at.timestamp(), f.next_at.timestamp(), f.interval_s, f.etag,
                  f.last_modified) for f in feeds],
            )  # fmt: skip
            self._db.executemany(
                "insert or replace into robots values (?,?,?,?)",
                [(origin, r.fetched_at.timestamp(), r.access, r.text) for origin, r in robots],
            )
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise
        self._db.execute("commit")


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Turn what SQLite says of disks and locks into an `EnvironmentFault` that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        advice = "free space or make the folder writable, then run the same command again"
        raise EnvironmentFault(f"cannot use {path}: {error}: {advice}") from error


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment_or_none(seconds: float | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)


def _number(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
