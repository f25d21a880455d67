"""A pure function over chunks of items, in light processes that may hang, crash or swell.

The law of this room:

- a worker is ``python -m tasks.pool``: it imports the function's module and nothing else, so
  neither Prefect nor pandas, whoever its parent is;
- it works on one item at a time and says so before each (``tick``); its parent holds the clock
  and the memory limit and ends it from outside, because nothing inside can interrupt C code;
- the chunk of an ended worker is run again by a fresh one, told which item is bad and why;
- results come in the order of the chunks, and only a few chunks are under way at a time;
- when the parent ends, however it ends, its workers end.

Which function, what a chunk means and what to do with a bad item is the caller's business.
Units: seconds (``_s``), MiB (``_mb``); ``pages`` are items.
"""

import contextlib
import ctypes
import gc
import itertools
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, TypeVar

from tasks.errors import ConfigError, ContractError, EnvironmentFault, PageError

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")
Tick = Callable[[int], None]
Bad = Mapping[int, PageError]
Work = Callable[[Chunk, Tick, Bad], Result]
OnItem = Callable[[int, int], None]

START_LIMIT_S: Final = 120.0
"""From a worker's start, or a chunk's, to its first item: imports from a cold disk."""

STRIKES: Final = {"timeout": 1, "crash": 2, "memory": 2}
"""How often an item must end its worker to be bad. A crash or a full memory may be the fault of
the pages before it, which a second, fresh worker shows; a hang is the item's own."""

FALSE_STARTS: Final = 3
"""Workers that may end in a row before they come to an item; then it is the machine's fault."""

NEW_OBJECTS: Final = 100_000
"""Made and not yet gone before the collector looks at them; a page of 200 blocks makes 2,000."""

_POLL_S: Final = 0.1
_PR_SET_PDEATHSIG: Final = 1


class WorkerError(RuntimeError):
    """The function itself raised: a bug, not a page; the message ends with its traceback."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use; the same for all workers of a run."""

    page_s: float = 20.0
    memory_mb: int = 1500
    recycle_pages: int = 5000


@dataclass(slots=True)
class _Job:
    """One chunk on its way: what is known to be bad in it, and who struck how often."""

    index: int
    chunk: Any
    bad: dict[int, PageError] = field(default_factory=dict)
    strikes: dict[int, int] = field(default_factory=dict)

    def blame(self, at: int, slug: str, message: str) -> None:
        """Count a worker's end against item `at`."""
        if at in self.bad:
            raise WorkerError(f"item {at} of chunk {self.index} is bad but was run: {self.bad[at]}")
        self.strikes[at] = self.strikes.get(at, 0) + 1
        if self.strikes[at] >= STRIKES[slug]:
            self.bad[at] = PageError(slug, message)


@dataclass(slots=True)
class _Worker:
    """One process and what it is doing; `since` is when it began that, as `time.monotonic`."""

    process: subprocess.Popen[bytes]
    requests: Connection
    replies: Connection
    since: float
    is_ready: bool = False
    job: _Job | None = None
    item: int | None = None
    pages: int = 0

    def give(self, function: Work[Any, Any], job: _Job) -> None:
        self.job, self.item, self.since = job, None, time.monotonic()
        with contextlib.suppress(BrokenPipeError):  # its end is met in the next round
            self.requests.send((function, job.chunk, job.bad))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.requests.close()
        self.replies.close()


def run(  # noqa: PLR0913  named, and each with its default
    function: Work[Chunk, Result],
    chunks: Iterable[Chunk],
    *,
    workers: int,
    page_limit_s: float = 20.0,
    memory_limit_mb: int = 1500,
    recycle_pages: int = 5000,
    on_item: OnItem | None = None,
) -> Generator[tuple[int, Result], None, None]:
    """Yield ``(chunk index, function(chunk, tick, bad))`` for every chunk, in order.

    A chunk is whatever `function` takes, as long as it can be pickled; what its items are,
    `function` says: it must call ``tick(i)`` before it works on item ``i``, and step over the
    items that are in ``bad``. It must be importable by name, or a `functools.partial` of such.
    `on_item` hears, as chunk index and item, what workers come to; an item may be told twice.
    At most two chunks a worker are taken ahead of what was yielded. Closing the iterator, an
    error or Ctrl-C ends the workers.

    Raises:
        WorkerError: the function raised; with the worker's traceback.
        ConfigError, ContractError: as the function raised them.
        EnvironmentFault: as the function raised it; or worker processes do not start.
    """
    pool = _Pool(function, workers, Limits(page_limit_s, memory_limit_mb, recycle_pages), on_item)
    try:
        yield from pool.results(chunks)
    finally:
        pool.end()


