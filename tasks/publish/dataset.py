"""The dataset as a whole: every shard written or linked, checked, and switched to."""

import platform
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import ContractError
from tasks.progress import Progress, tell
from tasks.publish.card import card
from tasks.publish.check import COUNTED, ledger_problems, require, table_problems
from tasks.publish.dictionary import dictionary
from tasks.publish.gather import ARTICLE_TABLES, capture_runs, gather
from tasks.publish.holds import health_shards, with_holds
from tasks.publish.logs import log_shards, read_log
from tasks.publish.plan import Shard, contract_digest, shards
from tasks.publish.statistics import statistics
from tasks.publish.values import wrong_values
from tasks.schema import TABLES
from tasks.store.layout import Layout
from tasks.store.manifest import DataFile, Manifest, read_manifest
from tasks.store.marks import Marks, read_marks
from tasks.store.snapshot import Draft, begin, discard, next_sequence, publish

ROW_GROUP_ROWS: Final = {"articles": 2048}
"""Rows of a row group; measured in docs/decisions/0012-file-sizes.md."""
_ROW_GROUP_ROWS: Final = 65_536

SITE_HEALTH: Final = "site_health"

_LIBRARIES: Final = ("pyarrow", "trafilatura", "rensa", "ftfy", "py3langid", "lxml")


@dataclass(frozen=True, slots=True)
class Published:
    """What is current after publishing."""

    manifest: Manifest
    is_new: bool  # False: the current snapshot held just this already
    written: int  # of its data files; the others are links


def publish_marked(layout: Layout, run_id: str, compacted_before: str | None = None) -> Published:
    """Publish what is marked. Under the lock "publish" only.

    `compacted_before` is an ISO date; None leaves it as in the current snapshot. The data
    published is a function of the marks, the parts they name, fetches, runs, the health of sites,
    what people decided, and this date alone.

    Raises:
        ContractError: there are no marks, or rows broke the contract; nothing changed.
        EnvironmentFault: the disk or folder does not let us write; nothing changed.
    """
    marks = read_marks(layout)
    if marks is None:
        msg = f"nothing is marked in {layout.data}: run the stage dedup first"
        raise ContractError(msg)
    marks = with_holds(layout, marks)
    capture_runs.cache_clear()
    draft = begin(layout)
    try:
        standing = None if draft.previous is None else read_manifest(draft.previous)
        horizon = _horizon(compacted_before, standing)
        written = _fill(layout, draft, marks, standing, horizon)
        manifest = _manifest(layout, draft, run_id, horizon, standing)
        draft.document("dictionary.md", dictionary())
        draft.document("card.md", card(manifest, statistics(draft.folder, manifest)))
        final = publish(layout, draft, manifest)
    except BaseException:
        discard(draft)
        raise
    is_new = standing is None or final.id != standing.id
    return Published(final, is_new, written if is_new else 0)


def newest_day(marks: Marks) -> str:
    """Return the newest day with rows, as an ISO date; "" when there are none."""
    newest = pc.max(marks.table["fetched_at"]).as_py()
    return "" if newest is None else newest.date().isoformat()


def _horizon(asked: str | None, standing: Manifest | None) -> str:
    if asked is not None:
        return asked
    return "" if standing is None else standing.compacted_before


def _fill(
    layout: Layout, draft: Draft, marks: Marks, standing: Manifest | None, horizon: str
) -> int:
    """Bring every file into `draft`, linked where its inputs are unchanged; count the written."""
    known: dict[tuple[str, str], DataFile] = {}
    if standing is not None:
        known = {(file.table, file.inputs): file for file in standing.files}
    written = done = 0
    for shard in shards(marks, horizon):
        if not _keep_all(draft, known, shard):
            written += _write_shard(layout, draft, marks, shard)
        done += shard.rows.num_rows
        tell(Progress("publish", "", done, marks.table.num_rows, "versions"))
    for log in log_shards(layout, marks, horizon):
        if not _keep(draft, known, log.table, log.inputs):
            rows = read_log(layout, log, horizon)
            with draft.adding(log.table, log.month, log.inputs) as add:
                add(rows, _ROW_GROUP_ROWS)
            written += 1
    written += _fill_health(layout, draft, known, horizon)
    return written + sum(_add_empty(draft, known, table) for table in TABLES)


