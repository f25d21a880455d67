"""Which language a text is in: by its script where one language owns it, else by statistics."""

import re
from functools import lru_cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from tasks.text import latin

SAMPLE_CHARS: Final = 1000
MIN_LETTERS: Final = 20
"""Fewer letters say nothing; the page's own declaration is believed instead."""

_SCRIPTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("th", re.compile("[\u0e01-\u0e5b]")),
    ("lo", re.compile("[\u0e81-\u0eff]")),
    ("km", re.compile("[\u1780-\u17ff]")),
    ("my", re.compile("[\u1000-\u109f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0531-\u058f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("te", re.compile("[\u0c00-\u0c7f]")),
    ("kn", re.compile("[\u0c80-\u0cff]")),
    ("ml", re.compile("[\u0d00-\u0d7f]")),
    ("si", re.compile("[\u0d80-\u0dff]")),
    ("gu", re.compile("[\u0a80-\u0aff]")),
    ("pa", re.compile("[\u0a00-\u0a7f]")),
    ("am", re.compile("[\u1200-\u137f]")),
)
"""Scripts one language writes nearly alone. Kana counts from a tenth: Japanese mixes in Han."""

_ANY_SCRIPT: Final = re.compile("[\u0370-\u1fff\u3041-\ud7af]")
"""A character of one of these scripts, or of one beside them; punctuation is not."""

_LETTER: Final = re.compile(r"[^\W\d_]")
_NO_LETTERS: Final = bytes(code for code in range(256) if not _LETTER.match(chr(code)))
_KANA_SHARE: Final = 0.1
_SCRIPT_SHARE: Final = 0.5


def detect(text: str, declared: str = "") -> tuple[str, float]:
    """Return the language (ISO 639-1) of `text` and its certainty, 0 to 1.

    Args:
        text: clean text; its beginning is enough.
        declared: what the page says, BCP 47; believed where the text is too short to tell.
    """
    sample = text[:SAMPLE_CHARS]
    letters = _count_letters(sample)
    if letters < MIN_LETTERS:
        return declared.split("-", maxsplit=1)[0].lower()[:2], 0.0
    for lang, script in _SCRIPTS if _ANY_SCRIPT.search(sample) else ():
        share = len(script.findall(sample)) / letters
        if share >= (_KANA_SHARE if lang == "ja" else _SCRIPT_SHARE):
            return lang, round(min(1.0, 0.5 + share / 2), 3)
    return _by_statistics(sample)


def _count_letters(sample: str) -> int:
    written = latin(sample)
    if written is None:
        return len(_LETTER.findall(sample))
    return len(written.translate(None, _NO_LETTERS))


def _by_statistics(sample: str) -> tuple[str, float]:
    lang, score = identifier().classify(sample)
    return str(lang), round(float(score), 3)


@lru_cache(maxsize=1)
def identifier() -> LanguageIdentifier:
    """Return py3langid's classifier; its model costs half a second once."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