class _Pool:
    """The parent's side: who works on what, and who has to be ended."""

    def __init__(
        self,
        function: Work[Any, Any],
        workers: int,
        limits: Limits,
        on_item: OnItem | None = None,
    ) -> None:
        self._function = function
        self._on_item = on_item
        self._count = max(1, workers)
        self._limits = limits
        self._workers: list[_Worker] = []
        self._waiting: list[_Job] = []
        self._done: dict[int, Any] = {}
        self._false_starts = 0

    def results(self, chunks: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        source = enumerate(chunks)
        taken = given = 0
        while True:
            for index, chunk in itertools.islice(source, 2 * self._count - (taken - given)):
                self._waiting.append(_Job(index, chunk))
                taken += 1
            if given == taken:
                return
            while given not in self._done:
                self._step()
            yield given, self._done.pop(given)
            given += 1

    def end(self) -> None:
        while self._workers:
            self._workers.pop().end()

    def _step(self) -> None:
        """Hand out work, take what has come in, end who is over a limit."""
        self._hand_out()
        ready = wait([worker.replies for worker in self._workers], timeout=_POLL_S)
        for worker in list(self._workers):
            if worker.replies in ready:
                self._receive(worker)
            else:
                self._watch(worker)

    def _hand_out(self) -> None:
        free = sum(worker.job is None for worker in self._workers)
        missing = min(len(self._waiting) - free, self._count - len(self._workers))
        self._workers += [_start(self._limits) for _ in range(missing)]
        for worker in self._workers:
            if self._waiting and worker.is_ready and worker.job is None:
                worker.give(self._function, self._waiting.pop(0))

    def _receive(self, worker: _Worker) -> None:
        """Take all that a worker has said; only a silent worker is late."""
        try:
            while worker in self._workers and worker.replies.poll():
                self._take(worker, *worker.replies.recv())
        except (EOFError, OSError):
            self._lose(worker, "crash", f"its worker process ended by {_cause(worker.process)}")

    def _take(self, worker: _Worker, word: str, at: float, value: Any) -> None:  # noqa: ANN401
        """Act on one message of a worker; `at` is when it was sent."""
        if word == "ready":
            worker.is_ready = True
        elif word == "tick":
            worker.item, worker.since, worker.pages = value, at, worker.pages + 1
            if self._on_item is not None and worker.job is not None:
                self._on_item(worker.job.index, value)
        elif word == "memory":
            self._lose(worker, "memory", value)
        elif word == "refused":
            raise value
        elif word == "error" or worker.job is None:
            raise WorkerError(f"a worker process failed:\n{value}")
        else:
            self._done[worker.job.index] = value
            worker.job = worker.item = None
            self._false_starts = 0
            if worker.pages >= self._limits.recycle_pages or self._is_swollen(worker, 0.5):
                self._dismiss(worker)

    def _watch(self, worker: _Worker) -> None:
        if worker.is_ready and worker.job is None:
            return
        limit_s = START_LIMIT_S if worker.item is None else self._limits.page_s
        if time.monotonic() - worker.since > limit_s:
            self._lose(worker, "timeout", f"over {limit_s:g} s")
        elif self._is_swollen(worker, 1.0):
            self._lose(worker, "memory", f"over {self._limits.memory_mb} MiB")

    def _is_swollen(self, worker: _Worker, share: float) -> bool:
        return _resident_mb(worker.process.pid) > share * self._limits.memory_mb

    def _lose(self, worker: _Worker, slug: str, message: str) -> None:
        """End a worker; its chunk is next in line, and the blame is counted."""
        self._dismiss(worker)
        job, item = worker.job, worker.item
        if job is not None:
            self._waiting.insert(0, job)
        if job is not None and item is not None:
            job.blame(item, slug, message)
            return
        self._false_starts += 1
        if self._false_starts > FALSE_STARTS:
            raise EnvironmentFault(f"worker processes do not start: {slug}: {message}")

    def _dismiss(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.end()


def environment() -> dict[str, str]:
    """Return the environment for a child interpreter that finds the modules this one finds.

    With ``-P`` beside it, a folder that happens to be called ``tasks`` where the user stands is
    not mistaken for ours. Numeric libraries are kept to one thread a process.
    """
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return os.environ | one_thread | {"PYTHONPATH": path}


def _start(limits: Limits) -> _Worker:
    """Start a worker whose SIGINT is blocked: Ctrl-C is its parent's to handle."""
    from_parent, requests = Pipe(duplex=False)
    replies, to_parent = Pipe(duplex=False)
    ends = (from_parent.fileno(), to_parent.fileno())
    command = [sys.executable, "-P", "-m", "tasks.pool", *map(str, ends)]
    command += [str(limits.memory_mb), str(os.getpid())]
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process = subprocess.Popen(  # noqa: S603  no shell, and the arguments are numbers
            command, env=environment(), pass_fds=ends, stdin=subprocess.DEVNULL, stdout=2
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        from_parent.close()
        to_parent.close()
    return _Worker(process, requests, replies, time.monotonic())


def _cause(process: subprocess.Popen[bytes]) -> str:
    code = process.wait()
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"


def _resident_mb(pid: int) -> float:
    """Return the resident memory of a process; 0 where there is no ``/proc`` to read it from."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 2**20


def _serve(requests: Connection, replies: Connection) -> None:
    """The worker's side: do what is asked until there is no one to ask."""

    def say(word: str, value: object = None) -> None:
        replies.send((word, time.monotonic(), value))

    def tick(index: int) -> None:
        say("tick", index)

    say("ready")
    while True:
        try:
            function, chunk, bad = requests.recv()
            say("done", function(chunk, tick, bad))
        except (EOFError, BrokenPipeError):
            return
        except MemoryError as error:
            say("memory", f"memory ran out: {error}")
        except (ConfigError, ContractError, EnvironmentFault) as error:
            say("refused", error)
        except Exception:  # noqa: BLE001  it crosses to the parent, which raises it
            say("error", traceback.format_exc())


def end_with(parent: int) -> None:
    """End this process, at once, when the process `parent` that started it ends.

    The kernel does it where it can (Linux); elsewhere a worker ends when its pipe is closed.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent process is gone")


def _limit(memory_limit_mb: int) -> None:
    """Leave no core file, and never take more than twice the limit.

    The parent measures resident memory ten times a second; the kernel's limit, on writable
    private memory only, is for what allocates faster than that.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = 2 * memory_limit_mb * 2**20
    with contextlib.suppress(ValueError, OSError):  # a stricter limit is set already
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def hide_pandas() -> None:
    """Make pandas impossible to import in this process.

    pyarrow imports it with the first array, which costs a second and 40 MiB, wherever it finds it.
    """
    sys.meta_path.insert(0, _NoPandas())


def collect_seldom() -> None:
    """Have the cyclic garbage collector look at a page's objects a few times, not hundreds.

    All pages of a part live until it is written, and trees are freed by their reference counts;
    with Python's defaults the search for cycles among them took a quarter of a stage's time.
    """
    gc.set_threshold(NEW_OBJECTS, 20, 20)


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def _main(read_end: str, write_end: str, memory_limit_mb: str, parent: str) -> None:
    end_with(int(parent))
    _limit(int(memory_limit_mb))
    hide_pandas()
    collect_seldom()
    _serve(Connection(int(read_end), writable=False), Connection(int(write_end), readable=False))


if __name__ == "__main__":
    _main(*sys.argv[1:])
