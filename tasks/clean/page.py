"""Clean one page: gather verdicts, decide, cut."""

from tasks.clean.apply import apply
from tasks.clean.decide import decide
from tasks.rules import RuleBook
from tasks.schema import Cleaned, Extracted


def clean(extracted: Extracted, rules: RuleBook) -> Cleaned:
    """Return the page after the cut, with every block kept, moved or removed for a reason."""
    del rules
    return apply(extracted, decide(extracted.blocks, extracted.verdicts))
