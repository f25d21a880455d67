"""What runs remember of one another: nothing is lost, nothing is asked for twice."""

import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import anyio
import pytest

from tasks.errors import ConfigError
from tasks.fetch.partition import chosen, fetch
from tasks.fetch.schedule import next_check
from tasks.fetch.seen import Memory
from tasks.sources import FetchOptions, FetchSettings
from tasks.store.layout import Layout
from tasks.warc.reader import closed_files, positions, read_captures
from tests.fetch.web import (
    QUICK,
    Request,
    Web,
    moved,
    page,
    rows,
    rss,
    run_fetch,
    serving,
    sitemap,
)

FEED = "http://news.example/feed"


def stories(web: Web, count: int, etag: str = '"1"') -> None:
    """Serve a feed of `count` stories and the stories."""
    fields = [f"ETag: {etag}"]
    paths = [f"http://news.example/{n}" for n in range(count)]
    date = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    web.answers["/feed"] = page(rss(*paths, date=date), *fields, kind="application/rss+xml")
    for n in range(count):
        web.answers[f"/{n}"] = page(f"<p>story {n}</p>".encode())


def captured(data: Path) -> list[str]:
    captures = Layout(data).captures("p")
    return [
        capture.page.url
        for file in closed_files(captures)
        for capture in read_captures(file, captures.parent, positions(file))
    ]


def test_a_second_run_fetches_only_what_is_new(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 3)
        source = web.source(feeds=[FEED])
        assert run_fetch(tmp_path, [source]).captured == 3
        stories(web, 5, '"2"')
        assert run_fetch(tmp_path, [source]).captured == 2
        assert sorted(captured(tmp_path)) == [f"http://news.example/{n}" for n in range(5)]
        assert web.paths().count("/robots.txt") == 1


def test_a_page_changed_since_is_captured_again_when_due(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 2)
        source = web.source(feeds=[FEED])
        run_fetch(tmp_path, [source])
        web.answers["/1"] = page(b"<p>story 1, corrected</p>")
        again = run_fetch(tmp_path, [source], options=FetchOptions(recheck="all"))
        assert (again.captured, again.counts["page unchanged"]) == (1, 1)
        assert captured(tmp_path).count("http://news.example/1") == 2
        assert run_fetch(tmp_path, [source]).counts == {
            "feed done": 1,
            "skipped: fetched before": 2,
        }


def test_a_run_tried_again_under_its_id_keeps_the_rows_of_the_first_try(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 2)
        for number in range(2):
            source = web.source(urls=[f"http://news.example/{number}"])
            how = (QUICK.model_copy(update={"recheck_min_s": 3600}), FetchOptions())
            anyio.run(fetch, "p", Layout(tmp_path), "same", [source], how)
        pages = [row["url"] for row in rows(tmp_path) if row["purpose"] == "page"]
        assert pages == ["http://news.example/0", "http://news.example/1"] == captured(tmp_path)


def test_rechecks_decay_with_age() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    settings = FetchSettings()
    ages_h = [0, 1, 5, 24 * 7]
    due = [next_check(now, now - timedelta(hours=age), 1, settings) for age in ages_h]
    assert due == [now + timedelta(hours=max(1, age)) for age in ages_h]
    assert next_check(now, now - timedelta(days=15), 1, settings) is None
    assert next_check(now, now + timedelta(days=3), 1, settings) == now + timedelta(hours=1)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=400)])
def test_a_page_that_is_always_new_is_not_looked_at_for_ever(ahead: timedelta) -> None:
    """It says that it was published now, or next year, whenever it is looked at."""
    begun = now = datetime(2026, 11, 24, tzinfo=UTC)
    checks = 1
    while (due := next_check(now, now + ahead, checks, FetchSettings())) is not None:
        now, checks = due, checks + 1
    assert 8 < checks < 12
    assert timedelta(days=7) < now - begun < timedelta(days=30)


def test_limit_leaves_the_rest_for_later_runs(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 5)
        source = web.source(feeds=[FEED])
        assert run_fetch(tmp_path, [source], options=FetchOptions(limit=2)).captured == 2
        # the feed does not change any more, and its other stories are not lost
        assert run_fetch(tmp_path, [source]).captured == 3


def test_since_passes_over_older_articles(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 2)
        source = web.source(feeds=[FEED])
        naive = datetime.now(UTC).replace(tzinfo=None)
        report = run_fetch(tmp_path, [source], options=FetchOptions(since=naive))
        assert report.counts["skipped: older than --since"] == 2
        earlier = FetchOptions(since=naive - timedelta(days=1))
        assert run_fetch(tmp_path, [source], options=earlier).captured == 2


