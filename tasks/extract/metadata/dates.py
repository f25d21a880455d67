"""When the article was published and last changed: candidates and the choice among them.

Machine data is believed first, then elements marked as dates, the address, lines near the
headline; htmldate is asked only when all of these are silent. A date in the future of the fetch
is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from htmldate import find_date
from lxml.html import HtmlElement

from tasks.extract.metadata import linked, visible
from tasks.extract.metadata.head import parts_of
from tasks.extract.metadata.moments import Moment
from tasks.extract.metadata.sources import Sources
from tasks.extract.metadata.times import (
    find_dates,
    is_ambiguous,
    is_change,
    is_issue,
    read_time,
    url_date,
)
from tasks.extract.metadata.visible import Place
from tasks.extract.tree import drop
from tasks.schema import Candidate

PUBLISHED_META: Final = (
    "article:published_time", "datepublished", "og:published_time", "article:published",
    "article.published", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "pubdate", "publishdate", "publish-date", "publish_date",
    "publication_date", "published_date", "dc.date.issued", "dcterms.issued", "dc.date.created",
    "dcterms.created", "dc.date", "dcterms.date", "dc:date", "dcterms:created",
    "citation_publication_date", "citation_online_date", "citation_date", "originalpublicationdate",
    "article_date_original", "date", "ptime", "displaydate", "date_published", "datecreated",
    "rnews:datepublished", "og:pubdate", "bt:pubdate", "article:publish_time", "published_at",
    "creation_date", "published", "release_date", "article:post_date", "article.created",
    "analyticsattributes.articledate", "pdate", "publisheddate", "prism.publicationdate",
    "publish_time", "timestamp",
)  # fmt: skip
"""Names of meta elements that hold the publication date, the most reliable first."""
MODIFIED_META: Final = (
    "article:modified_time", "og:updated_time", "datemodified", "article:modified",
    "dc.date.modified", "dcterms.modified", "article.updated", "last-modified", "lastmod",
    "revised", "date_modified", "modified", "utime", "dc.modified", "modificationdate",
)  # fmt: skip

MAX_OFFSET: Final = timedelta(hours=14)
MAX_LINE_CHARS: Final = 140
_AMERICAN_HOSTS: Final = (".com", ".org", ".net", ".us", ".gov", ".edu")
"""Endings under which a page in plain "en" is taken for American."""
STRONG_LINE: Final = 0.44
"""Confidence of a short line with a date right under or above the headline."""
AMBIGUOUS: Final = 0.35
"""What a machine value loses that may be the third of May or the fifth of March."""
LABELLED: Final = 0.16
"""What a line gains that begins with "Published" or its like."""
NEAR_LINE: Final = 0.35
"""The same of a line a little further away, or longer."""
_GUESSES: Final = (-5, -3, -8, 1, 2, 9, 8, 5.5, 11, -11)
"""Hours east of Greenwich tried, in this order, when only a printed day tells the page's zone."""


@dataclass(frozen=True, slots=True)
class Dated:
    """One date found, and where."""

    moment: Moment
    found_in: str
    confidence: float

    @property
    def is_shown(self) -> bool:
        """Whether a reader sees it: a line or an element of the page, not what is for machines."""
        return self.found_in.partition(" ")[0] not in ("json-ld", "meta", "url", "htmldate")


def choose_dates(
    sources: Sources, place: Place, times: Sequence[HtmlElement]
) -> tuple[Dated | None, Dated | None, list[Candidate]]:
    """Return publication and change, None where unknown, and every candidate.

    The publication time keeps the offset it was printed with; a time printed in UTC takes the
    offset that the page's other dates show, so that its calendar day is the readers'.
    """
    published = _accepted(_published(sources, place, times), sources)
    if not published:
        published = _accepted(_by_htmldate(sources), sources)
    modified = _accepted(_modified(sources), sources)
    candidates = [
        Candidate("published_at", d.moment.iso(), d.found_in, d.confidence) for d in published
    ]
    candidates += [
        Candidate("modified_at", d.moment.iso(), d.found_in, d.confidence) for d in modified
    ]
    best = _first_issue(published)
    return best, max(modified, key=lambda d: d.confidence, default=None), candidates


