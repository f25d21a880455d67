"""Furniture known by its markup: the rule book's exact CMS selectors, looked up on one page.

A rule names elements (``#respond``, ``.sharedaddy``); the blocks inside them are its hits. Only
exact selectors are used, and under two guards, because themes put the same names on wrappers: an
element that holds more than `MAX_PROSE_SHARE` of the page's prose, or the article's heading, is
never taken. Selectors are compiled once per rule book, and tried only if the class, id or tag
they end with occurs on the page at all.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cssselect import HTMLTranslator
from lxml import etree
from lxml.html import HtmlElement

from tasks.extract.blocks import Place, Segment, prose_chars
from tasks.rules import Rule, RuleBook
from tasks.schema import Kind

MAX_PROSE_SHARE: Final = 0.15
"""Of the characters of sentences outside links; an element with more is not furniture."""

_COMBINED: Final = re.compile(r"[\s>+~,]")
_NAME: Final = re.compile(r"[#.](-?[A-Za-z_][\w-]*)")
_ATTRIBUTES: Final = re.compile(r"\[[^\]]*\]")
_TOKENS = etree.XPath("//@class | //@id", smart_strings=False)


@dataclass(frozen=True, slots=True)
class Selector:
    """One compiled selector of a rule; `needs` is a class or id that must occur on the page."""

    rule: Rule
    css: str
    needs: str  # "" if it has neither
    find: etree.XPath  # from the root: every element it names
    test: etree.XPath | None  # from an element: whether it names it; None with combinators
    never: tuple[etree.XPath, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A block inside an element that a rule names."""

    block: int
    rule: Rule
    css: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """What the rule book knows of the page: the blocks it names, and the elements they are in."""

    hits: tuple[Hit, ...]
    relabels: Mapping[int, Kind]  # blocks whose kind a rule knows
    elements: tuple[HtmlElement, ...]
    spared: tuple[str, ...]  # selectors whose element was too large a part of the article


def prune(
    tree: HtmlElement, segments: Sequence[Segment], rules: RuleBook, host: str = ""
) -> Pruned:
    """Return the blocks inside elements that the rule book's selectors name; changes nothing."""
    named = dict(_named(tree, rules, host))
    if not named:
        return Pruned((), {}, (), ())
    prose = [prose_chars(segment) for segment in segments]
    inside: dict[HtmlElement, list[int]] = {element: [] for element in named}
    for index, segment in enumerate(segments):
        for element in _around(segment.place):
            if element in inside:
                inside[element].append(index)
    most = MAX_PROSE_SHARE * sum(prose)
    hits: dict[int, Hit] = {}
    relabels: dict[int, Kind] = {}
    taken: list[HtmlElement] = []
    spared: list[str] = []
    for element, selector in named.items():
        blocks = inside[element]
        if selector.rule.action == "relabel":
            relabels |= dict.fromkeys(blocks, selector.rule.kind or "furniture")
        elif blocks and (sum(prose[i] for i in blocks) > most or _holds_heading(element)):
            spared.append(selector.css)
        elif blocks:
            taken.append(element)
            for index in blocks:
                hits.setdefault(index, Hit(index, selector.rule, selector.css))
    return Pruned(tuple(hits[i] for i in sorted(hits)), relabels, tuple(taken), tuple(spared))


def drop(elements: Sequence[HtmlElement]) -> None:
    """Take the elements out of their tree, keeping the text that follows each."""
    for element in elements:
        if element.getparent() is not None:
            element.drop_tree()


def _named(tree: HtmlElement, rules: RuleBook, host: str) -> Iterator[tuple[HtmlElement, Selector]]:
    """Yield each named element once, with the first selector that names it."""
    tokens = {name for value in _TOKENS(tree) for name in value.split()}
    nameless = _nameless(rules)(tree)
    seen: set[HtmlElement] = set()
    for selector in compiled(rules):
        if not selector.rule.is_for(host) or (selector.needs and selector.needs not in tokens):
            continue
        if selector.needs or selector.test is None:
            found = selector.find(tree)
        else:
            found = [element for element in nameless if selector.test(element)]
        for element in found:
            if element in seen or any(element in never(tree) for never in selector.never):
                continue
            seen.add(element)
            yield element, selector


@lru_cache(maxsize=4)
def compiled(rules: RuleBook) -> tuple[Selector, ...]:
    """Return the rule book's selectors ready to use, rules of higher priority first."""
    book = sorted(rules.rules, key=lambda rule: (-rule.priority, rule.id))
    return tuple(
        Selector(
            rule=rule,
            css=css,
            needs=_needs(css),
            find=_xpath(css),
            test=None if _COMBINED.search(_ATTRIBUTES.sub("", css)) else _self_test(css),
            never=tuple(_xpath(never) for never in rule.never),
        )
        for rule in book
        if "html" in rule.scope and rule.action in ("remove", "move", "relabel")
        for css in rule.selectors
    )


@lru_cache(maxsize=4)
def _nameless(rules: RuleBook) -> etree.XPath:
    """Return one walk for all selectors without class or id: the elements any of them may name."""
    tests = [
        HTMLTranslator().css_to_xpath(selector.css, prefix="self::")
        for selector in compiled(rules)
        if not selector.needs and selector.test is not None
    ]
    return etree.XPath(f"descendant-or-self::*[{' or '.join(tests) or 'false()'}]")


def _self_test(css: str) -> etree.XPath:
    return etree.XPath(f"boolean({HTMLTranslator().css_to_xpath(css, prefix='self::')})")


def _xpath(css: str) -> etree.XPath:
    return etree.XPath(HTMLTranslator().css_to_xpath(css, prefix="descendant-or-self::"))


def _needs(css: str) -> str:
    """Return a class or id without which nothing matches, "" if there is none.

    >>> _needs("div.post > ul.share-list[data-x='.y']"), _needs("footer")
    ('share-list', '')
    """
    bare = _ATTRIBUTES.sub("", css)
    if "," in bare or ":" in bare:
        return ""
    names = _NAME.findall(bare)
    return names[-1] if names else ""


def _around(place: Place | None) -> Iterator[HtmlElement]:
    while place is not None:
        yield place.element
        place = place.parent


def _holds_heading(element: HtmlElement) -> bool:
    return element.tag == "h1" or element.find(".//h1") is not None
