"""What the page says about itself for machines: JSON-LD, read once for body and metadata alike.

Real pages break JSON in a few well-known ways (control characters in strings, a trailing
semicolon, HTML comments or CDATA around it, entities); those are undone, anything else is skipped
and counted in `Structured.broken`. Nothing here judges whether what a page says is true.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lxml import etree
from lxml import html as lxml_html

Node = Mapping[str, Any]

MAX_NODES: Final = 2000
"""More objects than any page met has a use for; bounds the work on a hostile page."""

MAX_DEPTH: Final = 12

_ARTICLE_TYPE: Final = re.compile(r"(?:Article|BlogPosting|Posting|Report|Review|Recipe)$")
_WRAPPING: Final = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$"
)
_WRAPPED: Final = (("<!", "//"), ("-->", "]]>", ";"))
"""How a text begins or ends that is wrapped."""

_MARKUP: Final = re.compile(r"<[a-zA-Z/][^<>]*>")
_BREAK: Final = re.compile(
    # each begins with a character of its own, by which it is found
    r"<(?i:/p\s*>|br\s*/?>|/(?:div|h[1-6]|li|blockquote)\s*>)|\n|\\n|\\r\\n"
)


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """One update of a live blog, as its page lists it for machines."""

    headline: str
    text: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Structured:
    """A page's JSON-LD: every object, and what the body's readers need of the article's own."""

    nodes: tuple[Node, ...]  # arrays and @graph flattened, page order, duplicates kept
    article: Node | None  # the page's own article; None on listings
    paragraphs: tuple[str, ...]  # of articleBody, markup removed; empty when there is none
    headline: str
    is_partial: bool  # isAccessibleForFree is false
    live: tuple[LiveEntry, ...]
    broken: int  # scripts that are no JSON even after repair


def read_structured(tree: lxml_html.HtmlElement) -> Structured:
    """Return what the page's JSON-LD scripts say; an empty answer when there are none."""
    nodes: list[Node] = []
    broken = 0
    for script in tree.iter("script"):
        kind = (script.get("type") or "").lower()
        if "ld+json" not in kind:
            continue
        value = _parse(script.text_content())
        if value is None:
            broken += 1
        else:
            nodes.extend(_flatten(value, 0))
        if len(nodes) >= MAX_NODES:
            break
    nodes = nodes[:MAX_NODES]
    article = choose_article(nodes)
    return Structured(
        nodes=tuple(nodes),
        article=article,
        paragraphs=_paragraphs(_text(article, "articleBody")) if article else (),
        headline=_one_line(_text(article, "headline")) if article else "",
        is_partial=article is not None and _is_false(article.get("isAccessibleForFree")),
        live=tuple(_live(nodes)),
        broken=broken,
    )


def choose_article(nodes: Sequence[Node]) -> Node | None:
    """Return the node that describes this page's article: the one with the longest body.

    Without a body the first node of an article type counts. Teasers of other articles are listed
    inside lists and carry no body, which is why depth needs no rule of its own.
    """
    articles = [node for node in nodes if is_article(node)]
    return max(articles, key=lambda node: len(_text(node, "articleBody")), default=None)


def is_article(node: Node) -> bool:
    """Say whether the node's type is one of schema.org's kinds of article.

    >>> is_article({"@type": ["NewsArticle", "Article"]}), is_article({"@type": "Person"})
    (True, False)
    """
    kinds = node.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(name, str) and _ARTICLE_TYPE.search(name) for name in names)


def _parse(source: str) -> object:
    """Return the JSON value, or None when it cannot be read even after the known repairs."""
    text = source.strip()
    while text.startswith(_WRAPPED[0]) or text.endswith(_WRAPPED[1]):
        bare = _WRAPPING.sub("", text).strip()
        if bare == text:
            break
        text = bare
    for attempt in (text, html.unescape(text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _flatten(value: object, depth: int) -> Iterator[Node]:
    """Yield the objects a reader would count: top level, arrays, @graph, and mainEntity."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _flatten(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity"):
            if isinstance(value.get(name), (dict, list)):
                yield from _flatten(value[name], depth + 1)


def _live(nodes: Sequence[Node]) -> Iterator[LiveEntry]:
    for node in nodes:
        updates = node.get("liveBlogUpdate")
        for update in updates if isinstance(updates, list) else [updates]:
            if isinstance(update, dict):
                yield LiveEntry(
                    headline=_one_line(_text(update, "headline")),
                    text="\n".join(_paragraphs(_text(update, "articleBody"))),
                    time=_time(_text(update, "datePublished")),
                )


def _time(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def _text(node: Node, name: str) -> str:
    value = node.get(name)
    if isinstance(value, list):
        value = "\n".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _one_line(text: str) -> str:
    return " ".join(html.unescape(_MARKUP.sub("", text)).split())


def _paragraphs(body: str) -> tuple[str, ...]:
    """Return the body's paragraphs: split at line ends and closing block tags, markup removed.

    >>> _paragraphs("<p>It rained &amp; rained.</p><p>Then it stopped.</p>")
    ('It rained & rained.', 'Then it stopped.')
    """
    if "&lt;" in body:
        body = html.unescape(body)
    lines = (_one_line(line) for line in _BREAK.split(body))
    return tuple(line for line in lines if line)


def _is_false(value: object) -> bool:
    return value is False or (isinstance(value, str) and value.strip().lower() in {"false", "no"})


def scripts_removed(tree: lxml_html.HtmlElement) -> None:
    """Take script, style and template elements out of `tree`, keeping the text that follows."""
    etree.strip_elements(tree, "script", "style", "template", with_tail=False)
