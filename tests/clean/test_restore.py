"""A page whose article extraction missed is made whole by what the site's other pages teach."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path

import pytest

from tasks.clean.memory import learn, merge
from tasks.clean.page import clean
from tasks.clean.recall import Recall
from tasks.clean.remembered import load, save
from tasks.clean.restore import RESTORED
from tasks.clean.trace import trace
from tasks.rules import load_rules
from tasks.schema import Block, Extracted, Metadata, Page, Verdict
from tasks.settings import PROJECT
from tasks.template import OUTSIDE

RULES = load_rules(PROJECT / "config")
START = datetime(2026, 11, 1, tzinfo=UTC)
STORY, TEASER = "body/div.story/div.text/p", "body/div.aside/ul.more/li"
QUAYS = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel")


def page(name: str, *, is_missed: bool = False, story: str = STORY) -> Extracted:
    """Return an article of a harbour town; of one that is missed only the first line is found."""
    lines = [
        f"The crane on {name} Quay was taken down on Monday after ninety years of loading timber.",
        f"Its driver, who had worked on {name} Quay since she was twenty, watched from the pier.",
        f"A museum up the river has asked for the cabin, and the {name} Quay board has agreed.",
        f"Trains will not stop at {name} Quay before the rails have been laid anew in the spring.",
        f"More from {name} Quay, from its pilots, its fish market and the people living there now",
    ]
    paths = [story] * 4 + [TEASER]
    blocks = [Block(n, "paragraph", line, path=paths[n]) for n, line in enumerate(lines)]
    outside = {1, 2, 3, 4} if is_missed else {4}
    return Extracted(
        page=Page(f"https://harbour.example/{name}", "s", START, "html", name.ljust(64, "0")),
        metadata=Metadata(title=f"The crane on {name} Quay"),
        blocks=tuple(replace(b, kind="furniture") if b.index in outside else b for b in blocks),
        verdicts=tuple(_left_out(index) for index in sorted(outside)),
        extractor="judged",
    )


def _left_out(block: int) -> Verdict:
    return Verdict(block, "remove", OUTSIDE, 1, "page.furniture", "html", ("likely 0.20",), 0.8)


def memory(pages: Sequence[Extracted]) -> Recall:
    (known,) = learn(pages).values()
    return Recall(known)


@pytest.mark.parametrize("is_first", [True, False])
def test_what_extraction_missed_is_given_back(is_first: bool) -> None:  # noqa: FBT001
    poor = page("Ivy", is_missed=True)
    others = [page(name) for name in QUAYS]
    known = memory([poor, *others] if is_first else [*others, poor])
    before, after = clean(poor, RULES), clean(poor, RULES, known)
    assert [b.index for b in before.kept] == [0]
    assert [(b.index, b.kind) for b in after.kept] == [(n, "paragraph") for n in range(4)]
    assert [one.block.index for one in after.removed] == [4]
    assert (before.extractor, after.extractor) == ("judged", RESTORED)


def test_a_good_reading_is_not_asked_about() -> None:
    known = memory([page(name) for name in QUAYS])
    good = page("Alder")
    assert clean(good, RULES, known).extractor == "judged"
    assert clean(good, RULES, known).kept == clean(good, RULES).kept


def test_markup_that_the_site_does_not_know_is_left_to_extraction() -> None:
    known = memory([page(name) for name in QUAYS])
    moved = page("Ivy", is_missed=True, story="body/main.new/section.copy/p")
    assert clean(moved, RULES, known).kept == clean(moved, RULES).kept


def test_a_site_of_few_pages_or_of_two_minds_gives_no_opinion() -> None:
    poor = page("Ivy", is_missed=True)
    few = memory([poor, *(page(name) for name in QUAYS[:3])])
    assert clean(poor, RULES, few).extractor == "judged"
    half = [page(name, is_missed=n % 2 > 0) for n, name in enumerate(QUAYS)]
    assert clean(poor, RULES, memory([poor, *half])).extractor == "judged"


def test_what_a_rule_took_out_stays_out() -> None:
    poor = page("Ivy", is_missed=True)
    by_rule = replace(_left_out(3), rule="related.list.links", confidence=0.99)
    poor = replace(poor, verdicts=(*poor.verdicts[:2], by_rule, poor.verdicts[3]))
    known = memory([poor, *(page(name) for name in QUAYS)])
    after = clean(poor, RULES, known)
    assert 3 not in {block.index for block in after.kept}


def test_a_memory_with_lessons_is_the_same_in_any_order() -> None:
    pages = [
        replace(one, page=replace(one.page, fetched_at=START + timedelta(hours=n)))
        for n, one in enumerate(page(name) for name in QUAYS)
    ]
    assert memory(pages).version == memory(pages[::-1]).version
    assert all(sketch.lessons for sketch in memory(pages).memory.pages)


def test_lessons_survive_the_disk_and_merging(tmp_path: Path) -> None:
    known = {"harbour.example": memory([page(name) for name in QUAYS]).memory}
    halves = [memory([page(name) for name in some]).memory for some in (QUAYS[:3], QUAYS[3:])]
    save({"harbour.example": reduce(merge, halves)}, tmp_path / "one.parquet")
    found = load(tmp_path / "one.parquet", "harbour.example")
    assert found == known
    poor = page("Ivy", is_missed=True)
    assert clean(poor, RULES, Recall(found["harbour.example"])).extractor == RESTORED


def test_explain_tells_who_gave_a_block_back() -> None:
    poor = page("Ivy", is_missed=True)
    known = memory([poor, *(page(name) for name in QUAYS)])
    (told,) = [one for one in trace(poor, RULES, known) if one.block == 1]
    assert (told.rule, told.outcome) == (OUTSIDE, "lost")
    assert f"{STORY} holds the article, known from 8 of 8 pages" in told.why
    assert "it saw: likely 0.20" in told.why
