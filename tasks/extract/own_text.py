"""What a block's own text shows: its shape, its words, and what the page says of itself.

One column a feature, one value a block. Nothing here knows a site or a language.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from tasks.extract.layout import Column, Layout
from tasks.extract.reading import Hints, Reading
from tasks.markup import MIN_PROSE_CHARS

HINT_WORDS: Final = 60
"""Words at the start of a block that are looked up in the lexicon of hints."""

Description = tuple[str, str]
"""Words of what the page calls its summary, between spaces, and how they begin."""

LONG_BLOCK_CHARS: Final = 1200
MIN_SUMMARY_WORDS: Final = 4
SAMPLE_CHARS: Final = 400
CASE_CHARS: Final = 200

_ENDS: Final = frozenset(".!?…。！？؟।")
_CLOSING: Final = "\"'”’»)]"
_COMMAS: Final = (",", "、", "，")
_QUOTE: Final = re.compile('["“”„«»]')
_VOWELS: Final = frozenset("aeiouy") | set(
    map(chr, (*range(0xE0, 0xE7), *range(0xE8, 0xF0), *range(0xF2, 0xF7), *range(0xF8, 0xFE)))
)


def own_text(page: Reading, hints: Hints, layout: Layout) -> dict[str, Column]:
    """Return what the block's own text shows, and how it compares with title and description."""
    title = set(page.title.split())
    counts = Counter(page.keys)
    body = f" {page.body} " if len(page.body) > 200 else ""  # noqa: PLR2004  shorter is a teaser
    descriptions = prepared(page.descriptions)
    rows = [
        _text_row(segment.text, key, title, body, descriptions, hints)
        for segment, key in zip(page.segments, page.keys, strict=True)
    ]
    names = (
        "sentence",
        "commas",
        "quote",
        "title_share",
        "title_overlap",
        "described",
        "in_body",
        "hint",
        "words",
    )
    columns = {
        name: np.array(column, dtype=np.float64)
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    columns["upper"], columns["vowels"] = _letters([found.text for found in page.segments])
    columns["words"] = np.log2(1 + columns["words"])
    columns["copies"] = np.minimum(3, [counts[key] for key in page.keys])
    columns["chars"] = np.log2(1 + layout.chars)
    columns["link_share"] = layout.links
    return columns


def _text_row(
    text: str,
    key: str,
    title: set[str],
    body: str,
    descriptions: Sequence[Description],
    hints: Hints,
) -> tuple[float, ...]:
    words = key.split()
    kinds = dict.fromkeys(words)  # in the text's order, so that sums are the same every run
    shared = len(title.intersection(words))
    tokens = kinds if len(words) <= HINT_WORDS else dict.fromkeys(words[:HINT_WORDS])
    hints_of = map(hints.text.get, tokens)
    is_ascii = text.isascii()
    commas = text.count(",") if is_ascii else sum(map(text.count, _COMMAS))
    return (
        text.rstrip(_CLOSING)[-1:] in _ENDS,
        min(5, commas),
        '"' in text or (not is_ascii and _QUOTE.search(text) is not None),
        shared / max(1, len(kinds)) if title else -1,
        shared / max(1, len(kinds) + len(title) - shared) if title else -1,
        (len(words) >= MIN_SUMMARY_WORDS and is_described(key, descriptions))
        if descriptions
        else -1,
        _in_body(key, words, body) if body else -1,
        sum(filter(None, hints_of)) if len(text) < LONG_BLOCK_CHARS else 0,
        len(words),
    )


@lru_cache(maxsize=1)
def _letter_tables() -> tuple[Column, Column, Column]:
    """Return for each code point below 65536 whether it is upper case, Latin, a Latin vowel."""
    small = [chr(code).lower()[0] for code in range(0x10000)]
    latin = [("a" <= letter <= "z" or "à" <= letter <= "ɏ") for letter in small]
    upper = [chr(code).isupper() for code in range(0x10000)]
    return np.array(upper), np.array(latin), np.array([letter in _VOWELS for letter in small])


def _letters(texts: Sequence[str]) -> tuple[Column, Column]:
    """Return the share of upper case at the start of each text, and of vowels in its Latin letters.

    Too few letters to tell count as .4, which is what texts have.
    """
    starts = [text[:SAMPLE_CHARS] for text in texts]
    lengths = np.array([len(start) for start in starts])
    codes = np.frombuffer("".join(starts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = np.minimum(codes, 0xFFFF)
    first = np.cumsum(lengths) - lengths
    upper, latin, vowel = (
        np.concatenate([[0], np.cumsum(table[codes])]) for table in _letter_tables()
    )
    cased = np.minimum(lengths, CASE_CHARS)
    letters = latin[first + lengths] - latin[first]
    vowels = vowel[first + lengths] - vowel[first]
    is_enough = (lengths > MIN_PROSE_CHARS) & (letters > MIN_PROSE_CHARS // 2)
    return (
        (upper[first + cased] - upper[first]) / cased,
        np.where(is_enough, vowels / np.maximum(1, letters), 0.4),
    )


def prepared(descriptions: Sequence[str]) -> list[Description]:
    """Return what the page calls its summary, ready for `is_described`."""
    return [(f" {text} ", text[:60]) for text in descriptions if text]


def is_described(key: str, descriptions: Sequence[Description]) -> bool:
    """Say whether the block is (in) the page's own summary, or begins like it."""
    padded = f" {key} "
    return any(padded in text or start in key for text, start in descriptions)


def _in_body(key: str, words: Sequence[str], body: str) -> float:
    """Return 1 if JSON-LD's body holds the block, 0.5 if its start or end, 0 if not."""
    if f" {key} " in body:
        return 1
    ends = (" ".join(words[:6]), " ".join(words[-6:]))
    return 0.5 if len(words) > 8 and any(end in body for end in ends) else 0  # noqa: PLR2004
