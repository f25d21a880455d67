"""The floors of site memory, on the shared corpus; prints the learning curve."""

import random
from pathlib import Path
from statistics import fmean

import pytest

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
    scores: tuple[list[memory.Score], ...], capsys: pytest.CaptureFixture[str]
) -> None:
    curve = {f"{n} siblings": memory.run(n) for n in memory.SIBLINGS}
    with capsys.disabled():
        rows = {"without memory": scores[0], **curve, "all siblings": scores[1]}
        print("", *memory.report(rows), sep="\n")  # noqa: T201  make eval shows it
    f1 = [fmean(s.f1 for s in scores[0]), *(fmean(s.f1 for s in found) for found in curve.values())]
    assert f1 == sorted(f1)


def test_twenty_shuffles_teach_the_same() -> None:
    for site, pages in memory.samples().items():
        known = memory.memory(pages).version
        for seed in range(20):
            shuffled = random.Random(seed).sample(pages, len(pages))  # noqa: S311
            assert memory.memory(shuffled).version == known, site
