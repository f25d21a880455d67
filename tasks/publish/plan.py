"""The plan: which rows stand together in one file. A pure function of marks and horizon.

Days before the *horizon* (`compacted_before`) are compacted: all their rows of one month are
sorted by site and cut into files of equal size, of about 128 MB. Of later days each part is a
file of its own, so that a run whose rows are all new only adds files, and a reader that listed the
folder a moment ago finds every file it listed. `compact` moves the horizon.

A *shard* is such a group of article rows; each table has one file a shard.
"""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tasks.schema import TABLES
from tasks.store.marks import Marks

FILE_BYTES: Final = 128_000_000
"""About what the largest file of a shard comes to, as the parts say that hold its rows now."""

SLICE_CODE_POINTS: Final = 240_000_000
"""Text and removals of what is gathered and written at a time: one table of it takes a gigabyte of
memory at most. Both are measured in docs/decisions/0012-file-sizes.md."""

WRITER: Final = "2"
"""Raise it when files should be written in another way: every file is then written anew."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Article rows of one file, in its order; `rows` has the columns of the marks."""

    month: str
    rows: pa.Table
    inputs: str

    def slices(self, most: int = SLICE_CODE_POINTS) -> Iterator[pa.Table]:
        """Yield the rows in runs that fit into memory together, each of at most size `most`."""
        for cut in _runs(self.rows["size"].to_numpy(), most):
            yield self.rows.slice(cut.start, cut.stop - cut.start)


def contract_digest() -> str:
    """Return a digest of what decides bytes besides rows: the contract and the way of writing."""
    schemas = [f"{name}: {schema.to_string()}" for name, schema in TABLES.items()]
    return hashlib.sha256("\n".join([WRITER, *schemas]).encode()).hexdigest()[:16]


def shards(marks: Marks, compacted_before: str, about: int = FILE_BYTES) -> Iterator[Shard]:
    """Yield the shards of `marks`, by month; each row is in exactly one.

    The shards of one month are of equal size, as near to `about` bytes as that allows.
    """
    rows = marks.table.sort_by([(name, "ascending") for name in ("site", "article_id", "version")])
    rows = rows.combine_chunks()
    days = pc.strftime(rows["fetched_at"], "%Y-%m-%d").to_numpy(zero_copy_only=False).astype("U10")
    months = days.astype("U7")
    is_compact = days < compacted_before
    group = np.where(is_compact, -1, rows["part"].to_numpy())
    order = np.lexsort((group, months))  # stable: rows of a group stay by site
    ends = np.flatnonzero(
        (months[order][1:] != months[order][:-1]) | (group[order][1:] != group[order][:-1])
    )
    sizes = rows["bytes"].to_numpy()
    for chosen in np.split(order, ends + 1) if order.size else []:
        for cut in _cuts(sizes[chosen], about):
            yield _shard(marks, rows.take(pa.array(chosen[cut])), str(months[chosen[0]]))


def _cuts(sizes: NDArray[np.int64], about: int) -> Iterator[slice]:
    """Cut rows into runs of equal size, two thirds to one and a half of `about`; each has a row."""
    count = max(1, min(sizes.size, int(sizes.sum() / about + 0.5)))
    before = np.cumsum(sizes) - sizes
    run = np.minimum(count - 1, before * count // max(1, int(sizes.sum())))
    starts = [0, *(np.flatnonzero(np.diff(run)) + 1).tolist(), sizes.size]
    yield from (slice(start, stop) for start, stop in itertools.pairwise(starts) if stop > start)


def _runs(sizes: NDArray[np.int64], most: int) -> Iterator[slice]:
    """Cut rows into runs, each of a size of at most `most`, or one row."""
    start, held = 0, 0
    for i, size in enumerate(sizes.tolist()):
        if held and held + size > most:
            yield slice(start, i)
            start, held = i, 0
        held += size
    if start < len(sizes):
        yield slice(start, len(sizes))


def _shard(marks: Marks, rows: pa.Table, month: str) -> Shard:
    """Return the shard with the digest of its inputs: part, page, and what the marks say."""
    digest = hashlib.sha256(contract_digest().encode())
    names = ["/".join(marks.parts[part]) for part in rows["part"].to_pylist()]
    said = ["page", "article_id", "version", "change", "near_dup_of", "dup_score"]
    said += ["held"] if "held" in rows.column_names else []
    columns = [names, *(rows[name].to_pylist() for name in said)]
    for row in zip(*columns, strict=True):
        digest.update(repr(row).encode())
    return Shard(month, rows, digest.hexdigest()[:32])
