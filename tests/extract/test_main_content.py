"""The cascade: who is asked, and what the reasons given for a block say of it."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.extract.blocks import segment, signatures
from tasks.extract.judge import Model, load_model, sureness
from tasks.extract.main_content import (
    JUDGED,
    JUDGED_ASKED,
    TRAFILATURA,
    MainContent,
    find_main,
    read,
)
from tasks.extract.prune import Pruned
from tasks.extract.structured import read_structured
from tasks.extract.tree import parse
from tasks.extract.verdicts import verdicts
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
    main = find_main(page, tree, model)
    reasons = verdicts(segments, signatures(segments), main, Pruned((), {}, (), ()), frozenset())
    return main, [one.text for one in segments], [line for v in reasons for line in v.evidence]


def test_where_the_blocks_leave_no_doubt_nobody_else_is_asked() -> None:
    main, texts, evidence = found(replace(load_model(), sure_above=0.0))
    assert main.extractor == JUDGED
    assert main.taken is None
    assert [text for i, text in enumerate(texts) if i in main.blocks and text in STORY] == [*STORY]
    assert not [line for line in evidence if "trafilatura" in line]


def test_where_there_is_doubt_trafilatura_is_asked_and_quoted() -> None:
    main, texts, evidence = found(replace(load_model(), sure_above=1.1))
    assert main.extractor == JUDGED_ASKED
    assert main.taken is not None
    assert {text for i, text in enumerate(texts) if i in main.taken} >= {*STORY}
    assert "trafilatura left it out" in evidence


def test_a_page_of_which_no_block_is_kept_is_what_trafilatura_took() -> None:
    main, texts, _ = found(replace(load_model(), keep_above=2.0))
    assert main.extractor == TRAFILATURA
    assert {texts[i] for i in main.blocks} >= {*STORY}


@pytest.mark.parametrize(
    ("likely", "expected"),
    [
        ([1.0, 1.0, 0.0], 1.0),
        ([0.5, 1.0, 0.0], 2 * 15 / (20 + 15)),
        ([1.0, 0.4, 0.0], 2 * 10 / (10 + 10 + 4)),
        ([0.0, 0.0, 0.0], 0.0),
    ],
)
def test_sureness_is_the_word_f1_to_expect(likely: list[float], expected: float) -> None:
    words = np.array([10.0, 10.0, 5.0])
    assert sureness(np.array(likely), words, 0.45) == pytest.approx(expected)
