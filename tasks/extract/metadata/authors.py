"""The people who wrote the article: candidates from machine data and from the visible byline."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from tasks.extract.metadata import linked, visible
from tasks.extract.metadata.bylines import has_lead, split_names, split_outlets
from tasks.extract.metadata.names import is_agency, is_full_name, is_person
from tasks.extract.metadata.sources import Sources
from tasks.extract.metadata.visible import Place
from tasks.schema import Candidate
from tasks.text import key

META_NAMES: Final = (
    "author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator",
    "dcterms.creator", "dc.creator.creator", "citation_author", "cxenseparse:author", "rbauthors",
    "og:author", "article:author", "authors", "author_name", "creator", "dc:creator", "web_author",
)  # fmt: skip
WRITTEN_BY: Final = frozenset({
    "written by", "verfasst von", "escrito por", "écrit par", "geschrieben von", "scritto da",
    "skriven av", "geschreven door", "napisane przez", "автор", "yazan", "kirjoittanut",
    "skrevet av", "skrevet af", "작성자",
})  # fmt: skip
"""How Yoast labels the author in ``twitter:label1``."""

MAX_BYLINES: Final = 8
"""Different bylines read on one page; those of teasers follow the article's."""
MAX_ELEMENT_CHARS: Final = 200
MAX_OUTLET_CHARS: Final = 60
ROW: Final = "bylines"
ROW_CONFIDENCE: Final = 0.46
MAX_LINE_CHARS: Final = 160
LINES_BELOW: Final = 20
LINES_ABOVE: Final = 6

_PARTS = re.compile(r"\s[-–—|•·]\s")
_INNER_NAMES = etree.XPath(
    ".//*[@itemprop='name'] | .//a[contains(@rel,'author')] | .//a[contains(@href,'author')]"
)

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Credit:
    """Whom one place of the page names."""

    people: Names
    outlets: Names
    found_in: str
    confidence: float


def choose_authors(
    sources: Sources, place: Place, bylines: Sequence[HtmlElement]
) -> tuple[Names, str, list[Candidate]]:
    """Return the authors in order, the organisation credited ("" if none), and every candidate.

    Each place votes once for the people it names. The votes of places that name the same people
    add up, and a place that names more people gets half the vote of those that name some of them.
    """
    found: dict[tuple[str, frozenset[str]], Credit] = {}
    outlets: dict[str, float] = {}
    for credit in _found(sources, place, bylines):
        people = frozenset(map(key, credit.people))
        known = found.get((credit.found_in, people))
        if people and (known is None or known.confidence < credit.confidence):
            found[credit.found_in, people] = credit
        if credit.outlets:  # an agency says more than the site's own name
            share = 1.0 if any(map(is_agency, credit.outlets)) else 0.5
            outlets.setdefault("/".join(credit.outlets), credit.confidence * share)
    candidates = [
        Candidate("authors", "; ".join(c.people), c.found_in, c.confidence) for c in found.values()
    ] + [Candidate("source_label", name, "byline", score) for name, score in outlets.items()]
    label = max(outlets, key=lambda name: outlets[name], default="")
    votes = {people: _votes(people, found.values()) for _, people in found}
    best = max(votes, key=lambda people: votes[people], default=frozenset())
    names: Names = next((c.people for (_, group), c in found.items() if group == best), ())
    return names, label, candidates


def _votes(people: frozenset[str], places: Iterable[Credit]) -> float:
    votes = 0.0
    for credit in places:
        others = frozenset(map(key, credit.people))
        votes += credit.confidence * (1.0 if others == people else 0.5 if others < people else 0.0)
    return votes


