"""The floors of the HTML path, on the shared corpus' news pages, against trafilatura in one run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.rules import load_rules
from tasks.yamlfile import load
from tests.eval.corpus import CORPUS, GoldPage, gold_pages
from tests.eval.html_path import CONFIG, Run, means, run, tables
from tests.eval.rules_table import on_html, printed

FLOORS, _ = load(Path(__file__).with_name("floors.yaml"))

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not CORPUS.exists(), reason="../shared is not beside the project"),
]


@pytest.fixture(scope="module")
def pages() -> list[GoldPage]:
    return [page for page in gold_pages() if page.is_news]


@pytest.fixture(scope="module")
def done(
    pages: list[GoldPage],
    report: Callable[[str, str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    both = run(pages, load_rules(CONFIG))
    folder = tmp_path_factory.mktemp("predictions")
    report("news pages, cleancopy against trafilatura alone", tables(pages, both, folder))
    report("what each rule took out of news pages", printed(on_html(pages, both)))
    return both


@pytest.fixture(scope="module")
def found(pages: list[GoldPage], done: Run) -> dict[str, float]:
    return means(pages, done.ours)


@pytest.mark.parametrize("measure", sorted(FLOORS["at_least"]))
def test_measures_that_must_not_fall(found: dict[str, float], measure: str) -> None:
    assert found[measure] >= FLOORS["at_least"][measure]


@pytest.mark.parametrize("measure", sorted(FLOORS["at_most"]))
def test_measures_that_must_not_rise(found: dict[str, float], measure: str) -> None:
    assert found[measure] <= FLOORS["at_most"][measure]


def test_no_page_fails_that_trafilatura_can_read(done: Run) -> None:
    failed = {
        i for i, p in done.ours.items() if not p["text"] and len(done.theirs[i]["text"]) > 250
    }
    assert failed == set()


def test_cpu_stays_within_its_share(done: Run) -> None:
    assert done.cpu_ratio <= FLOORS["cpu_ratio"]
