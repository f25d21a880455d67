"""The people who wrote the article: candidates from machine data and from the visible byline."""

from collections.abc import Iterable, Iterator
from typing import Final

from lxml.html import HtmlElement

from tasks.extract.metadata import linked, visible
from tasks.extract.metadata.names import has_lead, is_full_name, is_person, split_names
from tasks.extract.metadata.sources import Sources
from tasks.extract.metadata.visible import Place
from tasks.schema import Candidate
from tasks.text import key

META_NAMES: Final = (
    "author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator",
    "dcterms.creator", "dc.creator.creator", "citation_author", "cxenseparse:author", "rbauthors", "og:author",
    "article:author", "authors", "author_name", "creator", "dc:creator", "twitter:creator_name", "web_author",
)  # fmt: skip
WRITTEN_BY: Final = frozenset({
    "written by", "verfasst von", "escrito por", "écrit par", "geschrieben von", "scritto da", "skriven av",
    "geschreven door", "napisane przez", "автор", "yazan", "kirjoittanut", "skrevet av", "skrevet af", "작성자",
})  # fmt: skip
"""How Yoast labels the author in ``twitter:label1``."""

MAX_BYLINES: Final = 8

Names = tuple[str, ...]


def choose_authors(sources: Sources, place: Place) -> tuple[Names, list[Candidate]]:
    """Return the authors in order, and every candidate (names joined by "; ").

    Each place votes once for the people it names; the votes of places that name the same people
    add up, and a byline that names more people than machine data is believed when they agree.
    """
    found: dict[tuple[str, frozenset[str]], tuple[Names, float]] = {}
    for names, where, score in _found(sources, place):
        if names:
            people = frozenset(map(key, names))
            if score > found.get((where, people), ((), 0.0))[1]:
                found[where, people] = (names, score)
    votes = {people: 0.0 for _, people in found}
    for people in votes:
        for (_, others), (_, score) in found.items():
            votes[people] += score if others == people else score / 2 if others < people else 0.0
    candidates = [
        Candidate("authors", "; ".join(names), where, score) for (where, _), (names, score) in found.items()
    ]
    if not votes:
        return (), candidates
    best = max(votes, key=lambda people: votes[people])
    return next(names for (_, people), (names, _) in found.items() if people == best), candidates


def _found(sources: Sources, place: Place) -> Iterator[tuple[Names, str, float]]:
    for field, score in (("author", 0.8), ("creator", 0.3)):
        values = linked.all_texts(linked.resolve(sources.article.get(field), sources.nodes))
        yield _split(values, sources), f"json-ld {field}", score
    for name in META_NAMES:
        if name in sources.head.meta:
            yield _split(sources.head.meta[name], sources), f"meta {name}", 0.5
    for i in ("1", "2"):
        if sources.head.first(f"twitter:label{i}").lower() in WRITTEN_BY:
            yield _split(sources.head.meta.get(f"twitter:data{i}", ()), sources), "twitter:data", 0.4
    yield from _bylines(sources, place)
    yield from _lines(sources, place)


def _split(values: Iterable[str], sources: Sources) -> Names:
    names: dict[str, None] = {}
    for value in values:
        names.update(dict.fromkeys(split_names(value, sources.outlets)))
    return tuple(names)


def _bylines(sources: Sources, place: Place) -> Iterator[tuple[Names, str, float]]:
    """Yield the names of elements marked as byline or author; the first is believed most."""
    count = 0
    seen: set[frozenset[str]] = set()
    for element in visible.byline_elements(sources.tree, place):
        text = visible.text_of(element)
        if not 2 < len(text) < 200:
            continue
        lead = has_lead(text)
        marked = element.get("itemprop") == "author" or "author" in (element.get("rel") or "")
        names = _linked_names(element, sources) or split_names(text, sources.outlets)
        if not (lead or marked):
            names = tuple(name for name in names if is_full_name(name))
        if not names:
            continue
        if frozenset(names) not in seen:
            seen.add(frozenset(names))
            count += 1
        if count > MAX_BYLINES:
            return
        yield names, "byline marked" if marked else "byline", (0.5 if marked or lead else 0.4) - 0.04 * count


def _linked_names(element: HtmlElement, sources: Sources) -> Names:
    inner = element.xpath(
        ".//*[@itemprop='name'] | .//a[contains(@rel,'author')] | .//a[contains(@href,'author')]"
    )
    return _split([t for t in map(visible.text_of, inner) if is_person(t, sources.outlets)], sources)


def _lines(sources: Sources, place: Place) -> Iterator[tuple[Names, str, float]]:
    """Yield the names of the first line near the headline that begins like a byline."""
    for line in (*place.below[:20], *place.above[:6]):
        if len(line) < 160 and has_lead(line):
            names = tuple(n for n in split_names(line, sources.outlets) if is_full_name(n))
            if names:
                yield names, "line", 0.45
                return
