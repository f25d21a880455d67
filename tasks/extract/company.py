"""What is kept for the company it keeps: blocks that the judge alone would leave out.

The judge looks at a block at a time, and short ones say little of themselves: the last paragraph,
an item of a list, who said what is quoted. What stands with text of the article, in markup of the
article, is the article's, unless it is a link or the judge is nearly sure that it is not.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from typing import Final

import numpy as np

from tasks.extract.blocks import Place, Segment
from tasks.extract.features import Seen
from tasks.extract.layout import Column, Layout
from tasks.extract.reading import Reading

MAX_QUOTE_BLOCKS: Final = 8
"""Some pages quote whole articles, with the furniture of theirs."""

MIN_LINK_SHARE: Final = 0.8
"""Of a block that is a link: under a quotation a link to it, not a part of it."""

MAX_LINK_SHARE: Final = 0.5
"""Of what is kept for the company it keeps: between links a link is one more."""

MIN_ENCLOSED: Final = 0.3
"""How likely a text between text of its markup is, or beside it; from .15 to .4 the folds change
by .0001."""

MIN_LISTED: Final = 0.1
"""How likely an item of a kept list must be; from .1 to .3 the folds change by nothing."""

_QUOTES: Final = frozenset(("blockquote",))
_LISTS: Final = frozenset(("ul", "ol", "dl"))


def with_company(page: Reading, kept: Column, likely: Column, seen: Seen) -> frozenset[int]:
    """Return the blocks kept, and those that are kept for their sake."""
    kept = kept | enclosed(kept, likely, seen.layout)
    kept = kept | beside(kept, likely, seen)
    chosen = whole_lists(page, frozenset(np.flatnonzero(kept).tolist()), likely)
    return whole_quotes(page, chosen)


def stopped_short(kept: Column, alone: Column, layout: Layout) -> Column:
    """Return the prose kept `alone` but not `kept`, in markup that holds prose both keep.

    trafilatura may return the first half of an article; believing it, the second set does too.
    """
    prose = layout.prose > 0
    is_known = np.isin(layout.groups, layout.groups[kept & alone & prose])
    return alone & ~kept & prose & is_known


def enclosed(kept: Column, likely: Column, layout: Layout) -> Column:
    """Return the text left out between kept text of the same markup, unless it is unlikely.

    A page that cuts high, because it is full of doubt, would lose paragraphs out of the middle,
    and of short paragraphs every other one.
    """
    order = np.arange(len(kept))
    groups = layout.groups
    first = np.full(groups.max() + 1, len(kept))
    last = np.full(groups.max() + 1, -1)
    sure = order[kept]
    np.minimum.at(first, groups[sure], sure)
    np.maximum.at(last, groups[sure], sure)
    is_inside = (first[groups] < order) & (order < last[groups])
    return ~kept & is_inside & (layout.links <= MAX_LINK_SHARE) & (likely >= MIN_ENCLOSED)


def beside(kept: Column, likely: Column, seen: Seen) -> Column:
    """Return the sentences right before and after kept text of the same markup, without links.

    An article's last paragraph is often its shortest.
    """
    found, groups = kept.copy(), seen.layout.groups
    may = (seen.columns["sentence"] > 0) & (seen.layout.links == 0) & (likely >= MIN_ENCLOSED)
    left = np.flatnonzero(may & ~kept).tolist()
    for step, order in ((-1, left), (1, left[::-1])):
        for index in order:
            near = index + step
            if 0 <= near < len(found) and found[near] and groups[near] == groups[index]:
                found[index] = True
    return found & ~kept


def whole_quotes(page: Reading, kept: frozenset[int]) -> frozenset[int]:
    """Return `kept` with the rest of each quotation half of which is kept: its author's name."""
    more = {
        index
        for blocks in _by_element(page.segments, _QUOTES)
        if len(blocks) <= MAX_QUOTE_BLOCKS and _is_half_kept(blocks, kept)
        for index in blocks
        if page.segments[index].link_share < MIN_LINK_SHARE
    }
    return kept | more - page.gone


def whole_lists(page: Reading, kept: frozenset[int], likely: Column) -> frozenset[int]:
    """Return `kept` with the rest of each list half of which is kept: its shortest items."""
    more = {
        index
        for blocks in _by_element(page.segments, _LISTS)
        if _is_half_kept(blocks, kept)
        for index in blocks
        if likely[index] >= MIN_LISTED and page.segments[index].link_share <= MAX_LINK_SHARE
    }
    return kept | more - page.gone


def _by_element(segments: Sequence[Segment], tags: Set[str]) -> Iterable[Sequence[int]]:
    """Return the blocks in each element of these tags; those in none are left out."""
    inside: dict[int, list[int]] = defaultdict(list)
    for index, found in enumerate(segments):
        if tags.isdisjoint(found.place.tags):
            continue
        place: Place | None = found.place
        while place is not None and place.tag not in tags:
            place = place.parent
        if place is not None:
            inside[place.index].append(index)
    return inside.values()


def _is_half_kept(blocks: Sequence[int], kept: frozenset[int]) -> bool:
    return 2 * len(kept.intersection(blocks)) >= len(blocks)
