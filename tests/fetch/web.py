"""A loopback web server that does exactly what a test tells it, and writes down who asked what."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pyarrow.parquet as pq

from tasks.fetch.download import Network
from tasks.fetch.partition import Report, fetch
from tasks.sources import FetchOptions, FetchSettings, Source
from tasks.store.layout import Layout

QUICK = FetchSettings(
    contact="mailto:tests@cleancopy.example", delay_s=0, retries=0, retry_wait_s=0.05, poll_min_s=0,
    recheck_min_s=0, connect_s=2, read_s=5, total_s=10, flush_s=0.2,
)  # fmt: skip


@dataclass
class Request:
    """One request as the server saw it."""

    at: float
    host: str
    path: str
    headers: dict[str, str]


Answer = bytes | Callable[[socket.socket, Request], bytes | None]
"""What is sent; a function may write to the connection itself, and None then ends it."""


@dataclass
class Web:
    """Host name and path -> what is sent. A path that is not known is a 404."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def paths(self, host: str = "") -> list[str]:
        return [r.path for r in self.log if not host or r.host == host]

    def source(self, host: str = "news.example", **fields: object) -> Source:
        given = {"id": host.partition(".")[0], "homepage": f"http://{host}/",
                 "allow_private": True, "connect_to": self.address, **fields}  # fmt: skip
        return Source.model_validate(given)

    def talk(self, connection: socket.socket) -> None:
        """Answer requests on one connection until the client leaves."""
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(65_536)
                if not more:
                    return
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            request = _request(head)
            self.log.append(request)
            answer = self.answers.get(request.host + request.path, self.answers.get(request.path))
            if answer is None:
                answer = page(b"not here", status="404 Not Found")
            content = answer(connection, request) if callable(answer) else answer
            if content is None:
                return
            connection.sendall(content)


def page(body: bytes, *fields: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    """Return a whole response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def moved(to: str, status: int = 302) -> bytes:
    return page(b"", f"Location: {to}", status=f"{status} Moved")


def rss(*urls: str, date: str = "Tue, 24 Nov 2026 10:00:00 GMT") -> bytes:
    items = "".join(f"<item><link>{u}</link><pubDate>{date}</pubDate></item>" for u in urls)
    return f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()


def sitemap(*urls: str, kind: str = "url") -> bytes:
    outer = "urlset" if kind == "url" else "sitemapindex"
    inner = "".join(f"<{kind}><loc>{u}</loc></{kind}>" for u in urls)
    name = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><{outer} xmlns="{name}">{inner}</{outer}>'.encode()


@contextmanager
def serving(
    web: Web | None = None, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Web]:
    """Run a server on a free port of a loopback address."""
    web = web or Web()
    with socket.create_server((host, 0), backlog=200) as listener:
        web.port = listener.getsockname()[1]
        done = threading.Event()
        thread = threading.Thread(target=_accept, args=(listener, web, context, done), daemon=True)
        thread.start()
        try:
            yield web
        finally:
            done.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def run_fetch(
    data: Path,
    sources: list[Source],
    settings: FetchSettings = QUICK,
    options: FetchOptions | None = None,
    network: Network | None = None,
) -> Report:
    """Fetch `sources` into the partition p; the run's id counts up."""
    layout = Layout(data)
    run_id = f"r{len(list(layout.captures('p').glob('*')))}"
    how = (settings, options or FetchOptions())
    return anyio.run(fetch, "p", layout, run_id, sources, how, network)


def rows(data: Path) -> list[dict[str, object]]:
    """Return all fetches rows of the partition p."""
    files = sorted(Layout(data).captures("p").glob("fetches-*.parquet"))
    found = [row for file in files for row in pq.read_table(file).to_pylist()]
    return sorted(found, key=lambda row: row["fetched_at"])


def _accept(
    listener: socket.socket, web: Web, context: ssl.SSLContext | None, done: threading.Event
) -> None:
    while not done.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, web, context), daemon=True).start()


def _serve(connection: socket.socket, web: Web, context: ssl.SSLContext | None) -> None:
    with suppress(OSError), connection:
        if context is not None:
            with context.wrap_socket(connection, server_side=True) as wrapped:
                web.talk(wrapped)
        else:
            web.talk(connection)


def _request(head: bytes) -> Request:
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
    return Request(time.monotonic(), headers.get("host", ""), first.split(" ", 2)[1], headers)
