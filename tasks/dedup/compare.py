"""Near-duplicates over all parts, each run only as much as is new.

The signatures of all parts are streamed in batches, so memory holds one batch and the new texts,
never the archive. A text's answer from the run before stands while the text it names is still
there; then only texts added since can be earlier. Starting afresh gives the same answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tasks.dedup.index import read_index
from tasks.dedup.near import NONE, Best, Texts, nothing_found, search, texts
from tasks.dedup.signatures import PERMUTATIONS
from tasks.progress import Progress, tell
from tasks.store.layout import Layout
from tasks.store.marks import Marks, Part

BATCH_PARTS: Final = 100
"""Parts read at once: some 50,000 signatures, 40 MB with their bands."""
BLOCK_TEXTS: Final = 100_000
"""Texts asked about in one pass over the archive, 80 MB; more only when starting afresh."""
_PAGE_BITS: Final = 20


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows to be published, in the order of first fetching: a row's place is its rank."""

    parts: tuple[Part, ...]
    part: NDArray[np.int64]  # index into parts
    page: NDArray[np.int64]

    @property
    def place(self) -> NDArray[np.int64]:
        """Where each row lies, as one number."""
        return (self.part << _PAGE_BITS) | self.page


def find_near(layout: Layout, rows: Rows, previous: Marks | None, threshold: float) -> Best:
    """Return for each row the rank and similarity of its near-duplicate; `NONE` without one."""
    best, is_known = _carried_over(rows, previous)
    new = np.flatnonzero(~is_known)
    passes, searched = -(-new.size // BLOCK_TEXTS), 0
    for start in range(0, new.size, BLOCK_TEXTS):
        asked = _load(layout, rows, new[start : start + BLOCK_TEXTS])
        answers = nothing_found(asked.count)
        for batch in _batches(layout, rows):
            search(asked, batch, threshold, answers)
            searched += batch.count
            tell(Progress("dedup", "", searched, passes * rows.part.size, "texts"))
            _ask_known(batch, is_known, asked, threshold, best)
        best.rank[asked.rank] = answers.rank
        best.score[asked.rank] = answers.score
    return best


def _ask_known(
    batch: Texts, is_known: NDArray[np.bool_], added: Texts, threshold: float, best: Best
) -> None:
    """Let texts that had an answer already see whether an added text is an earlier one."""
    some = np.flatnonzero(is_known[batch.rank] & (batch.rank > added.rank.min(initial=NONE)))
    if not some.size:
        return
    known = Texts(batch.rank[some], batch.signatures[some], batch.bands[some])
    answers = Best(best.rank[known.rank], best.score[known.rank])
    search(known, added, threshold, answers)
    best.rank[known.rank] = answers.rank
    best.score[known.rank] = answers.score


def _carried_over(rows: Rows, previous: Marks | None) -> tuple[Best, NDArray[np.bool_]]:
    """Return the answers of the run before that still stand, and for which rows they do."""
    best, is_known = nothing_found(rows.part.size), np.zeros(rows.part.size, np.bool_)
    if previous is None or not previous.table.num_rows:
        return best, is_known
    rank = _ranks_of(rows, previous)  # of each earlier row now; -1 when it is gone
    match = previous.table["near_row"].to_numpy().astype(np.int64)
    score = previous.table["near_score"].to_numpy()
    match_rank = np.where(match >= 0, rank[match], NONE)
    stands = (rank >= 0) & (match_rank >= 0)
    is_known[rank[stands]] = True
    best.rank[rank[stands]] = match_rank[stands]
    best.score[rank[stands]] = score[stands]
    return best, is_known


def _ranks_of(rows: Rows, previous: Marks) -> NDArray[np.int64]:
    number = {part: i for i, part in enumerate(rows.parts)}
    numbers = np.array([number.get(part, -1) for part in previous.parts] or [-1], np.int64)
    part = numbers[previous.table["part"].to_numpy()]
    place = np.where(
        part >= 0, (part << _PAGE_BITS) | previous.table["page"].to_numpy(), np.int64(-1)
    )
    return _find(rows, place)


def _find(rows: Rows, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rank of the row at each place, -1 where there is none."""
    order = np.argsort(rows.place)
    held = rows.place[order]
    if not held.size:
        return np.full(places.size, -1, np.int64)
    near = np.minimum(np.searchsorted(held, places), held.size - 1)
    return np.where(held[near] == places, order[near], -1)


def _load(layout: Layout, rows: Rows, ranks: NDArray[np.int64]) -> Texts:
    """Return the signed texts among the rows `ranks`."""
    parts = np.unique(rows.part[ranks])
    return _signed(layout, rows, parts, set(ranks.tolist()))


def _batches(layout: Layout, rows: Rows) -> Iterator[Texts]:
    parts = np.unique(rows.part)
    for start in range(0, parts.size, BATCH_PARTS):
        yield _signed(layout, rows, parts[start : start + BATCH_PARTS], None)


def _signed(layout: Layout, rows: Rows, parts: NDArray[np.int64], only: set[int] | None) -> Texts:
    """Return the texts of `parts` that are rows and have a signature; `only` these ranks."""
    ranks: list[int] = []
    signatures: list[bytes] = []
    for number in parts.tolist():
        table = read_index(layout, rows.parts[number], ["page", "signature"])
        places = (number << _PAGE_BITS) | table["page"].to_numpy().astype(np.int64)
        for rank, signature in zip(
            _find(rows, places).tolist(), table["signature"].to_pylist(), strict=True
        ):
            if rank >= 0 and signature is not None and (only is None or rank in only):
                ranks.append(rank)
                signatures.append(signature)
    matrix = np.frombuffer(b"".join(signatures), "<u4").reshape(-1, PERMUTATIONS)
    return texts(np.array(ranks, np.int64), matrix)
