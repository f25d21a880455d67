"""The cascade: who is asked, and what the reasons given for a block say of it."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tasks.extract import main_content
from tasks.extract.blocks import places_of, prose_chars, segment, signatures
from tasks.extract.features import see
from tasks.extract.judge import Model, Trees, load_model, weighed
from tasks.extract.layout import layout_of
from tasks.extract.main_content import (
    JUDGED,
    JUDGED_ASKED,
    TRAFILATURA,
    MainContent,
    beside,
    enclosed,
    find_main,
    read,
    stopped_short,
    whole_lists,
    whole_quotes,
    without_captions,
)
from tasks.extract.prune import Pruned
from tasks.extract.structured import read_structured
from tasks.extract.tree import parse
from tasks.extract.verdicts import verdicts
from tasks.markup import MIN_PROSE_CHARS
from tasks.schema import Metadata

STORY = (
    "The ferry to Gannet Island will sail after dark for the first time in two winters.",
    "Passengers who missed the last boat had to wait until morning, and many of them complained.",
    "“We have heard them,” said Idris Vane, the mayor, who has lived on the island all his life.",
    "The new timetable starts on Monday; tickets cost the same as those of the boats by day.",
)
PAGE = f"""<html><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav>
<article><h1>Island ferry to sail through the night</h1>
{"".join(f"<p>{text}</p>" for text in STORY)}</article>
<aside><h3>Most read</h3><ul><li><a href="/1">Head of the harbour named</a></li>
<li><a href="/2">Fewer meetings wanted</a></li></ul></aside>
<footer><p>© The Harbour Courier. All rights reserved.</p></footer></body></html>"""


def found(model: Model) -> tuple[MainContent, list[str], list[str]]:
    """Return what is found, the blocks' texts, and all evidence against those left out."""
    tree = parse(PAGE)
    segments = segment(tree)
    page = read(segments, read_structured(tree), Metadata(), frozenset())
    main = find_main(page, lambda: tree, model)
    reasons = verdicts(segments, signatures(segments), main, Pruned((), {}, (), ()), frozenset())
    return main, [one.text for one in segments], [line for v in reasons for line in v.evidence]


def silent(trainings: Sequence[Trees]) -> list[Trees]:
    """Return trees that keep nothing."""
    return [replace(trees, base=-99.0) for trees in trainings]


def test_where_the_blocks_leave_no_doubt_nobody_else_is_asked() -> None:
    main, texts, evidence = found(replace(load_model(), sure_above=0.0))
    assert main.extractor == JUDGED
    assert main.taken is None
    assert [text for i, text in enumerate(texts) if i in main.blocks and text in STORY] == [*STORY]
    assert not [line for line in evidence if "trafilatura" in line]


def test_where_there_is_doubt_trafilatura_is_asked_and_quoted() -> None:
    known = load_model()
    doubting = [replace(trees, base=trees.base - 3) for trees in known.alone]
    main, texts, evidence = found(replace(known, alone=doubting, sure_above=1.1))
    assert main.extractor == JUDGED_ASKED
    assert main.taken is not None
    assert {text for i, text in enumerate(texts) if i in main.taken} >= {*STORY}
    assert "trafilatura left it out" in evidence


def test_of_two_judgements_the_one_that_promises_more_holds() -> None:
    known = load_model()
    main, texts, _ = found(replace(known, asked=silent(known.asked), sure_above=1.1))
    assert main.extractor == JUDGED
    assert {texts[i] for i in main.blocks} >= {*STORY}


def test_a_page_of_which_no_block_is_kept_is_what_trafilatura_took() -> None:
    known = load_model()
    nobody = replace(known, alone=silent(known.alone), asked=silent(known.asked))
    main, texts, _ = found(nobody)
    assert main.extractor == TRAFILATURA
    assert {texts[i] for i in main.blocks} >= {*STORY}


@pytest.mark.parametrize(
    ("likely", "start", "expected"),
    [
        ([1.0, 1.0, 0.0], 0.5, 1.0),
        ([0.9, 1.0, 0.3], 0.5, 2 * 19 / (20 + 20.5)),
        ([0.6, 0.4, 0.4], 0.4, 2 * 12 / (25 + 12)),
        ([0.6, 0.35, 0.0], 0.35, 2 * 9.5 / (20 + 9.5)),
        ([0.1, 0.1, 0.1], 0.5, 0.0),
        ([0.0, 0.0, 0.0], 0.5, 0.0),
    ],
)
def test_blocks_are_kept_while_the_word_f1_to_expect_rises(
    likely: list[float], start: float, expected: float
) -> None:
    words = np.array([10.0, 10.0, 5.0])
    found = weighed(np.array(likely), words, 0.5)
    if expected:
        assert found == (pytest.approx(start), pytest.approx(expected))
    else:
        assert found[1] == 0


