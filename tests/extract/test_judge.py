"""Several trainings are one judge: their mean counts where the first leaves doubt."""

import numpy as np
import pytest

from tasks.extract.judge import SETTLED, Trees, judge
from tests.extract.ferry import stump

COLUMNS = {"links": np.array([0.0, 1.0]), "words": np.array([1.0, 0.0])}


def odds(*trainings: Trees) -> list[float]:
    chance = judge(COLUMNS, trainings)
    return [round(float(np.log(one / (1 - one))), 6) for one in chance]


def test_the_mean_of_all_trainings_counts() -> None:
    assert odds(stump("links", 1.0, -2.0)) == [1.0, -2.0]
    assert odds(stump("links", 1.0, -2.0), stump("words", 0.0, 4.0)) == [2.5, -1.0]


@pytest.mark.parametrize("score", [SETTLED, -SETTLED])
def test_a_block_that_the_first_leaves_no_doubt_about_is_not_asked_about_again(
    score: float,
) -> None:
    assert odds(stump("links", score, 1.0), stump("words", 3.0, 3.0)) == [score, 2.0]
    assert odds(stump("links", score, score), stump("words", 3.0, 3.0)) == [score, score]
