"""Zones, headings and runs, on small pages: which lines go, and on what evidence."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.clean.decide import decide
from tasks.clean.propose import propose
from tasks.rules import load_rules
from tasks.schema import Block, Extracted, Metadata, Page, Verdict

RULES = load_rules(Path(__file__).parents[2] / "config")

RAIN = "It rained on the harbour for the third day in a row on Monday."
NAMES = ("Marta", "Jonas", "Ada", "Idris")
COMMENT = (
    "I remember the flood of 1962, when the boats lay in the market square for a week or more."
)


def blocks(lines: list[str]) -> tuple[Block, ...]:
    return tuple(Block(n, "paragraph", line) for n, line in enumerate(lines))


def found(lines: list[str], extractor: str = "lines") -> dict[int, Verdict]:
    page = Page("https://vell.example/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "text", "")
    extracted = Extracted(page, Metadata(), blocks(lines), (), extractor)
    return {verdict.block: verdict for verdict in propose(extracted, RULES)}


def gone(lines: list[str]) -> list[str]:
    taken = found(lines)
    return [line for n, line in enumerate(lines) if n in taken and taken[n].action == "remove"]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([RAIN, "Related Articles"], ["Related Articles"]),
        (["Related Articles", RAIN], []),
        ([RAIN, "Related Articles", RAIN], []),
        ([RAIN, "Related Articles", "Boats sink"], ["Related Articles", "Boats sink"]),
        (["3 hours ago", RAIN], ["3 hours ago"]),
        ([RAIN, "3 hours ago", RAIN], []),
        ([*[RAIN] * 30, "Advertisement", RAIN], ["Advertisement"]),
    ],
)  # fmt: skip
def test_a_phrase_counts_in_its_zone(lines: list[str], wanted: list[str]) -> None:
    assert gone(lines) == wanted


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([RAIN, "Email", RAIN], []),
        ([RAIN, "Facebook", "Email", RAIN], []),
        ([*[RAIN] * 30, "Facebook", "Twitter", "Email", RAIN], ["Facebook", "Twitter", "Email"]),
        ([RAIN, "Facebook", "Twitter"], ["Facebook", "Twitter"]),
        ([RAIN, "Facebook"], []),
        ([*[RAIN] * 30, "Share this:", "Facebook", RAIN], ["Share this:", "Facebook"]),
        ([RAIN, "Leave a Reply", "Name", "Email"], ["Leave a Reply", "Name", "Email"]),
    ],
)
def test_a_label_counts_in_a_run(lines: list[str], wanted: list[str]) -> None:
    assert gone(lines) == wanted


def test_a_heading_takes_twelve_short_lines_and_stops_at_a_sentence() -> None:
    teasers = [f"Teaser number {n}" for n in range(14)]
    assert gone([RAIN, "Related Articles", *teasers]) == ["Related Articles", *teasers[:12]]


def test_comments_go_to_the_end_and_the_article_stays() -> None:
    thread = ["2 Comments", "Marta says:", COMMENT, "Reply", "Jonas says:", COMMENT, "Reply"]
    assert gone([RAIN] * 8 + thread) == thread


def test_a_heading_called_comments_with_an_article_under_it_takes_nothing() -> None:
    assert gone([RAIN, "Comments", *[COMMENT] * 6]) == []


def test_a_thread_may_be_longer_than_the_article() -> None:
    said = [f"{name} said (May {day}, 2026):" for day, name in enumerate(NAMES, 1)]
    thread = ["Comments", *(line for one in said for line in (one, COMMENT, COMMENT))]
    assert gone([RAIN, *thread]) == [*thread]
    assert gone([RAIN, *thread[:-3]]) == []
    assert gone([RAIN, "Comments", RAIN, *thread[1:]]) == []


def test_what_is_surely_a_thread_goes_however_much_of_the_page_it_is() -> None:
    said = [f"{name} said (May {day}, 2026):" for day, name in enumerate(NAMES, 1)]
    thread = ["Comments", *(line for one in said for line in (one, COMMENT, COMMENT))]
    lines = [RAIN, *thread]
    removed = decide(blocks(lines), found(lines).values())
    assert sorted(removed) == list(range(1, len(lines)))


def test_an_article_whose_head_and_teasers_tell_ages_is_no_thread() -> None:
    teasers = [line for n in range(4) for line in (f"Teaser number {n}", "2 hours ago")]
    lines = [RAIN, "12 Comments", "3 hours ago", *[COMMENT] * 6, *teasers]
    assert COMMENT not in gone(lines)


def test_an_article_about_phrases_is_left_alone() -> None:
    lines = [
        "“Leave a reply if you want,” the clerk had written under it in pencil.",
        "Back to top form, the Rovers won by three goals to nil on Saturday.",
        "Share this much with the readers: nothing will be decided before May.",
        "Source of the fire was a kettle, the inquest heard on Tuesday morning.",
    ]
    assert found(lines) == {}


def test_a_correction_stays_where_a_tail_would_be_cut() -> None:
    correction = "Correction: An earlier version named the wrong pier"
    taken = found([RAIN, correction, "Related Articles", "Boats sink"])
    assert (taken[1].action, taken[1].kind) == ("keep", "correction")
    assert [taken[n].action for n in (2, 3)] == ["remove", "remove"]


def test_many_weak_verdicts_inside_the_article_are_not_believed() -> None:
    lines = [RAIN, "READ ALSO: Boats sink off Vell in heavy seas", RAIN]
    assert gone(lines) == []
    assert gone([RAIN] * 60 + lines) == [lines[1]]


def test_every_verdict_says_on_what_evidence() -> None:
    (verdict,) = found([RAIN, "Back to top"]).values()
    assert verdict.rule == "nav.back_to_top"
    assert verdict.evidence == ("line is 'Back to top' (en)", "zone anywhere")


def test_a_page_without_sentences_is_not_emptied() -> None:
    assert gone(["Ferry late", "Bridge shut", "Market moved"]) == []


@pytest.mark.parametrize("lines", [[], ["Back to top"], ["Comments"], ["a"], ["Source", "Name"]])
def test_pages_of_next_to_nothing_are_no_trouble(lines: list[str]) -> None:
    assert all(verdict.block < len(lines) for verdict in found(lines).values())


def test_read_also_inside_the_article_needs_capitals_or_a_link() -> None:
    small = "Read also: Boats sink off Vell in heavy seas"
    assert gone([*[RAIN] * 60, small, RAIN]) == []
    assert gone([*[RAIN] * 60, small]) == [small]
