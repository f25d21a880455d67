"""Politeness decided purely, and then proved from the server's own log."""

import random
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.fetch.politeness import (
    Closed,
    Ending,
    HostState,
    Wait,
    finished,
    is_passing,
    may_start,
    retry_after,
    retry_wait,
    started,
)
from tasks.sources import FetchOptions, FetchSettings
from tests.fetch.web import QUICK, Request, page, rows, rss, run_fetch, serving

SETTINGS = FetchSettings(retry_wait_s=4, breaker_failures=3, breaker_s=60, max_retry_after_s=100)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = Ending(is_passing_failure=True)


def test_the_next_request_is_a_delay_away() -> None:
    host = started(HostState(2.0), 10.0)
    assert may_start(host, 11.9) == Wait(12.0)
    assert may_start(host, 12.0) is None
    slow = finished(host, 15.0, Ending(), SETTINGS)  # a slow answer: the rest counts from its end
    assert may_start(slow, 16.9) == Wait(17.0)


def test_retry_after_is_obeyed_and_a_long_one_closes_the_host() -> None:
    host = finished(HostState(1.0), 10.0, Ending(is_rate_limited=True, retry_after_s=50), SETTINGS)
    assert may_start(host, 59.9) == Wait(60.0)
    host = finished(HostState(1.0), 10.0, Ending(is_rate_limited=True, retry_after_s=101), SETTINGS)
    assert may_start(host, 12.0) == Closed(111.0)
    host = finished(HostState(1.0), 10.0, Ending(is_rate_limited=True), SETTINGS)
    assert may_start(host, 13.9) == Wait(14.0)


