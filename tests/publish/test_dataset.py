"""What is published: a function of the closed parts, complete, checked, and the same every time."""

import itertools
import resource
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tasks.errors import ContractError, EnvironmentFault
from tasks.health import partition as health
from tasks.publish import partition as publish
from tasks.publish.validate import validate
from tasks.schema import FETCHES, TABLES, columns
from tasks.store.atomic import write_parquet
from tasks.store.layout import Layout
from tasks.store.manifest import DataFile, read_manifest
from tasks.store.options import RunRow
from tasks.store.snapshot import current, expire, listed, snapshot_folder
from tests.synthetic import (
    NOON,
    close_all,
    failure,
    finished,
    later,
    prose,
    publish_pages,
    run_dedup,
    run_publish,
    write_part,
)

PARTS = {
    "p1": [finished("alpha"), finished("beta", site="b.example")],
    "p2": [later(finished("alpha"), 20, [prose("new")]), finished("gamma", at=NOON + timedelta(9))],
    "p3": [finished("delta", [prose("alpha"), prose("alpha 2")], at=NOON + timedelta(hours=1))],
}


def publish_in_order(data: Path, order: tuple[str, ...]) -> str:
    for name in order:
        write_part(data, "day", name, PARTS[name], run_id=f"run-{name}")
        close_all(data, "day")
        run_dedup(data)
        run_publish(data)
    manifest = current(Layout(data))
    assert manifest is not None
    return manifest.content


def test_any_order_of_parts_gives_the_same_bytes(tmp_path: Path) -> None:
    orders = itertools.permutations(PARTS)
    contents = {publish_in_order(tmp_path / "-".join(order), order) for order in orders}
    assert len(contents) == 1


def test_every_table_can_be_read_even_when_empty(tmp_path: Path) -> None:
    run_dedup(tmp_path)
    run_publish(tmp_path)
    for name, schema in TABLES.items():
        assert list(pd.read_parquet(tmp_path / "current" / name).columns) == schema.names


def test_rows_carry_what_was_decided_and_the_run_that_captured(tmp_path: Path) -> None:
    row = dict.fromkeys(FETCHES.names, None) | {
        "warc_file": "2026-11-24/a.warc.gz",
        "fetched_at": NOON,
        "run_id": "run-0-capture",
    }
    fetches = Layout(tmp_path).captures("2026-11-24") / "fetches-1.parquet"
    write_parquet(columns(FETCHES, [row]), fetches)
    page = finished("alpha")
    write_part(tmp_path, "2026-11-24", "p1", [page, later(page, 3, [prose("x")])], [failure("f")])
    close_all(tmp_path, "2026-11-24")
    run_dedup(tmp_path)
    run_publish(tmp_path)
    articles = pd.read_parquet(tmp_path / "current" / "articles").sort_values("version")
    assert list(articles["version"]) == [1, 2]
    assert list(articles["change"]) == ["", "update"]
    for table in ("articles", "removals", "quarantine", "fetches"):
        assert set(pd.read_parquet(tmp_path / "current" / table)["run_id"]) == {"run-0-capture"}
    blocks = pd.read_parquet(tmp_path / "current" / "blocks")
    assert sorted(blocks["version"]) == [1, 1, 2]
    schema = pq.read_schema(next((tmp_path / "current" / "articles").iterdir()))
    assert schema.equals(TABLES["articles"])
    about = schema.field("n_chars").metadata
    assert (about[b"description"], about[b"unit"]) == (b"length of text", b"code points")


def test_a_copied_partition_adds_no_row(tmp_path: Path) -> None:
    """Its captures are the same captures: no version, no attempt and no failure counts twice."""
    row = dict.fromkeys(FETCHES.names, None) | {"url": "u", "fetched_at": NOON, "run_id": "r"}
    for partition in ("2000-01-01", "2026-11-24"):
        captures = Layout(tmp_path).captures(partition)
        write_parquet(columns(FETCHES, [row]), captures / "fetches-1.parquet")
        write_part(tmp_path, partition, "p1", PARTS["p1"], [failure("f")])
        close_all(tmp_path, partition)
    run_dedup(tmp_path)
    counts = {"articles": 2, "fetches": 1, "quarantine": 1}
    for before in ("", "2099-01-01"):
        report = publish.compact(tmp_path, "run-2", before=before)
        again = publish.compact(tmp_path, "run-2", before=before)
        assert again.snapshot == report.snapshot
        for table, count in counts.items():
            assert len(pd.read_parquet(tmp_path / "current" / table)) == count
            assert report.rows[table] == count
    assert validate(snapshot_folder(Layout(tmp_path))) == []


