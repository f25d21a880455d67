"""One writer at a time: a lock of the operating system, which ends with its process."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tasks.errors import EnvironmentFault
from tasks.store.atomic import faults, make_folder


@contextmanager
def held(path: Path, *, who: str, wait_s: float = 600.0) -> Iterator[None]:
    """Hold the lock of `path`; wait for another holder up to `wait_s` seconds.

    The lock is the kernel's (flock), so a killed holder frees it at once; the file's content only
    names the holder for people. `who` says what holds it, for example a run id.

    Raises:
        EnvironmentFault: it is still held after `wait_s`; the message names the holder.
    """
    make_folder(path.parent)
    with faults(path), path.open("a+", encoding="utf-8") as file:
        _take(file, path, wait_s)
        file.truncate(0)
        file.write(f"{who} (process {os.getpid()})")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)


def _take(file: IO[str], path: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                file.seek(0)
                holder = file.read() or "another process"
                msg = f"{path.name} is held by {holder}: wait for it to end, then run again"
                raise EnvironmentFault(msg) from None
            time.sleep(0.05)
        else:
            return
