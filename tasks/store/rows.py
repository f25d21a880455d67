"""Pages as rows: what a finished part's tables hold for each page.

Version numbers, changes and duplicates need other pages, so `tasks.publish` decides them. Until
then ``version`` holds the page's number within its part, from 0, which is how the rows of blocks,
removals and edits find their article; the columns about changes and duplicates are empty.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from tasks.schema import (
    ARTICLES,
    BLOCKS,
    EDITS,
    QUARANTINE,
    REMOVALS,
    Block,
    Failure,
    Finished,
    columns,
)
from tasks.text import count_words

Row = dict[str, Any]


def finished_rows(finished: Sequence[Finished], run_id: str) -> dict[str, pa.Table]:
    """Return one part's pages as the tables articles, blocks, removals and edits.

    Call it once a part, with all its pages in capture order: they are numbered here.
    """
    pages = list(enumerate(finished))
    return {
        "articles": columns(ARTICLES, [_article(page, i, run_id) for i, page in pages]),
        "blocks": columns(BLOCKS, [row for i, page in pages for row in _blocks(page, i)]),
        "removals": _removals(pages, run_id),
        "edits": columns(EDITS, [row for i, page in pages for row in _edits(page, i)]),
    }


def failure_rows(failures: Sequence[Failure], run_id: str) -> pa.Table:
    """Return one part's failures as the table quarantine."""
    rows: list[Row] = [
        {
            "url": failure.page.url,
            "source_id": failure.page.source_id,
            "fetched_at": failure.page.fetched_at,
            "stage": failure.stage,
            "slug": failure.slug,
            "message": failure.message,
            "raw_sha256": failure.page.raw_sha256,
            "warc_file": failure.page.warc_file,
            "warc_offset": failure.page.warc_offset,
            "run_id": run_id,
        }
        for failure in failures
    ]
    return columns(QUARANTINE, rows)


def _article(page: Finished, number: int, run_id: str) -> Row:
    meta = page.metadata
    return {
        "article_id": page.article_id,
        "version": number,
        "url": page.page.url,
        "canonical_url": page.canonical_url,
        "source_id": page.page.source_id,
        "site": page.site,
        "site_name": meta.site_name,
        "fetched_at": page.page.fetched_at,
        "published_at": meta.published_at,
        "published_precision": meta.published_precision,
        "published_from": meta.published_from,
        "modified_at": meta.modified_at,
        "title": meta.title,
        "authors": list(meta.authors),
        "byline": meta.byline,
        "author_bio": meta.author_bio,
        "section": meta.section,
        "tags": list(meta.tags),
        "description": meta.description,
        "image_url": meta.image_url,
        "source_label": meta.source_label,
        "lang": page.lang,
        "lang_score": page.lang_score,
        "text": page.text,
        "n_chars": len(page.text),
        "n_words": count_words(page.text),
        "n_paragraphs": len(page.blocks),
        "n_removed": len(page.removed),
        "removed_chars": sum(gone.end_char - gone.start_char for gone in page.removed),
        "text_sha256": page.text_sha256,
        "raw_sha256": page.page.raw_sha256,
        "near_dup_of": "",
        "dup_score": 0.0,
        "change": "",
        "quality": page.quality,
        "quality_reasons": list(page.quality_reasons),
        "access": meta.access,
        "warc_file": page.page.warc_file,
        "warc_offset": page.page.warc_offset,
        "extractor": page.extractor,
        "rules_version": page.rules_version,
        "run_id": run_id,
    }


def _blocks(page: Finished, number: int) -> list[Row]:
    held = [(block, "") for block in page.blocks]
    held += [(block, verdict.moved_to) for block, verdict in page.moved]
    return [
        {
            "article_id": page.article_id,
            "version": number,
            "block_index": block.index,
            "kind": block.kind,
            "section_index": block.section,
            "text": block.text,
            "moved_to": moved_to,
            "entry_time": block.time,
            "path": block.path,
        }
        for block, moved_to in sorted(held, key=_position)
    ]


def _position(held: tuple[Block, str]) -> int:
    return held[0].index


def _removals(pages: Iterable[tuple[int, Finished]], run_id: str) -> pa.Table:
    """Return the table of removals; most of a page's blocks are there, so no row is a dict."""
    gone = [(page.article_id, number, one) for number, page in pages for one in page.removed]
    verdicts = [one.verdict for _, _, one in gone]
    values: dict[str, list[Any]] = {
        "article_id": [article for article, _, _ in gone],
        "version": [number for _, number, _ in gone],
        "block_index": [one.block.index for _, _, one in gone],
        "start_char": [one.start_char for _, _, one in gone],
        "end_char": [one.end_char for _, _, one in gone],
        "text": [one.block.text for _, _, one in gone],
        "rule": [verdict.rule for verdict in verdicts],
        "rule_version": [verdict.rule_version for verdict in verdicts],
        "class": [verdict.cls for verdict in verdicts],
        "stage": [verdict.stage for verdict in verdicts],
        "evidence": [verdict.evidence for verdict in verdicts],
        "confidence": [verdict.confidence for verdict in verdicts],
        "run_id": [run_id] * len(gone),
    }
    arrays = [pa.array(values[field.name], type=field.type) for field in REMOVALS]
    return pa.Table.from_arrays(arrays, schema=REMOVALS)


def _edits(page: Finished, number: int) -> Iterator[Row]:
    done: dict[int, int] = {}
    for edit in page.edits:
        done[edit.block] = done.get(edit.block, -1) + 1
        yield {
            "article_id": page.article_id,
            "version": number,
            "block_index": edit.block,
            "edit_index": done[edit.block],
            "start_char": edit.offset,
            "deleted": edit.deleted,
            "inserted": edit.inserted,
            "rule": edit.rule,
        }
