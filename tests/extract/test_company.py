"""What is kept for the company it keeps: between and beside text, in lists and quotations."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tasks.extract import main_content
from tasks.extract.blocks import places_of, segment
from tasks.extract.company import beside, enclosed, stopped_short, whole_lists, whole_quotes
from tasks.extract.features import see
from tasks.extract.judge import load_model
from tasks.extract.layout import layout_of
from tasks.extract.main_content import JUDGED_ASKED, find_main, read
from tasks.extract.structured import read_structured
from tasks.extract.tree import parse
from tasks.schema import Metadata
from tests.extract.ferry import STORY, found, stump


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
    doubts_quotes = stump("quote", 3.0, -0.4)
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
    def halved(*_: object, **__: object) -> object:
        return SimpleNamespace(text="\n".join(STORY[:2]))

    doubting = replace(
        load_model(),
        alone=[stump("is_p", -3.0, 1.0)],
        asked=[stump("asked.taken", -3.0, 3.0)],
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
    doubts_short = stump("chars", -0.7, 3.0, above=5.0)
    model = replace(load_model(), alone=[doubts_short], sure_above=0.0)
    main = find_main(page, lambda: None, model)
    doubted = [i for i, one in enumerate(segments) if one.text in ("Salt", last)]
    assert all(main.likely[i] < main.start for i in doubted)
    assert main.blocks == frozenset(range(len(segments)))


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
    more = beside(chances >= 0.5, chances, seen)
    assert np.flatnonzero(more | (chances >= 0.5)).tolist() == wanted


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
