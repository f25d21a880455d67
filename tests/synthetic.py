"""Invented pages, made from a seed: what the tests of the dataset publish and count."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from tasks.dedup import partition as dedup
from tasks.pages import lists
from tasks.publish import partition as publish
from tasks.schema import (
    SEPARATOR,
    Block,
    Edit,
    Failure,
    Finished,
    Metadata,
    Page,
    Removal,
    Verdict,
)
from tasks.store.layout import Layout
from tasks.store.options import DedupOptions, PublishOptions
from tasks.store.parts import close, write_finished
from tasks.store.rows import failure_rows, finished_rows
from tasks.text import count_words

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
_HEADS = ["har", "mar", "por", "tol", "ver", "sel", "cam", "dun", "fen", "gal", "hol", "ith", "jar"]
_TAILS = ["bour", "ket", "tage", "den", "rin", "mond", "via", "wick", "sea", "ton", "low", "mere"]
WORDS = [head + tail for head in _HEADS for tail in _TAILS]


def prose(seed: object, n_words: int = 60) -> str:
    rng = random.Random(str(seed))  # noqa: S311
    return " ".join(rng.choices(WORDS, k=n_words)).capitalize() + "."


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def finished(
    name: str,
    paragraphs: Sequence[str] | None = None,
    *,
    at: datetime = NOON,
    site: str = "harbour-courier.example",
    title: str | None = None,
    removed: Sequence[str] = ("Back to top",),
) -> Finished:
    """Return a finished page of the article `name`; equal arguments give an equal page."""
    paragraphs = [prose(name), prose(f"{name} 2")] if paragraphs is None else list(paragraphs)
    url = f"https://{site}/{name}"
    text = SEPARATOR.join(paragraphs)
    blocks = tuple(
        Block(i, "paragraph", line, path="article/p") for i, line in enumerate(paragraphs)
    )
    gone = []
    start = len(text)
    for i, line in enumerate(removed, len(blocks)):
        start += len(SEPARATOR)
        verdict = Verdict(i, "remove", "navigation.back_to_top", 1, "navigation.top", "text",
                          ("whole line",), 0.98)  # fmt: skip
        gone.append(Removal(Block(i, "furniture", line), start, start + len(line), verdict))
        start += len(line)
    page = Page(
        url=url,
        source_id="courier",
        fetched_at=at,
        media="html",
        raw_sha256=sha(url + text + "".join(removed) + at.isoformat()),
        warc_file="2026-11-24/a.warc.gz",
        warc_offset=int(sha(url + at.isoformat())[:8], 16),
        status=200,
        content_type="text/html",
    )
    return Finished(
        page=page,
        metadata=Metadata(title=title or name.title(), authors=("Ada Marsh",), published_at=at),
        article_id=sha(url)[:32],
        canonical_url=url,
        site=site,
        text=text,
        n_words=count_words(text),
        blocks=blocks,
        moved=(),
        removed=tuple(gone),
        edits=(Edit(0, 0, "\u00a0", "", "spaces.edge"),),
        lang="en",
        lang_score=0.99,
        text_sha256=sha(text),
        quality="ok",
        quality_reasons=(),
        extractor="trafilatura",
        rules_version="0123456789ab",
    )


def later(page: Finished, hours: float, paragraphs: Sequence[str] | None = None) -> Finished:
    """Return the article of `page` as fetched `hours` later, with other text if given."""
    same = [block.text for block in page.blocks]
    name = page.canonical_url.rsplit("/", 1)[1]
    return finished(
        name,
        same if paragraphs is None else paragraphs,
        at=page.page.fetched_at + timedelta(hours=hours),
        site=page.site,
        title=page.metadata.title,
        removed=("Back to top", "Share this story"),
    )


def failure(name: str) -> Failure:
    page = finished(name).page
    return Failure(replace(page, status=200), "extract", "no-content", "nothing there")


def tables_of(pages: Sequence[Finished], run_id: str) -> dict[str, pa.Table]:
    """Return the pages' tables; what they say was removed is handed over as the stage does."""
    return finished_rows(pages, run_id, lists([page.removed for page in pages], Removal))


def write_part(
    data: Path,
    partition: str,
    name: str,
    pages: Sequence[Finished],
    failures: Sequence[Failure] = (),
    run_id: str = "run-1",
) -> None:
    tables = tables_of(pages, run_id)
    tables["quarantine"] = failure_rows(failures, run_id)
    write_finished(Layout(data), partition, name, tables)


def close_all(data: Path, partition: str) -> None:
    layout = Layout(data)
    names = [path.name for path in layout.parts("finished", partition)]
    close(layout, "finished", partition, names)


def run_dedup(data: Path) -> dedup.Report:
    return dedup.run("any", data, data, "run-1", DedupOptions())


def run_publish(data: Path, **options: object) -> publish.Report:
    return publish.run("any", data, data, "run-1", PublishOptions.model_validate(options))


def publish_pages(
    data: Path, pages: Sequence[Finished], partition: str = "2026-11-24", name: str = "p1"
) -> publish.Report:
    """Write `pages` as one closed part, mark, and publish."""
    write_part(data, partition, name, pages)
    close_all(data, partition)
    run_dedup(data)
    return run_publish(data)
