"""The newsroom keeps its promises: its addresses, its manners, every case of cases.yaml."""

import gzip
import http.client
import json
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ruamel.yaml import YAML

from flows.newsroom import SAMPLES, Newsroom, main, serve
from flows.newsroom_pages import LAST_EDITION, Reply, build, mojibake, read_pieces

CASES: dict[str, Any] = YAML(typ="safe", pure=True).load(
    (SAMPLES / "cases.yaml").read_text("utf-8")
)
ARTICLES: list[dict[str, Any]] = CASES["articles"]
ENCODINGS = {"gazeta-do-vale.example": "windows-1252"}


@cache
def edition(number: int) -> Mapping[tuple[str, str], Reply]:
    return build(SAMPLES, number)


class _Text(HTMLParser):
    """What a reader could see of a page, scripts and styles left out."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.hidden += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def visible(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    return " ".join("".join(parser.parts).split())


@pytest.fixture(scope="module")
def room() -> Iterator[Newsroom]:
    """The first edition; tests that advance start their own."""
    with serve() as newsroom:
        yield newsroom


def get(
    room: Newsroom, host: str, path: str, headers: Mapping[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", room.port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host, **(headers or {})})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def page_of(case: Mapping[str, Any]) -> str:
    """The case's page, in the edition the case speaks of."""
    body = edition(case.get("edition", 1))[case["site"], case["path"]].body
    return body.decode(ENCODINGS.get(case["site"], "utf-8"))


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, str], str]:
    """Visible text of every article, in the edition its case speaks of."""
    return {(case["site"], case["path"]): visible(page_of(case)) for case in ARTICLES}


def test_there_are_enough_sites_languages_and_articles(room: Newsroom) -> None:
    articles = {host: sum(c["site"] == host for c in ARTICLES) for host in room.hosts}
    assert sum(count >= 8 for count in articles.values()) >= 4
    assert len(ARTICLES) >= 36
    assert {c["lang"] for c in ARTICLES} == {"en", "de", "pt", "fa", "ja"}
    assert len({c["case"] for c in ARTICLES}) == len(ARTICLES)


def test_every_article_of_the_newsroom_has_a_case() -> None:
    told = {(c["site"], c["path"]) for c in (*ARTICLES, *CASES["others"])}
    last = edition(LAST_EDITION)
    pages = {
        key for key, reply in last.items()
        if reply.content_type.startswith("text/html") and key[1] not in {"/", "404"}
    }  # fmt: skip
    plain = {"/gaiyou.html", "/tamas/", "/expediente.htm"}
    assert {key for key in pages - told if key[1] not in plain} == set()


@pytest.mark.parametrize("case", ARTICLES, ids=lambda c: str(c["case"]))
def test_a_case_shows_what_it_promises(
    case: dict[str, Any], pages: dict[tuple[str, str], str]
) -> None:
    seen = pages[case["site"], case["path"]]
    assert " ".join(case["title"].split()) in seen
    body = [case["first"], case["last"], *case["keep"]]
    for kind, texts in case["kinds"].items():
        body += [] if kind == "table" else texts
    for text in body:
        shown = mojibake(text) if case["case"] == "mojibake" else text
        assert " ".join(shown.split()) in seen
    for text in [*case["drop"], *CASES["furniture"][case["site"]]]:
        assert " ".join(text.split()) in seen
        assert not any(text in kept for kept in (case["first"], case["last"], *case["keep"]))


def test_pages_are_as_large_as_real_ones() -> None:
    sizes = [len(r.body) for (_, path), r in edition(1).items()
             if any(c["path"] == path for c in ARTICLES)]  # fmt: skip
    assert min(sizes) > 12_000
    assert max(sizes) < 100_000


@pytest.mark.parametrize("host", sorted(ENCODINGS | CASES["furniture"]))
def test_a_site_answers_robots_lists_and_all_its_pages(room: Newsroom, host: str) -> None:
    robots, body = get(room, host, "/robots.txt")
    assert robots.status == 200
    assert b"Disallow: /" in body
    sitemaps = [line.split(" ", 1)[1] for line in body.decode().splitlines()
                if line.startswith("Sitemap:")]  # fmt: skip
    assert sitemaps
    for url in sitemaps:
        assert get(room, host, url.removeprefix(f"http://{host}"))[0].status == 200
    for path in room.paths(host):
        response, body = get(room, host, path)
        assert response.status == 200, path
        assert response.headers["Content-Length"] == str(len(body))
        if "xml" in response.headers["Content-Type"]:
            ElementTree.fromstring(body)  # noqa: S314  our own lists
        if "json" in response.headers["Content-Type"]:
            json.loads(body)


