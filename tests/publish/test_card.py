from pathlib import Path

from tasks.publish.statistics import statistics
from tasks.store.layout import Layout
from tasks.store.manifest import read_manifest
from tasks.store.snapshot import snapshot_folder
from tests.synthetic import (
    close_all,
    failure,
    finished,
    later,
    prose,
    run_dedup,
    run_publish,
    write_part,
)


def test_the_card_and_the_counts_say_what_is_there(tmp_path: Path) -> None:
    page = finished("alpha", [prose("a", 10)])
    pages = [page, later(page, 1, [prose("b", 30)]), finished("beta", site="b.example")]
    write_part(tmp_path, "day", "p1", pages, [failure("x")])
    close_all(tmp_path, "day")
    run_dedup(tmp_path)
    run_publish(tmp_path)
    folder = snapshot_folder(Layout(tmp_path))
    found = statistics(folder, read_manifest(folder))
    assert (found.articles, found.versions, found.words) == (2, 3, 10 + 30 + 120)
    assert found.median_words == 30
    assert (found.blocks_kept, found.blocks_removed) == (4, 4)
    assert found.by["site"] == {"harbour-courier.example": 2, "b.example": 1}
    assert found.by["change"] == {"": 2, "update": 1}
    assert found.quarantined == {"no-content": 1}
    assert found.rows["removals"] == 4
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert "3 versions of 2 articles from 2 sites, 160 words" in card
    assert "| harbour-courier.example | 2 |" in card
    assert "| no-content | 1 |" in card
    assert "| navigation.top | 4 |" in card
    assert "0123456789ab" in card
    assert "## articles" in (folder / "dictionary.md").read_text(encoding="utf-8")


def test_the_card_of_nothing_is_a_card(tmp_path: Path) -> None:
    run_dedup(tmp_path)
    run_publish(tmp_path)
    card = (snapshot_folder(Layout(tmp_path)) / "card.md").read_text(encoding="utf-8")
    assert "0 versions of 0 articles" in card
