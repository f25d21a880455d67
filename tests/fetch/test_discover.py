"""Feeds, sitemaps, lists and front pages as sites really serve them."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from tasks.errors import PageError
from tasks.fetch.discover import (
    Link,
    linked_feeds,
    read_feed,
    read_homepage,
    read_sitemap,
)
from tests.fetch.web import rss, sitemap

BASE = "http://news.example/feeds/all.xml"
DAY = datetime(2026, 11, 24, 10, tzinfo=UTC)

ATOM = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>
<entry><title>Rain &amp; sun</title><link rel="alternate" href="/rain"/>
<updated>2026-11-24T11:00:00Z</updated><published>2026-11-24T11:00:00+01:00</published></entry>
<entry><title>No link</title></entry></feed>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="http://news.example/"><title>x</title></channel>
<item rdf:about="/rain"><title>Rain</title><link>/rain</link>
<dc:date>2026-11-24T10:00:00Z</dc:date></item></rdf:RDF>"""
JSON_FEED = json.dumps({
    "version": "https://jsonfeed.org/version/1.1", "title": "x",
    "items": [{"url": "/rain", "title": "Rain", "date_published": "2026-11-24T10:00:00Z"},
              {"id": "http://news.example/sun"}, "junk", {"url": 7}],
}).encode()  # fmt: skip
NEWS = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>http://news.example/old</loc><lastmod>2026-11-20</lastmod></url>
<url><loc> http://news.example/rain </loc><lastmod>2026-11-25</lastmod><news:news>
<news:publication><news:name>N</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-11-24T10:00:00Z</news:publication_date><news:title>Rain</news:title>
</news:news></url><url><loc>http://news.example/undated</loc></url></urlset>"""


def urls(links: tuple[Link, ...]) -> list[str]:
    return [link.url for link in links]


@pytest.mark.parametrize(
    "body", [ATOM, RDF, JSON_FEED, rss("/rain"), b"\xef\xbb\xbf" + rss("/rain")]
)
def test_feeds_of_every_kind(body: bytes) -> None:
    first = read_feed(body, BASE, 100).pages[0]
    assert (first.url, first.published_at) == ("http://news.example/rain", DAY)


def test_titles_and_unusable_entries() -> None:
    assert [link.title for link in read_feed(ATOM, BASE, 100).pages] == ["Rain & sun"]
    assert urls(read_feed(JSON_FEED, BASE, 9).pages) == [
        "http://news.example/rain",
        "http://news.example/sun",
    ]
    bad = rss("javascript:alert(1)", "http://me:pw@news.example/a", "http://[", "", "/ok")
    assert urls(read_feed(bad, BASE, 100).pages) == ["http://news.example/ok"]


def test_one_article_under_two_tracking_links_is_one() -> None:
    body = rss("/rain?utm_source=rss", "/rain?fbclid=1", "/rain?id=2")
    assert len(read_feed(body, BASE, 100).pages) == 2


def test_news_sitemaps_give_dates_and_titles_newest_first() -> None:
    found = read_sitemap(NEWS, BASE, 100)
    assert found.pages[0] == Link("http://news.example/rain", DAY, "Rain")
    assert urls(found.pages)[1:] == ["http://news.example/old", "http://news.example/undated"]


def test_sitemaps_gzipped_indexes_lists_and_feeds() -> None:
    index = sitemap("/a.xml", "/b.xml.gz", "/a.xml", kind="sitemap")
    expected = ("http://news.example/a.xml", "http://news.example/b.xml.gz")
    assert read_sitemap(gzip.compress(index), BASE, 100).sitemaps == expected
    listed = b"\xef\xbb\xbfhttp://news.example/1\r\n\r\nhttp://news.example/2\n"
    assert urls(read_sitemap(listed, BASE, 100).pages) == [
        "http://news.example/1",
        "http://news.example/2",
    ]
    assert urls(read_sitemap(rss("/rain"), BASE, 100).pages) == ["http://news.example/rain"]
    assert read_sitemap(sitemap(), BASE, 100).pages == ()


def test_what_is_cut_is_said() -> None:
    many = sitemap(*(f"/{n}" for n in range(50)))
    found = read_sitemap(many, BASE, 10)
    assert (len(found.pages), found.was_cut) == (10, True)
    assert not read_sitemap(many, BASE, 50).was_cut
    assert read_feed(rss("/1", "/2"), BASE, 1).was_cut


@pytest.mark.parametrize(
    ("body", "slug"),
    [(b"", "empty"), (b"  \n", "empty"), (b"<html><p>hi</p></html>", "feed-parse"),
     (b"{}", "feed-parse"), (b"{", "feed-parse"), (b"just text", "feed-parse"),
     (b'<!DOCTYPE x [<!ENTITY a "b">]><rss/>', "feed-entities"),
     (b'<!DOCTYPE x [<! ENTITY % a SYSTEM "file:///etc/passwd">]><rss/>', "feed-entities"),
     ('<!DOCTYPE x [<!entity a "b">]><rss/>'.encode("utf-16"), "feed-entities")],
)  # fmt: skip
def test_a_feed_that_cannot_be_used_has_a_slug(body: bytes, slug: str) -> None:
    with pytest.raises(PageError) as refused:
        read_feed(body, BASE, 100)
    assert refused.value.slug == slug


def test_an_external_entity_is_never_loaded() -> None:
    body = b'<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss version="2.0"><channel></channel></rss>'
    assert read_feed(body, BASE, 100).pages == ()
    body = b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><urlset><url><loc>/a</loc></url></urlset>'
    assert urls(read_sitemap(body, BASE, 100).pages) == ["http://news.example/a"]


def test_a_front_page_gives_its_own_articles_only() -> None:
    body = b"""<a href="/2026/11/rain">Rain</a><a href="/story-about-the-rain">x</a>
    <a href="/about">x</a><a href="http://other.example/2026/11/24/x">x</a>
    <a href="mailto:x@y.example">x</a><a href="/2026/11/rain#c"></a>"""
    found = read_homepage(body, "http://news.example/", 100)
    assert urls(found.pages) == [
        "http://news.example/2026/11/rain",
        "http://news.example/story-about-the-rain",
    ]


def test_feeds_named_in_the_head() -> None:
    body = b"""<link rel="alternate" type="application/rss+xml" href="/feed">
    <link rel=alternate type="text/html" href="/de">
    <link rel="alternate home" type="application/feed+json" href="/feed.json">"""
    assert linked_feeds(body, "http://news.example/") == [
        "http://news.example/feed", "http://news.example/feed.json"
    ]  # fmt: skip
