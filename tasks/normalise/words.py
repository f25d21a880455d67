"""Words that were glued together before we got the text: "Russiathe" is "Russia the".

Scrapers that join text nodes lose the space at the end of a link. Only text that came without
markup is repaired, and only where it is nearly certain: English, a word no one uses, made of a
common word and one of English's function words, which form no compounds. Measured on the English
pages of the development corpus (523 pages): of word pairs glued on purpose whose second word is in
`FUNCTION_WORDS` all 300 were parted rightly, and of 1,142 unknown words that were no pairs (names,
brands, compounds) none was touched; without the restriction to function words 94 would have been.
That is above the threshold asked for, p >= .985.

Pages with markup are not repaired: there a missing space is the page's own, and rare (1 of 804
English pages). They are flagged (`has_glued_words`), so that a broken template shows.

The word frequencies are an optional extra (``pip install cleancopy[words]``); without them nothing
is repaired.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from tasks.schema import Edit

LANGUAGES: Final = frozenset({"en"})
MIN_ZIPF: Final = 4.0
"""Frequency the first word must have: 4 is once in 100,000 words. "Moundabout" has 3.6."""

MIN_CHARS: Final = 4
FUNCTION_WORDS: Final = frozenset(
    "the that this these those there their them which who whose where when while what has have "
    "was were been will would could should might must from with into for although because several "
    "many some such about against between during without within according and".split()
)
"""Left out are "our", "her", "are", "his", "they": surnames end like that ("Summerour")."""

_TOKEN: Final = re.compile(r"(?<![\w@#./-])[A-Za-z]{7,30}(?![\w@/-]|\.\w)")

_LONG: Final = re.compile(r"[A-Za-z][A-Za-z]{6,}")
_ENDS: Final = tuple(sorted(FUNCTION_WORDS))
_SUSPECT: Final = re.compile(
    rf"(?<![\w@#./-])[A-Za-z]{{4,26}}(?:{'|'.join(sorted(FUNCTION_WORDS))})(?![\w@/-]|\.\w)"
)
Frequency = Callable[[str], float]


def part_words(text: str, block: int, lang: str) -> tuple[str, tuple[Edit, ...]]:
    """Return `text` with glued words parted, and an edit for each space put in."""
    frequency = _frequency(lang) if lang in LANGUAGES else None
    if frequency is None:
        return text, ()
    edits: list[Edit] = []
    out: list[str] = []
    copied = length = 0
    for match in _TOKEN.finditer(text):
        at = seam(match[0], frequency)
        if at:
            cut = match.start() + at
            out += (text[copied:cut], " ")
            length += cut - copied
            edits.append(Edit(block, length, "", " ", "text.fused_words"))
            length += 1
            copied = cut
    return "".join((*out, text[copied:])), tuple(edits)


def has_glued_words(text: str, lang: str) -> bool:
    """Return whether a word of `text` is two: one that `part_words` would part.

    Capitalised words that end in "and" are left out: places and brands ("Everand").
    """
    if lang not in LANGUAGES:
        return False
    suspects = {
        word
        for word in set(_LONG.findall(text))
        if word.endswith(_ENDS) and (word[0].islower() or not word.endswith("and"))
    }
    frequency = _frequency(lang) if suspects else None
    if frequency is None:
        return False
    glued = {word for word in suspects if seam(word, frequency)}
    return bool(glued) and any(match[0] in glued for match in _SUSPECT.finditer(text))


def seam(word: str, frequency: Frequency) -> int:
    """Return where `word` is to be parted, 0 if it is one word.

    >>> known = {"russia": 4.9, "the": 7.7, "guardian": 4.3, "several": 5.4, "loathe": 2.9}
    >>> [seam(word, lambda part: known.get(part, 0.0)) for word in ("Russiathe", "loathe")]
    [6, 0]
    """
    if frequency(word.lower()) > 0:
        return 0
    for at in range(MIN_CHARS, len(word) - 2):
        first, second = word[:at], word[at:]
        if second in FUNCTION_WORDS and frequency(first.lower()) >= MIN_ZIPF:
            return at
    return 0


@lru_cache(maxsize=4)
def _frequency(lang: str) -> Frequency | None:
    """Return the Zipf frequency of words of `lang`, None where the optional extra is missing."""
    try:
        from wordfreq import zipf_frequency  # noqa: PLC0415  an optional extra
    except ImportError:
        return None
    return lambda word: float(zipf_frequency(word, lang))
