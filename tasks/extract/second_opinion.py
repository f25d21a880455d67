"""When the first reading is poor: what the page's JSON-LD says the article is, weighed against it.

Pages that are filled in by scripts show a reader the article and a parser an empty frame, but many
carry the text as ``articleBody``. It is used only if it is much longer than what was found; where
the page shows that text too, its blocks are taken instead, so that order and kinds survive.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tasks.extract.align import align, words_key
from tasks.extract.blocks import Segment
from tasks.extract.main_content import MainContent
from tasks.extract.reading import Reading
from tasks.schema import Block

JSON_LD: Final = "json-ld"
ALIGNED: Final = "json-ld-aligned"

MIN_BODY_CHARS: Final = 500
MAX_FOUND_SHARE: Final = 0.5
"""Of the body's length: a reading above it is not poor."""

MIN_SHOWN_SHARE: Final = 0.7
"""Of the body's length that must stand on the page for its own blocks to be taken."""


def weigh(
    main: MainContent, reading: Reading, paragraphs: Sequence[str]
) -> tuple[MainContent, tuple[Block, ...]]:
    """Return the better reading, and the blocks to append if the page does not show the text."""
    if not is_poor(reading.segments, main.blocks, paragraphs):
        return main, ()
    body = sum(map(len, paragraphs))
    shown = frozenset(align(reading.keys, list(filter(None, map(words_key, paragraphs)))))
    if _chars(reading, shown) >= MIN_SHOWN_SHARE * body:
        return replace(main, blocks=shown, extractor=ALIGNED), ()
    first = len(reading.segments)
    blocks = tuple(
        Block(first + number, "paragraph", text, path=JSON_LD)
        for number, text in enumerate(paragraphs)
    )
    numbers = frozenset(block.index for block in blocks)
    return replace(main, blocks=numbers, extractor=JSON_LD), blocks


def is_poor(segments: Sequence[Segment], blocks: frozenset[int], paragraphs: Sequence[str]) -> bool:
    """Say whether `blocks` are much less than what the page's JSON-LD says the article is."""
    body = sum(map(len, paragraphs))
    found = sum(len(segments[index].text) for index in blocks)
    return body >= MIN_BODY_CHARS and found < MAX_FOUND_SHARE * body


def _chars(reading: Reading, blocks: frozenset[int]) -> int:
    return sum(len(reading.segments[index].text) for index in blocks)
