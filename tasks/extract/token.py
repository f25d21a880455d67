"""What an element's class and id say: names, words, and its token in the signatures of blocks."""

import re
from functools import lru_cache
from typing import Final

from lxml.html import HtmlElement

_STABLE: Final = re.compile(r"[A-Za-z][A-Za-z_-]{1,40}")
"""A class or id that will be the same on the site's next page: no digits, hence no hashes."""

_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]{2,}")
_LETTERS: Final = {code: " " for code in range(128) if not chr(code).islower()}

MAX_NAMES: Final = 8
"""Further classes of an element are mostly of the design, and say nothing of what it is."""

MAX_NAME_CHARS: Final = 60
"""What is behind them in a name is hashed, not written."""


def token_of(element: HtmlElement) -> str:
    """Return an element as it stands in signatures: "div.article-body"."""
    tag = str(element.tag)
    names, identity = element.get("class"), element.get("id")
    return tag + named(names or "", identity or "")[2] if names or identity else tag


@lru_cache(maxsize=20_000)
def named(classes: str, identity: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return classes and id, the words in them, and the two that make a path: ".post.body".

    Kept for 20,000 elements' names, some 10 MB: sites repeat theirs on every page.
    """
    every = (*classes.split(), identity) if identity else tuple(classes.split())
    names = (*every[:MAX_NAMES], identity) if len(every) > MAX_NAMES + 1 else every
    text = " ".join(names)
    if len(text) > MAX_NAME_CHARS:
        text = " ".join([name[:MAX_NAME_CHARS] for name in names])
    words = sorted({*_words(text)})
    stable = [name for name in names if _is_stable(name)][:2]
    return every, tuple(words), "." + ".".join(stable) if stable else ""


def _words(names: str) -> list[str]:
    """Return the words in names, in small letters; names without capitals need no pattern.

    >>> _words("post-body2 storyText"), _words("post-body2")
    (['post', 'body', 'story', 'text'], ['post', 'body'])
    """
    if names.isascii() and names == names.lower():
        return names.translate(_LETTERS).split()
    return list(map(str.lower, _WORDS.findall(names)))


@lru_cache(maxsize=20_000)
def _is_stable(name: str) -> bool:
    return _STABLE.fullmatch(name) is not None
