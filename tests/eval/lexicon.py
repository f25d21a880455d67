"""Learn which words speak for or against the article: logistic regression on word occurrence.

Words count only if pages of at least `MIN_SITES` sites use them: a word of one site says nothing
about the web. A `Book` holds all occurrences once; what is learnt without a fold is a part of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

MIN_SITES = 15
MIN_WEIGHT = 0.05
AMBIGUOUS = frozenset(
    "ad ads advert paywall paywalled premium plus subscriber subscribers subscription summary "
    "sidebar locked protected metered regwall piano".split()
)
"""Names that stand on real article text on some sites: no weight may hang on them."""


@dataclass(frozen=True)
class Page:
    """The words of each block of a page, and which blocks are learnt from."""

    site: str
    fold: int
    rows: Sequence[set[str]]
    is_learnt: Sequence[bool]


@dataclass(frozen=True)
class Book:
    """Which words stand in which blocks, over all blocks that are learnt from."""

    words: tuple[str, ...]
    sites: np.ndarray  # words x folds: sites of that fold with pages that use the word
    word: np.ndarray  # of each occurrence, by number
    row: np.ndarray  # of each occurrence, by number

    def known(self, fold: int) -> np.ndarray:
        """Return which words pages of enough sites use, those of `fold` left out."""
        others = self.sites.sum(axis=1) - (self.sites[:, fold] if fold >= 0 else 0)
        named = np.array([word not in AMBIGUOUS for word in self.words])
        return np.asarray(named & (others >= MIN_SITES))


def book(pages: Iterable[Page], folds: int) -> Book:
    """Return the book of `pages`; the order of words in it is that of the alphabet."""
    where: dict[str, set[tuple[int, str]]] = {}
    found: list[list[str]] = []
    for page in pages:
        for word in set().union(*page.rows):
            where.setdefault(word, set()).add((page.fold, page.site))
        rows = zip(page.rows, page.is_learnt, strict=True)
        found.extend(sorted(row) for row, is_learnt in rows if is_learnt)
    words = tuple(sorted(where))
    number = {word: i for i, word in enumerate(words)}
    sites = np.zeros((len(words), folds), dtype=np.int64)
    for word, places in where.items():
        for fold, _ in places:
            sites[number[word], fold] += 1
    lengths = np.array([len(row) for row in found])
    return Book(
        words=words,
        sites=sites,
        word=np.array([number[word] for row in found for word in row], dtype=np.int64),
        row=np.repeat(np.arange(len(found)), lengths),
    )


def learn(
    books: Sequence[Book],
    truth: np.ndarray,
    weight: np.ndarray,
    penalty: float,
    without: tuple[int, np.ndarray],
) -> list[dict[str, float]]:
    """Return for each book the words whose weight matters, as they are stored.

    Args:
        books: of the same rows; a row's score is the sum over its words in all of them.
        truth: of each row.
        weight: of each row.
        penalty: on the square of weights.
        without: a fold, and which rows are of pages in it; they are not learnt from.
    """
    fold, is_out = without
    rows = np.flatnonzero(~is_out)
    place = np.cumsum(~is_out) - 1
    known = [one.known(fold) for one in books]
    offsets = np.cumsum([0, *(int(part.sum()) for part in known)])
    words, of_row = [], []
    for one, part, offset in zip(books, known, offsets, strict=False):
        used = part[one.word] & ~is_out[one.row]
        words.append((np.cumsum(part) - 1 + offset)[one.word[used]])
        of_row.append(place[one.row[used]])
    values = _fit(
        np.concatenate(words), np.concatenate(of_row), truth[rows], weight[rows],
        int(offsets[-1]), penalty,
    )  # fmt: skip
    parts = np.split(values, offsets[1:-1])
    return [
        _shown([word for word, is_known in zip(one.words, part, strict=True) if is_known], learnt)
        for one, part, learnt in zip(books, known, parts, strict=True)
    ]


def _fit(
    word: np.ndarray,
    of_row: np.ndarray,
    truth: np.ndarray,
    weight: np.ndarray,
    size: int,
    penalty: float,
) -> np.ndarray:
    """Return one weight a word, by 180 steps of gradient descent with momentum (Adam)."""
    weight = weight / weight.mean()
    values, bias = np.zeros(size), 0.0
    momentum, speed = np.zeros(size + 1), np.zeros(size + 1)
    for step in range(1, 181):
        margin = bias + np.bincount(of_row, values[word], len(truth))
        wrong = weight * (1 / (1 + np.exp(-margin)) - truth) / len(truth)
        gradient = np.append(np.bincount(word, wrong[of_row], size) + penalty * values, wrong.sum())
        momentum = 0.9 * momentum + 0.1 * gradient
        speed = 0.99 * speed + 0.01 * gradient**2
        move = 0.08 * momentum / (1 - 0.9**step) / (np.sqrt(speed / (1 - 0.99**step)) + 1e-6)
        values -= move[:-1]
        bias -= move[-1]
    return values


def _shown(words: Sequence[str], values: np.ndarray) -> dict[str, float]:
    """Return the words whose weight matters, rounded."""
    return {
        word: round(float(value), 3)
        for word, value in zip(words, values, strict=True)
        if abs(value) >= MIN_WEIGHT
    }