def _fill_health(
    layout: Layout, draft: Draft, known: dict[tuple[str, str], DataFile], horizon: str
) -> int:
    """Bring the table site_health into `draft`; count the files written."""
    written = 0
    for shard in health_shards(layout, horizon):
        if not _keep(draft, known, SITE_HEALTH, shard.inputs):
            require(list(wrong_values({SITE_HEALTH: shard.rows})))
            with draft.adding(SITE_HEALTH, shard.month, shard.inputs) as add:
                add(shard.rows, _ROW_GROUP_ROWS)
            written += 1
    return written


def _keep_all(draft: Draft, known: dict[tuple[str, str], DataFile], shard: Shard) -> bool:
    """Link the shard's files of all tables, or none of them."""
    files = [known.get((table, shard.inputs)) for table in ARTICLE_TABLES]
    if files[0] is None:
        return False
    begun = len(draft.files)
    if all(draft.keep(file) for file in files if file is not None):
        return True
    for file in draft.files[begun:]:
        (draft.folder / file.table / file.name).unlink()
    del draft.files[begun:]
    return False


def _keep(draft: Draft, known: dict[tuple[str, str], DataFile], table: str, inputs: str) -> bool:
    file = known.get((table, inputs))
    return file is not None and draft.keep(file)


def _write_shard(layout: Layout, draft: Draft, marks: Marks, shard: Shard) -> int:
    """Write the files of one shard, slice by slice, a table after the other; return how many."""
    begun = len(draft.files)
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(draft.adding(name, shard.month, shard.inputs))
            for name in ARTICLE_TABLES
        }
        for some in shard.slices():
            counted: dict[str, pa.Table] = {}
            for name, add in files.items():
                rows = gather(layout, marks.parts, some, name)
                require(table_problems(name, rows))
                counted[name] = rows.select(list(COUNTED[name]))
                if rows.num_rows:
                    add(rows, ROW_GROUP_ROWS.get(name, _ROW_GROUP_ROWS))
            require(ledger_problems(counted))
    return len(draft.files) - begun


def _add_empty(draft: Draft, known: dict[tuple[str, str], DataFile], table: str) -> int:
    """Give a table without rows one empty file, so that it can be read and shows its columns."""
    if any(file.table == table for file in draft.files):
        return 0
    inputs = f"empty {contract_digest()}"
    if _keep(draft, known, table, inputs):
        return 0
    with draft.adding(table, "", inputs) as add:
        add(TABLES[table].empty_table(), _ROW_GROUP_ROWS)
    return 1


def _manifest(
    layout: Layout, draft: Draft, run_id: str, horizon: str, standing: Manifest | None
) -> Manifest:
    """Return the manifest of `draft` but for its content and id."""
    return Manifest(
        id="",
        sequence=next_sequence(layout),
        previous="" if standing is None else standing.id,
        content="",
        created_at=datetime.now(UTC).isoformat(),
        run_id=run_id,
        compacted_before=horizon,
        schemas={name: schema.metadata[b"version"].decode() for name, schema in TABLES.items()},
        rules=tuple(sorted(set(_rules(draft)))),
        libraries={"python": platform.python_version()} | {n: version(n) for n in _LIBRARIES},
        files=tuple(draft.files),
    )


def _rules(draft: Draft) -> Iterator[str]:
    for file in draft.files:
        if file.table == "articles":
            column = pa.parquet.read_table(
                draft.folder / file.table / file.name, columns=["rules_version"], partitioning=None
            )["rules_version"]
            for rules in pc.unique(column).to_pylist():
                yield rules.partition("+")[0]  # what follows is a site's memory
