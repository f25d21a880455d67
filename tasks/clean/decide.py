"""The one place that decides: verdicts of all rules in, at most one verdict a block out.

The highest priority wins; of equal ones keep before move before remove, because losing text is
worse than leaving furniture. Weak removals answer to a guard: if together they would take more
than `MAX_WEAK_SHARE` of the main content, none of them is believed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from tasks.schema import Block, Verdict

MAX_WEAK_SHARE: Final = 0.3
"""Of the characters of the main content that removals below `STRONG` may take together."""

STRONG: Final = 0.95

ORDER: Final = {"keep": 0, "move": 1, "remove": 2, "relabel": 3, "flag": 4}


def decide(blocks: Sequence[Block], verdicts: Iterable[Verdict]) -> dict[int, Verdict]:
    """Return the verdict that holds for each block that has one; "flag" verdicts decide nothing."""
    by_block: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.action != "flag":
            by_block[verdict.block].append(verdict)
    decisions = {index: _winner(given) for index, given in by_block.items()}
    for index in _overreach(blocks, decisions, by_block):
        del decisions[index]
    return decisions


def _winner(verdicts: Sequence[Verdict]) -> Verdict:
    if len(verdicts) == 1:
        return verdicts[0]
    return min(verdicts, key=lambda v: (-v.priority, ORDER[v.action], -v.confidence, v.rule))


def _overreach(
    blocks: Sequence[Block],
    decisions: dict[int, Verdict],
    by_block: dict[int, list[Verdict]],
) -> list[int]:
    """Return the weak removals of main content that together are more than the guard allows."""
    outside = {i for i, given in by_block.items() if any(v.stage == "html" for v in given)}
    weak = {
        index
        for index, verdict in decisions.items()
        if verdict.action == "remove" and verdict.confidence < STRONG and index not in outside
    }
    if not weak:
        return []
    main = [block for block in blocks if block.index not in outside]
    total = sum(len(block.text) for block in main)
    if sum(len(b.text) for b in main if b.index in weak) <= MAX_WEAK_SHARE * total:
        return []
    return sorted(weak)
