"""Distances against chance itself: a false alarm is as rare as its z says."""

import random
from math import log

import pytest

from tasks.health.limits import MOST_Z, log_silent, too_few, too_many, z_of_log


@pytest.mark.parametrize(("count", "of"), [(0, 5), (1, 3), (2, 10), (3, 3)])
def test_few_pages_prove_little(count: int, of: int) -> None:
    assert too_many(count, of, (1, 20)) < 4


@pytest.mark.parametrize(("count", "of"), [(6, 6), (10, 20), (300, 1000), (5000, 5000)])
def test_many_bad_pages_prove_much(count: int, of: int) -> None:
    assert 4 < too_many(count, of, (2, 150)) <= MOST_Z


def test_more_bad_pages_are_never_less_surprising() -> None:
    found = [too_many(count, 40, (3, 60)) for count in range(41)]
    assert found == sorted(found)


def test_a_tail_is_as_rare_as_it_says() -> None:
    """Days drawn from the model itself: about 2.3 % of them are beyond z = 2."""
    rng = random.Random(7)  # noqa: S311
    beyond = 0
    for _ in range(4000):
        share = rng.betavariate(3, 60)
        beyond += too_many(sum(rng.random() < share for _ in range(50)), 50, (3, 60)) > 2
    assert 0.004 < beyond / 4000 < 0.035


def test_silence_weighs_by_what_was_usual() -> None:
    assert too_few(0, 1, 0.3) < 2
    assert too_few(0, 60, 0.3) > 4
    assert too_few(0, 20, 0.3) == pytest.approx(z_of_log(log_silent(20, 0.3)))
    assert too_few(0, 0, 0.3) == 0
    assert z_of_log(log(0.5)) == 0