def test_include_and_exclude(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 5)
        source = web.source(feeds=[FEED], include=["/1", "/2"], exclude=["/2"])
        report = run_fetch(tmp_path, [source])
        assert captured(tmp_path) == ["http://news.example/1"]
        assert (report.counts["skipped: not included"], report.counts["skipped: excluded"]) == (
            3,
            1,
        )


def test_redirects_lead_to_one_capture_and_are_not_followed_again(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 1)
        web.answers |= {
            "/old": moved("/older", 301),
            "/older": moved("http://www.news.example/0", 308),
        }
        urls = ["http://news.example/old", "http://www.news.example/0"]
        source = web.source(urls=urls)
        assert run_fetch(tmp_path, [source]).captured == 1
        assert captured(tmp_path) == ["http://www.news.example/0"]
        pages = [row for row in rows(tmp_path) if row["purpose"] == "page"]
        hops = [(r["url"], r["status"], r["final_url"]) for r in pages if r["status"] != 200]
        assert hops == [
            ("http://news.example/old", 301, "http://news.example/older"),
            ("http://news.example/older", 308, "http://www.news.example/0"),
        ]
        web.log.clear()
        run_fetch(tmp_path, [source], QUICK.model_copy(update={"recheck_min_s": 3600}))
        assert "/old" not in web.paths()


def test_sitemap_indexes_are_walked_once(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 3)
        web.answers |= {
            "/index.xml": page(sitemap("/a.xml", "/b.xml", "/index.xml", kind="sitemap")),
            "/a.xml": page(sitemap("/0", "/1")),
            "/b.xml": page(sitemap("/1", "/2")),
        }
        report = run_fetch(tmp_path, [web.source(sitemaps=["http://news.example/index.xml"])])
        assert (report.captured, report.errors) == (3, {})
        assert web.paths().count("/index.xml") == 1


def test_an_index_of_too_many_sitemaps_is_cut_and_said(tmp_path: Path) -> None:
    with serving() as web:
        maps = [f"/map{n}.xml" for n in range(9)]
        web.answers = {path: page(sitemap(f"/{path}")) for path in maps}
        web.answers |= {f"//{path}": page(b"<p>x</p>") for path in maps}
        web.answers["/index.xml"] = page(sitemap(*maps, kind="sitemap"))
        given = [f"http://news.example/extra{n}.xml" for n in range(5)]
        for n in range(5):
            web.answers[f"/extra{n}.xml"] = page(sitemap())
        settings = QUICK.model_copy(update={"sitemap_files": 4})
        source = web.source(sitemaps=["http://news.example/index.xml", *given])
        report = run_fetch(tmp_path, [source], settings)
        assert report.errors == {"sitemap-limit": 1}  # what the user names is never cut
        assert sum(path.startswith("/extra") for path in web.paths()) == 5


def test_a_feed_is_asked_for_when_due_only(tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"poll_min_s": 600})
    with serving() as web:
        stories(web, 1)
        source = web.source(feeds=[FEED])
        run_fetch(tmp_path, [source], settings)
        assert run_fetch(tmp_path, [source], settings).counts["skipped: feed not due"] == 1
        assert web.paths().count("/feed") == 1


def test_a_dead_link_is_not_asked_for_in_every_run(tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"recheck_min_s": 3600})
    with serving() as web:
        stories(web, 1)
        del web.answers["/0"]
        source = web.source(feeds=[FEED])
        for _ in range(3):
            run_fetch(tmp_path, [source], settings)
        assert web.paths().count("/0") == 1


def test_a_passing_failure_is_tried_again_in_the_run_and_in_the_next(tmp_path: Path) -> None:
    tries: list[int] = []

    def shaky(_: socket.socket, request: Request) -> bytes:
        tries.append(1)
        return page(b"<p>up</p>") if len(tries) > 4 else page(b"", status="502 Bad")

    settings = QUICK.model_copy(update={"retries": 1})
    with serving() as web:
        web.answers["/0"] = shaky
        source = web.source(urls=["http://news.example/0"])
        reports = [run_fetch(tmp_path, [source], settings) for _ in range(3)]
    assert [r.captured for r in reports] == [0, 0, 1]
    assert len(tries) == 5


def test_memory_is_made_again_from_the_captures(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 4)
        source = web.source(feeds=[FEED])
        run_fetch(tmp_path, [source])
        state = Layout(tmp_path).state
        for damage in (lambda f: f.unlink(), lambda f: f.write_bytes(b"no database" * 100)):
            for file in state.iterdir():
                damage(file)
            settings = QUICK.model_copy(update={"recheck_min_s": 3600})
            report = run_fetch(tmp_path, [source], settings)
            assert (report.captured, report.counts["skipped: fetched before"]) == (0, 4)


