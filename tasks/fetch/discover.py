"""Where articles are found: feeds, sitemaps, URL lists, and a front page's links. Bytes in, no I/O.

Input is hostile: XML that declares entities is refused before a parser sees it, nothing is ever
loaded from the network, and every list is cut at a limit that the caller sets.
"""

import json
import re
import warnings
from calendar import timegm
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

import feedparser
from lxml import etree

from tasks.errors import PageError
from tasks.fetch.tags import tags
from tasks.urls import canonical, fetchable, site
from tasks.warc.http import decode

MAX_XML_BYTES: Final = 50 * 1024 * 1024
"""The sitemap protocol's limit for one file when decompressed."""

MAX_FEED_BYTES: Final = 10 * 1024 * 1024
"""A feed of full texts has 1 MiB; the parser takes about a second for each."""

_ENTITY = re.compile(rb"<!\s*ENTITY", re.IGNORECASE)
_ARTICLE_PATH = re.compile(r"\d{4,}|(?:[^/-]+-){3,}[^/-]+")
_FEED_ROOT = re.compile(rb"<(rss|feed|rdf:RDF)\b")
_ROOTS: Final = frozenset({"urlset", "sitemapindex", "rss", "feed", "RDF"})
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_MAX_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class Link:
    """One URL found, with what its finder said of it."""

    url: str
    published_at: datetime | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What one feed or sitemap names: pages, further sitemaps, and whether it was cut short."""

    pages: tuple[Link, ...] = ()
    sitemaps: tuple[str, ...] = ()
    was_cut: bool = False


def read_feed(body: bytes, base: str, limit: int) -> Found:
    """Return the entries of an RSS, Atom or JSON feed, at most `limit`, in its order.

    Raises:
        PageError: "feed-entities", "feed-parse", "empty".
    """
    if not body.strip():
        raise PageError("empty", "the feed holds no bytes")
    if len(body) > MAX_FEED_BYTES:
        raise PageError("too-large", f"a feed over {MAX_FEED_BYTES} bytes")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _json_feed(body, base, limit)
    refuse_entities(body)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # feedparser's own
        feed = feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if not feed.version:
        raise PageError("feed-parse", "neither RSS nor Atom nor JSON Feed")
    entries = [
        (e.get("link", "") or e.get("id", ""), _moment_of(e), e.get("title", ""))
        for e in feed.entries
    ]
    return _found(entries, (), base, limit)


def read_sitemap(body: bytes, base: str, limit: int) -> Found:
    """Return what a sitemap, sitemap index, news sitemap or list of URLs names, newest first.

    Feeds are read too: the protocol lets a site name its feed as a sitemap.

    Raises:
        PageError: "feed-entities", "feed-parse", "empty", "compression-bomb", "bad-compression".
    """
    if body.startswith(b"\x1f\x8b"):
        body = b"".join(decode([body], ["gzip"], MAX_XML_BYTES))
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise PageError("empty", "the sitemap holds no bytes")
    if not start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return _url_list(body, base, limit)
    refuse_entities(body)
    entries = list(_sitemap_entries(body, limit + 1))
    if not entries and _FEED_ROOT.search(start):
        return read_feed(body, base, limit)
    pages = [(url, date, title) for kind, url, date, title in entries if kind == "url"]
    pages.sort(key=lambda page: page[1] or _EARLIEST, reverse=True)
    sitemaps = [url for kind, url, _, _ in entries if kind == "sitemap"]
    return _found(pages, sitemaps, base, limit)


def _url_list(body: bytes, base: str, limit: int) -> Found:
    lines = body.decode("utf-8-sig", "replace").splitlines()
    if not any(line.strip().startswith("http") for line in lines[:50]):
        raise PageError("feed-parse", "neither a sitemap nor a list of URLs")
    return _found(((line, None, "") for line in lines), (), base, limit)


def read_homepage(body: bytes, base: str, limit: int) -> Found:
    """Return the links of a front page that look like articles of the same site: a last resort."""
    own = site(base)
    links: list[tuple[str, datetime | None, str]] = []
    for fields, text in tags(body, "a"):
        try:
            url = fetchable(fields.get("href", ""), base)
        except PageError:
            continue
        if site(url) == own and _ARTICLE_PATH.search(url.split("/", 3)[-1]):
            links.append((url, None, text))
    return _found(links, (), base, limit)


def linked_feeds(body: bytes, base: str) -> list[str]:
    """Return the feeds that a page's head names by ``<link rel=alternate>``."""
    kinds = {"application/rss+xml", "application/atom+xml", "application/feed+json"}
    found = []
    for link, _ in tags(body, "link"):
        is_alternate = "alternate" in link.get("rel", "").lower().split()
        if is_alternate and link.get("type", "").lower() in kinds and link.get("href"):
            found += _absolute(link["href"], base)
    return list(dict.fromkeys(found))


