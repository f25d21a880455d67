"""The page's ``<meta>``, ``<link>`` and ``<title>``, read once into plain values.

Nothing here decides: the rooms of the single fields do. The tree is read, never changed.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from lxml.html import HtmlElement

MAX_VALUE_CHARS = 2000
"""Longer attribute values are cut: the longest true description met has 1,100 characters."""

_MARKUP = re.compile(r"<[^<>]{0,300}>")  # one tag; bounded, so a lone "<" costs 300 steps at most
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2060\ufeff]+")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands in the head of a page."""

    meta: Mapping[str, tuple[str, ...]]  # property, name or itemprop in lower case -> its values
    title: str
    lang: str
    links: Mapping[str, str]  # rel in lower case -> first href

    def first(self, *names: str) -> str:
        """Return the first value of the first of `names` the page has, or ""."""
        return next((self.meta[name][0] for name in names if name in self.meta), "")


def one_line(text: str) -> str:
    r"""Return `text` without markup, entities, control characters or soft hyphens.

    Twice escaped entities are common in attributes and JSON-LD, hence the second look.

        >>> one_line(" A &amp;amp; B\n<b>C</b> ")
        'A & B C'
    """
    text = text[:MAX_VALUE_CHARS]
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = _MARKUP.sub("", text)
    line = " ".join(text.split())
    return line if line.isprintable() else _printable(line)


def _printable(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text.replace("\u00ad", "")).split())


def parts_of(url: str) -> SplitResult:
    """Return the parts of an address; empty ones when it is malformed.

    >>> parts_of("https://a.example/b").hostname, parts_of("http://[bad").hostname
    ('a.example', None)
    """
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def read_head(tree: HtmlElement) -> Head:
    """Return the head's values in page order; empty ones are left out."""
    meta: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        value = one_line(element.get("content") or element.get("value") or "")
        if name and value:
            values = meta.setdefault(name.strip().lower(), [])
            if value not in values:
                values.append(value)
    links: dict[str, str] = {}
    for element in tree.iter("link"):
        for rel in (element.get("rel") or "").lower().split():
            links.setdefault(rel, (element.get("href") or "").strip())
    return Head(
        meta={name: tuple(values) for name, values in meta.items()},
        title=_document_title(tree),
        lang=(tree.get("lang") or tree.get("xml:lang") or "").strip(),
        links=links,
    )


def _document_title(tree: HtmlElement) -> str:
    """Return the document's title, and not the title of an SVG picture in the page."""
    for element in tree.iter("title"):
        parent = element.getparent()
        if parent is None or parent.tag in ("head", "html", "body"):
            return one_line(element.text_content())
    return ""
