"""Pages made under two rule books, in a worker: extracted once where the books extract alike."""

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tasks.clean.memory import site_of
from tasks.clean.page import clean
from tasks.clean.remembered import recall
from tasks.errors import PageError
from tasks.extract.page import extract
from tasks.normalise.page import normalise
from tasks.pool import Bad, Tick
from tasks.replay.compare import Change, Result, compare
from tasks.rules import Rule, RuleBook, load_rules
from tasks.schema import Capture, Extracted, Failure, Page
from tasks.warc.reader import read_captures

GOLD_FETCHED: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Gold pages were not fetched by us; relative dates on them are read as of this moment."""


@dataclass(frozen=True, slots=True)
class Books:
    """The two rule books by their folders, and the memory of sites both clean with."""

    before: Path
    after: Path
    captures: Path
    memory: Path | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Pages to make at a time: records of one WARC file, or lines of one gold file."""

    path: Path
    offsets: tuple[int, ...]
    is_gold: bool = False


def make(books: Books, chunk: Chunk, tick: Tick, bad: Bad) -> list[Change]:
    """Return how each page of a chunk differs."""
    found = []
    pages = _gold(chunk) if chunk.is_gold else _stored(books, chunk)
    for index, offset in enumerate(chunk.offsets):
        tick(index)
        capture, gold = next(pages)
        place = (chunk.path.name, offset)
        if isinstance(capture, Failure):
            found.append(compare(place, capture, capture))
        elif index in bad:
            failure = Failure(capture.page, "replay", bad[index].slug, bad[index].message)
            found.append(compare(place, failure, failure))
        else:
            found.append(compare(place, *both(books, capture), gold))
    return found


def both(books: Books, capture: Capture) -> tuple[Result, Result]:
    """Return the page under both books."""
    before, after = load_book(books.before), load_book(books.after)
    first = _extracted(capture, before)
    alike = capture.page.media == "text" or html_rules(before) == html_rules(after)
    second = first if alike else _extracted(capture, after)
    return _finished(first, before, books), _finished(second, after, books)


@lru_cache(maxsize=4)
def load_book(config: Path) -> RuleBook:
    """Return the rule book of a folder, read once a process."""
    return load_rules(config)


@lru_cache(maxsize=4)
def html_rules(rules: RuleBook) -> str:
    """Return a digest of all that extraction sees of a book: its selectors, in their order."""
    seen = [_html_part(rule) for rule in rules.rules if "html" in rule.scope and rule.selectors]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def _html_part(rule: Rule) -> list[Any]:
    return [
        rule.id, rule.version, rule.cls, rule.action, rule.selectors, rule.never, rule.moved_to,
        rule.kind, rule.priority, rule.confidence, rule.site,
    ]  # fmt: skip


def _extracted(capture: Capture, rules: RuleBook) -> Extracted | Failure:
    try:
        return extract(capture, rules)
    except PageError as error:
        return Failure(capture.page, "extract", error.slug, error.message)


def _finished(page: Extracted | Failure, rules: RuleBook, books: Books) -> Result:
    if isinstance(page, Failure):
        return page
    known = recall(books.memory, site_of(page)) if books.memory else None
    try:
        return normalise(clean(page, rules, known), rules.version)
    except PageError as error:
        return Failure(page.page, "clean", error.slug, error.message)


def _stored(books: Books, chunk: Chunk) -> Iterator[tuple[Capture | Failure, str | None]]:
    for capture in read_captures(chunk.path, books.captures, chunk.offsets):
        yield capture, None


def _gold(chunk: Chunk) -> Iterator[tuple[Capture | Failure, str | None]]:
    """Yield the pages of some lines of a gold.jsonl, each with its text if it has one."""
    listed = chunk.path.read_text(encoding="utf-8").splitlines()
    for number in chunk.offsets:
        gold = json.loads(listed[number])
        body = _body(chunk.path.parent / "pages", gold["id"])
        url = gold.get("url") or f"file:///{gold['id']}.html"
        digest = hashlib.sha256(body).hexdigest()
        site = gold.get("site") or gold.get("host") or "gold"
        yield Capture(Page(url, site, GOLD_FETCHED, "html", digest), body), gold.get("text")


def _body(folder: Path, name: str) -> bytes:
    packed = folder / f"{name}.html.gz"
    return gzip.decompress(packed.read_bytes()) if packed.exists() else _plain(folder, name)


def _plain(folder: Path, name: str) -> bytes:
    return (folder / f"{name}.html").read_bytes()


def gold_lines(path: Path) -> Sequence[int]:
    """Return the numbers of the lines of a gold.jsonl that have a trusted text."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        gold = json.loads(line)
        if gold.get("text") and gold.get("gold") not in ("regression", "incomplete"):
            found.append(number)
    return found