def test_the_circuit_opens_after_failures_in_a_row_and_closes_again() -> None:
    host = HostState(0.0)
    for _ in range(2):
        host = finished(host, 1.0, FAILED, SETTINGS)
    assert may_start(host, 1.0) is None
    assert may_start(finished(host, 1.0, Ending(), SETTINGS), 1.0) is None
    host = finished(host, 1.0, FAILED, SETTINGS)
    assert may_start(host, 60.9) == Closed(61.0)
    assert may_start(host, 61.0) is None


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 5), st.booleans()), max_size=30))
def test_no_two_requests_start_within_a_delay(steps: list[tuple[float, float, bool]]) -> None:
    host, now, starts = HostState(2.0), 0.0, []
    for wait, takes, fails in steps:
        now += wait
        match may_start(host, now):
            case None:
                starts.append(now)
                host = started(host, now)
                now += takes
                host = finished(host, now, Ending(is_passing_failure=fails), SETTINGS)
    assert all(later - earlier >= 2.0 for earlier, later in pairwise(starts))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", 0.0), (" 30 ", 30.0), ("-1", None), ("soon", None), ("", None), ("9" * 30, None),
     ("١", None),
     (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
     (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
     ("Thursday, 01-Jan-26 00:00:30 GMT", 30.0), ("Thu Jan  1 00:00:30 2026", 30.0)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value: str, expected: float | None) -> None:
    assert retry_after(value, NOW) == expected


def test_backoff_doubles_with_jitter() -> None:
    chance = random.Random(1)  # noqa: S311
    waits = [retry_wait(attempt, SETTINGS, chance) for attempt in (2, 3, 4)]
    assert [2 <= waits[0] <= 4, 4 <= waits[1] <= 8, 8 <= waits[2] <= 16] == [True] * 3
    assert is_passing("timeout", 0)
    assert is_passing("http-error", 502)
    assert not is_passing("http-error", 404)


def urls(host: str, count: int) -> list[str]:
    return [f"http://{host}/{n}" for n in range(count)]


def limited(how: Callable[[], str]) -> Callable[[socket.socket, Request], bytes]:
    """Return an answer that is 429 the first time, with the Retry-After that `how` gives."""
    asked: list[float] = []

    def answer(_: socket.socket, request: Request) -> bytes:
        asked.append(request.at)
        if len(asked) > 1:
            return page(b"<p>at last</p>")
        return page(b"", f"Retry-After: {how()}", status="429 Slow down")

    return answer


def test_the_servers_log_shows_no_request_too_early_or_disallowed(tmp_path: Path) -> None:
    """Several hosts at once, each with its own reason to wait; every gap is checked."""
    delay_s = 0.15
    settings = QUICK.model_copy(update={"delay_s": delay_s, "retries": 1, "concurrency": 8})
    with serving() as web:
        for n in range(4):
            web.answers[f"/{n}"] = page(b"<p>text</p>")
        web.answers |= {
            "crawl-delay.example/robots.txt": page(b"User-agent: *\nCrawl-delay: 0.4"),
            "private.example/robots.txt": page(b"User-agent: *\nDisallow: /1\nDisallow: /2"),
            "limited.example/0": limited(lambda: "1"),
            "dated.example/0": limited(
                lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
            ),
        }
        hosts = ["plain.example", "crawl-delay.example", "private.example", "limited.example",
                 "dated.example", "own-delay.example"]  # fmt: skip
        sources = [web.source(h, urls=urls(h, 4)) for h in hosts[:-1]]
        sources.append(web.source(hosts[-1], urls=urls(hosts[-1], 4), delay_s=0.3))
        began = time.monotonic()
        run_fetch(tmp_path, sources, settings)
        seconds = time.monotonic() - began
        log = web.log
    least = {"crawl-delay.example": 0.4, "own-delay.example": 0.3}
    for host in hosts:
        at = [request.at for request in log if request.host == host]
        gaps = [later - earlier for earlier, later in pairwise(at)]
        # the first gap is that of robots.txt, before its Crawl-delay is known
        assert min(gaps[1:]) >= least.get(host, delay_s), (host, gaps)
        assert min(gaps) >= delay_s, (host, gaps)
    assert {r.path for r in log if r.host == "private.example"} == {"/robots.txt", "/0", "/3"}
    for host, pause in (("limited.example", 1.0), ("dated.example", 1.0)):
        at = [r.at for r in log if r.host == host]
        told = next(i for i, r in enumerate(r for r in log if r.host == host) if r.path == "/0")
        assert at[told + 1] - at[told] >= pause, host
        assert [r.path for r in log if r.host == host].count("/0") == 2
    assert seconds < 6 * 5 * 0.4  # side by side, not one after another
    assert not [row for row in rows(tmp_path) if row["error"] == "circuit-open"]


def test_no_more_requests_at_once_than_allowed(tmp_path: Path) -> None:
    open_now: dict[str, int] = {}
    most: dict[str, int] = {}

    def slow(_: socket.socket, request: Request) -> bytes:
        for name in (request.host, "all"):
            open_now[name] = open_now.get(name, 0) + 1
            most[name] = max(most.get(name, 0), open_now[name])
        time.sleep(0.05)
        for name in (request.host, "all"):
            open_now[name] -= 1
        return page(b"<p>text</p>")

    settings = QUICK.model_copy(update={"concurrency": 5})
    with serving() as web:
        web.answers = {f"/{n}": slow for n in range(6)}
        hosts = [f"h{n}.example" for n in range(6)]
        sources = [web.source(h, urls=urls(h, 6)) for h in hosts]
        sources[0] = web.source(hosts[0], urls=urls(hosts[0], 6), concurrency=3)
        run_fetch(tmp_path, sources, settings)
    assert most["all"] == 5
    assert most[hosts[0]] <= 3
    assert {most[host] for host in hosts[1:]} == {1}


def test_what_did_not_change_is_answered_304_and_not_sent_again(tmp_path: Path) -> None:
    def conditional(body: bytes, kind: str) -> Callable[[socket.socket, Request], bytes]:
        def answer(_: socket.socket, request: Request) -> bytes:
            if request.headers.get("if-none-match") == '"7"':
                return b'HTTP/1.1 304 Not Modified\r\nETag: "7"\r\n\r\n'
            return page(body, 'ETag: "7"', kind=kind)

        return answer

    with serving() as web:
        web.answers = {"/feed": conditional(rss("/1", "/2"), "application/xml"),
                       "/1": conditional(b"<p>one</p>", "text/html"),
                       "/2": page(b"<p>two</p>")}  # fmt: skip
        source = web.source(feeds=["http://news.example/feed"])
        assert run_fetch(tmp_path, [source]).captured == 2
        again = run_fetch(tmp_path, [source], options=FetchOptions(recheck="all"))
    assert (again.counts["feed unchanged"], again.counts["page unchanged"]) == (1, 2)
    assert [r["status"] for r in rows(tmp_path) if r["url"].endswith("/1")] == [200, 304]


def test_a_failing_host_is_left_alone_and_its_pages_wait_for_the_next_run(tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"breaker_failures": 3, "breaker_s": 30.0})
    with serving() as web:
        for n in range(8):
            web.answers[f"down.example/{n}"] = page(b"", status="502 Bad")
            web.answers[f"up.example/{n}"] = page(b"<p>text</p>")
        sources = [web.source(h, urls=urls(h, 8)) for h in ("down.example", "up.example")]
        report = run_fetch(tmp_path, sources, settings)
        assert len(web.paths("down.example")) == 1 + 3
        assert (report.captured, report.errors) == (8, {"circuit-open": 5, "http-error": 3})
        for n in range(8):
            web.answers[f"down.example/{n}"] = page(b"<p>text</p>")
        assert run_fetch(tmp_path, sources, settings).captured == 8


def test_every_request_names_us_and_a_contact(tmp_path: Path) -> None:
    with serving() as web:
        web.answers["/a"] = page(b"<p>text</p>")
        run_fetch(tmp_path, [web.source(urls=["http://news.example/a"])])
        agents = {request.headers["user-agent"] for request in web.log}
    assert agents == {"cleancopy/0.1 (+mailto:tests@cleancopy.example)"}
