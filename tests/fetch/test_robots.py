"""RFC 9309 as a matrix, once on the pure rules and once through a real server."""

import gc
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.fetch.partition import STATE
from tasks.fetch.robots import MAX_BYTES, Policies, Policy, Robots, read, robots_url
from tasks.fetch.seen import Memory
from tasks.store.layout import Layout
from tests.fetch.web import QUICK, Answer, moved, page, rows, run_fetch, serving

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AGENT = "cleancopy"


def allows(text: str, path: str, agent: str = AGENT) -> bool:
    policy = Policy(read(200, "", text.encode(), NOW, None), agent)
    return policy.allows(f"http://news.example{path}")


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("User-agent: *\nDisallow: /a", "/ab", False),
        ("User-agent: *\nDisallow: /a/", "/a", True),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", True),
        ("User-agent: *\nDisallow: /a?b=*&c", "/a?b=1&c=2", False),
        # the longest match wins, and of equal ones the allowance
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/c", False),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        # paths are compared as octets, escaped or not; and case counts
        ("User-agent: *\nDisallow: /caf%C3%A9", "/caf%c3%a9", False),
        ("User-agent: *\nDisallow: /café", "/caf%C3%A9", False),
        ("User-agent: *\nDisallow: /A", "/a", True),
        # groups: the most specific for us, several merged, names without case
        ("User-agent: *\nDisallow: /\n\nUser-agent: cleancopy\nDisallow: /no", "/yes", True),
        ("User-agent: CleanCopy\nDisallow: /no\n\nUser-agent: *\nDisallow:", "/no", False),
        ("User-agent: a\nUser-agent: cleancopy\nDisallow: /no", "/no", False),
        ("User-agent: cleancopy\nDisallow: /x\nUser-agent: cleancopy\nDisallow: /y", "/x", False),
        ("User-agent: cleancopy\nDisallow: /x\nUser-agent: cleancopy\nDisallow: /y", "/y", False),
        ("User-agent: GreedyBot\nDisallow: /", "/a", True),
        # noise: comments, other records, line ends, a byte order mark, broken lines
        ("# hi\nUser-agent: * # all\nDisallow: /no # here", "/no", False),
        ("User-agent: *\nSitemap: http://x/s.xml\nDisallow: /no", "/no", False),
        ("User-agent: *\r\nDisallow: /no\r\n", "/no", False),
        ("User-agent: *\rDisallow: /no\r", "/no", False),
        ("\ufeffUser-agent: *\nDisallow: /no", "/no", False),
        ("\0\0garbage\nUser-agent: *\n:::\nDisallow: /no", "/no", False),
        ("user-AGENT: *\ndisALLOW: /no", "/no", False),
        ("Disallow: /no", "/no", True),  # no group: no rule
        # a product token ends where no token goes on, and is compared whole
        ("User-agent: cleancopy/1.0\nDisallow: /no", "/no", False),
        ("User-agent: CleanCopy (a bot)\nDisallow: /no", "/no", False),
        ("User-agent: cleancopybot\nDisallow: /no", "/no", True),
        ("User-agent: *\nDisallow: /no\n\nUser-agent: clean\nAllow: /", "/no", False),
        ("User-agent: *\nDisallow: /no\n\nUser-agent: c\nAllow: /", "/no", False),
        ("User-agent: * (all)\nDisallow: /no", "/no", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: cleancopy\nCrawl-delay: 1", "/a", True),
        ("User-agent: cleancopy\n\nDisallow: /no", "/no", False),  # a blank line ends no group
        ("User-agent: cleancopy\nSitemap: /s\nUser-agent: a\nDisallow: /no", "/no", False),
        # what publishers write, and other crawlers forgive
        ("Useragent: *\nDissalow: /no", "/no", False),
        ("User agent *\nDisallow /no", "/no", False),
        # wildcards, octets that stay escaped, and separators that end no line
        ("User-agent: *\nDisallow: /*/x/\nAllow: /a/x/y", "/a/x/y", True),
        ("User-agent: *\nDisallow: /*\nAllow: /$", "/", True),
        ("User-agent: *\nDisallow: /*\nAllow: /$", "/a", False),
        ("User-agent: *\nDisallow: /a%2Fb", "/a/b", True),
        ("User-agent: *\nDisallow: /%61", "/a", False),
        ("User-agent: *\nDisallow: /a$b", "/a$b", False),
        ("User-agent: *\nDisallow: /\fAllow: /no", "/no", True),
        ("User-agent: *\nDisallow: /no\nDisallow: /\u2028Allow: /no", "/no", False),
    ],
)
def test_rules(text: str, path: str, expected: bool) -> None:  # noqa: FBT001
    assert allows(text, path) is expected


