"""A finished page as people and programs get it from the command line."""

from typing import Any

from tasks.extract.metadata.page import credited
from tasks.schema import Finished

_DIGITS = {"year": 4, "month": 7, "day": 10}


def record(page: Finished) -> dict[str, Any]:
    """Return the page as one flat JSON object: metadata and text.

    ``published`` is as exact as the page says: ``2026-11-24``, or with time and the page's offset.
    """
    meta = page.metadata
    return {
        "title": meta.title,
        "authors": list(credited(meta)),
        "published": _published(page),
        "modified": meta.modified_at.isoformat() if meta.modified_at else None,
        "section": meta.section,
        "tags": list(meta.tags),
        "description": meta.description,
        "lang": page.lang,
        "url": page.page.url,
        "canonical_url": page.canonical_url,
        "site_name": meta.site_name,
        "image_url": meta.image_url,
        "byline": meta.byline,
        "author_bio": meta.author_bio,
        "source_label": meta.source_label,
        "access": meta.access,
        "extractor": page.extractor,
        "quality": page.quality,
        "quality_reasons": list(page.quality_reasons),
        "article_id": page.article_id,
        "text": page.text,
    }


def detailed(page: Finished) -> dict[str, Any]:
    """Return `record` with every block: kept, moved and removed, each with its reason."""
    return record(page) | {
        "blocks": [
            {"index": b.index, "kind": b.kind, "section": b.section, "text": b.text}
            for b in page.blocks
        ],
        "moved": [
            {"index": b.index, "kind": b.kind, "text": b.text, "moved_to": v.moved_to,
             "rule": v.rule, "class": v.cls}
            for b, v in page.moved
        ],
        "removed": [
            {"index": gone.block.index, "text": gone.block.text, "rule": gone.verdict.rule,
             "class": gone.verdict.cls, "stage": gone.verdict.stage,
             "evidence": list(gone.verdict.evidence), "confidence": gone.verdict.confidence}
            for gone in page.removed
        ],
    }  # fmt: skip


def markdown(page: Finished) -> str:
    """Return the page as Markdown: title, byline and date, then its blocks."""
    meta = page.metadata
    about = " · ".join(filter(None, [", ".join(credited(meta)), _published(page) or ""]))
    parts = [f"# {meta.title}" if meta.title else "", f"*{about}*" if about else ""]
    parts += [_block(b.kind, b.text, b.level) for b in page.blocks if b.kind != "headline"]
    return "\n\n".join(filter(None, parts))


def _published(page: Finished) -> str | None:
    at = page.metadata.published_at
    if at is None:
        return None
    return at.isoformat()[: _DIGITS.get(page.metadata.published_precision, 40)]


def _block(kind: str, text: str, level: int) -> str:
    if kind == "subheading":
        return f"{'#' * max(2, min(level or 2, 6))} {text}"
    if kind == "list_item":
        return f"{'  ' * max(0, level - 1)}- {text}"
    if kind == "quote":
        return "\n".join(f"> {line}" for line in text.split("\n"))
    return f"```\n{text}\n```" if kind in {"code", "table"} else text
