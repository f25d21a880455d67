"""Which articles are reviewed, in which order, and that nothing of a page is missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from tasks.review.read import Selection, choose, read_cards
from tasks.store.layout import Layout
from tasks.store.snapshot import snapshot_folder
from tests.synthetic import finished, later, prose, publish_pages


def unsure(name: str, confidence: float, rule: str = "shape.odd", site: str = "a.example"):  # noqa: ANN201
    page = finished(name, site=site, removed=("Share", "Print"))
    first, *rest = page.removed
    verdict = replace(first.verdict, confidence=confidence, rule=rule)
    return replace(page, removed=(replace(first, verdict=verdict), *rest))


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    first = unsure("one", 0.7)
    pages = [
        first, later(first, 5, [prose("changed"), prose("again")]), unsure("two", 0.4),
        unsure("three", 0.9, "shape.rare", "b.example"), finished("none", removed=()),
    ]  # fmt: skip
    publish_pages(tmp_path, pages)
    return snapshot_folder(Layout(tmp_path))


def titles(snapshot: Path, chosen: Selection) -> list[str]:
    return [card.title for card in read_cards(snapshot, chosen)]


def test_the_least_sure_removals_come_first_and_the_newest_version_only(snapshot: Path) -> None:
    cards = read_cards(snapshot, Selection())
    assert [card.title for card in cards] == ["Two", "Three", "One", "None"]
    assert [card.version for card in cards] == [1, 1, 2, 1]
    assert [round(card.confidence, 2) for card in cards] == [0.4, 0.9, 0.98, 1.0]


def test_selections(snapshot: Path) -> None:
    assert titles(snapshot, Selection(sites=("b.example",))) == ["Three"]
    assert titles(snapshot, Selection(rules=("shape.rare",))) == ["Three"]
    assert titles(snapshot, Selection(limit=1)) == ["Two"]
    assert titles(snapshot, Selection(partitions=("2026-11-24",), limit=9)) == [
        "Two", "Three", "One", "None",
    ]  # fmt: skip
    assert titles(snapshot, Selection(partitions=("2026-11-25",))) == []
    (key,) = choose(snapshot, Selection(sites=("b.example",)))
    assert titles(snapshot, Selection(articles=(key[0],))) == ["Three"]


def test_a_sample_is_the_same_each_time_and_bounded(snapshot: Path) -> None:
    drawn = [choose(snapshot, Selection(limit=2, is_sample=True)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 2


def test_every_block_of_the_page_is_on_its_card(snapshot: Path) -> None:
    for card in read_cards(snapshot, Selection()):
        assert [row.index for row in card.rows] == list(range(len(card.rows)))
        assert len(card.rows) == sum(map(card.count, ("kept", "moved", "removed")))


def test_edits_are_undone_for_the_view_before(snapshot: Path) -> None:
    card = read_cards(snapshot, Selection(limit=1))[0]
    assert card.rows[0].before == "\u00a0" + card.rows[0].text
    assert card.rows[0].edits == ("spaces.edge",)
