"""``explain`` says of every rule why it fired or not; and says what cleaning really did."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tasks.clean.memory import learn
from tasks.clean.page import clean
from tasks.clean.recall import Recall
from tasks.clean.trace import by_block, trace
from tasks.extract.plain_text import read_text
from tasks.rules import load_rules
from tasks.schema import Block, Capture, Considered, Extracted, Metadata, Page, Verdict

RULES = load_rules(Path(__file__).parents[2] / "config")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PROSE = "The harbour office closed the old swing bridge to all traffic on Monday morning, and {}."
STORIES = [PROSE.format(f"clerk number {n} wrote it down in ledger {n}") for n in "abcdefgh"]


def text(*lines: str) -> Extracted:
    page = Page("https://quay-post.example/a", "t", NOON, "text", "")
    return read_text(Capture(page, "\n\n".join(lines).encode()), RULES)


def marked(name: str, *lines: str, verdicts: tuple[Verdict, ...] = ()) -> Extracted:
    """Return a page with markup whose lines all stand in the article."""
    blocks = tuple(Block(i, "paragraph", line, path="article/p") for i, line in enumerate(lines))
    page = Page(f"https://quay-post.example/{name}", "t", NOON, "html", "")
    return Extracted(page, Metadata(title=name), blocks, verdicts, "judged")


def of(found: tuple[Considered, ...], block: int) -> dict[str, Considered]:
    return {one.rule: one for one in by_block(found).get(block, ())}


def test_what_decided_is_what_cleaning_did() -> None:
    page = text(
        "News", "Swing bridge closed until spring", *STORIES, "Back to top", "Leave a Reply"
    )
    done = clean(page, RULES)
    decided = {one.block: one.rule for one in trace(page, RULES) if one.outcome == "decided"}
    assert {gone.block.index: gone.verdict.rule for gone in done.removed}.items() <= decided.items()
    assert {block.index: verdict.rule for block, verdict in done.moved}.items() <= decided.items()


def test_a_zone_that_refused_is_named() -> None:
    page = text(STORIES[0], "Related Articles", *STORIES[1:])
    assert 1 in {block.index for block in clean(page, RULES).kept}
    found = of(trace(page, RULES), 1)["related.list"]
    assert found.outcome == "refused"
    assert "zone 'tail'" in found.why
    assert "between the article's first and last sentence" in found.why


def test_a_label_that_stands_alone_is_no_run() -> None:
    page = text(STORIES[0], "Facebook", *STORIES[1:])
    refused = [one for one in trace(page, RULES) if one.block == 1 and one.outcome == "refused"]
    assert any("only in a run of furniture" in one.why for one in refused)


def test_a_rule_of_another_site_and_one_that_came_second_are_named() -> None:
    book = RULES.by_id["nav.back_to_top"]
    elsewhere = replace(book, id="other.top", site="elsewhere.example")
    named = replace(RULES.phrases.find("Back to top")[0], rule="other.top")
    rules = replace(
        RULES,
        by_id={**RULES.by_id, "other.top": elsewhere},
        phrases=replace(
            RULES.phrases,
            plain={**RULES.phrases.plain,
                   "back to top": (*RULES.phrases.plain["back to top"], named)},
        ),
    )  # fmt: skip
    page = text(*STORIES, "Back to top")
    found = of(trace(page, rules), len(STORIES))
    assert found["nav.back_to_top"].outcome == "decided"
    assert found["other.top"].why.endswith("the rule is for elsewhere.example only")


def test_a_verdict_that_lost_names_the_winner_and_why() -> None:
    weak = Verdict(0, "remove", "html.weak", 1, "page.furniture", "html", ("far out",), 0.9, 10)
    keep = replace(weak, action="keep", rule="html.keep", priority=90)
    page = marked("a", *STORIES, verdicts=(weak, keep))
    found = of(trace(page, RULES), 0)
    assert found["html.keep"].outcome == "decided"
    assert found["html.weak"].outcome == "lost"
    assert found["html.weak"].why.startswith("to html.keep: priority 90 before 10")


def test_the_guard_against_too_much_is_named() -> None:
    weak = [Verdict(i, "remove", "shape.weak", 1, "x", "text", ("?",), 0.5) for i in range(5)]
    page = marked("a", *STORIES, verdicts=tuple(weak))
    assert not clean(page, RULES).removed
    found = of(trace(page, RULES), 0)["shape.weak"]
    assert (found.outcome, found.why[:6]) == ("refused", "guard:")


def test_the_guard_of_plain_text_is_named() -> None:
    page = text(
        STORIES[0], *["Read more: the bridge and its keeper, by our own reporter"] * 8, STORIES[1]
    )
    found = [one for one in trace(page, RULES) if one.why.startswith("guard: weak removals inside")]
    kept = {block.index for block in clean(page, RULES).kept}
    assert {one.block for one in found} <= kept


def test_what_the_site_repeats_and_stays_says_how_often_it_must_be_seen() -> None:
    house = (
        "The Post keeps its bridge desk open at night thanks to those who read it and pay for it."
    )
    pages = [
        marked(n, STORIES[2 * i], house, STORIES[2 * i + 1]) for i, n in enumerate(("aa", "bb"))
    ]
    page = marked("cc", STORIES[4], house, STORIES[5])
    memory = Recall(learn([*pages, page])["quay-post.example"])
    found = of(trace(page, RULES, memory), 1)["site.repeated"]
    assert found.outcome == "refused"
    assert found.why.startswith("on 2 of 2 other articles of the site")
    assert "in its own container: never taken" in found.why


def test_what_the_site_repeats_and_goes_is_decided_by_it() -> None:
    house = (
        "The Post keeps its bridge desk open at night thanks to those who read it and pay for it."
    )
    names = ("aa", "bb", "cc", "dd")
    pages = [marked(n, STORIES[2 * i], STORIES[2 * i + 1], house) for i, n in enumerate(names)]
    memory = Recall(learn(pages)["quay-post.example"])
    assert [gone.block.text for gone in clean(pages[0], RULES, memory).removed] == [house]
    assert of(trace(pages[0], RULES, memory), 2)["site.repeated"].outcome == "decided"
