"""`make eval` is a report as well as a gate: what was measured is printed after the tests."""

from collections.abc import Callable

import pytest

from tasks.rules import load_rules
from tests.eval.corpus import GoldPage, gold_pages
from tests.eval.html_path import CONFIG, Run, run, tables
from tests.eval.rules_table import on_html, printed

REPORTS = pytest.StashKey[list[tuple[str, str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORTS] = []


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a function that keeps a title and a text for the end of the session."""
    kept = request.config.stash[REPORTS]
    return lambda title, text: kept.append((title, text))


@pytest.fixture(scope="session")
def news() -> list[GoldPage]:
    """Return the pages that count in the score."""
    return [page for page in gold_pages() if page.is_news]


@pytest.fixture(scope="session")
def done(
    news: list[GoldPage],
    report: Callable[[str, str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """Return what both sides make of the news pages, one after the other in this process."""
    both = run(news, load_rules(CONFIG))
    folder = tmp_path_factory.mktemp("predictions")
    report("news pages, cleancopy against trafilatura alone", tables(news, both, folder))
    report("what each rule took out of news pages", printed(on_html(news, both)))
    return both


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for title, text in config.stash[REPORTS]:
        terminalreporter.section(title)
        terminalreporter.write_line(text)
