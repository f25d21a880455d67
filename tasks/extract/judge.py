"""How likely each block is the article: a small set of trees learnt from pages with known text.

The trees and the lexicon of hints are data (``config/main_content.json``), made and cross-validated
by site by ``tests/eval/train.py``. A tree asks the same few questions of every block and each
combination of answers has a value; the sum of all values is the block's score. The same page gives
the same scores on every machine: comparisons and sums of doubles in a fixed order.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tasks.errors import ConfigError
from tasks.extract.features import Column, Hints, Reading, features

MODEL: Final = Path(__file__).parents[2] / "config" / "main_content.json"


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Trees of equal depth: question q of tree t is ``column[q, t] > threshold[q, t]``."""

    columns: tuple[str, ...]
    column: npt.NDArray[np.int64]  # depth x trees
    threshold: npt.NDArray[np.float32]  # depth x trees
    value: npt.NDArray[np.float64]  # trees x 2 ** depth
    base: float
    keep_above: float  # probability from which a block is the article
    hints: Hints
    version: str  # 12 hex digits of sha256 of the file


def probabilities(page: Reading, model: Model) -> npt.NDArray[np.float64]:
    """Return for each block how likely it is the article, 0 to 1."""
    if not page.segments:
        return np.zeros(0)
    columns = features(page, model.hints)
    return score(np.stack([columns[name] for name in model.columns]), model)


def score(table: Column, model: Model) -> npt.NDArray[np.float64]:
    """Return the probability of each block; the rows of `table` are the model's columns."""
    trees = len(model.value)
    leaves = np.zeros((trees, table.shape[1]), dtype=np.uint8)
    for column, threshold in zip(model.column, model.threshold, strict=True):
        leaves <<= 1
        leaves |= table[column] > threshold[:, None]
    values = model.value[np.arange(trees)[:, None], leaves]
    total = model.base + values.sum(axis=0)
    return np.asarray(1 / (1 + np.exp(-total)), dtype=np.float64)


@lru_cache(maxsize=2)
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
        columns=tuple(data["columns"]),
        column=np.array(data["column"], dtype=np.int64).T.copy(),
        threshold=np.array(data["threshold"], dtype=np.float32).T.copy(),
        value=np.array(data["value"], dtype=np.float64),
        base=float(data["base"]),
        keep_above=float(data["keep_above"]),
        hints=Hints(**data["hints"]),
        version=version,
    )
