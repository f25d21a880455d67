"""Learn which words speak for or against the article: logistic regression on word occurrence.

Words count only if pages of at least `MIN_SITES` sites use them: a word of one site says nothing
about the web.
"""

from collections.abc import Iterable, Sequence

import numpy as np

MIN_SITES = 15
MIN_WEIGHT = 0.05
AMBIGUOUS = frozenset(
    "ad ads advert paywall paywalled premium plus subscriber subscribers subscription summary "
    "sidebar locked protected metered regwall piano".split()
)
"""Names that stand on real article text on some sites: no weight may hang on them."""


def vocabulary(pages: Iterable[tuple[str, set[str]]]) -> dict[str, int]:
    """Return a number for each word that pages of enough sites use; `pages` are site and words."""
    sites: dict[str, set[str]] = {}
    for site, words in pages:
        for word in words - AMBIGUOUS:
            sites.setdefault(word, set()).add(site)
    return {
        word: i for i, word in enumerate(sorted(w for w, s in sites.items() if len(s) >= MIN_SITES))
    }


def learn(
    rows: Sequence[Sequence[int]], truth: np.ndarray, weight: np.ndarray, size: int, penalty: float
) -> np.ndarray:
    """Return one weight a word; `rows` hold the numbers of each block's words."""
    lengths = np.array([len(row) for row in rows])
    of_row = np.repeat(np.arange(len(rows)), lengths)
    word = np.concatenate([np.array(row, dtype=np.int64) for row in rows])
    weight = weight / weight.mean()
    values, bias = np.zeros(size), 0.0
    momentum, speed = np.zeros(size + 1), np.zeros(size + 1)
    for step in range(1, 181):
        margin = bias + np.bincount(of_row, values[word], len(rows))
        wrong = weight * (1 / (1 + np.exp(-margin)) - truth) / len(rows)
        gradient = np.append(np.bincount(word, wrong[of_row], size) + penalty * values, wrong.sum())
        momentum = 0.9 * momentum + 0.1 * gradient
        speed = 0.99 * speed + 0.01 * gradient**2
        move = 0.08 * momentum / (1 - 0.9**step) / (np.sqrt(speed / (1 - 0.99**step)) + 1e-6)
        values -= move[:-1]
        bias -= move[-1]
    return values


def shown(words: dict[str, int], values: np.ndarray) -> dict[str, float]:
    """Return the words whose weight matters, rounded, as they are stored."""
    return {w: round(float(values[i]), 3) for w, i in words.items() if abs(values[i]) >= MIN_WEIGHT}
