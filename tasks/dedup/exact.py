"""Exact duplicates: another article with the same text, or the same raw bytes."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.dedup.near import NONE


def earliest_equal(
    digests: pa.ChunkedArray, article: NDArray[np.int64], rank: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each row the rank of the earliest row of another article with its digest.

    `NONE` where there is none, or where the digest is null. Only ranks before the row's own count.
    """
    codes = digests.combine_chunks().dictionary_encode().indices.fill_null(-1)
    code = codes.to_numpy(zero_copy_only=False).astype(np.int64)
    answer = np.full(code.size, NONE, np.int64)
    order = np.lexsort((rank, code))
    order = order[code[order] >= 0]
    if not order.size:
        return answer
    begins = np.r_[True, code[order][1:] != code[order][:-1]]
    group = np.cumsum(begins) - 1
    first = order[begins][group]  # the earliest row of each row's group
    second = _first_of_another_article(order, first, group, article)
    match = np.where(article[order] != article[first], first, second)
    found = match >= 0
    earlier = found & (rank[match] < rank[order])
    answer[order[earlier]] = rank[match[earlier]]
    return answer


def _first_of_another_article(
    order: NDArray[np.int64],
    first: NDArray[np.int64],
    group: NDArray[np.int64],
    article: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return for each row the earliest of its group that is not of the first's article; or -1."""
    other = article[order] != article[first]
    earliest = np.full(int(group[-1]) + 1, -1, np.int64)
    groups, where = np.unique(group[other], return_index=True)
    earliest[groups] = order[other][where]
    return earliest[group]
