"""Every row is in exactly one shard, whatever the horizon and the size of a shard."""

from datetime import timedelta

import pyarrow as pa
import pytest

from tasks.publish.plan import Shard, shards
from tasks.store.layout import Layout
from tasks.store.marks import Marks, read_marks
from tests.synthetic import NOON, close_all, finished, run_dedup, write_part


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Marks:
    data = tmp_path_factory.mktemp("data")
    for part in range(4):
        at = NOON + timedelta(days=2 * part)  # 24, 26, 28, 30 November, and into December
        pages = [
            finished(f"{part}-{i}", at=at + timedelta(hours=6 * i), site=f"{i % 2}.example")
            for i in range(6)
        ]
        write_part(data, "day", f"p{part}", pages)
    close_all(data, "day")
    run_dedup(data)
    found = read_marks(Layout(data))
    assert found is not None
    return found


def rows(found: list[Shard]) -> list[str]:
    return sorted(i for shard in found for i in shard.rows["article_id"].to_pylist())


@pytest.mark.parametrize("before", ["", "2026-11-26", "2026-11-30", "2026-12-01", "2099-01-01"])
@pytest.mark.parametrize("about", [1, 1000, 10**9])
def test_every_row_is_in_one_shard_of_its_month(marks: Marks, before: str, about: int) -> None:
    found = list(shards(marks, before, about))
    assert rows(found) == sorted(marks.table["article_id"].to_pylist())
    for shard in found:
        months = {time.strftime("%Y-%m") for time in shard.rows["fetched_at"].to_pylist()}
        assert months == {shard.month}
        sizes = shard.rows["bytes"].to_pylist()
        assert min(sizes) > 0
        assert len(sizes) == 1 or sum(sizes) <= 1.5 * max(about, *sizes) + max(sizes)
    assert len({shard.inputs for shard in found}) == len(found)


def test_files_of_a_month_are_of_equal_size_and_memory_holds_a_slice_of_one(marks: Marks) -> None:
    whole = next(shards(marks, "2026-12-01"))
    total = sum(whole.rows["bytes"].to_pylist())
    found = [s for s in shards(marks, "2026-12-01", total * 2 // 5) if s.month == whole.month]
    sizes = [sum(shard.rows["bytes"].to_pylist()) for shard in found]
    assert len(sizes) == 3
    assert max(sizes) - min(sizes) <= 2 * max(whole.rows["bytes"].to_pylist())
    slices = list(whole.slices(most=1000))
    assert pa.concat_tables(slices).equals(whole.rows)
    assert len(slices) > 3
    assert all(s.num_rows == 1 or sum(s["size"].to_pylist()) <= 1000 for s in slices)


def test_before_the_horizon_by_month_and_site_after_it_by_part(marks: Marks) -> None:
    november, *parts = shards(marks, "2026-11-28")
    assert november.rows.num_rows == 12
    sites = november.rows["site"].to_pylist()
    assert sites == sorted(sites)
    assert {len(set(shard.rows["part"].to_pylist())) for shard in parts} == {1}
    assert [shard.month for shard in parts] == ["2026-11", "2026-11", "2026-12"]
