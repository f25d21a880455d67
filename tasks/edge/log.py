"""The log of a run: what stages say, within bounds."""

import logging
from typing import Final

LOG: Final = logging.getLogger("cleancopy")
"""Prefect's settings of ours (`flows.server`, prefect.yaml) send what is logged here to the run's
log too, wherever the task runs; Prefect gives such a logger its handlers, but no level."""

LOG.setLevel(logging.INFO)

MAX_LINES: Final = 1000
"""Lines of one stage that go to the run's log; each costs 1.4 ms and a row of the database."""

MAX_CHARS: Final = 500
"""Characters of a line that go there."""


class Lines:
    """Takes the lines of one stage and logs as many as a log should have."""

    def __init__(self) -> None:
        self._count = 0

    def say(self, line: str) -> None:
        """Log `line`, cut if it is long; the last that is logged says that more are not."""
        self._count += 1
        if self._count < MAX_LINES:
            LOG.info("%s", line if len(line) <= MAX_CHARS else line[: MAX_CHARS - 1] + "…")
        elif self._count == MAX_LINES:
            LOG.warning("it says more than %d lines; the others are not logged", MAX_LINES)
