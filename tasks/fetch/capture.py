"""Attempts become WARC records and `fetches` rows, in batches that are durable before they count.

One batch: its records are appended and fsynced, then its rows are written (a Parquet file that
appears whole), then its pages are remembered as seen. A run killed in between leaves an open WARC
file; `tasks.fetch.recover` completes what the batch still lacked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

import pyarrow as pa

from tasks.fetch.reply import Response
from tasks.fetch.told import Failures
from tasks.schema import FETCHES, columns
from tasks.store.atomic import faults, write_parquet
from tasks.warc import record as warc
from tasks.warc.writer import WarcWriter

if TYPE_CHECKING:
    from tasks.fetch.network import Exchange  # files are captured without the HTTP client

UNCAPTURED: Final = frozenset({"too-large", "headers-too-large", "too-slow", "compression-bomb"})
"""A response that failed so is recorded as a row only: its bytes are an attack or a mistake."""

PART_ROWS: Final = 5000
"""A file of rows is written anew with every batch until it has so many: few files, short writes."""

SOFTWARE: Final = "cleancopy/0.1"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it is recorded: what was asked, what came, what is made of it."""

    response: Response
    source_id: str
    purpose: str
    error: str = ""
    message: str = ""
    robots: str = "unknown"
    signals: tuple[str, ...] = ()
    final_url: str = ""
    canonical: str = ""  # of a page
    published_at: datetime | None = None  # as the finder said
    refers_to: "Revisited | None" = None


@dataclass(frozen=True, slots=True)
class Revisited:
    """The earlier capture that a response repeats."""

    profile: str
    url: str
    date: datetime


class Recorder:
    """Writes one run's attempts into the captures folder of its partition."""

    def __init__(self, folder: Path, run_id: str, agent: str, roll_bytes: int) -> None:
        about = {
            "software": SOFTWARE,
            "format": "WARC File Format 1.1",
            "http-header-user-agent": agent,
        }
        self._writer = WarcWriter(folder, f"fetch-{run_id}", about, roll_bytes)
        self._folder = folder
        self._run_id = run_id
        self._rows: list[dict[str, Any]] = []
        self._failures = Failures()
        self._part = FETCHES.empty_table()  # of the file of rows that still grows
        self._parts = self._next_part()

    def _next_part(self) -> int:
        """Return the first number that no file of rows has: a run may be tried twice."""
        number = 0
        while (self._folder / self._part_name(number)).exists():
            number += 1
        return number

    def _part_name(self, number: int) -> str:
        return f"fetches-{self._run_id}-{number:05}.parquet"

    @property
    def partition(self) -> str:
        """The partition it writes."""
        return self._folder.name

    @property
    def waiting(self) -> int:
        """Attempts recorded but not durable yet."""
        return len(self._rows)

    def add(self, attempt: Attempt, exchange: "Exchange | None") -> None:
        """Append the records of one attempt; durable only after `flush`."""
        row = row_of(attempt, self._run_id)
        group = _group(attempt, exchange, row)
        with faults(self._folder):
            positions = self._writer.append(group)
        if len(group) > 1:
            row["warc_file"] = f"{self._folder.name}/{positions[0][0]}"
            row["warc_offset"] = positions[0][1]
        self._rows.append(row)
        self._failures.tell(row)

    def flush(self) -> list[dict[str, Any]]:
        """Return the rows of the batch, now durable: WARC first, then the rows."""
        rows, self._rows = self._rows, []
        if rows:
            with faults(self._folder):
                self._writer.sync()
            self._part = pa.concat_tables([self._part, columns(FETCHES, rows)])
            write_parquet(self._part, self._folder / self._part_name(self._parts))
            if self._part.num_rows >= PART_ROWS:
                self._part, self._parts = FETCHES.empty_table(), self._parts + 1
        return rows

    def roll(self) -> None:
        """Close the current file when it is full. Call after the batch is remembered."""
        if self._writer.is_full:
            self._writer.close()

    def close(self, *, is_complete: bool) -> None:
        """Close the current file, after the last batch is remembered.

        When a batch was not, the file is left by its open name, and the next run completes it.
        """
        if is_complete:
            self._writer.close()
        else:
            self._writer.abandon()


