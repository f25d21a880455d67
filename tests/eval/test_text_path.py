"""The floors of the text path, on the shared corpus."""

from pathlib import Path

import pytest

from tasks.yamlfile import load

pytest.importorskip("resiliparse", reason="resiliparse is not installed")

from tests.eval.corpus import CORPUS, GoldPage, gold_pages
from tests.eval.text_path import gold_as_input, scraped, trusted

FLOORS, _ = load(Path(__file__).with_name("text_floors.yaml"))

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.exists(), reason="../shared is not beside the project"),
]


@pytest.fixture(scope="module")
def pages() -> list[GoldPage]:
    return list(trusted(gold_pages()))


def test_gold_texts_stay_as_they_are(pages: list[GoldPage]) -> None:
    tally = gold_as_input(pages)
    assert tally.lost_share <= FLOORS["gold_lost_percent"], dict(tally.lines)
    assert tally.worst[0][0] <= FLOORS["gold_worst_page"], tally.worst[:5]


def test_scraped_texts_get_better_and_what_goes_is_furniture(pages: list[GoldPage]) -> None:
    tally = scraped(page for page in pages if page.is_news)
    assert tally.precision >= FLOORS["scraped_precision"], dict(tally.lines)
    assert tally.gain >= FLOORS["scraped_gain"]