def test_a_server_that_thinks_for_long_is_not_too_slow(tmp_path: Path) -> None:
    def thoughtful(_: socket.socket, request: Request) -> bytes:
        time.sleep(0.4)
        return page(b"<p>x</p>")

    settings = QUICK.model_copy(update={"rate_grace_s": 0.2, "min_bytes_per_s": 10_000})
    with serving() as web:
        web.answers["/0"] = thoughtful
        source = web.source(urls=["http://news.example/0"])
        assert run_fetch(tmp_path, [source], settings).captured == 1


def test_cookies_live_for_one_run(tmp_path: Path) -> None:
    with serving() as web:
        web.answers = {"/0": page(b"<p>x</p>", "Set-Cookie: id=7; Path=/"), "/1": page(b"<p>y</p>")}
        source = web.source(urls=["http://news.example/0", "http://news.example/1"])
        run_fetch(tmp_path, [source])
        assert [r.headers.get("cookie") for r in web.log if r.path == "/1"] == ["id=7"]
        run_fetch(tmp_path, [source], options=FetchOptions(recheck="all"))
        assert [r.headers.get("cookie") for r in web.log if r.path == "/0"] == [None, None]


def test_opt_out_signals_are_recorded(tmp_path: Path) -> None:
    body = (
        b'<meta name="robots" content="noarchive, follow"><meta name="tdm-reservation" content="1">'
    )
    with serving() as web:
        web.answers["/0"] = page(body, "X-Robots-Tag: noai", "TDM-Reservation: 1")
        run_fetch(tmp_path, [web.source(urls=["http://news.example/0"])])
    expected = ["x-robots-tag: noai", "tdm-reservation: 1", "meta robots: noarchive",
                "meta tdm-reservation: 1"]  # fmt: skip
    assert rows(tmp_path)[-1]["signals"] == expected
    captures = Layout(tmp_path).captures("p")
    (file,) = closed_files(captures)
    (capture,) = read_captures(file, captures.parent, positions(file))
    assert list(capture.page.signals) == expected


def test_given_urls_go_by_their_owner_and_bad_ones_are_rows(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 2)
        source = web.source(feeds=[FEED])
        options = FetchOptions(urls=("http://news.example/1", "ftp://x.example/", "nonsense"))
        sources = chosen([source], options)
        assert [(s.id, s.feeds) for s in sources] == [("news", ()), ("urls", ())]
        report = run_fetch(tmp_path, sources, options=options)
        assert (report.captured, report.errors) == (1, {"bad-url": 1, "url-scheme": 1})
        assert web.paths() == ["/robots.txt", "/1"]


def test_a_source_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="no source 'b'; there are: a"):
        chosen([Web().source("a.example")], FetchOptions(sources=("b",)))


def test_an_interrupted_run_keeps_what_it_has(tmp_path: Path) -> None:
    """Cancelled as Ctrl-C does it: all that was captured is durable and closed."""
    stories_there = 100  # for 5 s; a busy machine takes more than one to begin
    with serving() as web:
        stories(web, stories_there)
        source = web.source(feeds=[FEED], delay_s=0.05)

        async def interrupted() -> None:
            how = (QUICK.model_copy(update={"flush_s": 100}), FetchOptions())
            with anyio.move_on_after(2.5):
                await fetch("p", Layout(tmp_path), "r0", [source], how)

        anyio.run(interrupted)
        first = len(captured(tmp_path))
        assert 0 < first < stories_there
        quick = source.model_copy(update={"delay_s": 0})
        assert run_fetch(tmp_path, [quick]).captured == stories_there - first
    assert len(set(captured(tmp_path))) == stories_there


def test_a_run_that_is_over_leaves_the_rest_for_the_next(tmp_path: Path) -> None:
    with serving() as web:
        stories(web, 6)
        source = web.source(feeds=[FEED], delay_s=0.2)
        short = QUICK.model_copy(update={"run_s": 0.5})
        report = run_fetch(tmp_path, [source], short)
        assert report.errors["run-deadline"] == 6 - report.captured > 0
        assert run_fetch(tmp_path, [source]).captured == 6 - report.captured


def test_an_older_memory_is_begun_anew(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "s" / "fetch.sqlite")
    memory._db.execute("pragma user_version = 99")  # noqa: SLF001  as a later program would
    memory.close()
    again = Memory(tmp_path / "s" / "fetch.sqlite")
    assert again.is_new
    again.close()