def test_a_usual_publish_only_adds_files_to_every_table(tmp_path: Path) -> None:
    """So a reader that listed a folder just before the switch finds every file it listed."""
    for day in range(3):
        before = list((tmp_path / "current").glob("*/*.parquet"))
        pages = [finished(f"day-{day}-{i}", at=NOON + timedelta(days=day)) for i in range(3)]
        write_part(tmp_path, f"day-{day}", "p1", pages, [failure(f"bad-{day}")])
        close_all(tmp_path, f"day-{day}")
        run_dedup(tmp_path)
        health.run("any", tmp_path, tmp_path, "run-1")
        report = run_publish(
            tmp_path, run=RunRow(run_id=f"run-{day}", flow="daily", started_at=NOON)
        )
        assert [path for path in before if not path.exists()] == []
    assert report.written < report.files


@pytest.mark.parametrize("cause", ["compaction", "better rules"])
def test_of_an_old_list_all_files_are_there_or_none(tmp_path: Path, cause: str) -> None:
    """Readers pass over what they listed and cannot find: part of a list is part of the rows."""
    for day in range(4):
        at = NOON + timedelta(days=day)
        write_part(tmp_path, f"day-{day}", "p1", [finished(f"day-{day}", at=at)], [])
        close_all(tmp_path, f"day-{day}")
        run_dedup(tmp_path)
        run_publish(tmp_path)
    listed_before = list((tmp_path / "current").glob("*/*.parquet"))
    digests = {file.sha256 for file in current_files(tmp_path)}
    if cause == "compaction":
        publish.compact(tmp_path, "run-2", before=(NOON + timedelta(days=2)).date().isoformat())
    else:
        page = finished("day-3", [prose("cleaned better")], at=NOON + timedelta(days=3))
        write_part(tmp_path, "day-3", "p2", [page], [])
        shutil.rmtree(Layout(tmp_path).part("finished", "day-3", "p1"))
        close_all(tmp_path, "day-3")
        run_dedup(tmp_path)
        run_publish(tmp_path)
    assert digests & {file.sha256 for file in current_files(tmp_path) if file.table == "articles"}
    for table in TABLES:
        there = {path.exists() for path in listed_before if path.parent.name == table}
        assert len(there) == 1, table
    assert not any(path.exists() for path in listed_before if path.parent.name == "articles")
    assert validate(snapshot_folder(Layout(tmp_path))) == []
    assert run_publish(tmp_path).is_new is False


def current_files(data: Path) -> tuple[DataFile, ...]:
    return read_manifest(snapshot_folder(Layout(data))).files


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    first = publish_pages(tmp_path, PARTS["p1"])
    assert first.is_new
    again = run_publish(tmp_path)
    assert (again.snapshot, again.is_new) == (first.snapshot, False)
    assert len(listed(Layout(tmp_path))) == 1


def test_compacting_merges_files_and_keeps_every_row(tmp_path: Path) -> None:
    for name, pages in PARTS.items():
        publish_pages(tmp_path, pages, name=name)
    rows = pd.read_parquet(tmp_path / "current" / "articles")
    held = snapshot_folder(Layout(tmp_path))
    report = publish.compact(tmp_path, "run-2", before="2026-12-31")
    files = sorted(p.name[:7] for p in (tmp_path / "current" / "articles").iterdir())
    assert files == ["2026-11", "2026-12"]
    merged = pd.read_parquet(tmp_path / "current" / "articles")
    key = ["article_id", "version"]
    assert merged.sort_values(key, ignore_index=True).equals(
        rows.sort_values(key, ignore_index=True)
    )
    assert list(merged["site"][:4]) == sorted(merged["site"][:4])
    assert len(pd.read_parquet(held / "articles")) == len(rows)
    assert run_publish(tmp_path).snapshot == report.snapshot


def test_a_replaced_part_replaces_its_rows(tmp_path: Path) -> None:
    publish_pages(tmp_path, PARTS["p1"], name="old-key")
    shutil.rmtree(Layout(tmp_path).part("finished", "2026-11-24", "old-key"))
    publish_pages(tmp_path, [finished("alpha", [prose("cleaned better")])], name="new-key")
    assert list(pd.read_parquet(tmp_path / "current" / "articles")["text"]) == [
        prose("cleaned better")
    ]


def test_the_run_is_in_the_snapshot_it_made(tmp_path: Path) -> None:
    publish_pages(tmp_path, PARTS["p1"])
    row = RunRow(run_id="run-5", flow="daily", started_at=NOON, partitions=("2026-11-24",))
    report = run_publish(tmp_path, run=row)
    runs = pd.read_parquet(tmp_path / "current" / "runs")
    assert list(runs["run_id"]) == ["run-5"]
    assert report.is_new
    before, after = listed(Layout(tmp_path))
    assert before.content == after.content


