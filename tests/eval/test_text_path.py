"""The floors of the text path, on the shared corpus."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.yamlfile import load

pytest.importorskip("resiliparse", reason="resiliparse is not installed")

from tests.eval.corpus import CORPUS, GoldPage, gold_pages
from tests.eval.text_path import Tally, gold_as_input, printed, scraped, trusted

FLOORS, _ = load(Path(__file__).with_name("text_floors.yaml"))

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.exists(), reason="../shared is not beside the project"),
]


@pytest.fixture(scope="module")
def pages() -> list[GoldPage]:
    return list(trusted(gold_pages()))


@pytest.fixture(scope="module")
def gold(pages: list[GoldPage]) -> Tally:
    return gold_as_input(pages)


@pytest.fixture(scope="module")
def news(pages: list[GoldPage], gold: Tally, report: Callable[[str, str], None]) -> Tally:
    tally = scraped(page for page in pages if page.is_news)
    report("text without markup, and what each rule took out of it", printed(gold, tally))
    return tally


def test_gold_texts_stay_as_they_are(gold: Tally) -> None:
    assert gold.lost_share <= FLOORS["gold_lost_percent"], dict(gold.lines)
    assert gold.worst[0][0] <= FLOORS["gold_worst_page"], gold.worst[:5]


def test_scraped_texts_get_better_and_what_goes_is_furniture(news: Tally) -> None:
    assert news.precision >= FLOORS["scraped_precision"], dict(news.lines)
    assert news.gain >= FLOORS["scraped_gain"]
