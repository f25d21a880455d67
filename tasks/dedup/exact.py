"""Exact duplicates: the earliest row with the same text, or the same raw bytes."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.dedup.near import NONE


def earliest_equal(digests: pa.ChunkedArray, rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each row the rank of the earliest row with its digest.

    `NONE` where that is the row itself, or where the digest is null.
    """
    codes = digests.combine_chunks().dictionary_encode().indices.fill_null(-1)
    code = codes.to_numpy(zero_copy_only=False).astype(np.int64)
    earliest = np.full(int(code.max(initial=-1)) + 2, NONE, np.int64)
    np.minimum.at(earliest, code, rank)
    answer = earliest[code]
    return np.where((code < 0) | (answer == rank), NONE, answer)
