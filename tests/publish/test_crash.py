"""Runs are killed at random moments and at every call that changes files; readers never notice.

The readers are plain ``pandas.read_parquet`` and DuckDB's ``read_parquet`` on ``data/current``.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest

from tasks.publish.validate import validate
from tasks.store.layout import Layout
from tasks.store.snapshot import current, listed
from tests.publish.crash import (
    PLAIN,
    READERS,
    RESOLVED,
    SYSTEM_CALLS,
    compact,
    digest,
    expected,
    pages_of,
    poll,
    publish_dying_before_call,
    publish_dying_before_change,
    publish_when_told,
    server,
    tidy,
    work,
)
from tests.synthetic import close_all, run_dedup, run_publish, write_part

CONTEXT = server()

LEAST_CALLS = {"mkdir": 5, "link": 4, "rename": 8, "fsync": 20, "write": 15, "symlink": 1}
"""A publish makes more of each than that."""

RETRIES = 5
"""A reader that meets a compaction reads again so often at most, while one follows the other."""


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: kills need no disk, and fsync is quicker there."""
    shared = Path("/dev/shm")  # noqa: S108
    where = shared if os.access(shared, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cleancopy-", dir=where) as folder:
        yield Path(folder)


def content(data: Path) -> str:
    manifest = current(Layout(data))
    assert manifest is not None
    return manifest.content


@contextmanager
def readers(
    data: Path, days: int, which: Iterable[str] = PLAIN
) -> Iterator[dict[str, list[int | str]]]:
    """Let readers poll meanwhile; what they saw is there after the block."""
    known = {digest(expected(day)): day for day in range(days + 1)}
    logs = {name: data / f"{name}.log" for name in which}
    polling = [
        CONTEXT.Process(target=poll, args=(data, name, known, log)) for name, log in logs.items()
    ]
    for process in polling:
        process.start()
    seen: dict[str, list[int | str]] = {}
    try:
        yield seen
    finally:
        for log in logs.values():
            log.with_suffix(".stop").touch()
        for process in polling:
            process.join(60)
            process.kill()
        assert [process.exitcode for process in polling] == [0] * len(polling)
        seen.update({name: json.loads(log.read_text()) for name, log in logs.items()})


def run_and_kill(data: Path, day: int, after_s: float) -> bool:
    """Start a day's work, kill it after `after_s` seconds; return whether it was killed."""
    process = CONTEXT.Process(target=work, args=(data, day))
    process.start()
    process.join(after_s)
    process.kill()
    process.join()
    return process.exitcode != 0


def torment(data: Path, kills: int, seed: int) -> tuple[dict[str, list[int | str]], int]:
    """Work day after day under `kills` kills while readers poll; return what they saw, and days."""
    rng = random.Random(seed)  # noqa: S311
    most_days = kills + 1
    work(data, 0)
    begun = time.monotonic()
    work(data.parent / "pace", 0)
    pace_s = time.monotonic() - begun
    day, killed = 1, 0
    with readers(data, most_days) as seen:
        while killed < kills:
            if run_and_kill(data, day, rng.uniform(0.01, 1.3 * pace_s)):
                killed += 1
            else:
                day += 1
        work(data, day)
        time.sleep(0.3)
    return seen, day + 1


def uncrashed(data: Path, days: int) -> str:
    for day in range(days):
        work(data, day)
    return content(data)


def check_torment(tmp_path: Path, kills: int, seed: int) -> None:
    data = tmp_path / "data"
    seen, days = torment(data, kills, seed)
    for name, states in seen.items():
        wrong = [state for state in states if not isinstance(state, int) or state < 1]
        assert not wrong, f"{name}: {len(wrong)} of {len(states)} reads, first {wrong[0]}"
        assert states == sorted(states), f"{name} saw the dataset go back"
        assert states[-1] == days
    assert content(data) == uncrashed(tmp_path / "twin", days)
    left = [p for p in data.rglob("*.unfinished") if "snapshots" in p.parts]
    assert not left, f"left behind: {left[:3]}"


def test_thirty_kills_at_random_moments(memory: Path) -> None:
    check_torment(memory, kills=30, seed=5)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_three_hundred_kills(memory: Path) -> None:
    for round_ in range(10):
        check_torment(memory / str(round_), kills=30, seed=100 + round_)


class Victim:
    """A data folder with a day published and a day ready to be; each kill gets a copy of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = folder / "base"
        work(self.base, 0)
        self.old = content(self.base)
        write_part(self.base, "day-1", "p1", pages_of(1))
        close_all(self.base, "day-1")
        run_dedup(self.base)
        self.new = ""
        self.states = {digest(expected(day)): day for day in (1, 2)}

    def check(self, name: str, kill: Callable[[Path], bool]) -> bool:
        """Kill a publish, read, publish again, read; return whether the kill came in time."""
        data = self.folder / name
        shutil.copytree(self.base, data, symlinks=True, copy_function=os.link)
        died = kill(data)
        seen = {self.states.get(digest(read(data)), -1) for read in PLAIN.values()}
        assert seen == {1 if content(data) == self.old else 2}, f"{name}: readers saw {seen}"
        run_publish(data)
        self.new = self.new or content(data)
        assert content(data) == self.new, f"{name}: published again, it is another dataset"
        assert digest(PLAIN["pandas"](data)) == digest(expected(2))
        shutil.rmtree(data)
        return died


def kill_at_each(
    victim: Victim, publish_dying: Callable[[Path, int], None], first: int = 1, step: int = 1
) -> int:
    """Kill a publish at its `first` call, and at each `step`-th after it; return how many."""

    def kill(data: Path) -> bool:
        process = CONTEXT.Process(target=publish_dying, args=(data, at))
        process.start()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
        return process.exitcode != 0

    at = first
    while victim.check(f"at-{at}", kill):
        at += step
    return (at - first) // step


@pytest.mark.skipif(bool(shutil.which("strace")), reason="strace kills at every system call below")
@pytest.mark.parametrize("first", [1, 2, 3, 4])
def test_a_kill_at_every_change_of_files(memory: Path, first: int) -> None:
    killed = kill_at_each(Victim(memory), publish_dying_before_change, first, 4)
    assert killed > 6, "the hook saw too few changes to mean anything"


def kill_while_tidying(folder: Path, first: int, step: int) -> int:
    """Kill compaction and expiry at the `first` change and each `step`-th after; count them.

    Readers see all rows at any time, and doing it again gives the same single snapshot.
    """
    base, days, at, contents = folder / "base", 3, first, set()
    for day in range(days):
        work(base, day)
    died = True
    while died:
        data = folder / f"at-{at}"
        shutil.copytree(base, data, symlinks=True, copy_function=os.link)
        process = CONTEXT.Process(target=publish_dying_before_change, args=(data, at, tidy))
        process.start()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
        died = process.exitcode != 0
        seen = {digest(read(data)) for read in READERS.values()}
        assert seen == {digest(expected(days))}, f"killed at {at}"
        layout = Layout(data)
        assert not [p for m in listed(layout) for p in validate(layout.snapshots / m.id)]
        tidy(data)
        assert digest(PLAIN["pandas"](data)) == digest(expected(days))
        assert len(list(layout.snapshots.iterdir())) == 1
        contents.add(content(data))
        shutil.rmtree(data)
        at += step
    assert len(contents) == 1
    return (at - first) // step - 1


def test_a_kill_while_compacting_and_expiring(memory: Path) -> None:
    assert kill_while_tidying(memory, first=3, step=9) > 8


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_kill_at_every_change_while_compacting_and_expiring(memory: Path) -> None:
    assert kill_while_tidying(memory, first=1, step=1) > 80


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_kill_at_every_call(memory: Path) -> None:
    assert kill_at_each(Victim(memory), publish_dying_before_call) > 120


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize("system_call", SYSTEM_CALLS)
def test_a_kill_at_every_system_call(memory: Path, system_call: str) -> None:
    victim = Victim(memory)

    def kill(data: Path) -> bool:
        return publish_dying_at(data, system_call, when)

    when = 1
    while victim.check(f"at-{when}", kill):
        when += 1
    assert when > LEAST_CALLS.get(system_call, 0), "too few calls were seen to mean anything"


def publish_dying_at(data: Path, system_call: str, when: int) -> bool:
    """Publish, and let strace kill it at this call; return whether it came to that."""
    told = data.with_suffix(".go")
    process = CONTEXT.Process(target=publish_when_told, args=(data, told))
    process.start()
    how = f"inject={system_call}:signal=KILL:when={when}"
    tracing = ["strace", "-f", "-o", os.devnull, "-e", f"trace={system_call}", "-e", how]
    with subprocess.Popen(
        [*tracing, "-p", str(process.pid)], stderr=subprocess.PIPE, text=True
    ) as strace:
        assert strace.stderr is not None
        attached = strace.stderr.readline()
        told.touch()
        process.join(120)
        said = attached + strace.stderr.read()
    assert "attached" in attached, said
    assert process.exitcode in (0, -signal.SIGKILL), said
    told.unlink()
    return process.exitcode != 0


def test_runs_at_once_wait_for_each_other(memory: Path) -> None:
    """Four days' runs start together: each waits its turn, and all rows are there."""
    data = memory / "data"
    runs = [CONTEXT.Process(target=work, args=(data, day)) for day in range(4)]
    for process in runs:
        process.start()
    for process in runs:
        process.join()
    assert [process.exitcode for process in runs] == [0] * 4
    assert digest(PLAIN["pandas"](data)) == digest(expected(4))
    assert content(data) == uncrashed(memory / "twin", 4)


GONE = ("No such file", "No files found")
"""What a reader says whose list is of the snapshot before; DuckDB looks at all it listed first."""


def test_compacting_under_readers_gives_old_or_new_or_a_clear_error(memory: Path) -> None:
    """Compaction replaces files, so a reader that listed just before finds none, and says so.

    It never sees a part or a mixture, and reading again succeeds. A reader that resolves
    ``current`` first sees no error, at no instant.
    """
    data = memory / "data"
    for day in range(4):
        work(data, day)
    with readers(data, 4, READERS) as seen:
        for before in ["2026-11-26", "2026-11-27", "", "2026-11-28"] * 3:
            compact(data, before)
    for name in RESOLVED:
        assert set(seen[name]) == {4}, f"{name}: {set(seen[name])}"
    for name in PLAIN:
        states = seen[name]
        wrong = [s for s in states if s != 4 and not any(word in str(s) for word in GONE)]
        assert not wrong, f"{name}: {wrong[0]}"
        assert states.count(4) > len(states) * 0.8
        failures = [
            len(list(run)) for is_good, run in groupby(states, lambda s: s == 4) if not is_good
        ]
        assert max(failures, default=0) <= RETRIES, f"{name} failed {failures} times in a row"
