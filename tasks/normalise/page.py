"""Finish one page: edits on the kept blocks, the published text, language, identity, quality."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from tasks import urls
from tasks.errors import PageError
from tasks.normalise.characters import normalise_block, undo
from tasks.normalise.language import detect
from tasks.normalise.words import has_glued_words, part_words
from tasks.schema import SEPARATOR, Block, Cleaned, Edit, Finished, Metadata, Page, Verdict
from tasks.text import count_words

MIN_WORDS: Final = 40
"""A text below this is kept but suspect: a teaser, a gallery, a stub."""

LINES: Final = "lines"
"""The extractor of text that came without markup; only there are glued words parted."""

MAX_LINK_SHARE: Final = 0.5
MIN_LANG_SCORE: Final = 0.5

Quality = Literal["ok", "suspect", "quarantined"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A `Cleaned` page without what was removed, which is published as it is."""

    page: Page
    metadata: Metadata
    kept: tuple[Block, ...]
    moved: tuple[tuple[Block, Verdict], ...]
    extractor: str
    flags: tuple[str, ...]
    memory: str


def normalise(cleaned: Cleaned | Kept, rules_version: str) -> Finished:
    """Return the page as it will be published; every change to a kept block is an edit.

    Raises:
        PageError: "no-content" if no text is left, "ledger" if the edits cannot be undone.
    """
    blocks, edits = _edited(cleaned.kept)
    lang, score = detect(_text(blocks), cleaned.metadata.lang)
    if cleaned.extractor == LINES:
        blocks, more = _parted(blocks, lang)
        edits += more
    text = _text(blocks)
    if not text.strip():
        raise PageError("no-content")
    canonical, identity = _identity(cleaned.page, cleaned.metadata.canonical_url)
    n_words = count_words(text)
    quality, reasons = _quality(cleaned, blocks, text, n_words, (lang, score))
    return Finished(
        page=cleaned.page,
        metadata=cleaned.metadata,
        article_id=identity,
        canonical_url=canonical,
        site=urls.site(canonical) if canonical else cleaned.page.source_id,
        text=text,
        n_words=n_words,
        blocks=blocks,
        moved=cleaned.moved,
        removed=cleaned.removed if isinstance(cleaned, Cleaned) else (),
        edits=edits,
        lang=lang,
        lang_score=score,
        text_sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        quality=quality,
        quality_reasons=reasons,
        extractor=cleaned.extractor,
        rules_version="+".join(filter(None, (rules_version, cleaned.memory))),
    )


def printed(block: Block) -> str:
    """Return the block as it stands in the published text.

    >>> printed(Block(0, "list_item", "Rain"))
    '- Rain'
    """
    return f"- {block.text}" if block.kind == "list_item" else block.text


def _text(blocks: Sequence[Block]) -> str:
    return SEPARATOR.join(map(printed, (block for block in blocks if block.kind != "headline")))


def _parted(blocks: Sequence[Block], lang: str) -> tuple[tuple[Block, ...], tuple[Edit, ...]]:
    """Return the blocks of a text without markup with glued words parted, and the edits."""
    parted = [part_words(block.text, block.index, lang) for block in blocks]
    return (
        tuple(
            replace(b, text=text) if made else b
            for b, (text, made) in zip(blocks, parted, strict=True)
        ),
        tuple(edit for _, made in parted for edit in made),
    )


def _edited(kept: Sequence[Block]) -> tuple[tuple[Block, ...], tuple[Edit, ...]]:
    """Return the kept blocks with their texts put right, and all edits, proved reversible."""
    blocks: list[Block] = []
    edits: list[Edit] = []
    for block in kept:
        text, made = normalise_block(block.text, block.kind, block.index)
        if made and undo(text, made) != block.text:
            raise PageError("ledger", f"the edits of block {block.index} cannot be undone")
        blocks.append(replace(block, text=text) if made else block)
        edits += made
    return tuple(blocks), tuple(edits)


def _identity(page: Page, declared: str) -> tuple[str, str]:
    """Return canonical URL and article id: of the URL, or of the content for files without one."""
    if page.url.startswith(("http:", "https:")):
        canonical = urls.resolve_canonical(page.url, declared)
    elif declared.startswith(("http:", "https:")):
        canonical = urls.canonical(declared)
    else:
        return "", page.raw_sha256[:32]
    return canonical, urls.article_id(canonical)


def _quality(
    cleaned: Cleaned | Kept,
    blocks: Sequence[Block],
    text: str,
    n_words: int,
    language: tuple[str, float],
) -> tuple[Quality, tuple[str, ...]]:
    """Return the verdict on the page as a whole, with the reasons that are against it."""
    lang, lang_score = language
    linked = sum(block.link_share * len(block.text) for block in blocks)
    reasons = list(cleaned.flags)
    if n_words < MIN_WORDS:
        reasons.append("short")
    if linked > MAX_LINK_SHARE * len(text):
        reasons.append("mostly-links")
    if not cleaned.metadata.title:
        reasons.append("no-title")
    if lang_score < MIN_LANG_SCORE:
        reasons.append("language-unsure")
    if cleaned.metadata.access == "partial":
        reasons.append("partial-access")
    if cleaned.page.is_cut:
        reasons.append("truncated")
    if cleaned.extractor != LINES and has_glued_words(text, lang):
        reasons.append("glued-words")
    return ("suspect" if reasons else "ok"), tuple(reasons)
