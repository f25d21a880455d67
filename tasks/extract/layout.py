"""How the blocks of a page lie: sizes, the elements around each, and which share their markup.

Columns are arrays over all blocks of the page. Sums over the blocks of an element are taken over
the elements at most `REACH` above a block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tasks.extract.blocks import MAX_PROSE_LINKS, Place, Segment
from tasks.markup import MIN_PROSE_CHARS
from tasks.text import width

Column = npt.NDArray[Any]
Index = npt.NDArray[np.int64]

REACH: Final = 4


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of the blocks, and which of them stand together."""

    chars: Column  # columns that the text takes (`tasks.text.width`)
    links: Column  # share of the characters inside links
    prose: Column  # characters, where the block reads like prose
    chain: Sequence[Index]  # per step up, each block's place; the root is its own parent
    groups: Index  # blocks with one number have one path signature
    parents: Sequence[int]  # of each place; the root is its own


def layout_of(segments: Sequence[Segment], places: Sequence[Place]) -> Layout:
    """Return the layout of a page; `places` are `places_of` its blocks."""
    chars = np.array([width(segment.text) for segment in segments], dtype=np.float64)
    links = np.array([found.link_share for found in segments], dtype=np.float64)
    parents = [0 if place.parent is None else place.parent.index for place in places]
    up = np.array(parents, dtype=np.int64)
    chain = [np.array([segment.place.index for segment in segments], dtype=np.int64)]
    for _ in range(REACH):
        chain.append(up[chain[-1]])
    is_prose = (chars >= MIN_PROSE_CHARS) & (links <= MAX_PROSE_LINKS)
    return Layout(
        chars=chars,
        links=links,
        prose=np.where(is_prose, chars, 0.0),
        chain=chain,
        groups=_same_names(segments),
        parents=parents,
    )


def _same_names(segments: Sequence[Segment]) -> Index:
    """Return a number for each block; blocks with one number have one path signature."""
    numbers: dict[tuple[str, ...], int] = {}
    of_place: dict[int, int] = {}
    for segment in segments:
        place = segment.place
        if place.index not in of_place:
            parent = place.parent
            above = parent.parent if parent else None
            names = (place.token, parent.token if parent else "", above.token if above else "")
            of_place[place.index] = numbers.setdefault(names, len(numbers))
    return np.array([of_place[segment.place.index] for segment in segments], dtype=np.int64)


def per_element(chain: Sequence[Index], values: Column, size: int) -> Column:
    """Return per element the sum over blocks inside, counting each block once an element."""
    total = np.bincount(chain[0], values, size)
    for below, level in pairwise(chain):
        total += np.bincount(level, np.where(level != below, values, 0.0), size)
    return total


def shift(values: Column, step: int) -> Column:
    """Return the value of the block `step` further on, -1 beyond the page."""
    out = np.full(len(values), -1.0)
    if step > 0:
        out[:-step] = values[step:]
    else:
        out[-step:] = values[:step]
    return out
