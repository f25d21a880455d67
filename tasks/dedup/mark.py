"""Marks from captures: a pure function of the closed parts, whatever was marked before."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.dedup import change
from tasks.dedup.change import State, classify
from tasks.dedup.compare import Rows, find_near
from tasks.dedup.exact import earliest_equal
from tasks.dedup.near import BANDS, NONE
from tasks.dedup.signatures import SCHEME
from tasks.dedup.versions import number
from tasks.errors import ContractError
from tasks.store.layout import Layout
from tasks.store.marks import MARKS, Marks, Part, read_marks

_FIRST_FETCHED: Final = [
    ("fetched_at", "ascending"),
    ("article_id", "ascending"),
    ("version", "ascending"),
]


def mark(layout: Layout, parts: tuple[Part, ...], captures: pa.Table, threshold: float) -> Marks:
    """Decide versions, changes and duplicates of `captures`, one row a page of `parts`.

    The marks of the run before only save work: they are used where they cannot differ.
    """
    scheme = f"{SCHEME} bands={BANDS} threshold={threshold} change={change.SCHEME}"
    previous = _previous(layout, scheme)
    rows = number(captures)
    rows = rows.append_column("change", _changes(layout, parts, rows, previous))
    rows = rows.sort_by(_FIRST_FETCHED)
    rows = _with_duplicates(layout, parts, rows, previous, threshold)
    return Marks(rows.select(MARKS.names).cast(MARKS), parts, scheme)


def _with_duplicates(
    layout: Layout,
    parts: tuple[Part, ...],
    rows: pa.Table,
    previous: Marks | None,
    threshold: float,
) -> pa.Table:
    """Add to `rows`, in the order of first fetching, what each is a duplicate of.

    The earliest text that is the same or nearly so decides: when it is an earlier version of the
    same article, the row is an original that others copied.
    """
    part, page = (rows[name].to_numpy().astype(np.int64) for name in ("part", "page"))
    near = find_near(layout, Rows(parts, part, page), previous, threshold)
    rank = np.arange(rows.num_rows)
    equal = np.minimum(*(earliest_equal(rows[name], rank) for name in ("text", "raw")))
    match = np.minimum(near.rank, equal)
    article = rows["article_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    is_own = (match != NONE) & (article[np.where(match == NONE, 0, match)] == article)
    match = np.where(is_own, NONE, match)  # an earlier version of the article itself
    score = np.where(match == NONE, 0, np.where(match == equal, 1, near.score))
    original = pa.array(match, pa.int64(), mask=match == NONE)
    named = rows["article_id"].combine_chunks().take(original).fill_null("")
    return pa.table(
        {
            **{name: rows[name] for name in rows.column_names},
            "near_dup_of": named,
            "dup_score": pa.array(score, pa.float32()),
            "near_row": pa.array(np.where(near.rank == NONE, -1, near.rank), pa.int32()),
            "near_score": pa.array(near.score, pa.float32()),
        }
    )


def _previous(layout: Layout, scheme: str) -> Marks | None:
    try:
        previous = read_marks(layout)
    except ContractError:  # torn: it only saves work, so start afresh
        return None
    return previous if previous is not None and previous.scheme == scheme else None


def _changes(
    layout: Layout, parts: tuple[Part, ...], rows: pa.Table, previous: Marks | None
) -> pa.Array:
    """Return the class of change of each row; `rows` are in order of article and version."""
    known: dict[tuple[bytes, bytes], str] = {}
    if previous is not None:
        old = previous.table.filter(pc.greater(previous.table["version"], 1))
        pairs = zip(old["state_before"].to_pylist(), old["state"].to_pylist(), strict=True)
        known = dict(zip(pairs, old["change"].to_pylist(), strict=True))
    later = np.flatnonzero(rows["version"].to_numpy() > 1)
    before = rows["state_before"].to_pylist()
    after = rows["state"].to_pylist()
    unknown = [i for i in later.tolist() if (before[i], after[i]) not in known]
    states = _states(layout, parts, rows, {j for i in unknown for j in (i - 1, i)})
    for i in unknown:
        known[before[i], after[i]] = classify(states[i - 1], states[i])
    answers = [""] * rows.num_rows
    for i in later.tolist():
        answers[i] = known[before[i], after[i]]
    return pa.array(answers, pa.string())


def _states(
    layout: Layout, parts: tuple[Part, ...], rows: pa.Table, wanted: set[int]
) -> dict[int, State]:
    """Read what is compared of the rows `wanted`, each part once."""
    pages: dict[int, dict[int, int]] = {}
    part, page = rows["part"].to_numpy(), rows["page"].to_numpy()
    for row in sorted(wanted):
        pages.setdefault(int(part[row]), {})[int(page[row])] = row
    states: dict[int, State] = {}
    for number_of_part, rows_of in pages.items():
        found = _read_states(layout, parts[number_of_part], sorted(rows_of))
        states |= {rows_of[at]: state for at, state in found.items()}
    return states


def _read_states(layout: Layout, part: Part, pages: list[int]) -> dict[int, State]:
    folder = layout.part("finished", *part)
    of_pages = pc.field("version").isin(pages)
    articles = pq.read_table(
        folder / "articles.parquet",
        columns=["version", "title", "text", "access"],
        filters=of_pages,
        partitioning=None,
    )
    blocks = pq.read_table(
        folder / "blocks.parquet",
        columns=["version", "text"],
        filters=of_pages & (pc.field("kind") == "correction"),
        partitioning=None,
    )
    notices: dict[int, list[str]] = {}
    for block in blocks.to_pylist():
        notices.setdefault(block["version"], []).append(block["text"])
    return {
        row["version"]: State(
            row["title"], row["text"], row["access"], tuple(notices.get(row["version"], ()))
        )
        for row in articles.to_pylist()
    }