def test_rows_that_break_the_contract_are_not_published(tmp_path: Path) -> None:
    good = publish_pages(tmp_path, PARTS["p1"])
    path = Layout(tmp_path).part("finished", "2026-11-24", "p1") / "blocks.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    snapshot = Layout(tmp_path).snapshots / good.snapshot
    shutil.rmtree(snapshot / "blocks")
    run = RunRow(run_id="run-6", flow="daily", started_at=NOON)
    with pytest.raises(ContractError, match=r"nothing is published.*n_paragraphs"):
        run_publish(tmp_path, run=run)
    assert (tmp_path / "current").readlink().name == good.snapshot
    assert pq.read_table(tmp_path / "work" / "runs" / "run-6.parquet")["status"].to_pylist() == [
        "failed"
    ]


def test_publishing_before_marking_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="run the stage dedup first"):
        run_publish(tmp_path)


@pytest.mark.parametrize("damage", ["torn", "changed", "gone"])
def test_a_damaged_manifest_is_known(tmp_path: Path, damage: str) -> None:
    publish_pages(tmp_path, PARTS["p1"])
    path = snapshot_folder(Layout(tmp_path)) / "manifest.json"
    content = path.read_text()
    if damage == "gone":
        path.unlink()
    else:
        path.write_text(
            content[:-30] if damage == "torn" else content.replace('"rows": 2', '"rows": 3')
        )
    with pytest.raises(ContractError, match="manifest"):
        read_manifest(path.parent)


@pytest.mark.parametrize("damage", ["gone", "truncated", "same size"])
def test_a_damaged_data_file_is_written_anew(tmp_path: Path, damage: str) -> None:
    """Also when nothing else is new; readers of the snapshot before are not made better."""
    first = publish_pages(tmp_path, PARTS["p1"])
    path = next((tmp_path / "current" / "articles").resolve().iterdir())
    content = path.read_bytes()
    path.unlink()
    if damage == "truncated":
        path.write_bytes(content[:-100])
    elif damage == "same size":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes(100) + content[middle + 100 :])
    again = run_publish(tmp_path)
    assert (again.is_new, again.written > 0) == (True, True)
    folder = snapshot_folder(Layout(tmp_path))
    assert folder.name.partition("-")[2] == first.snapshot.partition("-")[2]
    assert validate(folder) == []
    assert not run_publish(tmp_path).is_new


def test_old_snapshots_expire_by_count_and_age(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for name, pages in PARTS.items():
        publish_pages(tmp_path, pages, name=name)
    now = datetime.now(UTC)
    assert expire(layout, keep=1, younger=timedelta(days=1), now=now) == []
    assert expire(layout, keep=1, younger=timedelta(0), now=now - timedelta(days=900)) == []
    gone = expire(layout, keep=1, younger=timedelta(0), now=now)
    assert [name[:6] for name in gone] == ["000001", "000002"]
    assert len(pd.read_parquet(tmp_path / "current" / "articles")) == 5


def test_a_clock_set_back_loses_and_doubles_nothing(tmp_path: Path) -> None:
    publish_pages(tmp_path, PARTS["p1"], name="p1")
    early = finished("alpha", [prose("as it was before")], at=NOON - timedelta(days=400))
    publish_pages(tmp_path, [early], name="p2")
    articles = pd.read_parquet(tmp_path / "current" / "articles")
    alpha = articles[articles["article_id"] == early.article_id].sort_values("version")
    assert list(alpha["fetched_at"]) == [early.page.fetched_at, NOON]
    assert list(alpha["version"]) == [1, 2]


@pytest.fixture
def file_limit() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("file_limit")
@pytest.mark.parametrize("limit", [0, 1000, 5000, 12000])
def test_a_full_disk_leaves_the_snapshot_before(tmp_path: Path, limit: int) -> None:
    good = publish_pages(tmp_path, PARTS["p1"], name="p1")
    write_part(tmp_path, "2026-11-24", "p2", PARTS["p2"])
    close_all(tmp_path, "2026-11-24")
    run_dedup(tmp_path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    with pytest.raises(EnvironmentFault, match="run again"):
        run_publish(tmp_path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    assert (tmp_path / "current").readlink().name == good.snapshot
    assert len(pd.read_parquet(tmp_path / "current" / "articles")) == 2
    assert [p.name for p in (tmp_path / "snapshots").iterdir()] == [good.snapshot]
    run_publish(tmp_path)
    assert len(pd.read_parquet(tmp_path / "current" / "articles")) == 4