def test_the_kinds_of_lists_are_all_there() -> None:
    kinds = {reply.content_type.partition(";")[0] for reply in edition(1).values()}
    assert kinds >= {"application/rss+xml", "application/atom+xml", "application/feed+json"}
    news = edition(1)["gazeta-do-vale.example", "/noticias-sitemap.xml"]
    assert b"<news:publication_date>" in news.body


def test_the_feed_holds_a_dead_and_a_disallowed_link_and_lacks_one_article(room: Newsroom) -> None:
    host = "harbour-courier.example"
    feed = get(room, host, "/feed/")[1].decode()
    dead = CASES["others"][0]["path"]
    assert dead in feed
    assert get(room, host, dead)[0].status == 404
    assert "/members/six-winter-walks/" in feed
    assert "Disallow: /members/" in get(room, host, "/robots.txt")[1].decode()
    assert "school-meals" not in feed
    assert "school-meals" in get(room, host, "/post-sitemap.xml")[1].decode()


@pytest.mark.parametrize("case", CASES["others"], ids=lambda c: str(c["case"]))
def test_other_addresses_answer_as_told(room: Newsroom, case: dict[str, Any]) -> None:
    assert get(room, case["site"], case["path"])[0].status == case["status"]


def test_an_unchanged_page_is_not_sent_twice(room: Newsroom) -> None:
    host, path = "talbote.example", "/kultur/groesster-kuerbis-rosswaage"
    first, body = get(room, host, path)
    etag, since = first.headers["ETag"], first.headers["Last-Modified"]
    assert body
    for headers, status in (
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": f'"other", W/{etag}'}, 304),
        ({"If-Modified-Since": since}, 304),
        ({"If-None-Match": '"other"', "If-Modified-Since": since}, 200),
        ({"If-Modified-Since": "Sun, 01 Jan 2023 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
    ):
        again, rest = get(room, host, path, headers)
        assert again.status == status, headers
        assert (rest == b"") == (status == 304)


def test_gzip_is_sent_to_those_who_take_it(room: Newsroom) -> None:
    plain = get(room, "talbote.example", "/")
    packed = get(room, "talbote.example", "/", {"Accept-Encoding": "br, gzip"})
    assert plain[0].headers["Content-Encoding"] is None
    assert packed[0].headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed[1]) == plain[1]
    assert len(packed[1]) < len(plain[1]) / 2


def test_charsets_lie_as_promised(room: Newsroom) -> None:
    response, body = get(room, "talbote.example", "/kultur/groesster-kuerbis-rosswaage")
    assert response.headers["Content-Type"] == "text/html; charset=ISO-8859-1"
    assert "Größter Kürbis" in body.decode("utf-8")
    response, body = get(room, "gazeta-do-vale.example", "/noticias/2026/n4107.htm")
    assert response.headers["Content-Type"] == "text/html"
    assert b"charset=windows-1252" in body
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_the_second_edition_corrects_one_story_and_adds_one() -> None:
    host = "harbour-courier.example"
    case = next(c for c in ARTICLES if c["case"] == "corrected-between-two-runs")
    new = next(c for c in ARTICLES if c.get("edition") == 2)
    with serve() as room:
        etag = get(room, host, case["path"])[0].headers["ETag"]
        assert get(room, host, new["path"])[0].status == 404
        room.advance()
        response, body = get(room, host, case["path"], {"If-None-Match": etag})
        assert response.status == 200
        seen = visible(body.decode())
        for text in (*case["second_edition"]["keep"], *case["second_edition"]["correction"]):
            assert text in seen
        for text in case["second_edition"]["gone"]:
            assert text not in visible(body.decode()).split("Correction, 24 November")[0]
        assert new["path"] in get(room, host, "/feed/")[1].decode()
        assert get(room, host, new["path"])[0].status == 200
        with pytest.raises(ValueError, match="last one"):
            room.advance()


def test_stories_the_second_edition_does_not_touch_keep_their_text() -> None:
    case = next(c for c in ARTICLES if c["case"] == "digest-two-stories")
    key = case["site"], case["path"]
    for number in (1, 2):
        seen = visible(edition(number)[key].body.decode())
        assert all(text in seen for text in (case["first"], case["last"], *case["keep"]))


def test_the_republished_story_has_the_original_text(pages: dict[tuple[str, str], str]) -> None:
    copy = next(c for c in ARTICLES if c["case"] == "republished-copy")
    original = next(c for c in ARTICLES if c["case"] == "republished-original")
    assert copy["site"] != original["site"]
    assert [copy["first"], copy["last"], *copy["keep"]] == [
        original["first"], original["last"], *original["keep"],
    ]  # fmt: skip
    assert "first appeared in The Harbour Courier" in pages[copy["site"], copy["path"]]


def test_scripts_of_the_wild_are_in_the_text(pages: dict[tuple[str, str], str]) -> None:
    by_case = {c["case"]: pages[c["site"], c["path"]] for c in ARTICLES}
    assert "\u200c" in by_case["persian-zwnj"]
    assert "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" in by_case["emoji-zwj"]


def test_structured_data_says_live_and_paywalled() -> None:
    by_case = {c["case"]: c for c in ARTICLES}
    live = page_of(by_case["live-blog"])
    (text,) = [part.split("</script>")[0] for part in live.split('"application/ld+json">')[1:]]
    data = json.loads(text)
    assert data["@type"] == "LiveBlogPosting"
    assert len(data["liveBlogUpdate"]) == len(by_case["live-blog"]["kinds"]["live_entry"])
    assert '"isAccessibleForFree": false' in page_of(by_case["paywalled-stub"])


@pytest.mark.parametrize("case", ARTICLES, ids=lambda c: str(c["case"]))
def test_json_ld_is_json(case: dict[str, Any]) -> None:
    page = page_of(case)
    for part in page.split('type="application/ld+json"')[1:]:
        json.loads(part.partition(">")[2].partition("</script>")[0])


def test_the_log_tells_who_asked_for_what() -> None:
    with serve() as room:
        get(room, "talbote.example", "/?q=1", {"User-Agent": "t/1", "If-None-Match": '"x"'})
        get(room, "nobody.example", "/")
        first, second = room.log
    assert (first.method, first.host, first.path, first.status) == (
        "GET", "talbote.example", "/?q=1", 200,
    )  # fmt: skip
    assert (first.user_agent, first.if_none_match, first.if_modified_since) == ("t/1", '"x"', "")
    assert first.bytes_sent > 10_000
    assert first.at <= second.at
    assert second.status == 404


def test_closing_does_not_wait_for_an_idle_client() -> None:
    room = serve()
    connection = http.client.HTTPConnection("127.0.0.1", room.port, timeout=5)
    connection.request("GET", "/robots.txt", headers={"Host": "talbote.example"})
    connection.getresponse().read()  # and keep the connection open
    room.close()
    connection.close()
    with pytest.raises(ConnectionError):
        get(room, "talbote.example", "/")


def test_a_browser_finds_the_sites_under_localhost(room: Newsroom) -> None:
    page = get(room, "harbour-courier.localhost", "/")[1].decode()
    assert f'href="http://harbour-courier.localhost:{room.port}/feed/"' in page
    assert "//harbour-courier.example/" not in page


def test_a_head_request_gets_no_body(room: Newsroom) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", room.port, timeout=10)
    connection.request("HEAD", "/", headers={"Host": "talbote.example"})
    response = connection.getresponse()
    assert response.read() == b""
    assert int(response.headers["Content-Length"]) > 10_000
    connection.close()


def test_a_folder_without_sites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no sites"):
        serve(tmp_path)


def test_a_bad_article_source_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "sites" / "x.example"
    (folder / "articles").mkdir(parents=True)
    (folder / "site.yaml").write_text("name: X\n")
    (folder / "articles" / "a.md").write_text("---\ntitle: A\n---\nText\n")
    with pytest.raises(ValueError, match=r"a\.md: KeyError\('published'\)"):
        build(tmp_path)


def test_an_article_source_becomes_blocks() -> None:
    pieces = read_pieces(
        "One.\n\n- a\n- b\n\n| h | i\n| 1 | 2\n\n!entry 10:00 | Head\n\nInside.\n\n!end\n\n> Said."
    )
    assert [p.kind for p in pieces] == ["paragraph", "items", "table", "entry", "quote"]
    assert pieces[2].arguments == ("h | i", "1 | 2")
    assert pieces[3].arguments == ("10:00", "Head")
    assert [p.text for p in pieces[3].pieces] == ["Inside."]


def test_help_names_the_port(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "--port" in capsys.readouterr().out
