"""How each block lies to a set of blocks that somebody takes for the article.

Who that is makes no difference here: trafilatura, or the paragraphs of the container that holds
most of the page's prose. A block's own part is left out of sums, so that a column says what is
known of the block from all others.
"""

import numpy as np
import numpy.typing as npt

from tasks.extract.container import steps_to_container
from tasks.extract.layout import Column, Layout, per_element


def agreement(layout: Layout, mask: npt.NDArray[np.bool_]) -> dict[str, Column]:
    """Return the columns; `mask` says which blocks are taken."""
    chain, chars, prose, size = layout.chain, layout.chars, layout.prose, len(layout.parents)
    n = len(chars)
    order = np.arange(n)
    taken = np.where(mask, chars, 0.0)
    total = max(1.0, taken.sum())
    columns: dict[str, Column] = {"taken": mask.astype(np.float64)}
    sentences = np.flatnonzero(mask & (prose > 0))
    if not len(sentences):
        sentences = np.flatnonzero(mask)
    first, last = (sentences[0], sentences[-1]) if len(sentences) else (n, -1)
    columns["zone"] = np.where(order < first, 0, np.where(order > last, 2, 1))
    columns["from_first"] = np.clip(order - first, -30, 30)
    columns["from_last"] = np.clip(order - last, -30, 30)
    before = np.cumsum(taken) - taken
    columns["before"] = before / total
    columns["after"] = (total - before - taken) / total
    columns["to_prior"] = _distance(mask)
    columns["to_next"] = _distance(mask[::-1])[::-1]
    columns["window"] = _window(mask)
    groups = layout.groups
    others = np.bincount(groups)[groups] - 1
    same = np.bincount(groups, mask)[groups] - mask
    columns["same_taken"] = np.where(others > 0, same / np.maximum(1, others), -1)
    columns["same_taken_blocks"] = np.log2(1 + same)
    all_in = per_element(chain, chars, size)
    taken_in = per_element(chain, taken, size)
    for level in (1, 2, 3, 4):
        at = chain[level]
        rest = all_in[at] - chars
        share = (taken_in[at] - taken) / np.maximum(1, rest)
        columns[f"up{level}_taken"] = np.where(rest > 0, share, -1)
        columns[f"up{level}_of_taken"] = (taken_in[at] - taken) / total
    columns["climb"], columns["descent"] = steps_to_container(layout.parents, chain, taken)
    columns["taken_prose"] = np.full(n, prose[mask].sum() / max(1.0, prose.sum()))
    columns["taken_chars"] = np.full(n, np.log2(1 + total))
    return columns


def _distance(mask: npt.NDArray[np.bool_]) -> Column:
    """Return the blocks since the last one taken before this, at most 20; 21 if there is none."""
    order = np.arange(len(mask))
    last = np.maximum.accumulate(np.where(mask, order, -1))
    prior = np.concatenate([[-1], last[:-1]])
    return np.where(prior < 0, 21, np.minimum(20, order - prior))


def _window(mask: npt.NDArray[np.bool_]) -> Column:
    """Return the share taken of the four blocks before and the four after."""
    padded = np.concatenate([[0], np.cumsum(mask)])
    order = np.arange(len(mask))
    low, high = np.maximum(0, order - 4), np.minimum(len(mask), order + 5)
    return np.asarray((padded[high] - padded[low] - mask) / np.maximum(1, high - low - 1))
