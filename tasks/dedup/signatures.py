"""Signatures: a text as 128 numbers whose share of agreement estimates the Jaccard similarity.

The text's set is its runs of three neighbouring words, compared by key (case folded, NFKC). The
scheme is guarded by a golden digest in the tests: another version of the library, another seed or
another way to cut words would silently compare apples with pears, so `SCHEME` names all of it
and stored signatures of another scheme are made again.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from tasks.text import key, words

PERMUTATIONS: Final = 128
SEED: Final = 20_261_124
SHINGLE_WORDS: Final = 3
MIN_WORDS: Final = 20
"""Shorter texts have too few shingles for an estimate; they are compared exactly only."""

SCHEME: Final = (
    f"rensa R{RMinHash.ALGORITHM_VERSION} perm={PERMUTATIONS} seed={SEED} "
    f"shingle={SHINGLE_WORDS} min={MIN_WORDS} words=1"
)

Signatures = NDArray[np.uint32]
"""One row a text, `PERMUTATIONS` columns."""


def shingles(text: str) -> list[str]:
    """Return the runs of three words of `text`, by key; none when it has under `MIN_WORDS`.

    >>> shingles("one two three")
    []
    """
    found = words(key(text))
    if len(found) < MIN_WORDS:
        return []
    return [f"{a} {b} {c}" for a, b, c in zip(found, found[1:], found[2:], strict=False)]


def sign(texts: Sequence[str]) -> list[bytes | None]:
    """Return each text's signature as bytes (little-endian uint32), None for short texts."""
    sets = [shingles(text) for text in texts]
    long = [tokens for tokens in sets if tokens]
    if not long:
        return [None] * len(sets)
    digests = RMinHash.digest_matrix_from_token_sets(long, num_perm=PERMUTATIONS, seed=SEED)
    rows = iter(np.asarray(digests.to_rows(), dtype="<u4"))
    return [next(rows).tobytes() if tokens else None for tokens in sets]


def similarity(left: Signatures, right: Signatures) -> NDArray[np.float32]:
    """Return the estimated Jaccard similarity of each row of `left` with that of `right`."""
    agreeing: NDArray[np.float32] = (left == right).mean(axis=1, dtype=np.float32)
    return agreeing
