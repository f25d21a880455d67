"""Versions: which captures of an article say something new, and in what order.

A version is a run of captures, by time, with the same cleaned text, headline and access. Changes
of boilerplate only, a new advertisement or other related links, therefore make no version. The
order is that of `fetched_at`, so the clock of the machine that fetched decides, not the order in
which parts were made.
"""

from typing import Final

import numpy as np
import pyarrow as pa

ORDER: Final = [
    ("article_id", "ascending"),
    ("fetched_at", "ascending"),
    ("warc_file", "ascending"),
    ("warc_offset", "ascending"),
    ("part", "ascending"),
    ("page", "ascending"),
]
"""A total order of captures: two captures of one instant are told apart by where they lie."""


def number(captures: pa.Table) -> pa.Table:
    """Return the captures that begin a version, with `version` and `state_before` added.

    `captures` holds at least the columns of `ORDER` and `state`; the result is in that order.
    """
    ordered = captures.sort_by(ORDER).combine_chunks()
    if ordered.num_rows == 0:
        return _numbered(ordered, np.empty(0, np.int32), [])
    articles = ordered["article_id"].to_numpy(zero_copy_only=False)
    states = ordered["state"].to_numpy(zero_copy_only=False)
    begins_article = np.r_[True, articles[1:] != articles[:-1]]
    begins_version = begins_article | np.r_[True, states[1:] != states[:-1]]
    kept = np.flatnonzero(begins_version)
    starts = begins_article[kept]
    first = np.maximum.accumulate(np.where(starts, np.arange(kept.size), 0))
    versions = (np.arange(kept.size) - first + 1).astype(np.int32)
    before = [b"" if start else states[kept[i - 1]] for i, start in enumerate(starts)]
    return _numbered(ordered.take(pa.array(kept)), versions, before)


def _numbered(captures: pa.Table, versions: np.ndarray, before: list[bytes]) -> pa.Table:
    numbered = captures.append_column("version", pa.array(versions, pa.int32()))
    return numbered.append_column("state_before", pa.array(before, pa.binary()))
