"""The one place that cuts: blocks and decisions in, kept, moved and removed blocks out.

After the cut the ledger is checked: every block of the extracted page is in exactly one of the
three lists, and put back in order and joined they are the extracted text, character for character.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tasks.errors import PageError
from tasks.schema import SEPARATOR, Block, Cleaned, Extracted, Removal, Verdict


def apply(extracted: Extracted, decisions: Mapping[int, Verdict]) -> Cleaned:
    """Return the page after the cut; `decisions` holds at most one verdict a block.

    Raises:
        PageError: "ledger" if a block was lost or doubled.
    """
    kept: list[Block] = []
    moved: list[tuple[Block, Verdict]] = []
    removed: list[Removal] = []
    start = 0
    for block in extracted.blocks:
        end = start + len(block.text)
        verdict = decisions.get(block.index)
        if verdict is None:
            kept.append(block)
        elif verdict.action == "remove":
            removed.append(Removal(_labelled(block, verdict), start, end, verdict))
        elif verdict.action == "move":
            moved.append((_labelled(block, verdict), verdict))
        else:
            kept.append(_labelled(block, verdict))
        start = end + len(SEPARATOR)
    cleaned = Cleaned(
        page=extracted.page,
        metadata=extracted.metadata,
        kept=tuple(kept),
        moved=tuple(moved),
        removed=tuple(removed),
        extractor=extracted.extractor,
        flags=extracted.flags,
    )
    verify(extracted.blocks, cleaned)
    return cleaned


def _labelled(block: Block, verdict: Verdict) -> Block:
    kind = verdict.kind or block.kind
    return block if kind == block.kind else replace(block, kind=kind)


def verify(blocks: Sequence[Block], cleaned: Cleaned) -> None:
    """Check that `cleaned` holds exactly `blocks`, each with its own text.

    Raises:
        PageError: "ledger", naming the first block that differs.
    """
    parts = [*cleaned.kept, *(b for b, _ in cleaned.moved), *(r.block for r in cleaned.removed)]
    parts.sort(key=lambda block: block.index)
    if len(parts) != len(blocks):
        raise PageError("ledger", f"{len(blocks)} blocks became {len(parts)}")
    for before, after in zip(blocks, parts, strict=True):
        if before.index != after.index or before.text != after.text:
            raise PageError("ledger", f"block {before.index} is not what it was")
    text = SEPARATOR.join(block.text for block in blocks)
    for removal in cleaned.removed:
        if text[removal.start_char : removal.end_char] != removal.block.text:
            raise PageError("ledger", f"block {removal.block.index} is not where it was")