def _found(sources: Sources, place: Place, bylines: Sequence[HtmlElement]) -> Iterator[Credit]:
    for field, score in (("author", 0.8), ("creator", 0.3)):
        values = list(linked.all_texts(linked.resolve(sources.article.get(field), sources.nodes)))
        yield _credit(values, f"json-ld {field}", score, sources)
    for name in META_NAMES:
        if name in sources.head.meta:
            yield _credit(sources.head.meta[name], f"meta {name}", 0.5, sources)
    for i in ("1", "2"):
        if sources.head.first(f"twitter:label{i}").lower() in WRITTEN_BY:
            yield _credit(
                sources.head.meta.get(f"twitter:data{i}", ()), "twitter:data", 0.4, sources
            )
    yield from _bylines(sources, bylines)
    yield from _lines(sources, place)


def _credit(values: Sequence[str], where: str, score: float, sources: Sources) -> Credit:
    people: dict[str, None] = {}
    outlets: dict[str, None] = {}
    for value in values:
        people.update(dict.fromkeys(split_names(value, sources.outlets)))
        outlets.update(dict.fromkeys(split_outlets(value, sources.outlets)))
    return Credit(tuple(people), tuple(outlets), where, score)


def _bylines(sources: Sources, bylines: Sequence[HtmlElement]) -> Iterator[Credit]:
    """Yield what the elements marked as byline or author say; the first is believed most."""
    seen: set[Names] = set()
    yield from _in_a_row(sources, bylines)
    for element in bylines:
        text = visible.text_of(element)
        if not 1 < len(text) < MAX_ELEMENT_CHARS:
            continue
        lead = has_lead(text)
        marked = element.get("itemprop") == "author" or "author" in (element.get("rel") or "")
        where = "byline marked" if marked else "byline"
        values = _inner_names(element) or _name_line(element, sources) or [text]
        credit = _credit(values, where, 0.5 if marked or lead else 0.4, sources)
        people = credit.people if lead or marked else tuple(filter(is_full_name, credit.people))
        if people or (credit.outlets and len(text) < MAX_OUTLET_CHARS):
            seen.add(people or credit.outlets)
            yield replace(credit, people=people, confidence=credit.confidence - 0.04 * len(seen))
        if len(seen) == MAX_BYLINES:
            return


def _in_a_row(sources: Sources, bylines: Sequence[HtmlElement]) -> Iterator[Credit]:
    """Yield the people of the first elements that stand side by side, look alike and name one each.

    Themes print an element with a link per author and tell machines the first one only.
    """
    rows: dict[tuple[HtmlElement | None, str, str], list[HtmlElement]] = {}
    for element in bylines:
        mark = (element.getparent(), str(element.tag), element.get("class") or "")
        rows.setdefault(mark, []).append(element)
    for row in rows.values():
        named = [_credit(_inner_names(e), ROW, ROW_CONFIDENCE, sources).people for e in row]
        people = tuple(dict.fromkeys(name for names in named for name in names))
        if len(row) > 1 and len(people) == len(row) and all(map(is_full_name, people)):
            yield Credit(people, (), ROW, ROW_CONFIDENCE)
            return


def _name_line(element: HtmlElement, sources: Sources) -> list[str]:
    """Return the first line of the element that names a person in full or an outlet."""
    for line in visible.lines_of(element):
        names = split_names(line, sources.outlets)
        if any(map(is_full_name, names)) or split_outlets(line, sources.outlets):
            return [line]
    return []


def _inner_names(element: HtmlElement) -> list[str]:
    """Return the texts of the parts of a byline that are marked as names of their own."""
    return [text for text in map(visible.text_of, _INNER_NAMES(element)) if is_person(text)]


def _lines(sources: Sources, place: Place) -> Iterator[Credit]:
    """Yield what the first line near the headline that begins like a byline says."""
    lines = (*place.below[:LINES_BELOW], *place.above[:LINES_ABOVE])
    for part in (part for line in lines for part in _PARTS.split(line)):
        if len(part) < MAX_LINE_CHARS and has_lead(part):
            credit = _credit([part], "line", 0.45, sources)
            people = tuple(filter(is_full_name, credit.people))
            if people or credit.outlets:
                yield replace(credit, people=people)
                return