def test_captions_that_read_like_the_article_are_moved_beside_it() -> None:
    caption = "The ferry at her pier on Monday, with the first who will sail at night"
    figure = f"<figure><img src=a><figcaption>{caption}</figcaption></figure>"
    segments = segment(parse(PAGE.replace("<p>The new", f"{figure}<p>The new")))
    texts = [one.text for one in segments]
    at = texts.index(caption)
    wrong = MainContent(
        frozenset({at, *map(texts.index, STORY)}), None, (1.0,) * len(texts), JUDGED
    )
    paths = signatures(segments)
    main = without_captions(wrong, segments, paths)
    assert {texts[i] for i in main.blocks} == {*STORY}
    nothing = Pruned((), {}, (), ())
    found = verdicts(segments, paths, main, nothing, frozenset())
    assert {v.block: v.moved_to for v in found}[at] == "blocks.caption"
    alone = replace(wrong, blocks=frozenset({at}))
    assert without_captions(alone, segments, paths) == alone


@pytest.mark.parametrize(
    ("likely", "wanted"),
    [
        ([0.9, 0.4, 0.9, 0.9], [1]),
        ([0.9, 0.4, 0.4, 0.9], [1, 2]),
        ([0.9, 0.1, 0.9, 0.9], []),
        ([0.4, 0.9, 0.9, 0.4], []),
    ],
)
def test_prose_between_kept_prose_of_the_same_markup_is_kept_unless_it_is_unlikely(
    likely: list[float], wanted: list[int]
) -> None:
    segments = segment(parse("".join(f"<p>{text}</p>" for text in STORY)))
    chances = np.array(likely)
    layout = layout_of(segments, places_of(segments))
    assert np.flatnonzero(enclosed(chances >= 0.5, chances, layout)).tolist() == wanted


def test_a_doubtful_paragraph_inside_the_article_is_kept_by_the_engine() -> None:
    doubts_quotes = Trees(
        columns=("quote",),
        column=np.zeros((1, 1), dtype=np.int64),
        threshold=np.full((1, 1), 0.5, dtype=np.float32),
        value=np.array([[3.0, -0.4]]),
        base=0.0,
    )
    main, texts, _ = found(replace(load_model(), alone=[doubts_quotes], sure_above=0.0))
    doubted = texts.index(STORY[2])
    assert main.likely[doubted] < main.start
    assert doubted in main.blocks


def test_prose_of_other_markup_is_not_kept_for_what_stands_around_it() -> None:
    first, second, *rest = STORY
    inside = "".join(f"<p>{text}</p>" for text in rest)
    page = f"<main><p>{first}</p><aside><p>{second}</p></aside>{inside}</main>"
    segments = segment(parse(page))
    chances = np.array([0.9, 0.4, 0.9, 0.9])
    layout = layout_of(segments, places_of(segments))
    assert not enclosed(chances >= 0.5, chances, layout).any()


def test_prose_that_only_the_second_judgement_drops_stays_in_markup_of_the_article() -> None:
    first, second, third, fourth = STORY
    body = f"<div class=body><p>{first}</p><p>{second}</p></div>"
    page = f"<main>{body}<div class=note><p>{third}</p></div><div class=body><p>{fourth}</p></div>"
    segments = segment(parse(page))
    layout = layout_of(segments, places_of(segments))
    kept, alone = np.array([1, 0, 0, 0]) > 0, np.array([1, 1, 1, 0]) > 0
    assert np.flatnonzero(stopped_short(kept, alone, layout)).tolist() == [1]
    assert not stopped_short(~alone, alone, layout).any()


def test_an_article_of_which_trafilatura_returns_the_first_half_stays_whole() -> None:
    def trees(column: str, low: float, high: float) -> Trees:
        return Trees(
            columns=(column,),
            column=np.zeros((1, 1), dtype=np.int64),
            threshold=np.full((1, 1), 0.5, dtype=np.float32),
            value=np.array([[low, high]]),
            base=0.0,
        )

    def halved(*_: object, **__: object) -> object:
        return SimpleNamespace(text="\n".join(STORY[:2]))

    doubting = replace(
        load_model(),
        alone=[trees("is_p", -3.0, 1.0)],
        asked=[trees("asked.taken", -3.0, 3.0)],
        sure_above=1.0,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main_content, "bare_extraction", halved)
        main, texts, _ = found(doubting)
    assert main.extractor == JUDGED_ASKED
    assert {texts[i] for i in main.blocks} == {*STORY}


def test_the_engine_keeps_short_items_of_the_articles_list_and_its_short_last_sentence() -> None:
    items = "<li>Flour for the ship's baker, five hundred bags of it in all<li>Salt"
    last = "Nobody was hurt."
    body = "".join(f"<p>{text}</p>" for text in (*STORY, last))
    segments = segment(parse(f"<article><ul>{items}</ul>{body}</article>"))
    page = read(segments, read_structured(parse("<p></p>")), Metadata(), frozenset())
    doubts_short = Trees(
        columns=("chars",),
        column=np.zeros((1, 1), dtype=np.int64),
        threshold=np.full((1, 1), 5.0, dtype=np.float32),
        value=np.array([[-0.7, 3.0]]),
        base=0.0,
    )
    model = replace(load_model(), alone=[doubts_short], sure_above=0.0)
    main = find_main(page, lambda: None, model)
    doubted = [i for i, one in enumerate(segments) if one.text in ("Salt", last)]
    assert all(main.likely[i] < main.start for i in doubted)
    assert main.blocks == frozenset(range(len(segments)))