def refuse_entities(body: bytes) -> None:
    """Raise "feed-entities" when `body` declares XML entities, in UTF-8, UTF-16 or alike."""
    if _ENTITY.search(body.replace(b"\0", b"") if b"\0" in body else body):
        raise PageError("feed-entities", "declares XML entities, which no feed needs")


def _found(
    entries: Iterable[tuple[str, datetime | None, str]],
    sitemaps: Iterable[str],
    base: str,
    limit: int,
) -> Found:
    """Make URLs absolute, drop unusable and repeated ones, cut at `limit`."""
    links: dict[str, Link] = {}
    was_cut = False
    for url, moment, title in entries:
        for absolute in _absolute(url, base):
            if len(links) >= limit:
                was_cut = True
                break
            links.setdefault(canonical(absolute), Link(absolute, moment, title[:_MAX_TEXT]))
    maps = [absolute for url in sitemaps for absolute in _absolute(url, base)]
    return Found(tuple(links.values()), tuple(dict.fromkeys(maps[:limit])), was_cut)


def _absolute(url: str, base: str) -> list[str]:
    try:
        return [fetchable(url, base)] if url.strip() else []
    except PageError:
        return []


def _json_feed(body: bytes, base: str, limit: int) -> Found:
    try:
        feed = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise PageError("feed-parse", f"broken JSON: {error}") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise PageError("feed-parse", "JSON, but no JSON Feed")
    items = [item for item in feed["items"] if isinstance(item, dict)]
    return _found(
        [(_text(i, "url") or _text(i, "external_url") or _text(i, "id"),
          moment(_text(i, "date_published")), _text(i, "title")) for i in items],
        (), base, limit,
    )  # fmt: skip


def _text(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _moment_of(entry: Any) -> datetime | None:  # noqa: ANN401  feedparser's own type
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError):
        return None


def moment(text: str) -> datetime | None:
    """Return a W3C date or time (ISO 8601) as a moment in UTC; None when it is none.

    >>> moment("2026-03-01T10:00:00+01:00"), moment("2026-03-01"), moment("soon")
    (datetime.datetime(2026, 3, 1, 9, 0, tzinfo=datetime.timezone.utc), \
datetime.datetime(2026, 3, 1, 0, 0, tzinfo=datetime.timezone.utc), None)
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _sitemap_entries(body: bytes, limit: int) -> list[tuple[str, str, datetime | None, str]]:
    """Return ("url" or "sitemap", location, date, title) of each entry, `limit` at most.

    Raises:
        PageError: "feed-parse".
    """
    parser = etree.iterparse(
        BytesIO(body), events=("end",), resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, recover=True,
    )  # fmt: skip
    found = []
    try:
        for entry in _entries_of(parser):
            found.append(entry)
            if len(found) >= limit:
                return found
    except etree.XMLSyntaxError as error:
        if not found:
            raise PageError("feed-parse", str(error)) from error
    root = "" if parser.root is None else etree.QName(parser.root).localname
    if not found and (root not in _ROOTS or parser.error_log):
        raise PageError("feed-parse", "neither a sitemap nor an index of sitemaps")
    return found


def _entries_of(parser: etree.iterparse) -> Iterator[tuple[str, str, datetime | None, str]]:
    """Yield the entries as they come, and forget each, so that memory does not grow with them."""
    fields: dict[str, str] = {}
    for _, element in parser:
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if name in {"url", "sitemap"}:
            date = moment(fields.get("publication_date") or fields.get("lastmod", ""))
            yield name, fields.get("loc", ""), date, fields.get("title", "")
            fields = {}
            element.clear(keep_tail=False)
            while element.getprevious() is not None:
                del element.getparent()[0]
        elif element.text and name in {"loc", "lastmod", "publication_date", "title"}:
            fields.setdefault(name, element.text.strip())
