"""Shapes: what only neighbours tell, each on the smallest page that shows it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.clean.propose import propose
from tasks.rules import load_rules
from tasks.schema import Block, Extracted, Kind, Metadata, Page, Verdict

RULES = load_rules(Path(__file__).parents[3] / "config")
RAIN = "It rained on the harbour for the third day in a row on Monday."
TITLE = "Rain keeps the ferry at its pier"


def found(
    lines: list[str], *, title: str = "", plain: bool = True, kinds: dict[int, Kind] | None = None
) -> dict[int, Verdict]:
    page = Page("https://vell.example/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "text", "")
    blocks = tuple(
        Block(n, (kinds or {}).get(n, "paragraph"), line) for n, line in enumerate(lines)
    )
    extractor = "lines" if plain else "trafilatura"
    extracted = Extracted(page, replace(Metadata(), title=title), blocks, (), extractor)
    return {verdict.block: verdict for verdict in propose(extracted, RULES)}


def moves(lines: list[str]) -> dict[int, str]:
    return {n: v.moved_to for n, v in found(lines).items() if v.action == "move"}


def test_a_section_label_stands_above_the_headline() -> None:
    taken = found(["News", TITLE, RAIN])
    assert (taken[0].moved_to, taken[1].kind) == ("articles.section", "headline")


def test_a_section_word_alone_above_the_text_is_no_label() -> None:
    assert found(["News", RAIN]) == {}


@pytest.mark.parametrize(
    "title",
    [
        f"{TITLE}, {'and the harbour office says that the wind must turn ' * 2}first",
        "雨で渡し船が欠航、港湾事務所「風向きが変わるまで」と説明",
    ],
)
def test_headlines_may_be_long_or_without_spaces(title: str) -> None:
    assert found([title, RAIN, RAIN])[0].kind == "headline"


def test_markup_knows_its_own_headline() -> None:
    assert found([TITLE, RAIN], plain=False) == {}


def test_the_title_in_the_text_becomes_the_headline_and_its_copy_goes() -> None:
    taken = found(["Rain Keeps the Ferry at its Pier", RAIN, TITLE], title=TITLE, plain=False)
    assert (taken[0].action, taken[0].kind) == ("relabel", "headline")
    assert (taken[2].action, taken[2].rule) == ("remove", "shape.repeated_headline")


def test_a_known_headline_makes_every_copy_a_repetition() -> None:
    taken = found([TITLE, TITLE, RAIN], title=TITLE, plain=False, kinds={0: "headline"})
    assert {n: v.action for n, v in taken.items()} == {1: "remove"}


@pytest.mark.parametrize(
    "credit", ["Contributor", "Foto: Jens Hafen", "EFL", "Northern Wire", "共同通信"]
)
def test_caption_and_credit_are_a_pair(credit: str) -> None:
    lines = [*[RAIN] * 20, "The ferry at its pier on Sunday", credit, RAIN]
    assert moves(lines) == {20: "blocks.caption", 21: "caption.credit"}


@pytest.mark.parametrize(
    "lines",
    [
        [RAIN, "The ferry at its pier on Sunday", RAIN],
        [RAIN, "Contributor", RAIN],
        [RAIN, "Bridges", "EFL", RAIN],
        [RAIN, "The ferry lay at its pier on Sunday.", "EFL", RAIN],
    ],
)
def test_half_a_pair_stays(lines: list[str]) -> None:
    assert moves(lines) == {}


@pytest.mark.parametrize(
    ("name", "bio"),
    [
        ("Ada Quill", "Journalist, diver and gardener in Vell"),
        ("Ada Quill", "Ada Quill covers the harbour as a reporter for the Vell Gazette."),
        ("Jan van der Meer", "Redakteur für Häfen und Schleusen"),
        ("三枝ひなの", "汐見港新聞記者。暮らしと海を担当"),
        ("رائدة القصبي", "صحفية تكتب عن المدن الساحلية"),
    ],
)
def test_a_name_and_a_bio_at_the_end_are_an_author_box(name: str, bio: str) -> None:
    lines = [RAIN, RAIN, "Source", name, bio, "Related Articles"]
    assert moves(lines) == {
        2: "articles.source_label",
        3: "articles.authors",
        4: "articles.author_bio",
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ada Quill", "Rowers are back on the mill pond"),
        ("Storm strands ferry", "A reporter was aboard"),
    ],
)
def test_other_lines_at_the_end_are_no_author_box(first: str, second: str) -> None:
    assert moves([RAIN, first, second]) == {}


def test_a_name_and_a_bio_inside_the_article_stay() -> None:
    assert moves([RAIN, "Ada Quill", "Journalist, diver and gardener in Vell", RAIN]) == {}


@pytest.mark.parametrize("line", ["By Ada Quill", "Von Jan Hafen", "Por Rocío Mar"])
def test_a_byline_is_moved_at_either_end(line: str) -> None:
    assert moves([TITLE, line, RAIN])[1] == "articles.byline"
    assert moves([RAIN, RAIN, line])[2] == "articles.byline"


@pytest.mark.parametrize("line", ["By nightfall", "By the harbour", "By Friday"])
def test_by_and_no_name_is_no_byline(line: str) -> None:
    assert moves([TITLE, line, RAIN]) == {}


def test_a_short_line_above_prose_or_a_list_is_a_subheading() -> None:
    taken = found(
        [RAIN, "What comes next", RAIN, "Other news", "⇒ Boats", RAIN], kinds={4: "list_item"}
    )
    assert {n: v.kind for n, v in taken.items()} == {1: "subheading", 3: "subheading"}


def test_a_link_list_inside_an_article_goes_with_its_heading() -> None:
    page = Page("https://vell.example/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "html", "")
    lines = [RAIN, "Related Articles", "Boats sink", "Flood ebbs", "Under the pier", RAIN]
    blocks = tuple(
        Block(n, "paragraph", line, link_share=1.0 if n in (2, 3) else 0.0)
        for n, line in enumerate(lines)
    )
    verdicts = propose(Extracted(page, Metadata(), blocks, (), "trafilatura"), RULES)
    assert [(v.block, v.action) for v in verdicts] == [(1, "remove"), (2, "remove"), (3, "remove")]


@pytest.mark.parametrize(
    ("line", "share", "wanted"),
    [
        ("See alsoBoats sink off Vell in heavy seas", 0.8, ["remove"]),
        ("あわせて読みたい市予算案、防潮堤に三十一億円", 0.64, ["remove"]),
        ("See alsoBoats sink off Vell in heavy seas", 0.2, []),
        ("The mayor of Vell said that boats sink", 0.8, []),
    ],
)
def test_a_label_beside_a_link_is_furniture(line: str, share: float, wanted: list[str]) -> None:
    page = Page("https://vell.example/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "html", "")
    blocks = [Block(0, "paragraph", RAIN), Block(1, "paragraph", line, link_share=share)]
    blocks.append(Block(2, "paragraph", RAIN))
    verdicts = propose(Extracted(page, Metadata(), tuple(blocks), (), "trafilatura"), RULES)
    assert [verdict.action for verdict in verdicts] == wanted


@pytest.mark.parametrize(("count", "wanted"), [(3, 3), (2, 0)])
def test_three_links_outside_the_prose_are_a_menu(count: int, wanted: int) -> None:
    page = Page("https://vell.example/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "html", "")
    menu = [Block(n, "list_item", f"Boats {n}", link_share=1.0) for n in range(count)]
    blocks = (*menu, Block(count, "paragraph", RAIN))
    verdicts = propose(Extracted(page, Metadata(), blocks, (), "trafilatura"), RULES)
    assert len(verdicts) == wanted


LONG = (
    "The harbour office closed the old swing bridge to all traffic on Monday morning, and said "
    "that it will stay shut until the spring."
)


LONG_IN_CHINESE = (
    "港务局星期一上午关闭了旧旋桥，禁止一切车辆和行人通行，并表示该桥将一直关闭到明年春天。"
    "渡船公司说，每天会多开两班船，学生和老人乘船不用买票，直到大桥重新开放为止。"
)


@pytest.mark.parametrize("text", [LONG, LONG_IN_CHINESE])
def test_a_long_paragraph_that_stands_there_twice_goes_once(text: str) -> None:
    lines = ["Swing bridge closed", text, "It rained on Tuesday, as it often does here.", text]
    page = Page("https://example.org/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "html", "")
    kinds: list[Kind] = ["headline", "paragraph", "paragraph", "paragraph"]
    blocks = tuple(Block(i, k, t) for i, (k, t) in enumerate(zip(kinds, lines, strict=True)))
    (verdict,) = propose(Extracted(page, Metadata(), blocks, (), "judged"), RULES)
    assert (verdict.block, verdict.rule) == (3, "shape.repeated_paragraph")
    assert verdict.evidence == ("is block 1 once more",)


def test_a_text_without_markup_keeps_what_it_repeats() -> None:
    lines = ["Swing bridge closed", LONG, "It rained on Tuesday, as it often does here.", LONG]
    assert "shape.repeated_paragraph" not in {v.rule for v in found(lines).values()}


@pytest.mark.parametrize("kind", ["quote", "list_item", "table", "code"])
def test_what_repeats_itself_for_a_reason_stays(kind: Kind) -> None:
    page = Page("https://example.org/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "html", "")
    blocks = (Block(0, "paragraph", LONG), Block(1, kind, LONG), Block(2, kind, LONG))
    assert propose(Extracted(page, Metadata(), blocks, (), "judged"), RULES) == []


DEK = "The harbour office says that the boat will not sail before the wind turns"


def test_a_line_that_says_more_than_the_headline_over_it_is_the_dek() -> None:
    taken = found([TITLE, DEK, RAIN, RAIN])
    assert (taken[0].kind, taken[1].kind) == ("headline", "dek")


@pytest.mark.parametrize("line", ["A short line under it", f"{DEK}.", "By Ada Quill"])
def test_other_lines_under_the_headline_are_no_dek(line: str) -> None:
    assert "dek" not in {verdict.kind for verdict in found([TITLE, line, RAIN, RAIN]).values()}


def test_a_dek_needs_prose_under_it() -> None:
    assert 1 not in found([TITLE, DEK, "Ferry and harbour", RAIN, RAIN])


@pytest.mark.parametrize(
    "entries",
    [
        ["10:45 - The ferry sails.", "10:20 - Passengers wait.", "9:50 - The wind turns."],
        ["14.05 Uhr", "14.30 Uhr: Das Schiff ist da.", "15.00 Uhr – Es regnet."],
    ],
)
def test_lines_that_begin_with_times_in_order_are_the_entries_of_a_live_blog(
    entries: list[str],
) -> None:
    taken = found([TITLE, RAIN, *entries, RAIN])
    assert [taken[i].kind for i in range(2, 5)] == ["live_entry"] * 3


@pytest.mark.parametrize(
    "lines",
    [
        ["10:45 - The ferry sails.", "10:20 - Passengers wait."],
        ["10:45 - The ferry sails.", "9:20 - Passengers wait.", "11:50 - The wind turns."],
        ["10.45 million came.", "10.20 million left.", "9.50 million stayed."],
    ],
)
def test_times_that_are_few_or_in_no_order_are_no_live_blog(lines: list[str]) -> None:
    assert "live_entry" not in {v.kind for v in found([TITLE, RAIN, *lines, RAIN]).values()}


def test_a_quote_that_a_paragraph_holds_is_printed_once() -> None:
    said = "“The boat will not sail before the wind has turned,” she said."
    quote = "The boat will not sail before the wind has turned"
    page = [f"{RAIN} {said}", quote, RAIN]
    taken = found(page, plain=False, kinds={1: "quote"})
    assert (taken[1].action, taken[1].rule) == ("remove", "shape.pull_quote")
    assert 1 not in found(page, kinds={1: "quote"})
    other = [f"{RAIN} {said}", "The boat will sail before the wind has turned", RAIN]
    assert 1 not in found(other, plain=False, kinds={1: "quote"})
