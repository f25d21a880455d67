"""Clean one page: gather verdicts, decide, cut."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tasks.clean.apply import apply
from tasks.clean.decide import decide
from tasks.clean.propose import propose
from tasks.clean.recall import Recall
from tasks.clean.recurring import recurring
from tasks.clean.restore import restored
from tasks.clean.settle import settle
from tasks.rules import RuleBook
from tasks.schema import Cleaned, Extracted, Verdict


def clean(extracted: Extracted, rules: RuleBook, memory: Recall | None = None) -> Cleaned:
    """Return the page after the cut, with every block kept, moved or removed for a reason.

    Args:
        extracted: the page.
        rules: what is known of all sites.
        memory: what is known of the page's own site, if anything is.

    Raises:
        PageError: "ledger" if the cut lost or doubled a block.
    """
    extracted = restored(extracted, memory) if memory else extracted
    repeated = recurring(extracted, memory) if memory else ()
    proposed = propose(extracted, rules)
    decisions = decide(extracted.blocks, (*extracted.verdicts, *proposed, *repeated))
    cleaned = settle(apply(extracted, decisions))
    return replace(
        cleaned,
        flags=tuple(dict.fromkeys((*cleaned.flags, *_flags(proposed, decisions, rules)))),
        memory=memory.version if memory else "",
    )


def _flags(
    proposed: Iterable[Verdict], decisions: Mapping[int, Verdict], rules: RuleBook
) -> list[str]:
    """Return what the rules whose verdicts hold say of the whole page, each once, sorted."""
    held = (v for v in proposed if v.action == "flag" or decisions.get(v.block) is v)
    found = {rule.flag for v in held if (rule := rules.by_id.get(v.rule)) is not None}
    return sorted(found - {""})
