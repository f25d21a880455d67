"""A stage may say as much as it likes; the run's log takes what a log should have."""

import logging

import pytest

from tasks.edge.log import MAX_CHARS, MAX_LINES, Lines


def test_long_lines_and_endless_logs_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "cleancopy")
    logging.getLogger("cleancopy").propagate = True
    lines = Lines()
    for number in range(MAX_LINES + 500):
        lines.say(f"{number} " + "x" * 10_000)
    said = caplog.messages
    assert len(said) == MAX_LINES
    assert max(map(len, said)) == MAX_CHARS
    assert said[-1] == f"it says more than {MAX_LINES} lines; the others are not logged"
