"""The people who wrote the article: candidates from machine data and from the visible byline."""

from collections.abc import Iterator
from typing import Final

from lxml.html import HtmlElement

from tasks.extract.metadata import linked, visible
from tasks.extract.metadata.names import has_lead, is_person, split_names
from tasks.extract.metadata.sources import Sources
from tasks.schema import Candidate

META_NAMES: Final = (
    "author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator",
    "dcterms.creator", "dc.creator.creator", "citation_author", "cxenseparse:author", "rbauthors", "og:author",
    "article:author", "authors", "author_name", "creator", "dc:creator", "twitter:creator_name", "web_author",
)  # fmt: skip

Names = tuple[str, ...]


def choose_authors(sources: Sources) -> tuple[Names, list[Candidate]]:
    """Return the authors in order, and every candidate (names joined by "; ")."""
    found = [(names, where, score) for names, where, score in _found(sources) if names]
    candidates = [Candidate("authors", "; ".join(names), where, score) for names, where, score in found]
    best = max(found, key=lambda f: f[2], default=((), "", 0.0))
    return best[0], candidates


def _found(sources: Sources) -> Iterator[tuple[Names, str, float]]:
    for field, score in (("author", 0.9), ("creator", 0.6)):
        values = linked.all_texts(linked.resolve(sources.article.get(field), sources.nodes))
        yield _split(values, sources), "json-ld", score
    for name in META_NAMES:
        yield _split(sources.head.meta.get(name, ()), sources), f"meta {name}", 0.7
    for i in ("1", "2"):
        if sources.head.first(f"twitter:label{i}").lower() in ("written by", "verfasst von", "escrito por", "écrit par"):
            yield _split(sources.head.meta.get(f"twitter:data{i}", ()), sources), "twitter:data", 0.75
    yield from _bylines(sources)


def _split(values: object, sources: Sources) -> Names:
    names: dict[str, None] = {}
    for value in values:  # type: ignore[attr-defined]
        names.update(dict.fromkeys(split_names(value, sources.outlets)))
    return tuple(names)


def _bylines(sources: Sources) -> Iterator[tuple[Names, str, float]]:
    for element in visible.byline_elements(sources.tree):
        text = visible.text_of(element)
        if not 2 < len(text) < 200:
            continue
        lead = has_lead(text)
        names = _linked_names(element, sources) or split_names(text, sources.outlets)
        marked = element.get("itemprop") == "author" or "author" in (element.get("rel") or "")
        if names and (lead or marked or len(text) < 60):
            yield names, "byline", 0.65 if marked else 0.6 if lead else 0.4


def _linked_names(element: HtmlElement, sources: Sources) -> Names:
    inner = element.xpath(".//*[@itemprop='name'] | .//a[contains(@rel,'author')] | .//a[contains(@href,'author')]")
    return _split([t for t in map(visible.text_of, inner) if is_person(t, sources.outlets)], sources)
