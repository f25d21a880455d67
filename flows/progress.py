"""What people see of a run on standard error: what stages say, and how far they are.

On a terminal each stage has a bar; elsewhere, and where ``TERM`` is dumb, progress is a plain line
now and then. ``NO_COLOR`` is honoured by rich. With ``--json`` there is no progress at all.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tasks.progress import Progress, listening

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

LINE_S: Final = 5.0
"""Seconds between two plain lines of one stage; quick stages have none, their end is logged."""

Say = Callable[[str], None]


@contextmanager
def shown(name: str = "cleancopy", *, is_json: bool = False) -> Iterator[None]:
    """Show what is logged under the logger `name`, and progress, while the block runs.

    What stages in processes of their own say is under "cleancopy"; a stage run in this process
    logs under "tasks".
    """
    if is_json:
        with _logged(name, _say):
            yield
    elif is_terminal():
        with _bars(name):
            yield
    else:
        with _logged(name, _say), listening(PlainLines(_say)):
            yield


def is_terminal() -> bool:
    """Tell whether standard error is a terminal that can move its cursor."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


@contextmanager
def _bars(name: str) -> Iterator[None]:
    from rich.console import Console  # noqa: PLC0415  only terminals need it
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars  # noqa: PLC0415

    console = Console(file=sys.stderr, force_terminal=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[what]}", markup=False),
        TimeRemainingColumn(),
    )

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)

    bars = Bars(*columns, console=console, redirect_stdout=False)  # what is noted goes above them
    with bars, _logged(name, say), listening(_Bars(bars)):
        yield


class _Bars:
    """A listener with a bar for each stage of each partition."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._tasks: dict[tuple[str, str, str], TaskID] = {}

    def __call__(self, progress: Progress) -> None:
        key = (progress.stage, progress.partition, progress.what)
        if key not in self._tasks:
            title = f"{progress.stage} {progress.partition}".rstrip()
            self._tasks[key] = self._bars.add_task(title, total=None, what=progress.what)
        total = progress.total or None
        self._bars.update(self._tasks[key], completed=progress.done, total=total)


class PlainLines:
    """A listener that says a plain line of each stage every `every_s` seconds."""

    def __init__(self, say: Say, every_s: float = LINE_S) -> None:
        self._say, self._every_s = say, every_s
        self._next: dict[tuple[str, str], float] = {}

    def __call__(self, progress: Progress) -> None:
        """Say `progress`, unless its stage has just begun, or a line is not long ago."""
        key, now = (progress.stage, progress.partition), time.monotonic()
        if now >= self._next.setdefault(key, now + self._every_s):
            self._next[key] = now + self._every_s
            total = f" of {progress.total}" if progress.total else ""
            about = f"{progress.stage} {progress.partition}".rstrip()
            far = f"{progress.done}{total} {progress.what}"
            self._say(f"{time.strftime('%H:%M:%S')} {about}: {far}")


@contextmanager
def _logged(name: str, say: Say) -> Iterator[None]:
    """Say what is logged under `name`, one line each."""
    logger, handler = logging.getLogger(name), _Handler(say)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    before = (logger.handlers, logger.level, logger.propagate)
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.handlers, level, logger.propagate = before
        logger.setLevel(level)


class _Handler(logging.Handler):
    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._say(self.format(record))
        except Exception:  # noqa: BLE001  as in logging's own handlers: a log line stops no run
            self.handleError(record)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
