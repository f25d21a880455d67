"""After the cut: sections are numbered, and columns get what was moved to them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from tasks.clean.names import byline_name
from tasks.clean.shapes.live import read_clock
from tasks.schema import Block, Cleaned, Metadata, Verdict

PAYWALL: Final = "paywall"
"""Class of the notices that say the rest is for subscribers; in the text, not in its markup."""
_STARTS: Final = ("subheading", "live_entry")


def settle(cleaned: Cleaned) -> Cleaned:
    """Return the page with sections and with metadata filled from headline and moved blocks.

    The headline stands in section 0, the text under it in section 1, and each subheading begins
    the next one. Metadata that extraction found is not overwritten. Settling twice changes
    nothing more.
    """
    numbers = _sections(cleaned)
    published = cleaned.metadata.published_at
    kept = tuple(_timed(_in_section(block, numbers), published) for block in cleaned.kept)
    moved = tuple((_in_section(block, numbers), verdict) for block, verdict in cleaned.moved)
    metadata = fill(cleaned.metadata, kept, moved)
    if any(r.verdict.cls == PAYWALL and r.verdict.stage == "text" for r in cleaned.removed):
        metadata = replace(metadata, access="partial")
    return replace(cleaned, kept=kept, moved=moved, metadata=metadata)


def fill(
    metadata: Metadata, kept: Iterable[Block], moved: Iterable[tuple[Block, Verdict]]
) -> Metadata:
    """Return `metadata` with its gaps filled from the headline and the moved blocks."""
    headline = next((block.text for block in kept if block.kind == "headline"), "")
    by_column: dict[str, list[str]] = {}
    for block, verdict in moved:
        by_column.setdefault(verdict.moved_to, []).append(block.text)
    bylines = by_column.get("articles.byline", ())
    names = [*by_column.get("articles.authors", ()), *filter(None, map(byline_name, bylines))]
    return replace(
        metadata,
        title=metadata.title or headline,
        authors=metadata.authors or tuple(dict.fromkeys(names)),
        author_bio=metadata.author_bio or " ".join(by_column.get("articles.author_bio", ())),
        section=metadata.section or " / ".join(by_column.get("articles.section", ())[:1]),
        byline=metadata.byline or " ".join(bylines[:1]),
        source_label=metadata.source_label or _source(by_column.get("articles.source_label", ())),
    )


def _timed(block: Block, published: datetime | None) -> Block:
    """Return an entry that begins with a clock with its time, on the day of publication."""
    clock = read_clock(block.text) if block.kind == "live_entry" and not block.time else None
    if clock is None or published is None:
        return block
    moment = datetime.combine(published, clock, published.tzinfo)
    return replace(block, time=moment.astimezone(UTC))


def _in_section(block: Block, numbers: Mapping[int, int]) -> Block:
    number = numbers[block.index]
    if block.section == number:
        return block
    # as `replace` would do, in a third of the time: nearly every block of a page comes by
    b = block
    return Block(b.index, b.kind, b.text, number, b.level, b.path, b.link_share, b.time)


def _sections(cleaned: Cleaned) -> dict[int, int]:
    """Return the section of every kept or moved block by block index."""
    numbers: dict[int, int] = {}
    section = 0
    blocks = [*cleaned.kept, *(block for block, _ in cleaned.moved)]
    moved = {block.index for block, _ in cleaned.moved}
    for block in sorted(blocks, key=lambda block: block.index):
        is_article = block.index not in moved and block.kind != "headline"
        if is_article and (section == 0 or block.kind in _STARTS):
            section += 1
        numbers[block.index] = section
    return numbers


def _source(labels: Iterable[str]) -> str:
    """Return whom the labels name: "Source: Reuters" names Reuters, "Source" nobody."""
    for label in labels:
        name = label.partition(":")[2] or label.partition("：")[2]
        if name.strip():
            return name.strip()
    return ""