def test_only_the_first_500_kib_count() -> None:
    filler = "#" + "x" * MAX_BYTES + "\n"
    assert allows(f"User-agent: *\nDisallow: /no\n{filler}Disallow: /late", "/late")
    assert not allows(f"User-agent: *\nDisallow: /no\n{filler}", "/no")


@pytest.mark.parametrize(
    ("status", "error", "access"),
    [
        (200, "", "rules"), (204, "", "rules"), (200, "too-large", "rules"),
        (301, "redirect-limit", "allow"), (302, "redirect-loop", "allow"),
        (400, "http-error", "allow"), (401, "http-error", "allow"), (403, "http-error", "allow"),
        (404, "http-error", "allow"), (410, "http-error", "allow"), (429, "rate-limited", "allow"),
        (500, "http-error", "disallow"), (503, "rate-limited", "disallow"),
        (0, "timeout", "disallow"), (0, "dns-failed", "disallow"), (200, "truncated", "disallow"),
    ],
)  # fmt: skip
def test_what_a_response_means(status: int, error: str, access: str) -> None:
    assert read(status, error, b"User-agent: *", NOW, None).access == access


def test_older_rules_count_on_while_the_server_is_down() -> None:
    old = Robots("rules", NOW - timedelta(days=3), "User-agent: *\nDisallow: /no")
    assert read(503, "rate-limited", b"", NOW, old) is old
    ancient = Robots("rules", NOW - timedelta(days=31), "User-agent: *")
    assert read(503, "rate-limited", b"", NOW, ancient).access == "disallow"


def test_rules_are_kept_for_a_day_and_failures_for_an_hour() -> None:
    assert Robots("rules", NOW).is_fresh(NOW + timedelta(hours=23))
    assert not Robots("rules", NOW).is_fresh(NOW + timedelta(hours=25))
    assert not Robots("disallow", NOW).is_fresh(NOW + timedelta(hours=2))


def test_crawl_delay_and_sitemaps() -> None:
    text = "User-agent: *\nCrawl-delay: 7\nUser-agent: cleancopy\nCrawl-delay: 0.5\nSitemap: /s"
    policy = Policy(read(200, "", text.encode(), NOW, None), AGENT)
    assert policy.delay_s == 0.5
    assert policy.sitemaps == ("/s",)
    assert robots_url("https://a.example:8443/x?y") == "https://a.example:8443/robots.txt"


@pytest.mark.parametrize("delay", ["-1", "nan", "inf", "soon", "1e999"])
def test_a_crawl_delay_that_is_no_number_of_seconds_is_none(delay: str) -> None:
    robots = read(200, "", f"User-agent: *\nCrawl-delay: {delay}".encode(), NOW, None)
    assert Policy(robots, AGENT).delay_s == 0


def test_memory_for_rules_is_bounded_whatever_servers_send() -> None:
    theirs = "".join(f"User-agent: bot{n}\nDisallow: /{n}\n" for n in range(20_000))
    ours = "User-agent: *\n" + "".join(f"Disallow: /{n}*\n" for n in range(1000))
    assert Policy(Robots("rules", NOW, theirs), AGENT).cost_bytes < 10_000
    tracemalloc.start()
    policies = Policies(most_bytes=4_000_000)
    for number in range(40):
        policies.put(f"http://{number}.example", Policy(Robots("rules", NOW, ours), AGENT))
        policies.get("http://0.example")
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 1_000_000 < held < 4_000_000
    assert policies.get("http://0.example") is not None, "used all the time"
    assert policies.get("http://1.example") is None
    assert policies.get("http://39.example") is not None


