"""How text is compared and counted: keys, words, columns. Nothing here changes published text.

A *key* is for comparing only: NFKC, case folded, white space single. Published text stays NFC
with its own quotes, case and spaces (`tasks.normalise` does that).
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

NO_SPACE_SCRIPTS: Final = (
    "\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
"""Thai, Lao, Tibetan, Myanmar, Khmer, kana and Han: written without spaces between words."""

_NO_SPACE = re.compile(f"[{NO_SPACE_SCRIPTS}]")
_WIDE: Final = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60"
    "\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd]+"
)
"""Han, kana, Hangul and what is printed as wide as they are (Unicode, UAX #11: W and F)."""

_WORD = re.compile(rf"[{NO_SPACE_SCRIPTS}]|[^\W{NO_SPACE_SCRIPTS}]+")
_SPACED_WORD = re.compile(r"\w\w*")  # a search for \w+ tries every character, this one skips
_DIGITS = re.compile(r"\d\d*")
_ZEROS: Final = str.maketrans("123456789", "0" * 9)
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_LATIN_WORDS: Final = bytes(
    code if chr(code).isalnum() or chr(code) == "_" else ord(" ") for code in range(256)
)
"""What each character of Latin-1 is in a text of which only words are left."""

_MARKS: Final = "’‘“”„–—…"
"""Signs that part words in texts that are else Latin-1."""

KEPT_KEYS: Final = 4096
MAX_KEPT_CHARS: Final = 1000
"""Of texts whose key is remembered: a line is compared by several rules, and furniture stands on
every page of its site. A few MiB a process; 16 at the very most."""


def key(text: str) -> str:
    r"""Return `text` as compared: NFKC, case folded, invisible characters out, spaces single.

    >>> key("  Back\u00a0to TOP ")
    'back to top'
    """
    return _kept_key(text) if len(text) <= MAX_KEPT_CHARS else _key(text)


def masked_key(text: str) -> str:
    """Return `key` with every run of digits as ``0``: "12 Comments" and "3 Comments" are one.

    >>> masked_key("12 Comments")
    '0 comments'
    """
    found = _key(text)
    if not found.isascii():
        return _DIGITS.sub("0", found)
    masked = found.translate(_ZEROS)
    while "00" in masked:
        masked = masked.replace("00", "0")
    return masked


def words(text: str) -> list[str]:
    """Return the words of `text` in order; each character of a script without spaces is one.

    What `latin` can write takes a tenth of the time of other text.

    >>> words("It’s 東京, ok"), words("It’s ok — 2 ferriés")
    (['It', 's', '東', '京', 'ok'], ['It', 's', 'ok', '2', 'ferriés'])
    """
    written = latin(text)
    if written is not None:
        return written.translate(_LATIN_WORDS).decode("latin-1").split()
    return (_WORD if _NO_SPACE.search(text) else _SPACED_WORD).findall(text)


def latin(text: str) -> bytes | None:
    r"""Return `text` in Latin-1, typographic marks as spaces; None where it has other characters.

    >>> latin("“Où?”"), latin("где")
    (b' O\xf9? ', None)
    """
    if not text.isascii():
        for mark in _MARKS:
            text = text.replace(mark, " ")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None


def width(text: str) -> int:
    """Return how much `text` is, in columns: a character of the wide scripts counts two.

    Lengths that tell a paragraph from a label are of columns: 45 characters of Japanese say as
    much as 90 of English or more.

    >>> width("Ferries run again."), width("渡し船")
    (18, 6)
    """
    if text.isascii():
        return len(text)
    return len(text) + sum(map(len, _WIDE.findall(text)))


def count_words(text: str) -> int:
    """Return the number of `words`."""
    return len(words(text))


def _key(text: str) -> str:
    if text.isascii():
        return " ".join(text.lower().split())
    found = unicodedata.normalize("NFKC", text)
    if not found.isprintable():  # as no invisible character is
        found = _INVISIBLE.sub("", found)
    return " ".join(found.casefold().split())


_kept_key = lru_cache(maxsize=KEPT_KEYS)(_key)
