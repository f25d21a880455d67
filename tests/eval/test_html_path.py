"""The floors of the HTML path, on the shared corpus' news pages, against trafilatura in one run."""

from pathlib import Path

import pytest

from tasks.yamlfile import load
from tests.eval.corpus import CORPUS, GoldPage
from tests.eval.html_path import Run, means

FLOORS, _ = load(Path(__file__).with_name("floors.yaml"))

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not CORPUS.exists(), reason="../shared is not beside the project"),
]


@pytest.fixture(scope="module")
def found(news: list[GoldPage], done: Run) -> dict[str, float]:
    return means(news, done.ours)


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
