"""Which of the page's blocks another extractor's output consists of.

The extractor returns lines of text without saying where they stood. Its lines are matched to our
blocks by their words alone: lines that are unique on both sides first, they divide the page into
windows; then equal lines inside their window; then lines that contain or are contained; then
blocks most of whose word triples occur in lines nobody has claimed.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from tasks.text import latin

_TOKEN: Final = re.compile(r"\w\w*")  # a search for \w+ tries every character, this one skips
_JOINERS: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")

_MICRO: Final = "\u00b5"
"""Alone in Latin-1 its folded form is not in Latin-1."""

_LATIN_WORDS: Final = bytes(
    ord(char if char in "ß\u00b5" else char.casefold()) if char.isalnum() or char == "_" else 32
    for char in map(chr, range(256))
)
"""What each character of Latin-1 is in a text of which only words are left, case folded."""

MIN_ANCHOR_CHARS: Final = 25
"""Shorter lines recur by chance ("Politics", "Read more") and anchor nothing."""

MAX_KEPT_CHARS: Final = 120
"""Longer texts hardly come twice."""

MIN_SHARE: Final = 0.6
"""Share of a block's word triples that must occur in unclaimed lines."""


def words_key(text: str) -> str:
    """Return the words of `text`, case folded, with single spaces: what two readings share.

    >>> words_key("- “Rain”, she said.")
    'rain she said'
    """
    return _kept_key(text) if len(text) <= MAX_KEPT_CHARS else _key(text)


def _key(text: str) -> str:
    written = latin(text)
    if written is not None and _MICRO not in text:
        folded = written.translate(_LATIN_WORDS, b"\xad").replace(b"\xdf", b"ss")
        return " ".join(folded.decode("latin-1").split())
    if not text.isprintable():  # as no joiner is
        text = _JOINERS.sub("", text)
    return " ".join(_TOKEN.findall(text.casefold()))


_kept_key: Final = lru_cache(maxsize=10_000)(_key)
"""`_key`, kept for 10,000 short texts, some 5 MB: furniture is on every page of a site."""


def align(blocks: Sequence[str], lines: Sequence[str]) -> set[int]:
    """Return the indexes of `blocks` that `lines` consist of; both are `words_key`s in order."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        if block:
            places[block].append(index)
    found = _anchors(places, lines)
    matched = set(found.values())
    left: list[int] = []
    for number, line in enumerate(lines):
        if number in found or not line:
            continue
        low, high = _window(found, number, len(blocks))
        nearest = _nearest(places.get(line, ()), matched, low, high)
        if nearest is None:
            left.append(number)
        else:
            found[number] = nearest
            matched.add(nearest)
    for number in left:
        low, high = _window(found, number, len(blocks))
        matched |= _overlapping(blocks, lines[number], matched, range(low + 1, high))
    return matched


def _anchors(places: dict[str, list[int]], lines: Sequence[str]) -> dict[int, int]:
    """Return line -> block for long lines that occur once on either side."""
    counts: dict[str, int] = defaultdict(int)
    for line in lines:
        counts[line] += 1
    return {
        number: places[line][0]
        for number, line in enumerate(lines)
        if counts[line] == 1 and len(line) >= MIN_ANCHOR_CHARS and len(places.get(line, ())) == 1
    }


def _window(found: dict[int, int], number: int, length: int) -> tuple[int, int]:
    """Return the blocks of the nearest matched lines before and after line `number`."""
    known = sorted(found)
    at = bisect_left(known, number)
    low = found[known[at - 1]] if at else -1
    high = found[known[at]] if at < len(known) else length
    return (low, high) if low < high else (-1, length)


def _nearest(candidates: Sequence[int], taken: set[int], low: int, high: int) -> int | None:
    """Return the free candidate in the window next to its known neighbour, else any free one."""
    free = [index for index in candidates if index not in taken]
    inside = [index for index in free if low < index < high]
    if inside:
        return inside[-1] if low < 0 else inside[0]
    return free[0] if free else None


def _overlapping(blocks: Sequence[str], line: str, taken: set[int], window: range) -> set[int]:
    """Return the blocks of the window that are part of `line`, or that `line` is most part of."""
    padded = f" {line} "
    triples = _triples(line)
    hits: set[int] = set()
    for index in window:
        block = blocks[index]
        if index in taken or not block:
            continue
        if f" {block} " in padded and (
            len(block) >= MIN_ANCHOR_CHARS or len(line) < 2 * len(block)
        ):
            hits.add(index)
        elif len(block) >= MIN_ANCHOR_CHARS and triples:
            own = _triples(block)
            is_most = bool(own) and len(own & triples) >= MIN_SHARE * len(own)
            if is_most or (len(line) >= MIN_ANCHOR_CHARS and f" {line} " in f" {block} "):
                hits.add(index)
    return hits


def _triples(line: str) -> set[tuple[str, ...]]:
    tokens = line.split(" ")
    if len(tokens) < 3:  # noqa: PLR2004
        return {tuple(tokens)} if len(line) >= MIN_ANCHOR_CHARS else set()
    return set(zip(tokens, tokens[1:], tokens[2:], strict=False))
