"""Gradient boosting of oblivious trees: every tree asks the same questions of all blocks.

Written here because it is forty lines and keeps training free of libraries the pipeline does not
need; strong regularisation matters more than finesse with a few hundred pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Question = tuple[int, int]  # a column and one of its bins: is the value above it?
Tree = tuple[list[Question], np.ndarray]


@dataclass(frozen=True)
class Forest:
    """What was learnt: a base score and trees that add to it."""

    base: float
    trees: list[Tree]

    def score(self, bins: np.ndarray) -> np.ndarray:
        """Return the log odds of each block; `bins` are columns first."""
        return self.base + sum(values[_leaf(bins, asked)] for asked, values in self.trees)


def predict(forests: Sequence[Forest], bins: np.ndarray) -> np.ndarray:
    """Return the probability of each block by the mean score of several trainings."""
    score = sum(forest.score(bins) for forest in forests) / len(forests)
    return 1 / (1 + np.exp(-score))


@dataclass(frozen=True)
class Plan:
    """How to train."""

    trees: int = 160
    depth: int = 6
    rate: float = 0.12
    penalty: float = 20.0
    columns: float = 0.4  # share of the columns a tree may ask about
    rows: float = 0.7  # share of the blocks a tree sees
    seed: int = 0


def cuts_of(table: np.ndarray, weight: np.ndarray, bins: int = 32) -> list[np.ndarray]:
    """Return each column's possible thresholds."""
    heavy = weight > np.quantile(weight, 0.6)
    cuts = []
    for column in table.T:
        values = np.unique(column)
        if len(values) <= bins:
            cuts.append((values[1:] + values[:-1]) / 2)
        else:
            cuts.append(np.unique(np.quantile(column[heavy], np.linspace(0, 1, bins + 1)[1:-1])))
    return [np.asarray(cut, dtype=np.float32) for cut in cuts]


def binned(table: np.ndarray, cuts: list[np.ndarray]) -> np.ndarray:
    """Return, columns first, how many thresholds each value is above."""
    return np.stack(
        [np.searchsorted(c, table[:, j], side="left") for j, c in enumerate(cuts)]
    ).astype(np.uint8)


def train(
    bins: np.ndarray, truth: np.ndarray, weight: np.ndarray, sizes: list[int], plan: Plan
) -> Forest:
    """Return trees, each a list of (column, bin) pairs and leaf values."""
    rng = np.random.default_rng(plan.seed)
    weight = weight / weight.mean()
    base = float(np.log((weight * truth).sum() / (weight * (1 - truth)).sum()))
    margin = np.full(bins.shape[1], base)
    trees = []
    for _ in range(plan.trees):
        chance = 1 / (1 + np.exp(-margin))
        seen = np.flatnonzero(rng.random(len(truth)) < plan.rows)
        gradient = (weight * (truth - chance))[seen]
        curve = (weight * chance * (1 - chance) + 1e-9)[seen]
        columns = rng.choice(len(bins), int(len(bins) * plan.columns), replace=False)
        part = bins[:, seen]
        choices = [(int(c), sizes[c], part[c]) for c in columns if sizes[c] > 1]
        leaf = np.zeros(len(seen), dtype=np.int64)
        questions = []
        for _ in range(plan.depth):
            column, cut = _best(gradient, curve, leaf, choices, plan.penalty)
            questions.append((column, cut))
            leaf = 2 * leaf + (part[column] > cut)
        values = (
            plan.rate
            * np.bincount(leaf, gradient, 1 << plan.depth)
            / (np.bincount(leaf, curve, 1 << plan.depth) + plan.penalty)
        )
        trees.append((questions, values))
        margin += values[_leaf(bins, questions)]
    return Forest(base, trees)


def _leaf(bins: np.ndarray, questions: list[Question]) -> np.ndarray:
    leaf = np.zeros(bins.shape[1], dtype=np.int64)
    for column, cut in questions:
        leaf = 2 * leaf + (bins[column] > cut)
    return leaf


def _best(
    gradient: np.ndarray,
    curve: np.ndarray,
    leaf: np.ndarray,
    choices: list[tuple[int, int, np.ndarray]],
    penalty: float,
) -> Question:
    """Return the question that helps most; `choices` are column, its bins, each block's bin."""
    leaves = int(leaf.max()) + 1
    best, answer = -1.0, (choices[0][0], 0)
    for column, size, bins in choices:
        cell = leaf * size + bins
        g = np.bincount(cell, gradient, leaves * size).reshape(leaves, size).cumsum(1)
        h = np.bincount(cell, curve, leaves * size).reshape(leaves, size).cumsum(1)
        left, right = g[:, :-1], g[:, -1:] - g[:, :-1]
        rest = h[:, -1:] - h[:, :-1]
        gain = (left**2 / (h[:, :-1] + penalty) + right**2 / (rest + penalty)).sum(0)
        if gain.max() > best:
            best, answer = float(gain.max()), (column, int(gain.argmax()))
    return answer
