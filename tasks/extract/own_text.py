"""What a block's own text shows: its shape, its words, and what the page says of itself.

One column a feature, one value a block. Nothing here knows a site or a language.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from tasks.extract.layout import Column, Layout
from tasks.extract.reading import Hints, Reading
from tasks.markup import MIN_PROSE_CHARS

HINT_WORDS: Final = 60
"""Words at the start of a block that are looked up in the lexicon of hints."""

Description = tuple[str, str]
"""Words of what the page calls its summary, between spaces, and how they begin."""

LONG_BLOCK_CHARS: Final = 1200
MAX_KNOWN_CHARS: Final = 120
"""Of a text that may be one of the site's own; longer ones hardly come twice."""

MIN_BODY_CHARS: Final = 200
"""Of JSON-LD's body; a shorter one is a teaser."""

MIN_SUMMARY_WORDS: Final = 4
SAMPLE_CHARS: Final = 400
CASE_CHARS: Final = 200

_ENDS: Final = frozenset(".!?…。！？؟।")
_CLOSING: Final = "\"'”’»)]"
_COMMAS: Final = (",", "、", "，")
_QUOTES: Final = "“”„«»"
_VOWELS: Final = frozenset("aeiouy") | set(
    map(chr, (*range(0xE0, 0xE7), *range(0xE8, 0xF0), *range(0xF2, 0xF7), *range(0xF8, 0xFE)))
)


class Line(NamedTuple):
    """What a text shows by itself."""

    sentence: bool
    commas: int
    quote: bool
    hint: float
    words: int
    kinds: Mapping[str, None]  # its different words


def own_text(page: Reading, hints: Hints, layout: Layout) -> dict[str, Column]:
    """Return what the block's own text shows, and how it compares with title and description."""
    lines = [
        _known_line(found.text, key, hints)
        if len(found.text) <= MAX_KNOWN_CHARS
        else _line(found.text, key, hints)
        for found, key in zip(page.segments, page.keys, strict=True)
    ]
    *seen, kinds = zip(*lines, strict=True)
    columns: dict[str, Column] = {
        name: np.array(column, dtype=np.float64)
        for name, column in zip(Line._fields, seen, strict=False)
    }
    columns |= _compared_words(page, kinds)
    columns["upper"], columns["vowels"] = _letters([found.text for found in page.segments])
    columns["words"] = np.log2(1 + columns["words"])
    counts = Counter(page.keys)
    columns["copies"] = np.minimum(3, [counts[key] for key in page.keys])
    columns["chars"] = np.log2(1 + layout.chars)
    columns["link_share"] = layout.links
    return columns


def _line(text: str, key: str, hints: Hints) -> Line:
    words = key.split()
    kinds = dict.fromkeys(words)  # in the text's order, so that sums are the same every run
    tokens = kinds if len(words) <= HINT_WORDS else dict.fromkeys(words[:HINT_WORDS])
    is_ascii = text.isascii()
    commas = text.count(",") if is_ascii else sum(map(text.count, _COMMAS))
    return Line(
        text.rstrip(_CLOSING)[-1:] in _ENDS,
        min(5, commas),
        '"' in text or (not is_ascii and any(map(text.__contains__, _QUOTES))),
        sum(filter(None, map(hints.text.get, tokens))) if len(text) < LONG_BLOCK_CHARS else 0,
        len(words),
        kinds,
    )


_known_line: Final = lru_cache(maxsize=10_000)(_line)
"""`_line`, kept for 10,000 short texts, some 15 MB: furniture is on every page of a site."""


def _compared_words(page: Reading, kinds: Sequence[Mapping[str, None]]) -> dict[str, Column]:
    """Return how the blocks' words compare with the page's title, its summaries and its body."""
    title = frozenset(page.title.split())
    nothing = np.full(len(kinds), -1.0)
    columns: dict[str, Column] = dict.fromkeys(
        ("title_share", "title_overlap", "described", "in_body"), nothing
    )
    if title:
        number = np.array([len(some) for some in kinds])
        shared = np.array([sum(map(some.__contains__, title)) for some in kinds])
        columns["title_share"] = shared / np.maximum(1, number)
        columns["title_overlap"] = shared / np.maximum(1, number + len(title) - shared)
    if descriptions := prepared(page.descriptions):
        columns["described"] = np.array([_is_summary(key, descriptions) for key in page.keys])
    if len(page.body) > MIN_BODY_CHARS:
        body = f" {page.body} "
        columns["in_body"] = np.array([_in_body(key, body) for key in page.keys])
    return columns


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
    for text, start in descriptions:
        if start in key or (len(key) < len(text) and f" {key} " in text):
            return True
    return False


def _is_summary(key: str, descriptions: Sequence[Description]) -> bool:
    return key.count(" ") + 1 >= MIN_SUMMARY_WORDS and is_described(key, descriptions)


def _in_body(key: str, body: str) -> float:
    """Return 1 if JSON-LD's body holds the block, 0.5 if its start or end, 0 if not."""
    if f" {key} " in body:
        return 1
    words = key.split()
    ends = (" ".join(words[:6]), " ".join(words[-6:]))
    return 0.5 if len(words) > 8 and any(end in body for end in ends) else 0  # noqa: PLR2004
