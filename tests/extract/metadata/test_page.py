"""Pages in the shapes that publishing systems print, and what a reader says of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tasks.extract.metadata.page import credited
from tasks.schema import Metadata

Read = Callable[..., Metadata]

WORDPRESS_YOAST = """<html lang="en-GB"><head><title>Rain floods harbour - Harbour Courier</title>
<link rel="canonical" href="https://www.harbour-courier.example/local/rain-floods-harbour">
<meta property="og:title" content="Rain floods harbour - Harbour Courier">
<meta property="og:site_name" content="Harbour Courier">
<meta property="og:image" content="/pictures/flood.jpg">
<meta property="og:description" content="Boats &amp; piers under water.">
<meta property="article:section" content="Local">
<meta name="twitter:label1" content="Written by"><meta name="twitter:data1" content="Jane Roe">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[
{"@type":"NewsArticle",
"@id":"https://www.harbour-courier.example/local/rain-floods-harbour#article",
"headline":"Rain floods harbour","datePublished":"2026-05-03T21:30:00+00:00",
"dateModified":"2026-05-04T08:00:00+00:00","keywords":["rain","harbour"],
"articleSection":["Local"],
"author":{"@id":"https://www.harbour-courier.example/#/person/1"},
"publisher":{"@id":"https://www.harbour-courier.example/#organization"}},
{"@type":"Person","@id":"https://www.harbour-courier.example/#/person/1","name":"Jane Roe"},
{"@type":"Organization","@id":"https://www.harbour-courier.example/#organization",
"name":"Harbour Courier"}
]}</script></head><body><header class="site-header"><p class="site-title">Harbour Courier</p>
</header>
<article><h1 class="entry-title">Rain floods harbour</h1>
<div class="entry-meta"><span class="byline">By <a rel="author" href="/author/jane">Jane Roe
</a></span>
<time class="entry-date" datetime="2026-05-03T22:30:00+01:00">3 May 2026, 10:30 pm</time></div>
<p>It rained for three days.</p></article>
<footer>© 2026 Harbour Courier</footer></body></html>"""

DRUPAL_RDFA = """<html lang="de"><head><title>Hafen unter Wasser | Küstenblatt</title>
<meta name="dcterms.creator" content="admin">
<meta name="dcterms.date" content="2026-05-03T10:00+02:00">
</head><body><div class="region-header"><h1><a href="/">Küstenblatt</a></h1></div>
<main><h1 class="page-title"><span>Hafen unter Wasser</span></h1>
<div class="field--name-field-autor">Von Anna Martel, Nordstrand</div>
<p>Es regnete drei Tage.</p></main>
<aside class="sidebar"><h2>Mehr</h2><span class="author">Von Otto Nebenan</span></aside></body>
</html>"""

GHOST = """<html lang="en"><head><title>Rain, again</title>
<meta property="og:site_name" content="The Tide"><meta property="og:type" content="article">
<meta property="article:published_time" content="2026-05-03T06:00:00.000Z">
<meta property="article:tag" content="Weather"><meta property="article:tag" content="Harbour">
<script type="application/ld+json">{"@type":"Article","headline":"Rain, again","author":
{"@type":"Person","name":"John v. Doe"},"isAccessibleForFree":false,
"datePublished":"2026-05-03T06:00:00.000Z"}</script></head>
<body class="post-template"><article class="gh-article"><h1>Rain, again</h1><p>It rained.</p>
</article>
</body></html>"""

HAND_MADE = """<html><head><title>The Old Pier News: Boats lost in storm</title></head><body>
<table><tr><td><font size=5>The Old Pier News</font></td></tr><tr><td>
<h1>Boats lost in storm</h1><i>By Mary Major and John Doe</i><br>Published: May 3, 2026
<p>Nine boats.
<p>Copyright 1999-2026 The Old Pier News</td></tr></table></body></html>"""

JAPANESE = """<html lang="ja"><head><title>港が浸水｜湾岸新聞</title>
<meta property="og:site_name" content="湾岸新聞">
<meta property="og:title" content="港が浸水｜湾岸新聞">
</head><body><article><h1>港が浸水</h1><p class="date">2026年5月3日 18時05分</p>
<p class="writer">文・山田太郎</p><p>三日間雨が降った。</p></article></body></html>"""

ARABIC = """<html lang="ar" dir="rtl"><head><title>المطر يغمر الميناء</title>
<meta name="author" content="ليلى حسن"></head><body><article><h1>المطر يغمر الميناء</h1>
<div class="meta">تاريخ النشر: 3 مايو 2026</div><p>هطل المطر.</p></article></body></html>"""

AGENCY = """<html lang="en"><head><title>Storm nears</title>
<meta name="author" content="Reuters Staff"></head><body><article><h1>Storm nears</h1>
<div class="byline">By Reuters</div><p>The storm nears.</p></article></body></html>"""

BROKEN = """<html><head><title>Rain floods harbour</title><script type="application/ld+json">
{"@type":"NewsArticle","author":{"name":"Jane Roe"</script>
<script type="application/ld+json">[1, null, "x", {"@type": 7, "author": 3, "keywords": {}}]
</script>
<meta name="date" content="soon"><meta property="og:image" content="http://[bad">
</head><body><h1>Rain floods harbour</h1></body></html>"""

CASES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "wordpress",
        WORDPRESS_YOAST,
        {
            "title": "Rain floods harbour",
            "authors": ("Jane Roe",),
            "published_at": datetime(2026, 5, 3, 21, 30, tzinfo=UTC),
            "published_precision": "second",
            "published_from": "json-ld datePublished",
            "modified_at": datetime(2026, 5, 4, 8, tzinfo=UTC),
            "section": "Local",
            "tags": ("rain", "harbour"),
            "description": "Boats & piers under water.",
            "lang": "en-GB",
            "canonical_url": "https://www.harbour-courier.example/local/rain-floods-harbour",
            "site_name": "Harbour Courier",
            "image_url": "https://www.harbour-courier.example/pictures/flood.jpg",
            "source_label": "",
            "access": "full",
        },
    ),
    (
        "drupal",
        DRUPAL_RDFA,
        {
            "title": "Hafen unter Wasser",
            "authors": ("Anna Martel",),
            "published_at": datetime(2026, 5, 3, 8, tzinfo=UTC),
            "published_precision": "minute",
            "lang": "de",
        },
    ),
    (
        "ghost",
        GHOST,
        {
            "title": "Rain, again",
            "authors": ("John v. Doe",),
            "tags": ("Weather", "Harbour"),
            "site_name": "The Tide",
            "access": "partial",
        },
    ),
    (
        "hand-made",
        HAND_MADE,
        {
            "title": "Boats lost in storm",
            "authors": ("Mary Major", "John Doe"),
            "published_at": datetime(2026, 5, 3, tzinfo=UTC),
            "published_precision": "day",
            "published_from": "line",
        },
    ),
    (
        "japanese",
        JAPANESE,
        {
            "title": "港が浸水",
            "authors": ("山田太郎",),
            "published_at": datetime(2026, 5, 3, 18, 5, tzinfo=UTC),
        },
    ),
    (
        "arabic",
        ARABIC,
        {
            "title": "المطر يغمر الميناء",
            "authors": ("ليلى حسن",),
            "published_at": datetime(2026, 5, 3, tzinfo=UTC),
        },
    ),
    ("agency", AGENCY, {"authors": (), "source_label": "Reuters", "published_at": None}),
    (
        "broken",
        BROKEN,
        {"title": "Rain floods harbour", "authors": (), "published_at": None, "image_url": ""},
    ),
    ("nothing", "<p>It rained.</p>", {"title": "", "authors": (), "published_at": None}),
]


@pytest.mark.parametrize(("html", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_page_of_each_kind(read: Read, html: str, expected: dict[str, Any]) -> None:
    metadata = read(html)
    assert {name: getattr(metadata, name) for name in expected} == expected


def test_a_utc_time_takes_the_offset_of_the_visible_clock(read: Read) -> None:
    metadata = read(WORDPRESS_YOAST)
    assert metadata.published_at.utcoffset() == timedelta(hours=1)
    assert metadata.published_at.isoformat() == "2026-05-03T22:30:00+01:00"


def test_every_choice_is_among_the_candidates(read: Read) -> None:
    metadata = read(WORDPRESS_YOAST)
    found = {(c.field, c.value) for c in metadata.candidates}
    assert ("title", metadata.title) in found
    assert ("authors", "; ".join(metadata.authors)) in found
    assert ("section", metadata.section) in found
    assert ("canonical_url", metadata.canonical_url) in found
    assert all(0 <= c.confidence <= 1.2 and c.found_in for c in metadata.candidates)
    published = {c.found_in for c in metadata.candidates if c.field == "published_at"}
    assert {"json-ld datePublished", "time"} <= published


def test_who_is_credited(read: Read) -> None:
    assert credited(read(WORDPRESS_YOAST)) == ("Jane Roe",)
    assert credited(read(AGENCY)) == ("Reuters",)
    assert credited(read(BROKEN)) == ()


def _article(head: str = "", body: str = "") -> str:
    return (
        f"<html lang='en-GB'><head><title>Rain floods harbour</title>{head}</head><body><article>"
        f"<h1>Rain floods harbour</h1>{body}<p>It rained.</p></article></body></html>"
    )


@pytest.mark.parametrize(
    "foot",
    [
        "<footer>© 2026-05-03 Harbour Courier</footer>",
        "<p>Copyright 3 May 2026 Harbour Courier. All rights reserved.</p>",
        "<div class='comments'><time datetime='2026-05-03'>3 May 2026</time></div>",
        "<aside class='related'><time datetime='2026-05-03T10:00Z'>3 May</time></aside>",
    ],
)
def test_no_date_from_what_is_not_the_article(read: Read, foot: str) -> None:
    page = _article().replace("</article>", "</article>" + foot)
    assert read(page).published_at is None


def test_dates_in_the_future_of_the_fetch_are_refused(read: Read) -> None:
    future = "<meta property='article:published_time' content='2031-01-01T10:00:00Z'>"
    metadata = read(_article(future, "<p class='date'>3 May 2026</p>"))
    assert metadata.published_at == datetime(2026, 5, 3, tzinfo=UTC)
    assert read(_article(future)).published_at is None


def test_an_earlier_date_at_the_headline_beats_a_later_machine_date(read: Read) -> None:
    moved = "<meta property='article:published_time' content='2026-11-05T10:00:00Z'>"
    metadata = read(_article(moved, "<p>31 January 2024</p>"))
    assert metadata.published_at == datetime(2024, 1, 31, tzinfo=UTC)
    assert metadata.published_from == "line"
    swapped = read(_article(moved, "<p>11/05/2026</p>"))
    assert swapped.published_from == "meta article:published_time"


def test_an_element_an_author_counts_more_than_machines_that_name_the_first(read: Read) -> None:
    element = '<span class="meta-author"><a href="/author/{0}">{0}</a></span>'
    both = "".join(element.format(name) for name in ("Jane Roe", "Ada Quill"))
    machine = """<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Rain",
    "author": {"@type": "Person", "name": "Jane Roe"}}</script>"""
    page = f"<head>{machine}</head><article><h1>Rain floods harbour</h1><div>{both}</div>"
    assert read(page).authors == ("Jane Roe", "Ada Quill")
    place = both.replace('<a href="/author/Ada Quill">Ada Quill</a>', "Tel Aviv")
    assert read(page.replace(both, place)).authors == ("Jane Roe",)


def test_comments_and_teasers_give_no_author(read: Read) -> None:
    thread = "<ol class='comment-list'><li><span class='comment-author'>By Otto Nebenan</span></ol>"
    teaser = "<div class='related-posts'><a rel='author' href='/author/x'>Mia Anders</a></div>"
    assert read(_article(body=thread + teaser)).authors == ()


def test_people_named_in_several_places_are_joined(read: Read) -> None:
    head = '<meta name="author" content="Jane Roe">'
    byline = (
        "<p class='byline'>By <a rel='author' href='/author/j'>Jane Roe</a> and "
        "<a rel='author' href='/author/d'>John Doe</a></p>"
    )
    assert read(_article(head, byline)).authors == ("Jane Roe", "John Doe")


@pytest.mark.parametrize(
    ("title", "og", "h1s", "expected"),
    [
        ("Rain | Local | Courier", "Rain | Local | Courier", ["Rain"], "Rain"),
        ("Courier: Rain falls here", "", [], "Rain falls here"),
        ("Rain - and more rain", "Rain - and more rain", [], "Rain - and more rain"),
        ("SEO rain words", "Rain falls on harbour", ["Courier", "Rain floods harbour"],
         "Rain floods harbour"),
        ("Rain falls on harbour", "Rain falls on harbour", ["Subscribe now"],
         "Rain falls on harbour"),
        ("Rain: harbour closed today", "Rain: harbour closed today",
         ["<span>Rain</span>: harbour closed today"], "Rain: harbour closed today"),
        ("The harbour is closed", "The harbour is closed",
         ["<span>Weather</span><span>The harbour is closed</span>"], "The harbour is closed"),
        ("«Rain»", "«Rain»", ["«Rain»"], "«Rain»"),
    ],
)  # fmt: skip
def test_titles(read: Read, title: str, og: str, h1s: list[str], expected: str) -> None:
    headings = "".join(f"<h1>{h}</h1>" for h in h1s)
    page = (
        f'<html><head><title>{title}</title><meta property="og:title" content="{og}">'
        '<meta property="og:site_name" content="Courier"></head>'
        f"<body>{headings}<p>x</p></body></html>"
    )
    assert read(page).title == expected


def test_ruby_readings_are_no_part_of_the_headline(read: Read) -> None:
    page = "<h1><ruby>港<rt>みなと</rt></ruby>が浸水する</h1>"
    assert read(page).title == "港が浸水する"


def test_an_attribute_cut_short_by_a_quotation_mark(read: Read) -> None:
    page = (
        '<head><title>Mayor is "tired" of rain</title>'
        '<meta property="og:title" content="Mayor is "tired" of rain"></head><body><p>x</p></body>'
    )
    assert read(page).title == 'Mayor is "tired" of rain'


def test_the_front_page_is_no_canonical_url(read: Read) -> None:
    head = '<link rel="canonical" href="https://www.harbour-courier.example/">'
    assert read(_article(head)).canonical_url == ""


def test_the_article_node_of_this_page_is_chosen_among_teasers(read: Read) -> None:
    head = """<script type="application/ld+json">[
      {"@type":"NewsArticle","headline":"Other news","author":"Otto Nebenan",
       "datePublished":"2020-01-01"},
      {"@type":"NewsArticle","headline":"Rain floods harbour","author":["Jane Roe","John Doe"],
       "datePublished":"2026-05-03"}]</script>"""
    metadata = read(_article(head))
    assert metadata.authors == ("Jane Roe", "John Doe")
    assert metadata.published_at == datetime(2026, 5, 3, tzinfo=UTC)


def test_the_offset_that_was_printed_is_kept(read: Read) -> None:
    head = "<meta property='article:published_time' content='2026-05-03T23:30:00-05:00'>"
    published = read(_article(head)).published_at
    assert published == datetime(2026, 5, 3, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert published.date().isoformat() == "2026-05-03"
