"""Furniture known by its markup: the rule book's exact CMS selectors, looked up on one page.

A rule names elements (``#respond``, ``.sharedaddy``); the blocks inside them are its hits. Only
exact selectors are used, and under two guards, because themes put the same names on wrappers: an
element that holds more than `MAX_PROSE_SHARE` of the page's prose, or the article's heading, is
never taken. Selectors are compiled once per rule book, and tried only if the class, id or tag
they end with occurs on the page at all.
"""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cssselect import HTMLTranslator
from lxml import etree
from lxml.html import HtmlElement

from tasks.extract.blocks import Place, Segment, places_of, prose_chars
from tasks.rules import Rule, RuleBook
from tasks.schema import Kind

MAX_PROSE_SHARE: Final = 0.15
"""Of the characters of sentences outside links; an element with more is not furniture."""

_COMBINED: Final = re.compile(r"[\s>+~,]")
_PARTS: Final = re.compile(r"[\s>+~]+")
_NAME: Final = re.compile(r"[#.](-?[A-Za-z_][\w-]*)")
_TAG: Final = re.compile(r"(?:^|[\s>+~])([a-z][\w-]*)[^\s>+~,]*$")
_ATTRIBUTES: Final = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Selector:
    """One compiled selector of a rule; `needs` is a class or id that must occur on the page."""

    rule: Rule
    css: str
    needs: str  # "" if it has neither
    tag: str  # the tag of what it names; "" for any
    find: etree.XPath  # from the root: every element it names
    test: etree.XPath | None  # from an element: whether it names it; None with combinators
    never: tuple[Callable[[HtmlElement], bool], ...]


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
    places = places_of(segments)
    named = dict(_named(tree, places, rules, host))
    if not named:
        return Pruned((), {}, (), ())
    prose = [prose_chars(segment) for segment in segments]
    inside: dict[HtmlElement, list[int]] = {element: [] for element in named}
    around = _around(places, named)
    for index, segment in enumerate(segments):
        for element in around[segment.place.index]:
            inside[element].append(index)
    most = MAX_PROSE_SHARE * sum(prose)
    hits: dict[int, Hit] = {}
    relabels: dict[int, Kind] = {}
    taken: list[HtmlElement] = []
    spared: list[str] = []
    for element, selector in named.items():
        blocks = inside[element]
        if selector.rule.action == "relabel":
            known = [i for i in blocks if segments[i].kind != "headline"]
            relabels |= dict.fromkeys(known, selector.rule.kind or "furniture")
        elif blocks and (sum(prose[i] for i in blocks) > most or _holds_heading(element)):
            spared.append(selector.css)
        elif blocks:
            taken.append(element)
            for index in blocks:
                hits.setdefault(index, Hit(index, selector.rule, selector.css))
    return Pruned(tuple(hits[i] for i in sorted(hits)), relabels, tuple(taken), tuple(spared))


def _named(
    tree: HtmlElement, places: Sequence[Place], rules: RuleBook, host: str
) -> Iterator[tuple[HtmlElement, Selector]]:
    """Yield each place that a selector names once, with the first selector that names it.

    Blocks stand in places only, so other elements need not be looked at.
    """
    by_name: dict[str, list[HtmlElement]] = {}
    for place in places:
        for name in place.names:
            by_name.setdefault(name, []).append(place.element)
    tags = {place.tag for place in places}
    test = _nameless(rules)
    nameless = [place.element for place in places if place.has_more and test(place.element)]
    seen: set[HtmlElement] = set()
    for selector in compiled(rules):
        near = by_name.get(selector.needs, ()) if selector.needs else nameless
        if not selector.rule.is_for(host) or (selector.needs and not near):
            continue
        if selector.tag and selector.tag not in tags:
            continue
        if selector.test is None:
            found = selector.find(tree)
        else:
            found = [element for element in near if selector.test(element)]
        for element in found:
            if element in seen or any(never(element) for never in selector.never):
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
            tag=tag[1] if (tag := _TAG.search(_ATTRIBUTES.sub("", css))) else "",
            find=_xpath(css),
            test=None if _COMBINED.search(_ATTRIBUTES.sub("", css)) else _self_test(css),
            never=tuple(map(_never, rule.never)),
        )
        for rule in book
        if rule.knows_markup
        for css in rule.selectors
    )


@lru_cache(maxsize=4)
def _nameless(rules: RuleBook) -> etree.XPath:
    """Return one test for all selectors without class or id: may any of them name an element?"""
    tests = [
        HTMLTranslator().css_to_xpath(selector.css, prefix="self::")
        for selector in compiled(rules)
        if not selector.needs and selector.test is not None
    ]
    return etree.XPath(f"boolean({' | '.join(tests) or '/..'})")


def _never(css: str) -> Callable[[HtmlElement], bool]:
    """Return a test for whether `css` names an element."""
    if not _COMBINED.search(_ATTRIBUTES.sub("", css)):
        test: Callable[[HtmlElement], bool] = _self_test(css)
        return test
    find = _xpath(css)
    if any(char in css for char in ",[("):
        return lambda element: element in find(element.getroottree().getroot())
    last = _self_test(_PARTS.split(css.strip())[-1])  # quick, and mostly says no
    return lambda element: last(element) and element in find(element.getroottree().getroot())


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


def _around(
    places: Sequence[Place], named: Container[HtmlElement]
) -> list[tuple[HtmlElement, ...]]:
    """Return for each place the named elements it is in or is, outermost first."""
    found: list[tuple[HtmlElement, ...]] = []
    for index, place in enumerate(places):
        above = found[place.parent.index] if place.parent and place.index == index else ()
        found.append((*above, place.element) if place.element in named else above)
    return found


def _holds_heading(element: HtmlElement) -> bool:
    return element.tag == "h1" or element.find(".//h1") is not None
