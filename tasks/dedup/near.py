"""Near-duplicates: for each text the earliest text that is nearly the same.

Locality-sensitive hashing: a signature of 128 numbers is cut into 32 bands of 4; texts that agree
in a whole band are candidates (a pair of similarity 0.7 is one with probability 0.9998, a pair of
0.3 with 0.23), and a candidate counts when its estimated similarity reaches the threshold.

*Earlier* is the order of first fetching, so the answer for a text depends on earlier texts only.
It is exact in what it promises: the earliest candidate over the threshold, whatever the batches.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tasks.dedup.signatures import PERMUTATIONS, Signatures, similarity

BANDS: Final = 32
_BAND_ROWS: Final = PERMUTATIONS // BANDS
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
NONE: Final = np.iinfo(np.int64).max
"""The rank that stands for no match."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Signed texts, ordered by rank: their place in the order of first fetching."""

    rank: NDArray[np.int64]
    signatures: Signatures
    bands: NDArray[np.uint64]  # a row a text, a column a band

    @property
    def count(self) -> int:
        """How many texts these are."""
        return int(self.rank.size)


@dataclass(slots=True)
class Best:
    """For each query, the earliest match so far: its rank (`NONE` without one) and similarity."""

    rank: NDArray[np.int64]
    score: NDArray[np.float32]


def texts(rank: NDArray[np.int64], signatures: Signatures) -> Texts:
    """Return the texts in order of rank, with their bands."""
    order = np.argsort(rank, kind="stable")
    return Texts(rank[order], signatures[order], _bands(signatures[order]))


def nothing_found(count: int) -> Best:
    """Return the answer for `count` queries before any search."""
    return Best(np.full(count, NONE, np.int64), np.zeros(count, np.float32))


def search(queries: Texts, base: Texts, threshold: float, best: Best) -> None:
    """Improve `best` by what is in `base`: earlier texts at least `threshold` alike."""
    if not queries.count or not base.count:
        return
    for band in range(BANDS):
        order = np.argsort(base.bands[:, band], kind="stable")  # equal keys stay in order of rank
        keys = base.bands[order, band]
        wanted = queries.bands[:, band]
        low = np.searchsorted(keys, wanted, "left")
        high = np.searchsorted(keys, wanted, "right")
        _walk(queries, base, threshold, best, (order, low, high))


def _walk(
    queries: Texts,
    base: Texts,
    threshold: float,
    best: Best,
    bucket: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Try each query's bucket of one band from its earliest text on, all queries in step."""
    order, place, high = bucket
    place = place.copy()
    active = np.flatnonzero(place < high)
    while active.size:
        found = order[place[active]]
        earlier = base.rank[found] < np.minimum(queries.rank[active], best.rank[active])
        active, found = active[earlier], found[earlier]  # the rest of a bucket is later still
        score = similarity(queries.signatures[active], base.signatures[found])
        hit = score >= np.float32(threshold)
        best.rank[active[hit]] = base.rank[found[hit]]
        best.score[active[hit]] = score[hit]
        active = active[~hit]
        place[active] += 1
        active = active[place[active] < high[active]]


def _bands(signatures: Signatures) -> NDArray[np.uint64]:
    """Return one 64-bit number a band: equal bands give equal numbers."""
    cut = signatures.reshape(len(signatures), BANDS, _BAND_ROWS).astype(np.uint64)
    mixed = np.zeros((len(signatures), BANDS), np.uint64)
    for i in range(_BAND_ROWS):
        mixed = (mixed ^ cut[:, :, i]) * _MIX
        mixed ^= mixed >> np.uint64(29)
    return mixed
