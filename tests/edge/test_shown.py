"""Progress on Prefect's screens: bounded, ours only, and never a reason to fail."""

from pathlib import Path

import pytest

from tasks.edge import shown
from tasks.edge.shown import ProgressBar, captures, datasets
from tasks.progress import Progress


class Recorded(ProgressBar):
    """A bar whose artifact is a list."""

    def __init__(self, every_s: float = 5.0) -> None:
        super().__init__("extract", "2026-11-24", every_s)
        self.written: list[tuple[float, str]] = []

    def _write(self, share: float, said: str) -> None:
        if not self.written:
            self._artifact = shown.UUID(int=1)
        self.written.append((share, said))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(shown.time, "monotonic", lambda: now[0])
    return now


def said(done: int, total: int = 1000, partition: str = "2026-11-24") -> Progress:
    return Progress("extract", partition, done, total, "pages")


def test_it_is_written_every_few_seconds_and_at_the_end(clock: list[float]) -> None:
    bar = Recorded()
    for tenth in range(200):
        clock[0] = tenth / 10
        bar(said(tenth * 5))
    bar(said(1000))
    assert [share for share, _ in bar.written] == [25.0, 50.0, 75.0, 100.0]
    assert bar.written[-1][1] == "1000 of 1000 pages"


def test_a_quick_stage_and_another_partition_show_nothing(clock: list[float]) -> None:
    bar = Recorded()
    bar(said(1000))
    clock[0] = 60.0
    bar(said(500, partition="another"))
    bar(said(500, total=0))
    assert bar.written == []


def test_a_server_that_refuses_is_asked_once(clock: list[float]) -> None:
    class Refused(Recorded):
        def _write(self, share: float, said: str) -> None:
            super()._write(share, said)
            raise OSError("no server")

    bar = Refused()
    for second in range(6, 60, 6):
        clock[0] = second
        bar(said(second))
    assert len(bar.written) == 1


def test_assets_have_keys_that_prefect_takes() -> None:
    odd = Path("/srv/new's & old %20/data")
    keys = [asset.key for asset in [*datasets(odd), captures(odd)]]
    assert keys[0] == "file:///srv/new_s___old__20/data/current/articles"
    assert len(set(keys)) == len(keys)
