"""The pages the bench runs on, as WARC files that every contestant reads.

News pages of the shared corpus; where that is absent, the pages of our own newsroom's web archive,
for which there is no gold text. In every round a page has an address of its own, so that it is a
new page to whoever remembers; its site stays the same.
"""

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator, WarcRecordType

from tasks.warc.record import Record, compress, stable_id, warc_date
from tests.eval.corpus import CORPUS, gold_pages

SAMPLES: Final = Path(__file__).parents[3] / "data" / "samples" / "warc"
_END: Final = re.compile(rb"</p>|<br")
"""Of a paragraph, in whichever way a page parts them."""

START: Final = datetime(2026, 11, 1, 6, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BenchPage:
    """One saved page; `gold` is None where nobody knows what should come out."""

    id: str
    site: str
    path: str
    body: bytes
    gold: dict[str, Any] | None

    def url(self, number: int) -> str:
        """Return the page's address in round `number`; the same site in all rounds."""
        return f"http://www.{self.site}/{number}/{self.id}{self.path}"


def corpus_pages() -> list[BenchPage]:
    """Return the news pages of the corpus, in a fixed order that mixes its sources."""
    listed = json.loads((CORPUS / "sites.json").read_text("utf-8"))
    site_of = {name: site for site, names in listed.items() for name in names}
    found = []
    for page in gold_pages():
        if not page.gold.get("news"):
            continue
        name, url = page.gold["id"], page.gold.get("url") or ""
        site = site_of.get(name) or page.gold.get("site") or f"{len(found)}.example"
        gold = page.gold if page.is_news and page.gold.get("text") else None
        found.append(BenchPage(name, site, urlsplit(url).path.rstrip("/"), page.body, gold))
    return sorted(found, key=lambda page: stable_id(page.id))


def sample_pages() -> list[BenchPage]:
    """Return the article pages of our own newsroom."""
    found = []
    for file in sorted(SAMPLES.glob("*.warc.gz")):
        with file.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                url = urlsplit(record.headers["WARC-Target-URI"])
                body = record.reader.read()
                if b"<article" in body and record.http_headers.status_code == 200:
                    body = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
                    name = f"{url.hostname}-{len(found)}"
                    found.append(BenchPage(name, url.hostname or "", url.path, body, None))
    return found


def bench_pages() -> list[BenchPage]:
    """Return the corpus' pages, or our own."""
    return corpus_pages() if CORPUS.exists() else sample_pages()


def varied(pages: Sequence[BenchPage], number: int) -> list[BenchPage]:
    """Return the pages with other words in every paragraph: other articles of the same markup."""
    more = f" Edition {number} of this bench.".encode()
    return [replace(page, body=_END.sub(more + rb"\g<0>", page.body)) for page in pages]


def write_warc(pages: Sequence[BenchPage], path: Path, number: int) -> None:
    """Write the pages as responses of round `number`; gzipped if `path` says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for place, page in enumerate(pages):
            moment = START + timedelta(hours=number, seconds=place)
            for piece in _pieces(_record(page, number, moment), is_zipped=path.suffix == ".gz"):
                file.write(piece)


def _record(page: BenchPage, number: int, moment: datetime) -> Record:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page.body)}\r\n\r\n"
    block = head.encode() + page.body
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", stable_id(page.url(number))),
        ("WARC-Date", warc_date(moment)),
        ("WARC-Target-URI", page.url(number)),
        ("Content-Type", "application/http; msgtype=response"),
    )
    return Record(fields, BytesIO(block), len(block))


def _pieces(record: Record, *, is_zipped: bool) -> list[bytes]:
    if is_zipped:
        return list(compress(record))
    head = "WARC/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in record.fields)
    record.block.seek(0)
    block = record.block.read(record.length)
    return [f"{head}Content-Length: {record.length}\r\n\r\n".encode(), block, b"\r\n\r\n"]