def _first_issue(published: Sequence[Dated]) -> Dated | None:
    """Return the most reliable date; or another day, if the page prints that at the headline.

    A page that prints an earlier day than its machine data claims was published again, by a move
    to another system for instance: where the two disagreed so, the line was right nine times of
    eleven. Days that only swap day and month with the machine's are a misreading. For a later
    day see `_later_shown`.
    """
    best = max(published, key=lambda d: d.confidence, default=None)
    if best is None:
        return None
    moment = localised(best.moment, [d.moment for d in published])
    day = moment.at.date()
    lines = [d for d in published if d.found_in == "line" and d.confidence >= STRONG_LINE]
    line = max(lines, key=lambda d: d.confidence, default=None)
    if line is not None and line.moment.at.date() < day:
        other = line.moment.at.date()
        if (other.day, other.month) != (day.month, day.day):
            return line
    return _later_shown(published, day) or Dated(moment, best.found_in, best.confidence)


def _later_shown(published: Sequence[Dated], day: date) -> Dated | None:
    """Return the later day that readers are shown instead of the machine's; None if there is none.

    It must stand both in a marked element and in a line near the headline, and the machine's day
    nowhere on the page: newspapers print the day of the issue, some pages the day they were last
    worked on. Of six such pages annotators took what is shown on five.
    """
    shown = [d for d in published if d.is_shown]
    if any(d.moment.at.date() == day for d in shown):
        return None
    elements = {d.moment.at.date() for d in shown if d.found_in != "line"}
    lines = [d for d in shown if d.found_in == "line" and d.confidence >= NEAR_LINE]
    later = [d for d in lines if d.moment.at.date() > day and d.moment.at.date() in elements]
    return max(later, key=lambda d: d.confidence, default=None)


def localised(moment: Moment, others: Iterable[Moment]) -> Moment:
    """Return `moment` in the offset that `others` of the same page show, if it was printed in UTC.

    A time without a zone that differs by a whole number of half hours is the same moment on
    the page's own clock; failing that, a printed day next to the UTC day tells the side.

        >>> utc, local = read_time("2026-05-04T01:46:08Z"), read_time("2026-05-03 22:46")
        >>> localised(utc, [local]).iso()
        '2026-05-03T22:46:08-03:00'
        >>> localised(utc, [read_time("2026-05-03")]).iso()
        '2026-05-03T20:46:08-05:00'
    """
    if not moment.zoned or moment.at.utcoffset():
        return moment
    others = list(others)
    offsets = (offset for other in others if (offset := _offset_shown(moment, other)))
    if offset := next(offsets, None):
        return Moment(moment.at.astimezone(timezone(offset)), moment.precision, zoned=True)
    days = [o.at.date() for o in others if not o.zoned]
    if moment.at.date() in days:  # the page's own clock is UTC, or close enough
        return moment
    for day in days:
        if abs(day - moment.at.date()) == timedelta(days=1):
            for hours in _GUESSES:
                local = moment.at.astimezone(timezone(timedelta(hours=hours)))
                if local.date() == day:
                    return Moment(local, moment.precision, zoned=True)
    return moment


def _offset_shown(moment: Moment, other: Moment) -> timedelta | None:
    """Return the offset from UTC that `other` shows for the same moment, None if it shows none."""
    if other.zoned:
        return other.at.utcoffset() if other.at == moment.at else None
    gap = other.at.replace(tzinfo=UTC) - moment.at.replace(second=other.at.second)
    return gap if other.precision in ("minute", "second") and _is_offset(gap) else None


def _is_offset(gap: timedelta) -> bool:
    return timedelta(0) < abs(gap) <= MAX_OFFSET and gap % timedelta(minutes=30) == timedelta(0)


def _accepted(found: Iterator[Dated], sources: Sources) -> list[Dated]:
    limit = (sources.fetched_at or datetime(2100, 1, 1, tzinfo=UTC)) + timedelta(days=1)
    unique: dict[tuple[str, str], Dated] = {}
    for dated in found:
        if dated.moment.at <= limit:
            unique.setdefault((dated.moment.iso(), dated.found_in), dated)
    return list(unique.values())


