"""Servers that attack: each attack ends as its own slug, in time, in bounded memory, alone."""

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import brotli
import pytest
import trustme
from backports import zstd
from fastwarc.warc import ArchiveIterator, WarcRecordType

from tasks.fetch.download import Network
from tasks.sources import FetchOptions, Source
from tasks.store.layout import Layout
from tasks.warc.reader import closed_files, positions, read_captures
from tests.fetch.web import QUICK, Request, Web, moved, page, rows, run_fetch, serving, sitemap

LIMITS = QUICK.model_copy(
    update={"read_s": 1.5, "total_s": 3.0, "max_wire_bytes": 4_000_000, "max_body_bytes": 8_000_000,
            "max_header_bytes": 16_384, "min_bytes_per_s": 2000.0, "rate_grace_s": 1.0,
            "concurrency": 100, "sitemap_depth": 3, "max_urls": 1000, "connect_s": 1.0}
)  # fmt: skip
DEADLINE_S = 20.0
"""For all attacks at once on a busy machine; alone they take 4 s."""

HONEST_S = 10.0
"""For twenty pages of an honest host amid the attacks; alone they take a tenth of a second."""


@dataclass(frozen=True)
class Aftermath:
    """What a run over all attacks left."""

    data: Path
    rows: list[dict[str, object]]
    seconds: float
    honest_s: float  # until the last page of the honest host
    growth_mib: int


BOMB = b"\0" * 60_000_000
BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    b'<rss version="2.0"><channel><item><link>&b;</link></item></channel></rss>'
)
OK = b"<html><body><p>Nothing happened here.</p></body></html>"


def send(*pieces: bytes, every_s: float = 0.0, times: int = 1) -> Callable[..., None]:
    """Return an answer that sends `pieces`, the last again and again, and closes."""

    def answer(connection: socket.socket, _: Request) -> None:
        for piece in (*pieces, *([pieces[-1]] * (times - 1))):
            connection.sendall(piece)
            time.sleep(every_s)

    return answer


def hang(connection: socket.socket, _: Request) -> None:
    connection.recv(1)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

