"""JSON-LD: which of a page's objects is the article, and its values as plain text.

Nodes arrive parsed and flattened (`tasks.extract.structured`); here a reference
(``{"@id": ...}``) is followed and the many shapes of one field become one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tasks.extract.metadata.head import one_line
from tasks.text import key

Node = Mapping[str, Any]

ARTICLE_TYPES: Final = frozenset({
    "AdvertiserContentArticle", "AnalysisNewsArticle", "Article", "AskPublicNewsArticle",
    "BackgroundNewsArticle", "BlogPosting", "LiveBlogPosting", "MedicalScholarlyArticle",
    "NewsArticle", "OpinionNewsArticle", "Report", "ReportageNewsArticle", "ReviewNewsArticle",
    "Review", "SatiricalArticle", "ScholarlyArticle", "SocialMediaPosting", "TechArticle",
    "DiscussionForumPosting", "Recipe", "CreativeWork",
})  # fmt: skip
PAGE_TYPES: Final = frozenset({"WebPage", "ItemPage", "AboutPage", "FAQPage", "VideoObject"})
"""Types asked for a date or a headline only when the page has no article node."""

MAX_DEPTH: Final = 4
MAX_REFERENCE_KEYS: Final = 2
"""An object of so few keys ("@id", "@type") only points at another."""
_HOLDERS: Final = ("mainEntity", "mainEntityOfPage")
"""Where a page node may hold its article; lists and parts hold other articles."""


def types(node: Node) -> frozenset[str]:
    """Return the node's types without their vocabulary: ".../Article" is "Article"."""
    value = node.get("@type")
    names = value if isinstance(value, list) else [value]
    return frozenset(str(n).rstrip("/").rpartition("/")[2].rpartition(":")[2] for n in names if n)


def article(nodes: Sequence[Node], url: str, headline: str) -> Node:
    """Return the node that describes the page's article; empty when there is none.

    Of several (a page may describe its teasers too) the one whose address or headline is the
    page's own, else the first; article types before page types.
    """
    found = list(_walk(nodes))
    for kinds in (ARTICLE_TYPES, PAGE_TYPES):
        fitting = [node for node in found if types(node) & kinds]
        if fitting:
            return max(fitting, key=lambda node: _fit(node, url, headline))
    return {}


def _walk(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for holder in _HOLDERS:
            inner = node.get(holder)
            for item in inner if isinstance(inner, list) else [inner]:
                if isinstance(item, Mapping) and len(item) > MAX_REFERENCE_KEYS:
                    yield item


def _fit(node: Node, url: str, headline: str) -> int:
    """Count the signs that `node` is about this page (0 to 5); the first of the best is taken."""
    own = {_bare(address) for address in _addresses(node)}
    title = key(first_text(node.get("headline")) or first_text(node.get("name")))
    same = bool(title) and title == key(headline)
    filled = bool(node.get("datePublished")) + bool(node.get("author"))
    is_own = (bool(url) and _bare(url) in own) or same
    return 2 * is_own + filled + (not types(node) <= {"CreativeWork"})


def _addresses(node: Node) -> Iterator[str]:
    for name in ("url", "@id", "mainEntityOfPage"):
        value = node.get(name)
        if isinstance(value, Mapping):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str):
            yield value


def _bare(url: str) -> str:
    """Return `url` without scheme, "www.", query, fragment or last slash, for comparing."""
    bare = url.partition("#")[0].partition("?")[0].partition("://")[2] or url
    return bare.removeprefix("www.").rstrip("/")


def first_text(value: object, depth: int = 0) -> str:
    """Return the first text in a JSON-LD value, whatever its shape; "" when there is none.

    >>> first_text([{"@value": " A &amp; B "}, "C"])
    'A & B'
    """
    return next(all_texts(value, depth), "")


def all_texts(value: object, depth: int = 0) -> Iterator[str]:
    """Yield every text of a value: of a string, of lists, of ``name``, ``@value``, ``@list``."""
    if isinstance(value, str):
        if text := one_line(value):
            yield text
    elif depth < MAX_DEPTH:
        if isinstance(value, list):
            for item in value:
                yield from all_texts(item, depth + 1)
        elif isinstance(value, Mapping):
            for name in ("name", "@value", "@list", "headline"):
                if name in value:
                    yield from all_texts(value[name], depth + 1)
                    return


def resolve(value: object, nodes: Sequence[Node]) -> object:
    """Return `value` with references to other nodes of the page replaced by those nodes."""
    if isinstance(value, list):
        return [resolve(item, nodes) for item in value]
    if isinstance(value, Mapping) and "@id" in value and "name" not in value:
        same = (n for n in nodes if n.get("@id") == value["@id"] and n.get("name"))
        return next(same, value)
    return value
