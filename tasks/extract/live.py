"""The entries of a live blog: which blocks begin one, and when it was written.

Pages list their entries for machines (``liveBlogUpdate``); the block on the page that an entry
begins with gets the kind "live_entry" and the entry's time.
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import UTC
from typing import Final

from tasks.extract.align import words_key
from tasks.extract.structured import LiveEntry
from tasks.schema import Block

MIN_KEY_CHARS: Final = 12
"""A shorter beginning ("Goal!") is found anywhere and marks nothing."""


def mark_entries(
    blocks: Sequence[Block], keys: Sequence[str], main: Set[int], entries: Sequence[LiveEntry]
) -> tuple[Block, ...]:
    """Return the blocks, those that begin an entry marked; each entry marks at most one block.

    Args:
        blocks: of the page, in order.
        keys: `words_key` of each block; blocks beyond them are not looked at.
        main: the blocks of the article; no others are marked.
        entries: as the page lists them, in any order.
    """
    if not entries:
        return tuple(blocks)
    where: dict[str, int] = {}
    for index, key in enumerate(keys):
        if index in main:
            where.setdefault(key, index)
    marked = list(blocks)
    for entry in entries:
        beginnings = (entry.headline, *entry.text.split("\n")[:1])
        found = [where[key] for key in map(words_key, beginnings) if _is_known(key, where)]
        if found and entry.time is not None and entry.time.tzinfo is not None:
            at = found[0]
            marked[at] = replace(marked[at], kind="live_entry", time=entry.time.astimezone(UTC))
    return tuple(marked)


def _is_known(key: str, where: dict[str, int]) -> bool:
    return len(key) >= MIN_KEY_CHARS and key in where
