"""A warm process that forks others: it imports once what all of them need.

A worker that starts from nothing imports for .3 to .6 s and reads the rules for .2 s more; one that
is forked here starts in a few milliseconds, and shares the memory of what was imported. Safe to
fork is only a process of one thread, so this one does nothing but import, and refuses when a
thread has come into being.

Asked for over a pipe (`Nursery`), it forks, says the child's process id, and tells how a child
ended. It ends with its parent, and its children with it.
"""

import contextlib
import gc
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any, Final, NoReturn

from tasks.errors import EnvironmentFault
from tasks.process import collect_seldom, end_with, environment, hide_pandas

START_LIMIT_S: Final = 120.0
"""From its start to its first child: imports from a cold disk."""

Life = Callable[[Connection, Connection], object]
"""What a child does, with a pipe to read from and one to write to; then it ends."""


class Nursery:
    """The parent's side. Its children's SIGINT is blocked: Ctrl-C is their parent's to handle."""

    def __init__(self, life: Life, warm: Callable[[], object]) -> None:
        """Start the process; `life` and `warm` are importable by name, or partials of such.

        Args:
            life: what each child does.
            warm: called once, before there are children: it loads what all of them need. Where it
                fails, children begin without, and fail in their turn.
        """
        self._control, theirs = Pipe()
        command = [sys.executable, "-P", "-m", "tasks.nursery"]
        command += [str(theirs.fileno()), str(os.getpid())]
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process = subprocess.Popen(  # noqa: S603  no shell, and the arguments are numbers
                command, env=environment(), pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=2,
            )  # fmt: skip
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            theirs.close()
        self._control.send_bytes(pickle.dumps(life))
        self._control.send_bytes(pickle.dumps(warm))

    def fork(self, read_end: Connection, write_end: Connection) -> int:
        """Return the process id of a new child, which has these two ends of pipes.

        Raises:
            EnvironmentFault: the process has ended, or does not answer.
        """
        try:
            self._control.send(None)
            for end in (read_end, write_end):
                send_handle(self._control, end.fileno(), self._process.pid)
            if not self._control.poll(START_LIMIT_S):
                raise TimeoutError(f"no answer in {START_LIMIT_S:g} s")
            child: int = self._control.recv()
        except (OSError, EOFError) as error:
            self.end()
            why = f"{error or 'it ended'} (exit status {self._process.returncode})"
            raise EnvironmentFault(f"worker processes do not start: {why}") from error
        return child

    def kill(self, child: int) -> int:
        """End a child and return how it ended, perhaps before: its exit status, or -signal."""
        with contextlib.suppress(ProcessLookupError):  # none is reaped before it is asked for
            os.kill(child, signal.SIGKILL)
        return self.wait(child)

    def wait(self, child: int) -> int:
        """Return how a child ended: its exit status, or a negative signal; once for each child."""
        try:
            self._control.send(child)
            status: int = self._control.recv()
        except (OSError, EOFError):
            return -signal.SIGKILL  # this process is gone, and its children with it
        return status

    def end(self) -> None:
        """End the process and what children it has."""
        self._process.kill()
        self._process.wait()
        self._control.close()


def _main(control: Connection) -> None:
    """The process's side: fork and wait as asked, until there is no one to ask."""
    life, warm = control.recv_bytes(), control.recv_bytes()
    with contextlib.suppress(Exception):  # what fails here fails in a child, which can tell
        pickle.loads(life)  # noqa: S301  our parent's
        pickle.loads(warm)()  # noqa: S301
    gc.collect()
    gc.freeze()  # what all children have stays out of their searches for cycles, and shared
    while True:
        try:
            asked: int | None = control.recv()
        except EOFError:
            return
        if asked is None:
            control.send(_fork(control, life))
        else:
            control.send(os.waitstatus_to_exitcode(os.waitpid(asked, 0)[1]))


def _fork(control: Connection, life: bytes) -> int:
    """Fork a child with the two pipes that are sent; returns its process id."""
    ends = recv_handle(control), recv_handle(control)
    _require_one_thread()
    nursery = os.getpid()
    child = os.fork()
    if child == 0:
        _live(control, life, ends, nursery)
    for end in ends:
        os.close(end)
    return child


def _live(control: Connection, life: bytes, ends: tuple[int, int], nursery: int) -> NoReturn:
    """The child's side: from its first instruction to its last."""
    code = 1
    try:
        end_with(nursery)
        control.close()
        call: Any = pickle.loads(life)  # noqa: S301  our parent's
        call(Connection(ends[0], writable=False), Connection(ends[1], readable=False))
        code = 0
    except BaseException:  # noqa: BLE001  the stack below is the nursery's
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _require_one_thread() -> None:
    threads = Path("/proc/self/task")
    if threads.is_dir() and len(names := list(threads.iterdir())) > 1:
        said = [(name / "comm").read_text(encoding="utf-8").strip() for name in names]
        raise RuntimeError(f"a process that forks must have one thread, this one has {said}")


if __name__ == "__main__":
    end_with(int(sys.argv[2]))
    hide_pandas()
    collect_seldom()
    _main(Connection(int(sys.argv[1])))