def _month_first(sources: Sources) -> bool:
    """Say whether 05/03/2026 is the third of May here: on American pages."""
    lang = (sources.lang or sources.head.first("og:locale")).lower().replace("_", "-")
    host = parts_of(sources.url).hostname or ""
    return lang == "en-us" or (lang == "en" and host.endswith(_AMERICAN_HOSTS))


def _read(texts: Sequence[tuple[str, str, float]], sources: Sources) -> Iterator[Dated]:
    for text, where, score in texts:
        moment = read_time(text, month_first=_month_first(sources)) if text else None
        if moment is not None:
            yield Dated(moment, where, score - AMBIGUOUS * is_ambiguous(text))


def _published(sources: Sources, place: Place, times: Sequence[HtmlElement]) -> Iterator[Dated]:
    article, head = sources.article, sources.head
    fields = (("datePublished", 0.95), ("dateCreated", 0.7), ("uploadDate", 0.6))
    texts = [
        (linked.first_text(article.get(name)), f"json-ld {name}", score) for name, score in fields
    ]
    texts += [
        (head.meta[name][0], f"meta {name}", 0.9 - 0.003 * i)
        for i, name in enumerate(PUBLISHED_META)
        if name in head.meta
    ]
    yield from _read(texts, sources)
    if moment := url_date(sources.url):
        yield Dated(moment, "url", 0.65)
    yield from _elements(sources, times)
    yield from _lines(sources, place)


def _elements(sources: Sources, times: Sequence[HtmlElement]) -> Iterator[Dated]:
    """Yield the dates of elements marked as such; the earlier on the page, the likelier."""
    month_first = _month_first(sources)
    for i, element in enumerate(times[:12]):
        item = element.get("itemprop") or ""
        text = visible.text_of(element)[:120]
        if item == "dateModified" or _is_modified(element, text):
            continue
        score = (
            0.8 if item == "datePublished" else 0.6 if element.tag == "time" else 0.5
        ) - 0.01 * i
        value = element.get("datetime") or element.get("content") or ""
        moment = read_time(value, month_first=month_first) if value else None
        if moment is None:
            moment = next(find_dates(text, month_first=month_first), None)
        if moment is not None and moment.precision not in ("year", "month"):
            yield Dated(moment, f"{element.tag} {item}".strip(), score)


def _is_modified(element: HtmlElement, text: str) -> bool:
    names = f"{element.get('class') or ''} {element.get('pubdate') or ''}".lower()
    before = element.getprevious()
    label = (
        (before.tail or visible.text_of(before)) if before is not None else element.getparent().text
    )
    return (
        "modif" in names
        or "updated" in names.split()
        or is_change((label or "")[-40:])
        or is_change(text[:40])
    )


def _lines(sources: Sources, place: Place) -> Iterator[Dated]:
    """Yield the dates of the short lines around the headline, the nearest first."""
    month_first = _month_first(sources)
    near = [*place.below[:12], *place.above[:8], *place.below[12:30]]
    for i, line in enumerate(near):
        if len(line) > MAX_LINE_CHARS:
            continue
        moment = next(find_dates(line, month_first=month_first), None)
        if moment is not None and not is_change(line):
            share = 1 - len(line) / (2 * MAX_LINE_CHARS)
            label = LABELLED if is_issue(line) else 0.0
            yield Dated(moment, "line", 0.5 * share - 0.005 * i + label)


def _by_htmldate(sources: Sources) -> Iterator[Dated]:
    """Yield what htmldate finds without its search of all text; asked for gaps only: it is slow.

    It sees a copy without threads, menus and the page's foot, lest it date a page by them.
    """
    tree = deepcopy(sources.tree)
    apart = [e for e in tree.iter("*") if e is not tree and visible.is_apart(e)]
    drop(tree, [e for e in apart if next(e.iter("h1"), None) is None])
    found = find_date(tree, extensive_search=False, original_date=True, url=sources.url or None)
    if found and (moment := read_time(found)):
        yield Dated(moment, "htmldate", 0.3)


def _modified(sources: Sources) -> Iterator[Dated]:
    texts = [(linked.first_text(sources.article.get("dateModified")), "json-ld dateModified", 0.9)]
    texts += [
        (sources.head.meta[name][0], f"meta {name}", 0.8 - 0.01 * i)
        for i, name in enumerate(MODIFIED_META)
        if name in sources.head.meta
    ]
    return _read(texts, sources)
