"""How far each block stands from the container that holds most of what trafilatura returned.

Distances are steps along the page's elements: up from the block, then down to the container.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_STEPS = 8


def steps_to_container(
    parents: Sequence[int], chain: Sequence[npt.NDArray[np.int64]], taken: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the steps from each block up to an element around the main container, and down to it.

    The main container is the parent element that holds most of what trafilatura returned.

    Args:
        parents: the parent of each place of the page, parents first; the root is its own.
        chain: the place of each block, and that place's parent.
        taken: the characters of each block that trafilatura returned.
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