def row_of(attempt: Attempt, run_id: str) -> dict[str, Any]:
    """Return the `fetches` row of an attempt, with what the memory needs beside it."""
    response = attempt.response
    return {
        "url": without_credentials(response.url),
        "final_url": without_credentials(attempt.final_url or response.url),
        "source_id": attempt.source_id,
        "purpose": attempt.purpose,
        "fetched_at": response.began_at,
        "status": response.status,
        "error": attempt.error,
        "message": attempt.message[:500],
        "bytes": response.wire_bytes,
        "milliseconds": response.milliseconds,
        "content_type": response.get("content-type")[:200],
        "etag": response.get("etag")[:500],
        "last_modified": response.get("last-modified")[:100],
        "robots": attempt.robots,
        "signals": list(attempt.signals),
        "warc_file": "",
        "warc_offset": -1,
        "run_id": run_id,
        "canonical": attempt.canonical,
        "published_at": attempt.published_at,
        "body_sha256": response.body_sha256,
    }


def without_credentials(url: str) -> str:
    """Return `url` without user name and password.

    >>> without_credentials("http://me:secret@news.example/a")
    'http://news.example/a'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def json_of(row: Mapping[str, Any]) -> bytes:
    """Return a row as the block of the metadata record that closes its group."""
    return json.dumps(row, default=_plain, ensure_ascii=False, sort_keys=True).encode()


def _group(
    attempt: Attempt, exchange: "Exchange | None", row: Mapping[str, Any]
) -> list[warc.Record]:
    """Return the records of one attempt: response or revisit, request, metadata."""
    response_id, date = warc.new_id(), warc.warc_date(attempt.response.began_at)
    common = [("WARC-Target-URI", row["url"]), ("WARC-Date", date)]
    group: list[warc.Record] = []
    if exchange is not None and exchange.head_bytes and attempt.error not in UNCAPTURED:
        common.append(("WARC-IP-Address", exchange.address))
        group = [_response(attempt, exchange, response_id, common),
                 _request(exchange, response_id, common)]  # fmt: skip
    text = json_of(row)
    fields = [("WARC-Type", "metadata"), ("WARC-Record-ID", warc.new_id()), *common,
              *([("WARC-Concurrent-To", response_id)] if group else []),
              ("Content-Type", warc.FETCH_ROW)]  # fmt: skip
    return [*group, warc.Record(tuple(fields), BytesIO(text), len(text))]


def _response(
    attempt: Attempt, exchange: "Exchange", record_id: str, common: list[tuple[str, str]]
) -> warc.Record:
    block, length = exchange.received, exchange.received_bytes
    refers = attempt.refers_to
    kind = "revisit" if refers else "response"
    fields = [("WARC-Type", kind), ("WARC-Record-ID", record_id), *common]
    if "chunked" not in attempt.response.get("transfer-encoding").lower():
        digest = warc.digest_of(block, length - exchange.head_bytes, exchange.head_bytes)
        fields.append(("WARC-Payload-Digest", digest))
    if refers:
        fields += [("WARC-Profile", refers.profile), ("WARC-Refers-To-Target-URI", refers.url),
                   ("WARC-Refers-To-Date", warc.warc_date(refers.date))]  # fmt: skip
        length = exchange.head_bytes  # the body is the one referred to
    if attempt.error in {"truncated", "timeout", "read-timeout"}:
        fields.append(("WARC-Truncated", "disconnect" if attempt.error == "truncated" else "time"))
    fields += [("WARC-Block-Digest", warc.digest_of(block, length)),
               ("Content-Type", "application/http;msgtype=response")]  # fmt: skip
    return warc.Record(tuple(fields), block, length)


def _request(exchange: "Exchange", response_id: str, common: list[tuple[str, str]]) -> warc.Record:
    sent = bytes(exchange.sent)
    fields = [("WARC-Type", "request"), ("WARC-Record-ID", warc.new_id()), *common,
              ("WARC-Concurrent-To", response_id),
              ("WARC-Block-Digest", warc.digest_of(BytesIO(sent), len(sent))),
              ("Content-Type", "application/http;msgtype=request")]  # fmt: skip
    return warc.Record(tuple(fields), BytesIO(sent), len(sent))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    msg = f"{type(value).__name__} is not JSON"
    raise TypeError(msg)
