"""Pages as rows: what a finished part's tables hold for each page.

Version numbers, changes and duplicates need other pages, so `tasks.publish` decides them. Until
then ``version`` holds the page's number within its part, from 0, which is how the rows of blocks,
removals and edits find their article; the columns about changes and duplicates are empty.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

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

Row = dict[str, Any]


def finished_rows(
    finished: Sequence[Finished], run_id: str, removed: pa.ListArray
) -> dict[str, pa.Table]:
    """Return one part's pages as the tables articles, blocks, removals and edits.

    Call it once a part, with all its pages in capture order: they are numbered here.

    Args:
        finished: the pages.
        run_id: of the run that makes them.
        removed: what was taken out of each page, as `tasks.pages` has it.
    """
    pages = list(enumerate(finished))
    articles = [
        _article(page, number, run_id) | sums
        for (number, page), sums in zip(pages, _sums(removed), strict=True)
    ]
    return {
        "articles": columns(ARTICLES, articles),
        "blocks": _blocks(pages),
        "removals": _removals(removed, [page.article_id for page in finished], run_id),
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
        "n_words": page.n_words,
        "n_paragraphs": len(page.blocks),
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


def _sums(removed: pa.ListArray) -> Iterator[Row]:
    """Yield how much was taken out of each page."""
    flat = removed.flatten()
    chars = pc.subtract(flat.field("end_char"), flat.field("start_char")).to_pylist()
    done = 0
    for count in pc.list_value_length(removed).to_pylist():
        yield {"n_removed": count, "removed_chars": sum(chars[done : done + count])}
        done += count


def _blocks(pages: Iterable[tuple[int, Finished]]) -> pa.Table:
    """Return the table of blocks: kept and moved ones in page order, column by column."""
    rows = [
        (page.article_id, number, block, moved_to)
        for number, page in pages
        for block, moved_to in _held(page)
    ]
    blocks = [block for _, _, block, _ in rows]
    return _table(BLOCKS, {
        "article_id": [article for article, _, _, _ in rows],
        "version": [number for _, number, _, _ in rows],
        "block_index": [block.index for block in blocks],
        "kind": [block.kind for block in blocks],
        "section_index": [block.section for block in blocks],
        "text": [block.text for block in blocks],
        "moved_to": [moved_to for _, _, _, moved_to in rows],
        "entry_time": [block.time for block in blocks],
        "path": [block.path for block in blocks],
    })  # fmt: skip


def _held(page: Finished) -> list[tuple[Block, str]]:
    held = [(block, "") for block in page.blocks]
    held += [(block, verdict.moved_to) for block, verdict in page.moved]
    return sorted(held, key=_position)


def _position(held: tuple[Block, str]) -> int:
    return held[0].index


def _table(schema: pa.Schema, values: Mapping[str, Any]) -> pa.Table:
    arrays = [pa.array(values[field.name], type=field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _removals(removed: pa.ListArray, articles: Sequence[str], run_id: str) -> pa.Table:
    """Return the table of removals; most of a page's blocks are there, so no row is an object."""
    numbers = pc.list_parent_indices(removed)
    gone = removed.flatten()
    block, verdict = gone.field("block"), gone.field("verdict")
    found = {
        "article_id": pa.array(articles, pa.string()).take(numbers),
        "version": numbers,
        "block_index": block.field("index"),
        "start_char": gone.field("start_char"),
        "end_char": gone.field("end_char"),
        "text": block.field("text"),
        "class": verdict.field("cls"),
        "run_id": pa.repeat(run_id, len(gone)),
    }
    arrays = [
        (found[field.name] if field.name in found else verdict.field(field.name)).cast(field.type)
        for field in REMOVALS
    ]
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
