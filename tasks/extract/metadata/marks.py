"""The elements that speak of metadata by tag, class, id, rel or itemprop: found in one walk.

What a mark is worth is decided where it is read: much of what is marked stands in teasers, threads
and menus. Sites repeat their classes on every page, so what a combination says is kept.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from lxml.html import HtmlElement

_BYLINE: Final = tuple(
    "author byline writer autor auteur redakt firma signature verfasser penulis reporter".split()
)
_TIME: Final = tuple("date time publish datum fecha pubdat".split())
_AUTHOR_PAGE = re.compile(
    r"/(?:author|autor|auteur|by|profile|staff|people|redacteur|journalist)s?/"
)
_TAG_RELS: Final = frozenset({"tag", "category tag", "tag category"})
_NOT_SHOWN: Final = frozenset({"body", "html", "meta", "link", "script", "img", "article", "main"})
MAX_ROLES: Final = 20_000
"""Combinations of tag, class, id and itemprop that a process remembers, some 5 MB."""


class Roles(NamedTuple):
    """What an element is marked as."""

    is_heading: bool
    is_byline: bool
    is_time: bool
    is_trail: bool


_NO_ROLES: Final = Roles(False, False, False, False)  # noqa: FBT003


@dataclass(frozen=True, slots=True)
class Marks:
    """The marked elements of a page, each list in page order."""

    headings: list[HtmlElement]  # h1 and ``itemprop=headline``
    dated: list[tuple[HtmlElement, bool, bool]]  # is it marked as byline or author, as date or time
    trails: list[HtmlElement]  # of breadcrumbs
    tags: list[HtmlElement]  # links marked as tags of the article


def find_marks(tree: HtmlElement) -> Marks:
    """Return the marked elements of the page; the tree is not changed."""
    headings: list[HtmlElement] = []
    dated: list[tuple[HtmlElement, bool, bool]] = []
    trails: list[HtmlElement] = []
    tags: list[HtmlElement] = []
    for element in tree.iter("*"):
        tag, get = element.tag, element.get
        roles = _roles(tag, get("class"), get("id"), get("itemprop"))
        if roles is None and tag != "a":
            continue
        is_heading, is_byline, is_time, is_trail = roles or _NO_ROLES
        if tag == "a":
            rel, address = get("rel"), get("href")
            if rel in _TAG_RELS:
                tags.append(element)
            if (rel and "author" in rel) or (address and _AUTHOR_PAGE.search(address)):
                is_byline = True
        if is_byline or is_time:
            dated.append((element, is_byline, is_time))
        if is_heading:
            headings.append(element)
        if is_trail:
            trails.append(element)
    return Marks(headings, dated, trails, tags)


@lru_cache(maxsize=MAX_ROLES)
def _roles(tag: str, names: str | None, identity: str | None, item: str | None) -> Roles | None:
    """Return what an element is marked as; None for nearly all, which are not marked."""
    mark = " ".join(filter(None, (names, identity, item))).lower()
    is_shown = tag not in _NOT_SHOWN
    roles = Roles(
        is_heading=(tag == "h1" or item == "headline") and tag != "html",
        is_byline=is_shown and any(map(mark.__contains__, _BYLINE)),
        is_time=is_shown and (tag == "time" or any(map(mark.__contains__, _TIME))),
        is_trail=tag != "body" and names is not None and "breadcrumb" in names,
    )
    return roles if any(roles) else None
