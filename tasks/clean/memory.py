"""What a site's pages have in common: which lines stand on which of its articles, in what markup.

A `SiteMemory` is a bounded set of pages, each reduced to its lines as compared (`line_key`: digits
masked, case folded) and to what its markup teaches (`tasks.template`). It keeps the newest fetch
of each article, the `MAX_PAGES` newest articles, and none that is `MAX_AGE` older than the newest.
All three choose greatest elements of a total order, so `merge` is associative, commutative and
idempotent: whoever learns what first, on however many workers, in one step or day by day, ends
with the same memory, bit for bit.

Nothing is decided here (`tasks.clean.recurring` does), and nothing is stored.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from tasks import urls
from tasks.errors import PageError
from tasks.glimpse import Glimpse, Line
from tasks.schema import Block, Extracted
from tasks.template import Lesson, lesson
from tasks.text import MAX_KEPT_CHARS, masked_key

MAX_PAGES: Final = 128
"""Of one site. The gain by siblings is flat from 16 on (tests/eval/memory.py)."""

MAX_AGE: Final = timedelta(days=90)
MAX_LINES: Final = 1000
"""Of one page, in the article and beside it each; of more lines beside it the shortest stay. An
archive of all headlines must not fill the memory of its site."""

KEPT_LINES: Final = 8192
"""Lines whose key is remembered: pages of one site share most of theirs. A few MiB a process."""

MAX_KEY_CHARS: Final = 120
"""Of a line; what is longer is known by its beginning and a hash of all of it."""


@dataclass(frozen=True, slots=True, order=True)
class Sketch:
    """One page as remembered: its lines as compared, each once."""

    fetched_at: datetime
    article: str  # identity of the article: hash of its canonical URL
    main: tuple[str, ...]  # lines that extraction took for the article, in page order
    beside: tuple[str, ...]  # lines that stand on the page only outside it, in order of text
    lessons: tuple[Lesson, ...] = ()  # what its markup teaches, if it does: one at most


@dataclass(frozen=True, slots=True)
class SiteMemory:
    """What is known of one site; a new one knows nothing. Pages are in order of time."""

    site: str
    pages: tuple[Sketch, ...] = ()

    @property
    def version(self) -> str:
        """12 hex digits of sha256 of all that is known."""
        rows = [
            (p.fetched_at.isoformat(), p.article, p.main, p.beside, repr(p.lessons))
            for p in self.pages
        ]
        content = json.dumps([self.site, rows], ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]


def site_of(extracted: Extracted | Glimpse) -> str:
    """Return the site whose memory the page belongs to; "" for files that name no address."""
    address = _address(extracted)
    return urls.site(address) if address else ""


def sketch(extracted: Extracted | Glimpse) -> Sketch:
    """Return the page as a memory keeps it."""
    outside = _outside(extracted)
    lines = [(block.index in outside, line_key(block.text)) for block in extracted.blocks]
    main = tuple(dict.fromkeys(line for is_outside, line in lines if not is_outside))
    beside = {line for is_outside, line in lines if is_outside}.difference(main)
    if len(beside) > MAX_LINES:
        beside = set(sorted(beside, key=lambda line: (len(line), line))[:MAX_LINES])
    taught = lesson(extracted) if extracted.metadata.access == "full" else None
    return Sketch(
        fetched_at=extracted.page.fetched_at.astimezone(UTC),
        article=article_of(extracted),
        main=main[:MAX_LINES],
        beside=tuple(sorted(beside)),
        lessons=(taught,) if taught else (),
    )


def main_lines(main: Iterable[Block | Line]) -> tuple[str, ...]:
    """Return the blocks' lines as compared, each once, in page order."""
    return tuple(dict.fromkeys(line_key(block.text) for block in main))


def article_of(extracted: Extracted | Glimpse) -> str:
    """Return the identity of the page's article: of its canonical URL, or of a file's content."""
    address = _address(extracted)
    return urls.article_id(address) if address else extracted.page.raw_sha256[:32]


def main_blocks(extracted: Extracted) -> list[Block]:
    """Return the blocks that extraction took for the article, in page order."""
    outside = _outside(extracted)
    return [block for block in extracted.blocks if block.index not in outside]


def _outside(extracted: Extracted | Glimpse) -> set[int]:
    return {v.block for v in extracted.verdicts if v.stage == "html" and v.action != "keep"}


def learn(pages: Iterable[Extracted | Glimpse]) -> dict[str, SiteMemory]:
    """Return what the pages teach, by site; pages without an address teach nothing."""
    found: dict[str, list[Sketch]] = {}
    for page in pages:
        if site := site_of(page):
            found.setdefault(site, []).append(sketch(page))
    return {site: _bounded(site, found[site]) for site in sorted(found)}


def merge(one: SiteMemory, other: SiteMemory) -> SiteMemory:
    """Return what both know of a site.

    Raises:
        ValueError: they are of two sites.
    """
    if one.site != other.site:
        raise ValueError(f"memories of two sites: {one.site!r} and {other.site!r}")
    return _bounded(one.site, (*one.pages, *other.pages))


def line_key(text: str) -> str:
    """Return a line as compared across pages: `masked_key`, bounded in length.

    >>> line_key("Read 12 Comments"), len(line_key("Of all the words " * 50))
    ('read 0 comments', 120)
    """
    return _kept_line(text) if len(text) <= MAX_KEPT_CHARS else _line(text)


def _line(text: str) -> str:
    key = masked_key(text)
    if not key.isascii():
        key = key.encode("utf-8", "replace").decode()  # no half surrogate pairs
    if len(key) <= MAX_KEY_CHARS:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key[: MAX_KEY_CHARS - 17]}#{digest}"


_kept_line = lru_cache(maxsize=KEPT_LINES)(_line)


def _bounded(site: str, pages: Iterable[Sketch]) -> SiteMemory:
    newest: dict[str, Sketch] = {}
    for page in pages:
        newest[page.article] = max(page, newest.get(page.article, page))
    kept = sorted(newest.values())[-MAX_PAGES:]
    start = kept[-1].fetched_at - MAX_AGE if kept else None
    return SiteMemory(site, tuple(p for p in kept if start is None or p.fetched_at >= start))


def _address(extracted: Extracted | Glimpse) -> str:
    """Return the canonical URL of the page, "" if it has none that can be read."""
    url, declared = extracted.page.url, extracted.metadata.canonical_url
    try:
        if url.startswith(("http:", "https:")):
            return urls.resolve_canonical(url, declared)
        return urls.canonical(declared) if declared.startswith(("http:", "https:")) else ""
    except PageError:
        return ""
