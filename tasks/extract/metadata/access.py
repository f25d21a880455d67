"""Whether the page holds the whole text: full, or partial when a paywall keeps some of it back.

Only what the publisher declares counts. Words and classes such as "premium" or "paywall" stand on
readable pages as well and say nothing.
"""

from typing import Final, Literal

from tasks.extract.metadata import linked
from tasks.extract.metadata.sources import Sources
from tasks.schema import Candidate

_LOCKED_TIERS: Final = frozenset(
    {"locked", "paid", "premium", "subscriber", "metered", "subscription"}
)


def read_access(sources: Sources) -> tuple[Literal["full", "partial"], list[Candidate]]:
    """Return the access and its evidence: isAccessibleForFree, or the article:content_tier meta."""
    candidates = []
    for node in (sources.article, *sources.nodes):
        value = node.get("isAccessibleForFree")
        if value is not None and (
            node is sources.article or linked.types(node) & linked.ARTICLE_TYPES
        ):
            free = str(value).strip().rpartition("/")[2].lower() not in ("false", "no", "0")
            candidates.append(Candidate("access", "full" if free else "partial", "json-ld", 0.9))
            break
    tier = sources.head.first(
        "article:content_tier", "og:article:content_tier", "content_tier"
    ).lower()
    if tier:
        value = "partial" if tier in _LOCKED_TIERS else "full"
        candidates.append(Candidate("access", value, "article:content_tier", 0.8))
    partial = bool(candidates) and max(candidates, key=lambda c: c.confidence).value == "partial"
    return ("partial" if partial else "full"), candidates
