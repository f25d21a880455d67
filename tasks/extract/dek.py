"""The dek: what stands between the headline and the article and is the page's own summary.

A sentence under the headline looks much like a caption, an alert or a slogan to whoever judges
blocks one by one, and an annotator's habit decides whether examples keep it. The page knows: it
gives the same sentence as its description.
"""

from collections.abc import Set
from itertools import takewhile
from typing import Final

from tasks.extract.blocks import prose_chars
from tasks.extract.own_text import is_described, prepared
from tasks.extract.reading import Reading

MIN_WORDS: Final = 6
MAX_LINK_SHARE: Final = 0.3

_PICTURES: Final = ("figure", "figcaption")


def find_deks(page: Reading, main: Set[int]) -> frozenset[int]:
    """Return the blocks outside `main` that are the page's dek; none on most pages.

    They stand after the headline and before the article's first prose, are in the page's
    description, and are neither a caption nor the article's first paragraph cut short.
    """
    headline = _headline(page)
    if headline is None or not page.descriptions:
        return frozenset()
    below = range(headline + 1, len(page.segments))
    above = takewhile(lambda i: not (i in main and prose_chars(page.segments[i])), below)
    descriptions = prepared(page.descriptions)
    found = [i for i in above if i not in main and i not in page.gone]
    deks = [i for i in found if _may_be_dek(page, i) and is_described(page.keys[i], descriptions)]
    text = " ".join(page.keys[i] for i in sorted(main)) if deks else ""
    return frozenset(i for i in deks if page.keys[i] not in text)


def _headline(page: Reading) -> int | None:
    """Return the first h1 that holds most of the title's words."""
    title = set(page.title.split())
    for index, (found, key) in enumerate(zip(page.segments, page.keys, strict=True)):
        if (
            found.place.tag == "h1"
            and title
            and 2 * len(title.intersection(key.split())) > len(title)
        ):
            return index
    return None


def _may_be_dek(page: Reading, index: int) -> bool:
    """Say whether the block reads like a dek: words, hardly a link, no caption, not the title."""
    found, key = page.segments[index], page.keys[index]
    return (
        key.count(" ") + 1 >= MIN_WORDS
        and key != page.title
        and found.link_share <= MAX_LINK_SHARE
        and found.kind != "caption"
        and found.place.tags.isdisjoint(_PICTURES)
    )
