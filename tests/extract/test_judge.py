"""Several trainings are one judge: their mean counts where the first leaves doubt."""

import numpy as np
import pytest

from tasks.extract.judge import SETTLED, Trees, judge


def trees(column: str, low: float, high: float) -> Trees:
    """Return one tree with one question: is the column above a half?"""
    return Trees(
        columns=(column,),
        column=np.zeros((1, 1), dtype=np.int64),
        threshold=np.full((1, 1), 0.5, dtype=np.float32),
        value=np.array([[low, high]]),
        base=0.0,
    )


COLUMNS = {"links": np.array([0.0, 1.0]), "words": np.array([1.0, 0.0])}


def odds(*trainings: Trees) -> list[float]:
    chance = judge(COLUMNS, trainings)
    return [round(float(np.log(one / (1 - one))), 6) for one in chance]


def test_the_mean_of_all_trainings_counts() -> None:
    assert odds(trees("links", 1.0, -2.0)) == [1.0, -2.0]
    assert odds(trees("links", 1.0, -2.0), trees("words", 0.0, 4.0)) == [2.5, -1.0]


@pytest.mark.parametrize("score", [SETTLED, -SETTLED])
def test_a_block_that_the_first_leaves_no_doubt_about_is_not_asked_about_again(
    score: float,
) -> None:
    assert odds(trees("links", score, 1.0), trees("words", 3.0, 3.0)) == [score, 2.0]
    assert odds(trees("links", score, score), trees("words", 3.0, 3.0)) == [score, score]
