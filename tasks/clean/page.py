"""Clean one page: gather verdicts, decide, cut."""

from tasks.clean.apply import apply
from tasks.clean.decide import decide
from tasks.clean.propose import propose
from tasks.clean.settle import settle
from tasks.rules import RuleBook
from tasks.schema import Cleaned, Extracted


def clean(extracted: Extracted, rules: RuleBook) -> Cleaned:
    """Return the page after the cut, with every block kept, moved or removed for a reason.

    Raises:
        PageError: "ledger" if the cut lost or doubled a block.
    """
    verdicts = (*extracted.verdicts, *propose(extracted, rules))
    return settle(apply(extracted, decide(extracted.blocks, verdicts)))
