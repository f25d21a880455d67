"""Furniture known by its markup: the rule book's exact CMS selectors, looked up on one page.

A rule names elements (``#respond``, ``.sharedaddy``); the blocks inside them are its hits. Only
exact selectors are used, and under two guards, because themes put the same names on wrappers: an
element that holds more than `MAX_PROSE_SHARE` of the page's prose, or the article's heading, is
never taken. Selectors are compiled once per rule book, and tried only on elements that show a
class, id, attribute or tag they end with.
"""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from cssselect import HTMLTranslator
from lxml import etree
from lxml.html import HtmlElement

from tasks.extract.blocks import Place, Segment, places_of, prose_chars
from tasks.rules import Rule, RuleBook
from tasks.schema import Kind

MAX_PROSE_SHARE: Final = 0.15
"""Of the characters of sentences outside links; an element with more is not furniture."""

_STEP: Final = re.compile(
    # a tag, names, attributes in brackets, conditions in parentheses, all of one element ...
    r"(?:\[[^\]]*\]|\((?:[^()]|\([^()]*\))*\)|[^\s>+~,\[(])+"
    # ... or what stands between two elements
    r"|\s*[>+~,]\s*|\s+"
)
_NAME: Final = re.compile(r"[#.](-?[A-Za-z_][\w-]*)")
_TAG: Final = re.compile(r"[a-z][\w-]*")
_ATTRIBUTES: Final = re.compile(r"\[[^\]]*\]")
_ATTRIBUTE: Final = re.compile(
    # perhaps a tag, then one attribute: its name, and perhaps a comparison with a quoted value
    r"(?P<tag>[a-z][\w-]*)?\[(?P<name>[a-z][\w-]*)(?:(?P<how>[$^*]?=)'(?P<value>[^']+)')?\]"
)
_CONDITIONS: Final = re.compile(r":.*$")
_HOLDS: Final = re.compile(r":has\([^()]*?([a-z][\w-]*(?:\[[^\]\s]*\])?)\)")
"""The last element of what an element must hold, where a selector says so."""

_COMPARED: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "=": str.__eq__, "^=": str.startswith, "$=": str.endswith, "*=": str.__contains__,
}  # fmt: skip

Test = Callable[[HtmlElement], bool]
"""Says whether a selector names an element."""


@dataclass(frozen=True, slots=True)
class Selector:
    """One compiled selector of a rule."""

    rule: Rule
    css: str
    needs: str  # a class or id that must occur on the page; "" if it has neither
    cue: str  # a class or id, attribute or tag of each element it names; "" if none is sure
    holds: str  # what such an element must hold, as a selector of its own; "" if nothing
    find: etree.XPath  # from the root: every element it names
    test: Test
    never: tuple[Test, ...]


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
    near = _near(places, _cues(rules))
    seen: set[HtmlElement] = set()
    held: dict[str, bool] = {"": True}
    by_cue, selectors = _by_cue(rules), compiled(rules)
    for number in sorted(number for cue in near for number in by_cue.get(cue, ())):
        selector = selectors[number]
        if not selector.rule.is_for(host) or (selector.needs and selector.needs not in near):
            continue
        if selector.holds not in held:
            held[selector.holds] = bool(_xpath(selector.holds)(tree))
        if not held[selector.holds]:
            continue
        for element in near[selector.cue]:
            if element in seen or not selector.test(element):
                continue
            if any(never(element) for never in selector.never):
                continue
            seen.add(element)
            yield element, selector


def _near(places: Sequence[Place], cues: frozenset[str]) -> dict[str, list[HtmlElement]]:
    """Return the elements that show each of `cues`, in page order."""
    near: dict[str, list[HtmlElement]] = {}
    for place in places:
        more = place.element.keys() if place.has_more else ()
        for cue in cues.intersection(("", place.tag, *place.names, *more)):
            near.setdefault(cue, []).append(place.element)
    return near


