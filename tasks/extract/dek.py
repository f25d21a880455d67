"""The dek: what stands between the headline and the article and is the page's own summary.

A sentence under the headline looks much like a caption, an alert or a slogan to whoever judges
blocks one by one, and an annotator's habit decides whether examples keep it. The page knows: it
gives the same sentence as its description, or its template names the element for what it is.
"""

import re
from collections.abc import Set
from itertools import takewhile
from typing import Final

from tasks.extract.blocks import Segment, prose_chars
from tasks.extract.own_text import is_described, prepared
from tasks.extract.reading import Reading
from tasks.text import count_words

MIN_WORDS: Final = 6
MAX_LINK_SHARE: Final = 0.3

_NAMED: Final = re.compile(
    r"(?:.*[-_])?(?:sub[-_]?title|sub[-_]?head(?:line)?|stand[-_]?first|dek|vorspann|chap[oô]|chapeau"
    r"|bajada|sottotitolo|ingress)",
    re.IGNORECASE,
)
"""What newsrooms call a dek, as the end of a class or id: ``article-subtitle``, ``post__dek``."""

_NO_DEK: Final = frozenset(("figure", "figcaption", "li"))


def find_deks(page: Reading, main: Set[int]) -> frozenset[int]:
    """Return the blocks outside `main` that are the page's dek; none on most pages.

    They stand after the headline and before the article's first prose, are in the page's
    description or called a dek by their markup, and are neither a caption nor the article's first
    paragraph cut short.
    """
    headline = _headline(page)
    if headline is None:
        return frozenset()
    below = range(headline + 1, len(page.segments))
    above = takewhile(lambda i: not (i in main and prose_chars(page.segments[i])), below)
    descriptions = prepared(page.descriptions)
    found = [i for i in above if i not in main and i not in page.gone]
    deks = [
        i
        for i in found
        if _may_be_dek(page, i)
        and (is_described(page.keys[i], descriptions) or _is_named(page.segments[i]))
    ]
    text = " ".join(page.keys[i] for i in sorted(main)) if deks else ""
    return frozenset(i for i in deks if page.keys[i] not in text)


def _headline(page: Reading) -> int | None:
    """Return the first h1 that holds most of the title's words; the first h2 if no h1 does."""
    title = set(page.title.split())
    if not title:
        return None
    second = None
    for index, (found, key) in enumerate(zip(page.segments, page.keys, strict=True)):
        if found.place.tag in ("h1", "h2") and 2 * len(title.intersection(key.split())) > len(
            title
        ):
            if found.place.tag == "h1":
                return index
            second = index if second is None else second
    return second


def _may_be_dek(page: Reading, index: int) -> bool:
    """Say whether the block reads like a dek: words, hardly a link, no caption, not the title."""
    found, key = page.segments[index], page.keys[index]
    return (
        count_words(found.text) >= MIN_WORDS
        and key != page.title
        and found.link_share <= MAX_LINK_SHARE
        and found.kind != "caption"
        and _NO_DEK.isdisjoint(found.place.tags)
    )


def _is_named(segment: Segment) -> bool:
    return any(_NAMED.fullmatch(name) for name in segment.place.names)
