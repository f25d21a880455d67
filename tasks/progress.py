"""How far a stage is: said by the stage, heard by whoever wants to show it.

A stage calls `tell` as often as it likes. In its own process (``python -m tasks``) each of them
may become a line ``progress 120 500 pages`` on standard error, which the process that started it
reads with `heard` and tells on. Who listens, and whether anybody does, changes nothing in what a
stage does; nothing is written when nobody listens.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

LINE: Final = re.compile(r"progress (\d{1,15}) (\d{1,15}) ([A-Za-z][A-Za-z -]{0,30})")
"""Done, of how many (0: not known), of what."""

LINES_S: Final = 0.5
"""A stage's process writes no more than one line in so long, but always the last."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far `stage` is with `partition`; `total` may grow, and is 0 when it is not known."""

    stage: str
    partition: str
    done: int
    total: int
    what: str  # of what: "pages", "parts", "files"

    @property
    def is_complete(self) -> bool:
        """Tell whether all that is known of is done."""
        return 0 < self.total <= self.done


Listener = Callable[[Progress], None]

_LISTENERS: Final[list[Listener]] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Hand every `tell` of this process, of whichever thread, to `listener` while the block runs.

    It is called in the thread that tells, so it has to be quick, and may not raise.
    """
    _LISTENERS.append(listener)
    try:
        yield
    finally:
        _LISTENERS.remove(listener)


def tell(progress: Progress) -> None:
    """Let all who listen know how far a stage is."""
    for listener in tuple(_LISTENERS):
        listener(progress)


def heard(line: str, stage: str, partition: str) -> Progress | None:
    """Return what a line from the process of a stage says of its progress; None if nothing.

    >>> heard("progress 120 500 pages", "extract", "2026-11-24").done
    120
    >>> heard("progress is slow", "extract", "2026-11-24")
    """
    found = LINE.fullmatch(line.rstrip())
    if found is None:
        return None
    return Progress(stage, partition, int(found[1]), int(found[2]), found[3])


class Lines:
    """A listener that writes lines for `heard` on standard error, now and then."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        """Write `progress`, unless a line was written a moment ago and this is not the last."""
        now = time.monotonic()
        if now >= self._next or progress.is_complete:
            self._next = now + LINES_S
            sys.stderr.write(f"progress {progress.done} {progress.total} {progress.what}\n")
            sys.stderr.flush()
