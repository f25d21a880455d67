"""The markup that a site's text stands in, told from the blocks' paths.

A block's *signature* is its `path`: its element and the three around it, with the classes and ids
that stay the same from page to page (`tasks.extract.blocks.Place`). All that is known of a site's
markup is known by it: which signatures hold the article and which do not (`tasks.template`), and
which ones the text stood in before a redesign (`tasks.health`).
"""

from collections.abc import Container, Iterable, Mapping
from typing import Final

from tasks.schema import Kind

NOWHERE: Final = frozenset({"", "line", "json-ld"})
"""Paths of blocks that stand nowhere in a page's markup."""

SIGNATURE: Final = 4
"""Elements in one."""

MIN_SEEN: Final = 2
"""Pages that must show a signature, once there are many."""

MANY_PAGES: Final = 20
"""Of a site; with fewer, markup that one page shows is known."""

MIN_PROSE_CHARS: Final = 80
"""Of a block, in columns (`tasks.text.width`); a shorter one may be anything."""

KINDS: Final[Mapping[str, Kind]] = {
    "li": "list_item", "dt": "list_item", "dd": "list_item", "blockquote": "quote",
    "figcaption": "caption", "caption": "caption", "object": "caption", "pre": "code",
    "listing": "code",
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "subheading"),
}  # fmt: skip
"""What an element says its text is; the nearest of a block's four that has a say decides."""


def known(pages: Mapping[str, int], marked: int) -> frozenset[str]:
    """Return the signatures that a site's text stands in: on two pages, once there are many.

    Args:
        pages: how many pages have text under each signature.
        marked: how many pages there are.
    """
    least = MIN_SEEN if marked > MANY_PAGES else 1
    return frozenset(name for name, count in pages.items() if count >= least)


def familiar(chars: Iterable[tuple[str, int]], known: Container[str]) -> float:
    """Return the share of a page's text, told by signature, that stands in known markup.

    >>> familiar([("div.story/p", 300), ("div.new/p", 100)], {"div.story/p"})
    0.75
    """
    rows = list(chars)
    total = sum(count for _, count in rows)
    return sum(count for name, count in rows if name in known) / total if total else 1.0


def kind_at(path: str) -> Kind:
    """Return what a block's elements say it is.

    >>> kind_at("article/ul.facts/li/p"), kind_at("body/article/div.text/p")
    ('list_item', 'paragraph')
    """
    tags = (token.partition(".")[0] for token in reversed(path.split("/")))
    return next((KINDS[tag] for tag in tags if tag in KINDS), "paragraph")
