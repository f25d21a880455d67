"""What a page gains and loses, and what of it is a regression."""

from dataclasses import replace

import pytest

from tasks.replay.compare import Change, Limits, Tally, compare, f1, regressions
from tasks.replay.report import markdown
from tests.synthetic import failure, finished, prose

PLACE = ("a.warc.gz", 0)
LINES = [prose(f"line {i}", 40) for i in range(5)]


def test_lines_are_compared_as_a_multiset() -> None:
    before = finished("a", [*LINES, LINES[0]])
    after = finished("a", [LINES[0], *LINES[1:4], "New one."])
    change = compare(PLACE, before, after)
    assert sorted(change.lost) == sorted([LINES[0], LINES[4]])
    assert change.gained == ("New one.",)
    assert (change.n_lost, change.words_lost, change.words_gained) == (2, 80, 2)
    assert change.is_changed


def test_nothing_differs_from_itself() -> None:
    page = finished("a", LINES)
    assert not compare(PLACE, page, page).is_changed
    assert not compare(PLACE, failure("f"), failure("f")).is_changed


def test_a_page_that_fails_loses_every_line() -> None:
    change = compare(PLACE, finished("a", LINES), failure("a"))
    assert (change.n_lost, change.slug_before, change.slug_after) == (5, "", "no-content")
    assert change.site == "harbour-courier.example"


def test_rules_that_take_lines_are_named() -> None:
    before = finished("a", [*LINES, "Back to top"], removed=())
    after = finished("a", LINES, removed=["Back to top"])
    assert compare(PLACE, before, after).rules == (("navigation.back_to_top", 1),)


def test_metadata_that_differs_is_named() -> None:
    page = finished("a", LINES)
    other = replace(page, metadata=replace(page.metadata, title="Other"))
    assert compare(PLACE, page, other).moved == ("title",)


@pytest.mark.parametrize(
    ("text", "gold", "expected"),
    [("", "", 1), ("a", "", 0), ("a b", "A b.", 1), ("a a", "a", 2 / 3)],
)
def test_f1(text: str, gold: str, expected: float) -> None:
    assert f1(text, gold) == pytest.approx(expected)


def tallied(*changes: Change) -> Tally:
    tally = Tally()
    for change in changes:
        tally.add(change)
    return tally


CHANGE = Change("u", "s", PLACE, words_before=1000, words_after=1000)


@pytest.mark.parametrize(
    ("change", "worse"),
    [
        (CHANGE, ""),
        (replace(CHANGE, words_lost=15), ""),
        (replace(CHANGE, words_lost=900, words_gained=895), ""),
        (replace(CHANGE, words_lost=30), "s: 30 of 1000 words are lost"),
        (replace(CHANGE, slug_after="timeout"), "pages that fail: 0 before, 1 after"),
        (replace(CHANGE, f1_before=0.98, f1_after=0.97), "mean F1 falls from 0.9800 to 0.9700"),
        (replace(CHANGE, f1_before=0.97, f1_after=0.98), ""),
    ],
)
def test_what_is_a_regression(change: Change, worse: str) -> None:
    tally = tallied(change)
    found = regressions(tally, {"s": tally}, [change], Limits())
    assert any(worse in line for line in found) if worse else found == []


def test_one_gold_page_that_falls_far_is_a_regression_though_the_mean_holds() -> None:
    pages = [replace(CHANGE, f1_before=0.9, f1_after=0.92) for _ in range(9)]
    pages.append(replace(CHANGE, url="https://one.example", f1_before=0.9, f1_after=0.8))
    (line,) = regressions(tallied(*pages), {}, pages, Limits())
    assert "1 pages fall" in line
    assert "https://one.example (0.900 to 0.800)" in line


def test_a_small_site_is_judged_with_all_others_only() -> None:
    small = replace(CHANGE, words_before=100, words_lost=10)
    large = replace(CHANGE, words_before=10_000)
    found = regressions(tallied(small, large), {"s": tallied(small)}, [], Limits())
    assert found == []


def test_the_report_escapes_what_pages_say() -> None:
    one = {"url": "https://a.example/<b>", "words_before": 1, "words_after": 1, "slug_before": "",
           "slug_after": "", "moved": (), "rules": (), "lost": ["[x](javascript:1)"], "gained": [],
           "n_lost": 1, "n_gained": 0}  # fmt: skip
    total = dict.fromkeys(
        ["pages", "changed", "lines_lost", "lines_gained", "words_lost", "words_gained",
         "failed_before", "failed_after"], 0,
    )  # fmt: skip
    found = {"before": "1", "after": "2", "regressions": ["bad"], "extracted_once": True,
             "total": total, "sites": {}, "gold": None, "most_changed": [one]}  # fmt: skip
    told = markdown(found)
    assert "\\[x\\](javascript:1)" in told
    assert "/\\<b\\>" in told
    assert "**1 regressions.**" in told
