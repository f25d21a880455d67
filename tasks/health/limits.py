"""How surprising a day's figure is, given a site's earlier days: as a distance in standard units.

Counts carry their own noise, so they are compared with what chance does: one empty page of three
proves little, thirty of a hundred much. Every answer is a z: the point of the normal distribution
that has as much probability beyond it. Pure functions; nothing here knows sites or days.
"""

from collections.abc import Sequence
from math import exp, lgamma, log
from statistics import NormalDist
from typing import Final

MOST_Z: Final = 12.0
"""Beyond it a double holds no probability worth telling apart."""

_NORMAL: Final = NormalDist()


def too_many(count: int, of: int, prior: tuple[float, float]) -> float:
    """Return how surprising `count` or more bad pages are among `of`.

    `prior` is a beta distribution of the share, in pages that were bad and pages that were not;
    so the answer allows for how little is known (beta-binomial tail).

    >>> round(too_many(1, 3, (1, 20)), 1), round(too_many(18, 20, (1, 20)), 1)
    (1.1, 5.9)
    """
    if count <= 0:
        return 0.0
    a, b = prior
    start = _log_choose(of, count) + _log_beta(count + a, of - count + b) - _log_beta(a, b)
    total, term = 0.0, 1.0
    for k in range(count, of + 1):  # each term from the one before
        total += term
        term *= (of - k) / (k + 1) * (k + a) / max(of - k - 1 + b, 1e-12)
        if term < total * 1e-12:
            break
    return _z(start + log(total))


def too_few(count: int, usual: float, spread: float) -> float:
    """Return how surprising `count` or fewer articles are where `usual` ones are expected.

    Their number is taken as negative binomial with the variance usual + (spread * usual) ** 2:
    chance, and that days differ.

    >>> round(too_few(0, 20, 0.3), 1), round(too_few(12, 20, 0.3), 1)
    (4.2, 1.0)
    """
    if usual <= 0:
        return 0.0
    size = 1 / spread**2
    stay, go = log(size / (size + usual)), log(usual / (size + usual))
    logs = [
        lgamma(k + size) - lgamma(size) - lgamma(k + 1) + size * stay + k * go
        for k in range(count + 1)
    ]
    return _z(_log_sum(logs))


def log_silent(usual: float, spread: float) -> float:
    """Return the log of the chance of a day without articles where `usual` ones are expected."""
    return -log(1 + usual * spread**2) / spread**2 if usual > 0 else 0.0


def z_of_log(log_probability: float) -> float:
    """Return the z of a probability given by its natural log.

    >>> round(z_of_log(log(0.5)), 3), round(z_of_log(log(0.001349898)), 3)
    (0.0, 3.0)
    """
    return _z(log_probability)


def _z(log_probability: float) -> float:
    probability = exp(min(0.0, log_probability))
    if probability >= 1.0:
        return 0.0
    if probability < 1e-32:  # noqa: PLR2004  about MOST_Z
        return MOST_Z
    return max(0.0, -_NORMAL.inv_cdf(probability))


def _log_sum(logs: Sequence[float]) -> float:
    most = max(logs)
    return most + log(sum(exp(value - most) for value in logs))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
