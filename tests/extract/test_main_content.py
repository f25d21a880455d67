"""The cascade: who is asked, and what the reasons given for a block say of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tasks.extract.blocks import segment, signatures
from tasks.extract.judge import Trees, load_model, weighed
from tasks.extract.main_content import (
    JUDGED,
    JUDGED_ASKED,
    TRAFILATURA,
    MainContent,
    without_captions,
)
from tasks.extract.prune import Pruned
from tasks.extract.tree import parse
from tasks.extract.verdicts import verdicts
from tests.extract.ferry import PAGE, STORY, found


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
