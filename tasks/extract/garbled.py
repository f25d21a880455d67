"""Text that a paywall made unreadable: every letter replaced by the next one of the alphabet.

Publishers print such paragraphs below the free part and let a script undo them for subscribers.
They are no text for anybody else. The test is whether the paragraph reads like language only after
each character is moved back: by the commonest words of a few languages.
"""

from collections.abc import Sequence
from typing import Final

COMMON: Final = frozenset(
    "der die das und in den von zu mit auf für ist im dem nicht ein eine als auch es an sich "
    "the of and to a is that for it was on are as with he be at "
    "le la les de et que un une en el los por con una del se no il di che non per "
    "w na z do że i nie to się jest och att det som på av en er til af og ikke van het een".split()
)
"""The commonest words of German, English, French, Spanish, Italian, Polish, the Nordic languages
and Dutch, where this was seen or may be met."""

SHIFTED: Final = frozenset("".join(chr(ord(char) + 1) for char in word) for word in COMMON)
"""The same with every letter replaced by the next one."""

MIN_WORDS: Final = 8
MIN_CHARS: Final = 2 * MIN_WORDS - 1
MIN_DIFFERENT: Final = 3
"""Different common words that must appear; "if" moved back is "he": one proves nothing."""

MIN_SHARE: Final = 0.06
"""Of the words after moving back that are common; 22 to 31 % in real paragraphs, 7 to 14 % where
markup was moved along with the text."""


def shifted_blocks(texts: Sequence[str], paths: Sequence[str]) -> frozenset[int]:
    """Return the blocks that are shifted, and those of the same markup that hold no common word."""
    certain = {i for i, text in enumerate(texts) if is_shifted(text)}
    if not certain:
        return frozenset()
    where = {paths[i] for i in certain}
    return frozenset(
        i
        for i, text in enumerate(texts)
        if i in certain or (paths[i] in where and COMMON.isdisjoint(text.lower().split()))
    )


def is_shifted(text: str) -> bool:
    """Say whether `text` is language with every character moved on by one.

    >>> is_shifted("Ejf Lbu{f mjfhu bvg efn Ebdi voe tdimågu jo efs Tpoof")
    True
    >>> is_shifted("Die Katze liegt auf dem Dach und schläft in der Sonne")
    False
    """
    if len(text) < MIN_CHARS:
        return False
    words = text.lower().split()
    if len(words) < MIN_WORDS or not COMMON.isdisjoint(words):
        return False
    read = [word for word in words if word in SHIFTED]
    return len(set(read)) >= MIN_DIFFERENT and len(read) >= MIN_SHARE * len(words)
