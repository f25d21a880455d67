"""The floors of site memory, on the shared corpus; prints the learning curve."""

import random
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from statistics import fmean

import pytest

from tasks.clean.memory import SiteMemory, merge
from tasks.clean.page import clean
from tasks.clean.recall import Recall
from tasks.yamlfile import load
from tests.eval import memory
from tests.eval.corpus import CORPUS

FLOORS, _ = load(Path(__file__).with_name("memory_floors.yaml"))

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.exists(), reason="../shared is not beside the project"),
]


@pytest.fixture(scope="module")
def scores() -> tuple[list[memory.Score], list[memory.Score]]:
    return memory.run(0), memory.run()


def test_words_and_paragraphs_get_better(scores: tuple[list[memory.Score], ...]) -> None:
    without, full = scores
    assert fmean(s.f1 for s in full) - fmean(s.f1 for s in without) >= FLOORS["f1_gain"]
    gain = fmean(s.paragraphs for s in full) - fmean(s.paragraphs for s in without)
    assert gain >= FLOORS["paragraphs_gain"]


def test_hardly_a_word_is_lost(scores: tuple[list[memory.Score], ...]) -> None:
    without, full = scores
    losses = {b.id: b.recall - s.recall for b, s in zip(without, full, strict=True)}
    assert fmean(losses.values()) <= FLOORS["recall_loss"]
    assert max(losses.values()) <= FLOORS["worst_page"], max(losses, key=losses.__getitem__)
    lost = [(s.id, text) for s in full for text in s.lost]
    assert len(lost) <= FLOORS["gold_blocks_lost"], lost


def test_recurring_furniture_is_at_least_halved(scores: tuple[list[memory.Score], ...]) -> None:
    without, full = (memory.on_large_sites(found) for found in scores)
    before = sum(s.furniture for s in without)
    assert before > 0
    assert sum(s.furniture for s in full) <= FLOORS["furniture_left"] * before


def test_more_siblings_never_make_it_worse(
    scores: tuple[list[memory.Score], ...], report: Callable[[str, str], None]
) -> None:
    curve = {f"{n} siblings": memory.run(n) for n in memory.SIBLINGS}
    rows = {"without memory": scores[0], **curve, "all siblings": scores[1]}
    large = {name: memory.on_large_sites(found) for name, found in rows.items()}
    for about, table in (("all pages", rows), (f"sites with {memory.MANY} pages or more", large)):
        title = f"Site memory by number of siblings: {about}"
        report(title, "\n".join(memory.report(table)))
    f1 = [fmean(s.f1 for s in scores[0]), *(fmean(s.f1 for s in found) for found in curve.values())]
    assert f1 == sorted(f1)


def test_twenty_shuffles_teach_and_clean_the_same() -> None:
    for site, pages in memory.samples().items():
        known = memory.memory(pages)
        cleaned = _cleaned(pages, known)
        for seed in range(20):
            shuffled = random.Random(seed).sample(pages, len(pages))  # noqa: S311
            learnt = memory.memory(shuffled)
            assert learnt.version == known.version, site
            if seed == 0:  # what is cleaned follows from page, rules and memory alone
                assert _cleaned(pages, learnt) == cleaned, site


@pytest.mark.parametrize("workers", [2, 4])
def test_the_number_of_workers_teaches_the_same(workers: int) -> None:
    for site, pages in memory.samples().items():
        shares = [pages[n::workers] for n in range(workers)]
        learnt = [memory.memory(share) for share in shares if share]
        assert reduce(merge, learnt).version == memory.memory(pages).version, site


def _cleaned(pages: list[memory.Sample], known: SiteMemory) -> list[tuple[int, ...]]:
    recall = Recall(known)
    return [
        tuple(block.index for block in clean(page.extracted, memory.RULES, recall).kept)
        for page in pages
    ]