def test_lengths_are_of_columns_so_that_half_as_many_wide_characters_are_prose() -> None:
    text = "港務局は月曜の朝、古い旋回橋を閉鎖した。橋は来年の春まで、車も自転車も人も通れない。"
    segments = segment(parse(f"<p>{text}</p><p>{text[:20]}</p>"))
    prose = layout_of(segments, places_of(segments)).prose
    assert len(text) < MIN_PROSE_CHARS <= 2 * len(text)
    assert [bool(n) for n in prose] == [bool(prose_chars(one)) for one in segments] == [True, False]


def test_short_lines_between_kept_lines_of_the_same_markup_are_kept_but_links_are_not() -> None:
    towns = "<p>Strength 5</p><p>Vell, Aa</p><p><a href=/m>Map of Vell</a></p><p>Strength 4</p>"
    segments = segment(parse(f"<main>{towns}</main>"))
    chances = np.array([0.9, 0.4, 0.4, 0.9])
    layout = layout_of(segments, places_of(segments))
    assert np.flatnonzero(enclosed(chances >= 0.5, chances, layout)).tolist() == [1]


@pytest.mark.parametrize(
    ("likely", "wanted"),
    [
        ([0.4, 0.9, 0.9, 0.4, 0.4, 0.4], [0, 1, 2, 3]),  # a label and another markup follow
        ([0.2, 0.9, 0.9, 0.2, 0.4, 0.4], [1, 2]),
        ([0.9, 0.2, 0.4, 0.4, 0.2, 0.2], [0]),
    ],
)
def test_a_sentence_beside_kept_text_of_the_same_markup_is_kept_unless_it_is_unlikely(
    likely: list[float], wanted: list[int]
) -> None:
    body = "".join(f"<p>{text}</p>" for text in (*STORY, "Back to the harbour"))
    segments = segment(parse(f"<main>{body}<div>{STORY[0]}</div></main>"))
    page = read(segments, read_structured(parse("<p></p>")), Metadata(), frozenset())
    chances = np.array(likely)
    seen = see(page, load_model().hints)
    assert np.flatnonzero(beside(chances >= 0.5, chances, seen)).tolist() == wanted


@pytest.mark.parametrize(
    ("likely", "wanted"),
    [
        ([0.9, 0.2, 0.9, 0.2], [0, 1, 2]),  # the last item is a link
        ([0.9, 0.05, 0.9, 0.2], [0, 2]),
        ([0.9, 0.2, 0.2, 0.2], [0]),
        ([0.2, 0.2, 0.2, 0.2], []),
    ],
)
def test_a_list_is_kept_whole_once_half_of_it_is(likely: list[float], wanted: list[int]) -> None:
    items = "<li>Flour, 500 g<li>Salt<li>Water, half a litre<li><a href=/b>More bread</a>"
    segments = segment(parse(f"<article><ul>{items}</ul></article>"))
    page = read(segments, read_structured(parse("<p></p>")), Metadata(), frozenset())
    chances = np.array(likely)
    kept = frozenset(np.flatnonzero(chances >= 0.5).tolist())
    assert sorted(whole_lists(page, kept, chances)) == wanted
    decided = replace(page, gone=frozenset({1}))
    assert 1 not in whole_lists(decided, kept, chances)


def quoted(inside: str, kept: set[str]) -> set[str]:
    """Return the texts kept of a quotation if those in `kept` were."""
    segments = segment(parse(f"<article><p>{STORY[0]}</p>{inside}<p>{STORY[1]}</p></article>"))
    page = read(segments, read_structured(parse("<p></p>")), Metadata(), frozenset())
    before = frozenset(i for i, found in enumerate(segments) if found.text in kept)
    return {segments[i].text for i in whole_quotes(page, before)}


def test_who_said_it_is_kept_with_what_was_said() -> None:
    said, who = "We sail at ten, wind or no wind.", "— Idris Vane (@vane) May 6, 2025"
    post = f"<blockquote class=twitter-tweet><p>{said}</p>{who}</blockquote>"
    assert quoted(post, {said}) == {said, who}
    assert quoted(post, {STORY[0]}) == {STORY[0]}


def test_a_box_of_links_that_calls_itself_a_quotation_is_no_quotation() -> None:
    box = f"<blockquote><p>{STORY[2]}</p><p><a href=/a>More of the mayor</a></p></blockquote>"
    assert quoted(box, {STORY[2]}) == {STORY[2]}


def test_a_quotation_of_a_whole_page_is_not_taken_whole() -> None:
    rest = "".join(f"<p>Share this {n}</p>" for n in range(6))
    page = f"<blockquote>{''.join(f'<p>{text}</p>' for text in STORY[:4] * 2)}{rest}</blockquote>"
    assert quoted(page, {*STORY}) == {*STORY}
