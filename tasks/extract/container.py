"""The element that holds the article: found by its prose, and how far each block stands from it.

Distances are steps along the page's elements: up from the block, then down to the container.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tasks.extract.layout import Layout
from tasks.extract.reading import Reading

MAX_STEPS: Final = 8

LEVELS: Final = 4
SHARE_ABOVE: Final = 0.7
"""Of what counts for an element, what counts for the next around it: bodies must not win."""

_INSIDE: Final = frozenset(("p", "li", "blockquote", "h2", "h3"))
"""A paragraph's own element; the container is around it."""


def main_paragraphs(page: Reading, layout: Layout) -> npt.NDArray[np.bool_]:
    """Return which blocks are the prose of the element that holds most of it.

    A paragraph counts for the elements around it, less for those further up. Blocks that are
    already decided about count for nothing.
    """
    prose = layout.prose.copy()
    prose[list(page.gone)] = 0
    is_inside = np.array([found.place.tag in _INSIDE for found in page.segments])
    up = np.array(layout.parents)
    held = np.zeros(len(up))
    here, last = np.where(is_inside, layout.chain[1], layout.chain[0]), None
    weights = prose
    for _ in range(LEVELS):
        held += np.bincount(here, weights, len(up))
        last, here = here, up[here]
        weights = np.where(here != last, SHARE_ABOVE * weights, 0.0)
    if not held.any():
        return np.zeros(len(prose), dtype=bool)
    main = int(held.argmax())
    inside: list[bool] = []
    for place, parent in enumerate(layout.parents):
        inside.append(place == main or (place > 0 and inside[parent]))
    return np.array(inside)[layout.chain[0]] & (prose > 0)


def steps_to_container(
    parents: Sequence[int], chain: Sequence[npt.NDArray[np.int64]], taken: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the steps from each block up to an element around the main container, and down to it.

    The main container is the parent element that holds most of what is taken.

    Args:
        parents: the parent of each place of the page, parents first; the root is its own.
        chain: the place of each block, and that place's parent.
        taken: the characters of each block that is taken.
    """
    held = np.bincount(chain[1], taken)
    if not held.any():
        return np.full(len(taken), 20.0), np.full(len(taken), 20.0)
    here = int(held.argmax())
    rank = {here: 0}
    while parents[here] != here:
        here = parents[here]
        rank[here] = len(rank)
    up: list[int] = []
    down: list[int] = []
    for place, parent in enumerate(parents):
        is_around = place in rank
        up.append(0 if is_around else up[parent] + 1)
        down.append(rank[place] if is_around else down[parent])
    return (
        np.minimum(MAX_STEPS, np.array(up, dtype=np.float64)[chain[0]]),
        np.minimum(MAX_STEPS, np.array(down, dtype=np.float64)[chain[0]]),
    )