def test_old_rules_of_a_server_that_is_down_are_used_and_it_is_asked_once_an_hour(
    tmp_path: Path,
) -> None:
    old = Robots("rules", datetime.now(UTC) - timedelta(days=2), "User-agent: *\nDisallow: /2")
    with serving() as web:
        web.answers = {f"/{n}": page(b"<p>text</p>") for n in range(5)}
        web.answers["/robots.txt"] = page(b"", status="503 Later")
        with closing(Memory(Layout(tmp_path).state / STATE)) as memory:
            memory.remember(robots=[("http://news.example", old)])
        run_fetch(tmp_path, [web.source(urls=[f"http://news.example/{n}" for n in range(5)])])
        assert web.paths().count("/robots.txt") == 1
        assert {"/0", "/1", "/3", "/4"} < set(web.paths())
        assert "/2" not in web.paths()
    assert Policy(old, AGENT, NOW).is_fresh(NOW + timedelta(minutes=59))
    assert not Policy(old, AGENT, NOW).is_fresh(datetime.now(UTC) + timedelta(days=400))


SERVED: dict[str, tuple[dict[str, Answer], bool]] = {
    "rules that allow": ({"/robots.txt": page(b"User-agent: *\nDisallow: /no")}, True),
    "rules that disallow": ({"/robots.txt": page(b"User-agent: *\nDisallow: /a")}, False),
    "not found": ({}, True),
    "forbidden": ({"/robots.txt": page(b"", status="403 No")}, True),
    "server error": ({"/robots.txt": page(b"", status="500 Oh")}, False),
    "unavailable": ({"/robots.txt": page(b"", status="503 Later")}, False),
    "closed connection": ({"/robots.txt": lambda *_: None}, False),
    "moved, disallow": (
        {"/robots.txt": moved("/r2"), "/r2": page(b"User-agent: *\nDisallow: /a")}, False),
    "moved to another host, disallow": (
        {"/robots.txt": moved("http://www.news.example/r"),
         "www.news.example/r": page(b"User-agent: *\nDisallow: /a")}, False),
    "moved six times": (
        {"/robots.txt": moved("/r0"), **{f"/r{n}": moved(f"/r{n + 1}") for n in range(9)}}, True),
    "moved in a circle": ({"/robots.txt": moved("/r2"), "/r2": moved("/robots.txt")}, True),
    "a picture": ({"/robots.txt": page(b"\x89PNG\0\0", kind="image/png")}, True),
}  # fmt: skip


@pytest.mark.parametrize("case", SERVED)
def test_a_page_is_asked_for_only_when_the_served_rules_allow_it(tmp_path: Path, case: str) -> None:
    answers, expected = SERVED[case]
    with serving() as web:
        web.answers = {"/a": page(b"<p>text</p>"), **answers}
        run_fetch(tmp_path, [web.source(urls=["http://news.example/a"])])
        assert ("/a" in web.paths()) is expected
        row = rows(tmp_path)[-1]
        assert row["robots"] == ("allowed" if expected else row["robots"])
        assert expected or row["error"] in {"blocked-by-robots", "robots-unreachable"}


def test_robots_is_asked_once_a_day_and_origin_not_once_a_page(tmp_path: Path) -> None:
    with serving() as web:
        web.answers = {f"/{n}": page(b"<p>text</p>") for n in range(5)}
        web.answers["/robots.txt"] = page(b"User-agent: *\nDisallow: /no")
        first = web.source(urls=[f"http://news.example/{n}" for n in range(3)])
        run_fetch(tmp_path, [first])
        run_fetch(tmp_path, [web.source(urls=["http://news.example/3", "http://news.example/4"])])
        assert web.paths().count("/robots.txt") == 1
        run_fetch(tmp_path, [web.source("m.news.example", urls=["http://m.news.example/4"])])
        assert web.paths("m.news.example").count("/robots.txt") == 1


def test_a_failure_is_not_remembered_for_the_next_run(tmp_path: Path) -> None:
    with serving() as web:
        web.answers = {"/a": page(b"<p>text</p>"), "/robots.txt": page(b"", status="500 Oh")}
        source = web.source(urls=["http://news.example/a"])
        assert run_fetch(tmp_path, [source], QUICK).captured == 0
        web.answers["/robots.txt"] = page(b"")
        assert run_fetch(tmp_path, [source], QUICK).captured == 1
