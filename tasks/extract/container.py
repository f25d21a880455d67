"""How far each block stands from the container that holds most of what trafilatura returned.

Distances are steps along the page's elements: up from the block, then down to the container.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.extract.blocks import Place, Segment


def steps_to_container(
    segments: Sequence[Segment], chain: Sequence[npt.NDArray[np.int64]], taken: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the steps from each block up to an element around the main container, and down to it.

    The main container is the parent element that holds most of what trafilatura returned.
    """
    n = len(segments)
    held = np.bincount(chain[1], taken)
    if not held.any():
        return np.full(n, 20.0), np.full(n, 20.0)
    main = int(held.argmax())
    block = int(np.flatnonzero((chain[1] == main) & (taken > 0))[0])
    rank: dict[int, int] = {}
    place = segments[block].place.parent
    while place is not None:
        rank[place.index] = len(rank)
        place = place.parent
    steps: dict[int, tuple[int, int]] = {}
    for segment in segments:
        _steps(segment.place, rank, steps)
    found = np.array([steps[segment.place.index] for segment in segments], dtype=np.float64)
    return np.minimum(8, found[:, 0]), np.minimum(8, found[:, 1])


def _steps(place: Place, rank: Mapping[int, int], steps: dict[int, tuple[int, int]]) -> None:
    """Enter into `steps` how far `place` is below an element of `rank`, and that one's rank."""
    climbed: list[int] = []
    here: Place | None = place
    while here is not None and here.index not in steps and here.index not in rank:
        climbed.append(here.index)
        here = here.parent
    if here is None:
        up, down = 20, 20
    elif here.index in rank:
        up, down = 0, rank[here.index]
        steps.setdefault(here.index, (up, down))
    else:
        up, down = steps[here.index]
    for index in reversed(climbed):
        up += 1
        steps[index] = (up, down)
