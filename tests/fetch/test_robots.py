"""RFC 9309 as a matrix, once on the pure rules and once through a real server."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.fetch.robots import MAX_BYTES, Policy, Robots, read, robots_url
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
    assert policy.sitemaps == ["/s"]
    assert robots_url("https://a.example:8443/x?y") == "https://a.example:8443/robots.txt"


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
