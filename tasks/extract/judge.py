"""How likely each block is the article: small sets of trees learnt from pages with known text.

The trees and the lexicon of hints are data (``config/main_content.json``), made and cross-validated
by site by ``tests/eval/train.py``. A tree asks the same few questions of every block and each
combination of answers has a value; the sum of all values is the block's score. The same page gives
the same scores on every machine: comparisons and sums of doubles in a fixed order.

There are two sets. One needs nothing but the page. The other also knows which blocks trafilatura
would take, which costs as much as all else, and is asked where the first is not sure.

A set is several trainings that differ in the blocks and columns each tree saw. Where the first
leaves doubt of a block, the mean of all of them counts.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tasks.errors import ConfigError
from tasks.extract.layout import Column
from tasks.extract.reading import Hints

NEVER_BELOW: Final = 0.2
"""A block less likely than this is no article on any page."""

SETTLED: Final = 5.0
"""Score (log odds) of the first training beyond which the others are not asked: .7 % of doubt."""

MODEL: Final = Path(__file__).parents[2] / "config" / "main_content.json"


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Trees of equal depth: question q of tree t is ``column[q, t] > threshold[q, t]``."""

    columns: tuple[str, ...]
    column: npt.NDArray[np.int64]  # depth x trees
    threshold: npt.NDArray[np.float32]  # depth x trees
    value: npt.NDArray[np.float64]  # trees x 2 ** depth
    base: float


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What was learnt: two sets of trees, a lexicon, and from where on they are believed."""

    alone: Sequence[Trees]  # for a page nobody else has read; one or more trainings
    asked: Sequence[Trees]  # for a page that trafilatura has read too
    keep_above: float  # probability from which a block is the article on any page
    sure_above: float  # word F1 to expect from which `alone` decides
    hints: Hints
    version: str  # 12 hex digits of sha256 of the file


def judge(columns: Mapping[str, Column], trainings: Sequence[Trees]) -> npt.NDArray[np.float64]:
    """Return for each block how likely it is the article, 0 to 1."""
    first, *others = trainings
    score = _score(columns, first)
    doubtful = np.flatnonzero(np.abs(score) < SETTLED)
    left = {name: columns[name][doubtful] for trees in others for name in trees.columns}
    score[doubtful] = sum([_score(left, trees) for trees in others], score[doubtful]) / len(
        trainings
    )
    return np.asarray(1 / (1 + np.exp(-score)), dtype=np.float64)


def _score(columns: Mapping[str, Column], trees: Trees) -> npt.NDArray[np.float64]:
    """Return the log odds of each block."""
    table = np.empty((len(trees.columns), len(columns[trees.columns[0]])), dtype=np.float32)
    for row, name in enumerate(trees.columns):
        table[row] = columns[name]
    number = len(trees.value)
    leaves = np.zeros((number, table.shape[1]), dtype=np.uint8)
    for column, threshold in zip(trees.column, trees.threshold, strict=True):
        leaves += leaves
        leaves |= (table.take(column, axis=0) > threshold[:, None]).view(np.uint8)
    size = trees.value.shape[1]
    values = trees.value.ravel().take(leaves + np.arange(0, number * size, size)[:, None])
    return np.asarray(trees.base + values.sum(axis=0), dtype=np.float64)


def weighed(
    likely: npt.NDArray[np.float64], words: Column, keep_above: float
) -> tuple[float, float]:
    """Return the probability from which this page's blocks are kept, and the word F1 to expect.

    Blocks are kept, the likeliest first, as long as the F1 to expect rises: a page that is plain
    drops what a page full of doubt has to keep.

    Args:
        likely: of each block, right probabilities.
        words: of each block; 0 for those decided otherwise.
        keep_above: probability from which a block is kept on any page.
    """
    order = np.argsort(-likely, kind="stable")
    right = np.cumsum((words * likely)[order])
    kept = np.cumsum(words[order])
    if not kept[-1]:
        return keep_above, 0.0
    expected = 2 * right / (kept + right[-1])
    best = float(likely[order[int(expected.argmax())]])
    start = min(keep_above, max(best, NEVER_BELOW))
    number = int((likely >= start).sum())
    return start, float(expected[number - 1]) if number else 0.0


@lru_cache(maxsize=8)
def load_model(path: Path = MODEL) -> Model:
    """Return the model in `path`.

    Raises:
        ConfigError: the file is missing or is no model.
    """
    try:
        source = path.read_bytes()
        return _model(json.loads(source), hashlib.sha256(source).hexdigest()[:12])
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{path}: no usable model of the main content: {error!r}") from error


def _model(data: Mapping[str, Any], version: str) -> Model:
    return Model(
        alone=[_trees(one) for one in data["alone"]],
        asked=[_trees(one) for one in data["asked"]],
        keep_above=float(data["keep_above"]),
        sure_above=float(data["sure_above"]),
        hints=Hints(**data["hints"]),
        version=version,
    )


def _trees(data: Mapping[str, Any]) -> Trees:
    return Trees(
        columns=tuple(data["columns"]),
        column=np.array(data["column"], dtype=np.int64).T.copy(),
        threshold=np.array(data["threshold"], dtype=np.float32).T.copy(),
        value=np.array(data["value"], dtype=np.float64),
        base=float(data["base"]),
    )
