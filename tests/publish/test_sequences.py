"""Random sequences of run, crash, re-run, re-clean, compact and expire keep every promise."""

import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tasks.publish import partition as publish
from tasks.schema import Finished
from tasks.store.layout import Layout
from tasks.store.parts import close, forget
from tasks.store.snapshot import current, expire
from tests.publish.crash import publish_dying_before_change, read_duckdb, read_pandas, server
from tests.synthetic import NOON, finished, prose, run_dedup, run_publish, write_part

CONTEXT = server()
Captures = dict[tuple[str, int], tuple[str, str]]


def page(article: int, hours: int, wording: int) -> Finished:
    at = NOON + timedelta(hours=hours)
    return finished(f"article-{article}", [prose(f"{article} {wording}", 30)], at=at)


class Dataset(RuleBasedStateMachine):
    """A data folder, and beside it what it must hold."""

    @initialize()
    def begin(self) -> None:
        shared = Path("/dev/shm")  # noqa: S108  in memory, where there is one
        where = shared if os.access(shared, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="cleancopy-", dir=where))
        self.data = self.folder / "data"
        (self.data / "work" / "finished").mkdir(parents=True)
        self.layout = Layout(self.data)
        self.closed: dict[str, list[Finished]] = {}  # partition -> pages that count
        self.marked: list[Finished] | None = None
        self.published: list[tuple[str, int, str]] = []
        self.keys = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @rule(
        partition=st.sampled_from(["day-1", "day-2", "backfill-0a"]),
        pages=st.lists(
            st.builds(page, st.integers(0, 4), st.integers(0, 60), st.integers(0, 2)), max_size=5
        ),
    )
    def finish(self, partition: str, pages: list[Finished]) -> None:
        """A partition is finished, or cleaned again: its rows replace what it had."""
        self.keys += 1
        write_part(self.data, partition, f"key-{self.keys}", pages)
        close(self.layout, "finished", partition, [f"key-{self.keys}"])
        self.closed[partition] = pages

    @rule()
    def crash_half_way_through_a_part(self) -> None:
        folder = self.layout.work("finished", "day-1") / ".key.0a1b2c3d.unfinished"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "articles.parquet").write_bytes(b"PAR1")

    @rule()
    def mark(self) -> None:
        run_dedup(self.data)
        self.marked = [p for partition in sorted(self.closed) for p in self.closed[partition]]

    @precondition(lambda self: self.marked is not None and self._is_fresh())
    @rule()
    def run(self) -> None:
        run_publish(self.data)
        self.published = self._expected()

    @precondition(lambda self: self.marked is not None and self._is_fresh())
    @rule(call=st.integers(1, 70))
    def crash(self, call: int) -> None:
        """A publish is killed: readers have the state before or the one after."""
        process = CONTEXT.Process(target=publish_dying_before_change, args=(self.data, call))
        process.start()
        process.join()
        assert process.exitcode in (0, -9)
        rows = read_pandas(self.data) if self.layout.current.exists() else []
        assert rows in (self.published, self._expected())
        self.published = rows

    @precondition(lambda self: self.layout.current.exists() and self._is_fresh())
    @rule(before=st.sampled_from(["", "2026-11-25", "2026-12-31", "2026-01-01"]))
    def compact(self, before: str) -> None:
        publish.compact(self.data, "run-c", before=before)
        self.published = self._expected()

    @rule(keep=st.integers(1, 3))
    def expire(self, keep: int) -> None:
        expire(self.layout, keep=keep, younger=timedelta(0), now=datetime.now(UTC))

    @rule()
    def forget(self) -> None:
        """Parts that no longer count are cleared away, and what can be made again is lost."""
        for partition in self.closed:
            forget(self.layout, "finished", partition)
        shutil.rmtree(self.layout.dedup, ignore_errors=True)
        self.marked = None

    @invariant()
    def readers_see_what_was_published(self) -> None:
        if not getattr(self, "published", None):
            return
        assert read_pandas(self.data) == self.published

    @invariant()
    def the_dataset_is_a_function_of_its_parts(self) -> None:
        """What is current has the bytes that a first run over the same parts would have written."""
        manifest = current(self.layout) if hasattr(self, "layout") else None
        if manifest is None or manifest.sequence % 3 or self.marked is None:
            return
        if not self._is_fresh() or self.published != self._expected():
            return
        twin = self.folder / "twin"
        shutil.copytree(self.data / "work" / "finished", twin / "work" / "finished")
        run_dedup(twin)
        publish.compact(twin, "run-t", before=manifest.compacted_before or "2000-01-01")
        other = current(Layout(twin))
        assert other is not None
        assert other.content == manifest.content
        assert read_duckdb(self.data) == self.published
        shutil.rmtree(twin)

    def _is_fresh(self) -> bool:
        """Tell whether the parts that were marked are still the ones that count."""
        now = [p for partition in sorted(self.closed) for p in self.closed[partition]]
        return self.marked == now

    def _expected(self) -> list[tuple[str, int, str]]:
        """Number versions in the plainest way there is."""
        assert self.marked is not None
        rows: list[tuple[str, int, str]] = []
        by_article: dict[str, list[Finished]] = {}
        for one in self.marked:
            by_article.setdefault(one.article_id, []).append(one)
        for article_id, captures in by_article.items():
            last, version = "", 0
            for one in sorted(captures, key=lambda c: (c.page.fetched_at, c.page.warc_offset)):
                if one.text_sha256 != last:
                    version += 1
                    rows.append((article_id, version, one.text_sha256))
                last = one.text_sha256
        return sorted(rows)


TestDataset = Dataset.TestCase
TestDataset.settings = settings(
    max_examples=30,
    stateful_step_count=18,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
