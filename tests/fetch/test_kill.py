"""Fifty kills at random moments: what was reported as captured stays, nothing comes twice."""

import multiprocessing
import random
import time
from collections import Counter
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tasks.schema import Capture
from tasks.sources import Source
from tasks.store.layout import Layout
from tasks.warc.reader import closed_files, positions, read_captures
from tests.fetch.kill_jobs import fetch_once, fetch_with_little_space
from tests.fetch.web import QUICK, Web, page, rows, rss, serving

ROUNDS, KILLS, PAGES = 5, 10, 120
SETTINGS = QUICK.model_copy(update={"flush_s": 0.02, "host_concurrency": 2, "roll_bytes": 12_000})


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.fetch.kill_jobs", "pandas"])  # pyarrow wants it
    return context


@pytest.fixture(scope="module")
def source() -> Source:
    with serving() as web:
        yield _filled(web)


def _filled(web: Web) -> Source:
    urls = [f"http://news.example/story-{n}" for n in range(PAGES)]
    web.answers["/feed"] = page(rss(*urls), 'ETag: "1"', kind="application/rss+xml")
    for n in range(PAGES):
        web.answers[f"/story-{n}"] = page(f"<p>Story {n}.</p>".encode() * 50)
    return web.source(feeds=["http://news.example/feed"])


def _start(
    processes: ForkServerContext, data: Path, name: str, source: Source
) -> multiprocessing.process.BaseProcess:
    given = (str(data), name, source.model_dump_json(), SETTINGS.model_dump_json())
    process = processes.Process(target=fetch_once, args=given)
    process.start()
    return process


def _captured(data: Path) -> list[tuple[str, str, int, bytes]]:
    """Return URL, file, offset and body of every page in the closed files."""
    captures = data / "captures"
    found = []
    for file in closed_files(captures / "p"):
        for capture in read_captures(file, captures, positions(file)):
            assert isinstance(capture, Capture), capture
            where = capture.page
            found.append((where.url, where.warc_file, where.warc_offset, capture.body))
    return found


@pytest.fixture(scope="module")
def whole_s(
    tmp_path_factory: pytest.TempPathFactory, processes: ForkServerContext, source: Source
) -> float:
    """How long a run takes that nobody kills, on this machine, now."""
    _start(processes, tmp_path_factory.mktemp("warm"), "warm", source).join()
    began = time.monotonic()
    _start(processes, tmp_path_factory.mktemp("timed"), "timed", source).join()
    return time.monotonic() - began


@pytest.mark.timeout(600)
def test_kills_lose_and_double_nothing(
    tmp_path: Path, processes: ForkServerContext, source: Source, whole_s: float
) -> None:
    chance = random.Random(7)  # noqa: S311
    in_the_middle = 0
    for number in range(ROUNDS):
        data = tmp_path / str(number)
        reported: set[tuple[object, ...]] = set()
        for kill in range(KILLS):
            process = _start(processes, data, f"killed{kill}", source)
            time.sleep(chance.uniform(0.2, 0.9) * whole_s)
            process.kill()
            process.join()
            found = {_where(row) for row in rows(data)}
            assert reported <= found
            in_the_middle += reported < found and len(found) < PAGES
            reported = found
        last = _start(processes, data, "last", source)
        last.join()
        assert last.exitcode == 0
        _check(data, reported)
    assert in_the_middle >= 5, "nearly every kill came too early or too late to test anything"


def _check(data: Path, reported: set[tuple[object, ...]]) -> None:
    """Check what killed runs and a last whole one left: all of it, once."""
    after = rows(data)
    assert reported <= {_where(row) for row in after}
    assert max(Counter(_where(row) for row in after).values()) == 1
    captured = _captured(data)
    assert sorted(url for url, *_ in captured) == sorted(
        f"http://news.example/story-{n}" for n in range(PAGES)
    )
    good = [r for r in after if r["purpose"] == "page" and not r["error"]]
    assert sorted((r["url"], r["warc_file"], r["warc_offset"]) for r in good) == sorted(
        (url, file, offset) for url, file, offset, _ in captured
    )
    for url, _, _, body in captured:
        assert body == f"<p>Story {url.rpartition('-')[2]}.</p>".encode() * 50
    assert not list(Layout(data).captures("p").glob("*.open"))


def test_a_full_disk_loses_nothing(
    tmp_path: Path, processes: ForkServerContext, source: Source
) -> None:
    settings = SETTINGS.model_copy(update={"roll_bytes": 10**9})
    given = (str(tmp_path), "full", source.model_dump_json(), settings.model_dump_json())
    process = processes.Process(target=fetch_with_little_space, args=given)
    process.start()
    process.join()
    assert process.exitcode == 5
    reported = {_where(row) for row in rows(tmp_path)}
    assert 0 < len(reported) < PAGES
    last = _start(processes, tmp_path, "last", source)
    last.join()
    assert reported <= {_where(row) for row in rows(tmp_path)}
    assert len({url for url, *_ in _captured(tmp_path)}) == len(_captured(tmp_path)) == PAGES


def _where(row: dict[str, object]) -> tuple[object, ...]:
    return row["url"], row["fetched_at"], row["purpose"], row["warc_file"], row["warc_offset"]
