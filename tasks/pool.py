"""A pure function over chunks of items, in light processes that may hang, crash or swell.

The law of this room:

- a worker is forked from a warm process (`tasks.nursery`) that imports the function's module and
  what the function is said to need, so neither Prefect nor pandas, whoever its parent is;
- it works on one item at a time and says so before each (``tick``); its parent holds the clock
  and the memory limit and ends it from outside, because nothing inside can interrupt C code;
- the chunk of an ended worker is run again by a fresh one, told which item is bad and why;
- results come in the order of the chunks, and only a few chunks are under way at a time;
- when the parent ends, however it ends, its workers end.

Which function, what a chunk means and what to do with a bad item is the caller's business.
Units: seconds (``_s``), MiB (``_mb``); ``pages`` are items.
"""

import contextlib
import itertools
import resource
import signal
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, TypeVar

from tasks.errors import ConfigError, ContractError, EnvironmentFault, PageError
from tasks.nursery import Nursery

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

_POLL_S: Final = 0.1


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

    nursery: Nursery
    pid: int
    requests: Connection
    replies: Connection
    since: float
    is_ready: bool = False
    job: _Job | None = None
    item: int | None = None
    pages: int = 0
    status: int | None = None  # how it ended

    def give(self, function: Work[Any, Any], job: _Job) -> None:
        self.job, self.item, self.since = job, None, time.monotonic()
        with contextlib.suppress(BrokenPipeError):  # its end is met in the next round
            self.requests.send((function, job.chunk, job.bad))

    def cause(self) -> str:
        """Wait for the end of the process, which has closed its pipe, and say how it came."""
        self.status = self.nursery.wait(self.pid)
        by_signal = self.status < 0
        return signal.Signals(-self.status).name if by_signal else f"exit status {self.status}"

    def end(self) -> None:
        if self.status is None:
            self.status = self.nursery.kill(self.pid)
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
    warm: Callable[[], object] | None = None,
) -> Generator[tuple[int, Result], None, None]:
    """Yield ``(chunk index, function(chunk, tick, bad))`` for every chunk, in order.

    A chunk is whatever `function` takes, as long as it can be pickled; what its items are,
    `function` says: it must call ``tick(i)`` before it works on item ``i``, and step over the
    items that are in ``bad``. It must be importable by name, or a `functools.partial` of such.
    `on_item` hears, as chunk index and item, what workers come to; an item may be told twice.
    `warm` is importable too, and called once for all workers: it loads what they have in common,
    and starts no thread.
    At most two chunks a worker are taken ahead of what was yielded. Closing the iterator, an
    error or Ctrl-C ends the workers.

    Raises:
        WorkerError: the function raised; with the worker's traceback.
        ConfigError, ContractError: as the function raised them.
        EnvironmentFault: as the function raised it; or worker processes do not start.
    """
    limits = Limits(page_limit_s, memory_limit_mb, recycle_pages)
    pool = _Pool(function, workers, limits, on_item, warm or partial(_import, function))
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
        on_item: OnItem | None,
        warm: Callable[[], object],
    ) -> None:
        self._function = function
        self._on_item = on_item
        self._warm = warm
        self._nursery: Nursery | None = None  # from the first worker on
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
        if self._nursery is not None:
            self._nursery.end()

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
        for _ in range(missing):
            self._workers.append(self._start())
        for worker in self._workers:
            if self._waiting and worker.is_ready and worker.job is None:
                worker.give(self._function, self._waiting.pop(0))

    def _start(self) -> _Worker:
        if self._nursery is None:
            self._nursery = Nursery(partial(_work, self._limits.memory_mb), self._warm)
        from_parent, requests = Pipe(duplex=False)
        replies, to_parent = Pipe(duplex=False)
        with from_parent, to_parent:
            pid = self._nursery.fork(from_parent, to_parent)
        return _Worker(self._nursery, pid, requests, replies, time.monotonic())

    def _receive(self, worker: _Worker) -> None:
        """Take all that a worker has said; only a silent worker is late."""
        try:
            while worker in self._workers and worker.replies.poll():
                self._take(worker, *worker.replies.recv())
        except (EOFError, OSError):
            self._lose(worker, "crash", f"its worker process ended by {worker.cause()}")

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
        return _resident_mb(worker.pid) > share * self._limits.memory_mb

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


def _import(*_: object) -> None:
    """Do nothing: a process that can call this with a function has imported its module."""


def _work(memory_limit_mb: int, requests: Connection, replies: Connection) -> None:
    """A worker's life, from its fork on."""
    _limit(memory_limit_mb)
    _serve(requests, replies)


def _limit(memory_limit_mb: int) -> None:
    """Leave no core file, and never take more than twice the limit.

    The parent measures resident memory ten times a second; the kernel's limit, on writable
    private memory only, is for what allocates faster than that.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = 2 * memory_limit_mb * 2**20
    with contextlib.suppress(ValueError, OSError):  # a stricter limit is set already
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
