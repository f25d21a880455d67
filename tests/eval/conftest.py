"""`make eval` is a report as well as a gate: what was measured is printed after the tests."""

from collections.abc import Callable

import pytest

REPORTS = pytest.StashKey[list[tuple[str, str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORTS] = []


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a function that keeps a title and a text for the end of the session."""
    kept = request.config.stash[REPORTS]
    return lambda title, text: kept.append((title, text))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for title, text in config.stash[REPORTS]:
        terminalreporter.section(title)
        terminalreporter.write_line(text)
