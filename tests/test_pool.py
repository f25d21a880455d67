"""The pool against items that hang in C, die, swell and raise, in real processes."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.errors import EnvironmentFault
from tasks.pool import WorkerError, run
from tasks.process import environment
from tests import pool_jobs

ROOT = Path(__file__).parents[1]


def test_results_come_in_order_whoever_is_first() -> None:
    chunks = [["sleep 0.3"], ["b"], ["c"], ["d", "e"], []]
    results = list(run(pool_jobs.work, chunks, workers=2))
    assert results == [(0, ["SLEEP 0.3"]), (1, ["B"]), (2, ["C"]), (3, ["D", "E"]), (4, [])]


@pytest.mark.parametrize(
    ("item", "slug"),
    [("hang", "timeout"), ("exit", "crash"), ("die", "crash"), ("swell", "memory")],
)
def test_one_bad_item_costs_itself_only(item: str, slug: str) -> None:
    started = time.monotonic()
    results = list(
        run(
            pool_jobs.work,
            [["a", item, "b"], ["c"]],
            workers=2,
            page_limit_s=1.5,
            memory_limit_mb=250,
        )
    )
    assert results == [(0, ["A", slug, "B"]), (1, ["C"])]
    assert time.monotonic() - started < 60


def test_every_bad_item_of_a_chunk_is_found() -> None:
    results = list(run(pool_jobs.work, [["exit", "a", "hang", "exit"]], workers=1, page_limit_s=1))
    assert results == [(0, ["crash", "A", "timeout", "crash"])]


def test_one_crash_is_no_proof(tmp_path: Path) -> None:
    item = f"once {tmp_path / 'mark'}"
    assert list(run(pool_jobs.work, [["a", item]], workers=1)) == [(0, ["A", item.upper()])]


def test_a_bug_is_raised_with_its_traceback() -> None:
    with pytest.raises(WorkerError, match=r"(?s)_do\(item\).*ValueError: broken on purpose"):
        list(run(pool_jobs.work, [["raise broken on purpose"]], workers=1))


def test_what_the_function_refuses_arrives_as_it_was_raised() -> None:
    with pytest.raises(EnvironmentFault, match=r"^cannot write x: the disk is full$"):
        list(run(pool_jobs.work, [["refuse cannot write x: the disk is full"]], workers=1))


def test_a_function_that_runs_bad_items_is_a_bug() -> None:
    with pytest.raises(WorkerError, match="item 0 of chunk 0 is bad"):
        list(run(pool_jobs.never_steps_over, [["a"]], workers=1))


def test_workers_that_cannot_start_are_the_machine() -> None:
    with pytest.raises(EnvironmentFault, match=r"do not start: crash: .* exit status 3"):
        list(run(pool_jobs.dies_at_start, [["a"]], workers=1))


def test_workers_import_neither_prefect_nor_pandas() -> None:
    ((_, (_, modules)),) = run(pool_jobs.who, [[1]], workers=1)
    assert not {"prefect", "pandas", "flows", "pytest"} & set(modules)


def test_a_worker_lives_over_chunks_and_is_replaced_by_pages() -> None:
    chunks = [[0, 0]] * 4
    lasting = [pid for _, (pid, _) in run(pool_jobs.who, chunks, workers=1)]
    assert len(set(lasting)) == 1
    recycled = [pid for _, (pid, _) in run(pool_jobs.who, chunks, workers=1, recycle_pages=4)]
    assert [len(set(recycled[:2])), len(set(recycled))] == [1, 2]


def test_chunks_are_taken_a_few_ahead_only() -> None:
    taken = []

    def chunks() -> Iterator[list[str]]:
        for index in range(100):
            taken.append(index)
            yield ["a"]

    results = run(pool_jobs.work, chunks(), workers=2)
    next(results)
    assert len(taken) == 4
    results.close()


def test_what_is_warm_is_warm_in_every_worker() -> None:
    chunks = [[0]] * 4
    found = list(run(pool_jobs.warmed_by, chunks, workers=2, recycle_pages=1, warm=pool_jobs.warm))
    workers, warmers = zip(*(pids for _, pids in found), strict=True)
    assert len(set(workers)) == 4
    (warmer,) = set(warmers)
    assert warmer not in {*workers, 0, os.getpid()}


def test_what_fails_to_warm_is_told_by_who_needs_it() -> None:
    results = list(run(pool_jobs.work, [["a"]], workers=1, warm=pool_jobs.fails_to_warm))
    assert results == [(0, ["A"])]
    with pytest.raises(WorkerError, match="ModuleNotFoundError"):
        list(run(pool_jobs.needs_what_is_not, [["a"]], workers=1, warm=pool_jobs.fails_to_warm))


def test_a_process_with_threads_is_not_forked() -> None:
    with pytest.raises(EnvironmentFault, match="do not start"):
        list(run(pool_jobs.work, [["a"]], workers=1, warm=pool_jobs.starts_a_thread))


def test_workers_end_with_the_process_that_forked_them() -> None:
    results = run(pool_jobs.who, [[1]] * 9, workers=1, recycle_pages=1)
    next(results)
    below = list(_below(os.getpid()))
    os.kill(below[0], signal.SIGKILL)
    with pytest.raises(EnvironmentFault, match="do not start"):
        list(results)
    assert all(_is_gone(pid, wait_s=10) for pid in below)


def test_closing_the_results_ends_the_workers() -> None:
    results = run(pool_jobs.who, [[1]] * 9, workers=1)
    _, (pid, _) = next(results)
    os.kill(pid, 0)
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(end: signal.Signals) -> None:
    program = """
        from tasks.pool import run
        from tests import pool_jobs
        for _, (pid, _) in run(pool_jobs.who, iter([[1]]), workers=1):
            print(pid, flush=True)
            list(run(pool_jobs.work, [["hang"]], workers=1, page_limit_s=300))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        hanging = _family_at_work(parent.pid, wait_s=20)
        parent.send_signal(end)
        parent.communicate(timeout=20)
    assert hanging
    assert all(_is_gone(pid, wait_s=10) for pid in hanging)


def _family_at_work(parent: int, wait_s: float) -> list[int]:
    """Wait until the second of two workers works in earnest: it has used half a second of CPU.

    Returns the processes below `parent`: for each of its two pools a nursery and a worker.
    """
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        below = list(_below(parent))
        if len(below) == 4 and any(_cpu_ticks(pid) > 50 for pid in set(below[1::2])):
            return below
        time.sleep(0.1)
    return []


def _below(parent: int) -> Iterator[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    for pid in map(int, listed.split()):
        yield pid
        yield from _below(pid)


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11])


def _is_gone(pid: int, wait_s: float) -> bool:
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        state = Path(f"/proc/{pid}/stat")
        try:
            if state.read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False
