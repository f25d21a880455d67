"""When the article was published and last changed: candidates and the choice among them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from tasks.extract.metadata import linked, visible
from tasks.extract.metadata.sources import Sources
from tasks.extract.metadata.visible import Place
from tasks.extract.metadata.times import Moment, find_dates, read_time, url_date
from tasks.schema import Candidate

PUBLISHED_META: Final = (
    "article:published_time", "datepublished", "og:published_time", "article:published", "article.published",
    "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "pubdate", "publishdate", "publish-date",
    "publish_date", "publication_date", "published_date", "dc.date.issued", "dcterms.issued", "dc.date.created", "dcterms.created",
    "dc.date", "dcterms.date", "dc:date", "dcterms:created", "citation_publication_date", "citation_online_date", "citation_date", "originalpublicationdate",
    "article_date_original", "date", "ptime", "displaydate", "date_published", "datecreated", "rnews:datepublished", "og:pubdate",
    "bt:pubdate", "article:publish_time", "published_at", "creation_date", "published", "release_date", "article:post_date", "last_published", "article.created",
    "timestamp", "analyticsattributes.articledate", "pdate", "publisheddate", "shareaholic:article_published_time", "prism.publicationdate", "publish_time",
)  # fmt: skip
MODIFIED_META: Final = (
    "article:modified_time", "og:updated_time", "datemodified", "article:modified", "dc.date.modified", "dcterms.modified",
    "article.updated", "last-modified", "lastmod", "revised", "date_modified", "modified", "utime", "dc.modified", "modificationdate",
)  # fmt: skip


def choose_dates(sources: Sources, place: Place) -> tuple[Candidate | None, Candidate | None, list[Candidate]]:
    """Return the published and the modified candidate, None where unknown, and all candidates."""
    published = [c for c in _published(sources, place)]
    modified = [c for c in _modified(sources)]
    return (
        max(published, key=lambda c: c.confidence, default=None),
        max(modified, key=lambda c: c.confidence, default=None),
        published + modified,
    )


def _month_first(sources: Sources) -> bool:
    return sources.lang.lower().replace("_", "-") in ("en-us", "en", "")


def _accept(sources: Sources, moment: Moment | None) -> bool:
    if moment is None:
        return False
    limit = (sources.fetched_at or datetime(2100, 1, 1, tzinfo=UTC)) + timedelta(days=1)
    return moment.at <= limit


def _published(sources: Sources, place: Place) -> Iterator[Candidate]:
    us = _month_first(sources)
    found: list[tuple[Moment | None, str, float]] = []
    for field, score in (("datePublished", 0.95), ("dateCreated", 0.7), ("uploadDate", 0.6)):
        text = linked.first_text(sources.article.get(field))
        found.append((read_time(text, month_first=us), f"json-ld {field}", score))
    for i, name in enumerate(PUBLISHED_META):
        for text in sources.head.meta.get(name, ())[:1]:
            found.append((read_time(text, month_first=us), f"meta {name}", 0.9 - 0.003 * i))
    for element in visible.time_elements(sources.tree, place):
        item = element.get("itemprop") or ""
        if item == "dateModified":
            continue
        value = element.get("datetime") or element.get("content") or ""
        score = 0.75 if item == "datePublished" else 0.6 if element.tag == "time" else 0.5
        moment = read_time(value, month_first=us) if value else None
        if moment is None:
            moment = next(find_dates(visible.text_of(element), month_first=us), None)
            score -= 0.1
        found.append((moment, element.tag + " " + item, score))
    found.append((url_date(sources.url), "url", 0.65))
    for moment, where, score in found:
        if moment is not None and _accept(sources, moment):
            yield Candidate("published_at", moment.iso(), where.strip(), score)


def _modified(sources: Sources) -> Iterator[Candidate]:
    us = _month_first(sources)
    found = [(linked.first_text(sources.article.get("dateModified")), "json-ld dateModified", 0.9)]
    found += [(sources.head.first(name), f"meta {name}", 0.8 - 0.01 * i) for i, name in enumerate(MODIFIED_META)]
    for text, where, score in found:
        moment = read_time(text, month_first=us) if text else None
        if moment is not None and _accept(sources, moment):
            yield Candidate("modified_at", moment.iso(), where, score)