PAGES = {
    "redirect-loop": moved("/a"),
    "redirect-limit": lambda _, r: moved(r.path + "x"),
    "private-address": moved("http://169.254.169.254/latest/meta-data/"),
    "private-address 2": moved("http://[::ffff:10.0.0.1]/"),
    "private-address 3": moved("http://2130706433/"),  # 127.0.0.1 as one number
    "redirect-scheme": moved("file:///etc/passwd"),
    "redirect-scheme 2": moved("javascript:alert(1)"),
    "url-credentials": moved("http://me:secret@a.example/"),
    "url-characters": moved("/%E2%80%AEgnp.exe"),
    "bad-url": moved("http://[bad/"),
    "bad-response": page(b"", status="302 Found"),  # without Location
    "bad-response 6": page(b"", status="304 Not Modified"),  # to a request without a condition
    "bad-response 7": page(OK, "Content-Range: bytes 0-9/99", status="206 Partial Content"),
    "bad-response 2": send(b"\x00\x01\x02 what is this\r\n\r\n"),
    "bad-response 3": send(HEAD + b"X-Nul: a\0b\r\n\r\nhi"),
    "bad-response 4": send(CHUNKED + b"zz\r\nhello\r\n"),
    "bad-response 5": send(HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello"),
    "too-large": send(HEAD + b"\r\n", b"x" * 65_536, times=1000),
    "too-large 2": send(b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 9000 + b"\r\n\r\n", times=1000),
    "timeout": send(HEAD + b"\r\n", b"x" * 1000, every_s=0.1, times=100),
    "too-slow": send(HEAD, b"X: y\r\n", every_s=0.2, times=100),  # slowloris in the head
    "too-slow 2": send(HEAD + b"\r\n", b"x", every_s=0.1, times=100),  # and in the body
    "read-timeout": hang,
    "read-timeout 2": lambda c, r: (c.sendall(HEAD + b"\r\nhalf"), hang(c, r))[1],
    "no-response": send(b""),
    "truncated": send(HEAD + b"Content-Length: 5000\r\n\r\nonly this"),
    "truncated 2": send(CHUNKED + b"5\r\nhello\r\n"),
    "length-mismatch": send(HEAD + b"Content-Length: 5\r\n\r\n" + OK),
    "headers-too-large": send(HEAD, b"X-Long: " + b"y" * 1_000_000 + b"\r\n\r\n"),
    "headers-too-large 2": send(HEAD, b"X-Many: y\r\n", times=100_000),
    "compression-bomb": page(gzip.compress(BOMB), "Content-Encoding: gzip"),
    "compression-bomb 2": page(brotli.compress(BOMB, quality=5), "Content-Encoding: br"),
    "compression-bomb 3": page(zstd.compress(BOMB), "Content-Encoding: zstd"),
    "compression-bomb 4": page(zlib.compress(BOMB), "Content-Encoding: deflate"),
    "compression-bomb 5": page(gzip.compress(gzip.compress(BOMB)), "Content-Encoding: gzip, gzip"),
    "bad-compression": page(b"this is not gzip", "Content-Encoding: gzip"),
    "bad-compression 2": page(b"?", "Content-Encoding: rot13"),
    "bad-compression 3": page(gzip.compress(OK)[:-9], "Content-Encoding: gzip"),
    "bad-compression 4": page(b"?", "Content-Encoding: " + "gzip, " * 500 + "gzip"),
    "not-html": page(b"\x89PNG\r\n\x1a\n" + b"\0" * 500),  # a picture that says it is HTML
    "not-html 2": page(b"%PDF-1.7", kind="application/pdf"),
    "empty": page(b""),
    "http-error": page(b"no", status="500 Oh"),
    "rate-limited": page(b"no", status="429 Slow down"),
}  # fmt: skip
FEEDS = {
    "feed-entities": BILLION_LAUGHS,
    "feed-entities 2": BILLION_LAUGHS.decode().encode("utf-16"),
    "feed-parse": b"<html>this is no feed</html>",
    "feed-parse 2": b"[" * 100_000,
    "feed-parse 3": b'{"items": ' + b"[" * 100_000,
    "empty": b"",
}
SITEMAPS = {
    "feed-entities": BILLION_LAUGHS.replace(b"rss", b"urlset"),
    "feed-parse": b"<urlset><<<<",
    "feed-parse 2": b"<html><p>an error page</p></html>",
    "compression-bomb": gzip.compress(BOMB),
    "bad-compression": b"\x1f\x8b" + b"nonsense" * 9,
    "sitemap-limit": gzip.compress(sitemap(*(f"http://h/{i}" for i in range(1_000_000)))),
    "sitemap-limit 2": lambda _, r: page(sitemap(f"{r.path}x", kind="sitemap")),  # endless indexes
}


def attacks(web: Web) -> list[Source]:
    """Give every attack a host of its own; returns the sources, each named by its slug."""
    sources = []
    for kind, table in (("urls", PAGES), ("feeds", FEEDS), ("sitemaps", SITEMAPS)):
        for number, (name, answer) in enumerate(table.items()):
            host = f"{kind}{number}.example"
            web.answers[f"{host}/robots.txt"] = page(b"", kind="text/plain")
            is_whole = callable(answer) or kind == "urls"
            content = answer if is_whole else page(answer, kind="application/xml")
            web.answers[f"{host}/a"] = content
            if "redirect-limit" in name or "sitemap-limit" in name:
                web.answers |= {f"{host}/a{'x' * n}": content for n in range(20)}
            fields = {"id": f"{kind}-{name.replace(' ', '-')}", kind: [f"http://{host}/a"]}
            sources.append(web.source(host, **fields))
    return sources


def resolve(host: str, port: int) -> list[str]:
    del port
    if host == "gone.example":
        raise OSError("no such name")
    return ["127.0.0.1"]  # a name or address of any kind: a test dials no other machine


@contextmanager
def memory_growth() -> Iterator[list[int]]:
    """Sample how much more memory (MiB) the process holds than at the start."""
    samples, done = [0], threading.Event()
    start = resident_mib()

    def sample() -> None:
        while not done.wait(0.02):
            samples.append(resident_mib() - start)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    yield samples
    done.set()
    thread.join()


def resident_mib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 1_048_576


async def resolver(host: str, port: int) -> list[str]:
    return resolve(host, port)


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    """Run all attacks at once beside one honest host; returns data, seconds, memory growth."""
    data = tmp_path_factory.mktemp("hostile")
    with serving() as web, serving(context=_self_signed()) as tls:
        sources = attacks(web)
        for n in range(20):
            web.answers[f"honest.example/{n}"] = page(OK)
        honest = [f"http://honest.example/{n}" for n in range(20)]
        sources += [
            web.source("honest.example", urls=honest),
            tls.source("selfsigned.example", id="urls-bad-certificate",
                       urls=[f"https://selfsigned.example:{tls.port}/"]),
            web.source("plain.example", id="urls-bad-tls",
                       urls=[f"https://plain.example:{web.port}/"]),
            Source(id="urls-dns-failed", homepage="http://gone.example/",
                   urls=("http://gone.example/",)),
            Source(id="urls-private-address-4", homepage="http://rebound.example/",
                   urls=("http://rebound.example/",)),
            Source(id="urls-connect-failed", homepage="http://127.0.0.1:1/",
                   urls=("http://127.0.0.1:1/",), allow_private=True),
        ]  # fmt: skip
        began = time.monotonic()
        network = Network(resolver)
        with memory_growth() as growth:
            run_fetch(data, sources, LIMITS, FetchOptions(), network)
        seconds = time.monotonic() - began
        last_honest = max(r.at for r in web.log if r.host == "honest.example") - began
    return Aftermath(data, rows(data), seconds, last_honest, max(growth))


def _self_signed() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("selfsigned.example").configure_cert(context)
    return context


NAMES = [
    *(f"urls-{name.replace(' ', '-')}" for name in PAGES),
    *(f"feeds-{name.replace(' ', '-')}" for name in FEEDS),
    *(f"sitemaps-{name.replace(' ', '-')}" for name in SITEMAPS),
    "urls-bad-certificate", "urls-bad-tls", "urls-dns-failed", "urls-private-address-4",
    "urls-connect-failed",
]  # fmt: skip


def test_there_are_enough_attacks() -> None:
    assert len(NAMES) >= 50
    assert len({name.partition("-")[2].rstrip("-0123456789") for name in NAMES}) >= 25


AT_ROBOTS = {"bad-certificate", "bad-tls", "dns-failed", "private-address", "connect-failed"}
"""Attacks on the way to a host, which robots.txt meets first."""


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_ends_as_its_own_slug(aftermath: Aftermath, name: str) -> None:
    kind, _, rest = name.partition("-")
    expected = rest.rstrip("-0123456789")
    purposes = {kind.removesuffix("s") if kind != "urls" else "page"}
    if expected in AT_ROBOTS:
        purposes |= {"robots"}
    own = [r for r in aftermath.rows if r["source_id"] == name and r["purpose"] in purposes]
    failures = {row["error"] for row in own if row["error"]}
    assert failures - {"robots-unreachable"} == {expected}


def test_every_attack_ends_in_time_and_delays_nobody(aftermath: Aftermath) -> None:
    assert aftermath.seconds < DEADLINE_S
    longest = max(int(str(row["milliseconds"])) for row in aftermath.rows)
    assert longest < (LIMITS.total_s + 1) * 1000
    assert aftermath.honest_s < HONEST_S


def test_memory_stays_bounded(aftermath: Aftermath) -> None:
    assert aftermath.growth_mib < 250  # MiB, for some 60 attacks at once, their servers included


def test_the_honest_host_is_captured_whole(aftermath: Aftermath) -> None:
    captures = Layout(aftermath.data).captures("p")
    found = [
        capture.body
        for file in closed_files(captures)
        for capture in read_captures(file, captures.parent, positions(file))
    ]
    assert found == [OK] * 20


def _request_lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        for record in ArchiveIterator(
            stream, record_types=WarcRecordType.request, parse_http=False
        ):
            yield record.reader.read()


def test_no_row_or_capture_holds_a_secret(aftermath: Aftermath) -> None:
    assert "secret" not in str(aftermath.rows)
    captures = Layout(aftermath.data).captures("p")
    for file in closed_files(captures):
        assert b"secret" not in b"".join(_request_lines(file))
