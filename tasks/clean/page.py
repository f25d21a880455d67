"""Clean one page: gather verdicts, decide, cut."""

from dataclasses import replace

from tasks.clean.apply import apply
from tasks.clean.decide import decide
from tasks.clean.propose import propose
from tasks.clean.recall import Recall
from tasks.clean.recurring import recurring
from tasks.clean.settle import settle
from tasks.rules import RuleBook
from tasks.schema import Cleaned, Extracted


def clean(extracted: Extracted, rules: RuleBook, memory: Recall | None = None) -> Cleaned:
    """Return the page after the cut, with every block kept, moved or removed for a reason.

    Args:
        extracted: the page.
        rules: what is known of all sites.
        memory: what is known of the page's own site, if anything is.

    Raises:
        PageError: "ledger" if the cut lost or doubled a block.
    """
    repeated = recurring(extracted, memory) if memory else ()
    verdicts = (*extracted.verdicts, *propose(extracted, rules), *repeated)
    cleaned = settle(apply(extracted, decide(extracted.blocks, verdicts)))
    return replace(cleaned, memory=memory.version) if memory else cleaned