@lru_cache(maxsize=4)
def compiled(rules: RuleBook) -> tuple[Selector, ...]:
    """Return the rule book's selectors ready to use, rules of higher priority first."""
    book = sorted(rules.rules, key=lambda rule: (-rule.priority, rule.id))
    return tuple(
        Selector(
            rule=rule,
            css=css,
            needs=_needs(one),
            cue=_cue(_STEP.findall(one)[-1]),
            holds=found[1] if (found := _HOLDS.search(one)) else "",
            find=_xpath(one),
            test=named_by(one),
            never=tuple(map(named_by, rule.never)),
        )
        for rule in book
        if rule.knows_markup
        for css in rule.selectors
        for one in _alternatives(css)
    )


@lru_cache(maxsize=4)
def _by_cue(rules: RuleBook) -> Mapping[str, Sequence[int]]:
    """Return the numbers of the selectors with each cue."""
    found: dict[str, list[int]] = {}
    for number, selector in enumerate(compiled(rules)):
        found.setdefault(selector.cue, []).append(number)
    return found


@lru_cache(maxsize=4)
def _cues(rules: RuleBook) -> frozenset[str]:
    """Return the words of markup to look for; "" among them stands for every element."""
    selectors = compiled(rules)
    return frozenset({one.cue for one in selectors} | {one.needs for one in selectors if one.needs})


def named_by(css: str) -> Test:
    """Return a test for whether `css` names an element, which looks from it to those around."""
    tests = [_of_steps(_STEP.findall(one)) for one in _alternatives(css)]
    return tests[0] if len(tests) == 1 else lambda element: any(test(element) for test in tests)


def _alternatives(css: str) -> list[str]:
    """Return the selectors that commas part.

    >>> _alternatives("#a > p, [title='b,c']")
    ['#a > p', "[title='b,c']"]
    """
    found = [""]
    for step in _STEP.findall(css.strip()):
        if step.strip() == ",":
            found.append("")
        else:
            found[-1] += step
    return found


def _of_steps(steps: Sequence[str]) -> Test:
    *around, own = steps
    test = _of_one(own)
    if not around:
        return test
    how, outer = around[-1].strip(), _of_steps(around[:-1])
    return lambda element: test(element) and any(map(outer, _before(element, how)))


def _before(element: HtmlElement, how: str) -> Iterator[HtmlElement]:
    """Yield the elements that may stand to the left of the combinator `how`, "" for "inside"."""
    if how == "":
        yield from element.iterancestors()
    elif how == ">":
        yield from islice(element.iterancestors(), 1)
    else:
        yield from islice(element.itersiblings(preceding=True), 1 if how == "+" else None)


def _of_one(css: str) -> Test:
    """Return a test for a selector without combinators; a single attribute needs no XPath."""
    if found := _ATTRIBUTE.fullmatch(css):
        tag, name, how, value = found.groups()
        compared = _COMPARED.get(how)

        def test(element: HtmlElement) -> bool:
            said = element.get(name)
            if said is None or (tag and element.tag != tag):
                return False
            return compared is None or compared(said, value)

        return test
    xpath: Test = etree.XPath(f"boolean({HTMLTranslator().css_to_xpath(css, prefix='self::')})")
    return xpath


@lru_cache(maxsize=1000)
def _xpath(css: str) -> etree.XPath:
    return etree.XPath(HTMLTranslator().css_to_xpath(css, prefix="descendant-or-self::"))


def _cue(css: str) -> str:
    """Return a class, id, attribute or tag that all elements have which a single step names.

    >>> _cue("ul.share-list[data-x='.y']"), _cue("a[href='#top']"), _cue("form:has(input)")
    ('share-list', 'href', 'form')
    """
    bare = _CONDITIONS.sub("", _ATTRIBUTES.sub("", css))
    if names := _NAME.findall(bare):
        return str(names[-1])
    if found := _ATTRIBUTE.fullmatch(css):
        return str(found["name"])
    tag = _TAG.match(bare)
    return tag[0] if tag else ""


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
