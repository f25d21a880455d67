"""A look at a site, and the entry that comes of it."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tasks.errors import ConfigError
from tasks.fetch.entry import add, entry_of, inserted, source_of
from tasks.fetch.probe import Found, probe
from tasks.schema import Capture
from tasks.sources import Source, load_sources
from tests.fetch.web import QUICK, Web, moved, page, rss, serving, sitemap

SETTINGS = QUICK.model_copy(update={"retries": 0})
HOMEPAGE = b"""<html lang="en-GB"><head>
<link rel="alternate" type="application/rss+xml" href="/feed"></head>
<body><a href="/2026/11/24/rain">Rain</a></body></html>"""
ROBOTS = b"""User-agent: *
Crawl-delay: 0.05
Disallow: /no
Sitemap: /index.xml
Sitemap: http://[
"""


def site(web: Web) -> Source:
    web.answers = {
        "/": page(HOMEPAGE),
        "/robots.txt": page(ROBOTS),
        "/feed": moved("/feed/"),
        "/feed/": page(
            rss(*(f"/2026/11/24/{n}" for n in range(9)), "/no/1"), kind="application/xml"
        ),
        "/index.xml": page(sitemap("/news.xml", "/all.xml", kind="sitemap")),
        "/news.xml": page(sitemap("/2026/11/24/1")),
        "/all.xml": page(sitemap("/about", "/2026/11/24/1")),
        **{f"/2026/11/24/{n}": page(f"<p>Story {n}.</p>".encode()) for n in range(9)},
    }
    return web.source(id="new")


def test_a_look_finds_feeds_news_sitemaps_language_and_samples() -> None:
    with serving() as web:
        found = probe(site(web), SETTINGS)
        assert (found.robots, found.language, found.delay_s) == ("allowed", "en-GB", 0.05)
        assert {f.url: f.pages for f in found.files if f.pages} == {
            "http://news.example/feed": 10,
            "http://news.example/news.xml": 1,
            "http://news.example/all.xml": 2,
        }
        assert len(found.samples) == 5
        assert all(isinstance(sample, Capture) for sample in found.samples)
        assert web.paths().count("/robots.txt") == 1
        source = source_of("http://news.example/", found)
    assert source.feeds == ("http://news.example/feed",)
    assert source.sitemaps == ("http://news.example/news.xml",)
    assert (source.id, source.language, source.delay_s) == ("news-example", "en-GB", 0.05)


def test_without_a_named_feed_the_usual_places_are_tried() -> None:
    with serving() as web:
        web.answers = {"/": page(b"<p>hi</p>"), "/rss.xml": page(rss("/2026/11/24/1"))}
        found = probe(web.source(), SETTINGS)
        assert found.usable("feed") == ["http://news.example/rss.xml"]


def test_a_site_that_names_nothing_is_no_source() -> None:
    with serving() as web:
        web.answers = {"/": page(b"<p>hi</p>")}
        with pytest.raises(ConfigError, match="no feed and no sitemap"):
            source_of("http://news.example/", probe(web.source(), SETTINGS))
        gone = web.source(homepage="http://news.example/gone")
        assert probe(gone, SETTINGS).robots == "http-error"


def test_why_a_site_cannot_be_asked_is_told() -> None:
    with serving() as web:
        refused = web.source(allow_private=False)
        assert probe(refused, SETTINGS).robots == "robots-unreachable (private-address)"


@pytest.mark.parametrize(
    "old",
    [
        "", "# only a comment\n", "sources: []\n", "# mine\nsources: []  # none yet\n",
        "sources:\n",
        "sources:\n  - id: a # first\n    homepage: http://a.example/\n\n# the end\n",
        "sources:\n- homepage: http://a.example/\n  id: a\n  feeds:\n    - http://a.example/f # x",
        "sources:\n  - {id: a, homepage: 'http://a.example/'}\n",
    ],
)  # fmt: skip
def test_an_entry_is_added_and_all_else_stays(tmp_path: Path, old: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(old)
    before = load_sources(tmp_path)
    source = source_of("http://b.example/", _found())
    add(tmp_path, source)
    assert load_sources(tmp_path) == (*before, source)
    for line in old.splitlines():
        assert line in path.read_text().splitlines() or line.startswith("sources")
    with pytest.raises(ConfigError, match="already"):
        add(tmp_path, source)


def _found() -> Found:
    with serving() as web:
        web.answers = {"/": page(b"<p>hi</p>"), "/rss.xml": page(rss("/2026/11/24/1"))}
        return probe(web.source("b.example"), SETTINGS)


def test_an_entry_says_only_what_is_no_default() -> None:
    source = Source(id="a", homepage="http://a.example/", feeds=("http://a.example/f",))
    (values,) = yaml.safe_load(entry_of(source))
    assert set(values) == {"id", "homepage", "feeds"}
    with pytest.raises(ConfigError, match="one '- id:' line"):
        inserted("sources: [{id: a}]\n", entry_of(source), Path("sources.yaml"))


def test_the_commands_work_on_a_real_site(tmp_path: Path) -> None:
    def cleancopy(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flows.cli", "sources", *args, "--config", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    (tmp_path / "rules").mkdir()
    rules = Path(__file__).parents[2] / "config" / "rules"
    (tmp_path / "rules" / "navigation.yaml").write_text((rules / "navigation.yaml").read_text())
    (tmp_path / "pipeline.yaml").write_text("fetch: {delay_s: 0}\n")
    (tmp_path / "sources.yaml").write_text("# my sources\nsources: []\n")
    with serving() as web:
        site(web)
        special = ("--connect-to", web.address, "--allow-private", "--id", "news")
        added = cleancopy("add", "http://news.example/", *special)
        assert "http://news.example/feed" in added.stdout, added.stderr
        assert "# my sources" in (tmp_path / "sources.yaml").read_text()
        assert load_sources(tmp_path)[0].id == "news"
        assert cleancopy("list").stdout.startswith("news ")
        checked = cleancopy("check")
        assert (checked.returncode, checked.stdout) == (0, "1 sources, 1 warnings\n")
        assert "fetch.contact" in checked.stderr
        wrong = cleancopy("test", "newz")
        assert wrong.returncode == 2
        assert "did you mean 'news'?" in wrong.stderr
