"""The demo newsroom: invented news sites on one loopback port, for the demo and the tests.

``serve(root)`` answers every site below ``data/samples/newsroom`` under its own Host name, with
robots.txt, feeds, sitemaps, ETag and Last-Modified, 304 and gzip, and keeps a log of requests by
which a client's manners can be judged. It is no stage and opens no connection.

By hand: ``python -m flows.newsroom --port 8800``, then ``http://harbour-courier.localhost:8800/``
(a browser takes every ``.localhost`` name to this machine; links are rewritten to match).
"""

import argparse
import gzip
import hashlib
import socket
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from flows.newsroom_pages import LAST_EDITION, Reply, build

SAMPLES: Final = Path(__file__).resolve().parents[1] / "data" / "samples" / "newsroom"
IDLE_LIMIT_S: Final = 10
"""A connection kept alive without a request is closed after this long."""

_GZIP_MIN_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the newsroom saw and answered it."""

    at: datetime  # UTC
    method: str
    host: str  # without port
    path: str  # with query
    status: int
    user_agent: str
    if_none_match: str
    if_modified_since: str
    bytes_sent: int  # of the body


class Newsroom:
    """A running server. Use it as a context manager, or call `close`."""

    def __init__(self, root: Path, port: int, host: str) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._log: list[Request] = []
        self._replies: Mapping[tuple[str, str], Reply] = build(root)
        self.edition = 1
        self._server = _Server((host, port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """``127.0.0.1:PORT``, the value of a source's ``connect_to``."""
        return f"{self._server.server_address[0]!s}:{self.port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The sites' host names."""
        return tuple(sorted({host for host, _ in self._replies}))

    @property
    def log(self) -> tuple[Request, ...]:
        """All requests so far, in the order they were answered."""
        with self._lock:
            return tuple(self._log)

    def paths(self, host: str) -> tuple[str, ...]:
        """Return every path the site answers with 200."""
        return tuple(p for h, p in self._replies if h == host and p.startswith("/"))

    def advance(self) -> None:
        """Publish the next edition: corrected articles and new ones, from the next request on.

        Raises:
            ValueError: the last edition is out.
        """
        if self.edition == LAST_EDITION:
            raise ValueError(f"edition {LAST_EDITION} is the last one")
        self._replies = build(self._root, self.edition + 1)
        self.edition += 1

    def close(self) -> None:
        """Stop listening, end every open connection, and wait for the threads."""
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def reply(self, host: str, path: str) -> Reply:
        """Return what the newsroom answers to `path` of `host`; the query does not count."""
        site = host.replace(".localhost", ".example")
        found = self._replies.get((site, path.partition("?")[0]))
        found = found or self._replies.get((site, "404"))
        if found is None:
            names = "".join(f"http://{h.replace('.example', '.localhost')}:{self.port}/\n"
                            for h in self.hosts)  # fmt: skip
            text = f"No site {host!r} here. The sites are:\n{names}"
            return Reply(text.encode(), "text/plain; charset=utf-8", datetime.now(UTC), 404)
        if site == host:
            return found
        local = found.body.replace(f"//{site}/".encode(), f"//{host}:{self.port}/".encode())
        return Reply(local, found.content_type, found.modified, found.status)

    def record(self, request: Request) -> None:
        """Add one line to the log."""
        with self._lock:
            self._log.append(request)


def serve(root: Path = SAMPLES, port: int = 0, host: str = "127.0.0.1") -> Newsroom:
    """Start the newsroom in a thread; port 0 takes a free one.

    Raises:
        FileNotFoundError: `root` holds no sites.
        OSError: the port is taken.
    """
    return Newsroom(root, port, host)


class _Server(ThreadingHTTPServer):
    """Remembers its open connections, so that closing need not wait for idle clients."""

    daemon_threads = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Stay quiet when a client hangs up; say everything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End every open connection."""
        for connection in self._open.copy():
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # the client was faster
                continue


def _handler(newsroom: Newsroom) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "newsroom"
        timeout = IDLE_LIMIT_S
        wbufsize = -1  # one packet for head and body

        def do_GET(self) -> None:
            host = (self.headers.get("Host") or "").partition(":")[0].lower()
            reply = newsroom.reply(host, self.path)
            headers = self.headers
            status, extra, body = _answer(reply, {k.lower(): v for k, v in headers.items()})
            sent = body if self.command == "GET" else b""
            newsroom.record(
                Request(
                    at=datetime.now(UTC),
                    method=self.command,
                    host=host,
                    path=self.path,
                    status=status,
                    user_agent=headers.get("User-Agent") or "",
                    if_none_match=headers.get("If-None-Match") or "",
                    if_modified_since=headers.get("If-Modified-Since") or "",
                    bytes_sent=len(sent),
                )
            )
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        do_HEAD = do_GET  # noqa: N815  the name http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep standard error clean; `Newsroom.log` has it all."""

    return Handler


def _answer(reply: Reply, asked: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of `reply` to a request with these headers."""
    etag = f'"{hashlib.sha256(reply.body).hexdigest()[:20]}"'
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(reply.modified.astimezone(UTC), usegmt=True),
        "Vary": "Accept-Encoding",
        "Cache-Control": "max-age=0, must-revalidate",
        **dict(reply.headers),
    }
    if reply.status == 200 and _is_unchanged(reply, etag, asked):  # noqa: PLR2004
        return 304, headers, b""
    body = reply.body
    if "gzip" in asked.get("accept-encoding", "") and len(body) >= _GZIP_MIN_BYTES:
        body = gzip.compress(body, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers |= {"Content-Type": reply.content_type, "Content-Length": str(len(body))}
    return reply.status, headers, body


def _is_unchanged(reply: Reply, etag: str, asked: Mapping[str, str]) -> bool:
    """Say whether the client's copy is current; an ETag counts more than a time (RFC 9110)."""
    if tags := asked.get("if-none-match"):
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return bool(known & {etag, "*"})
    try:
        since = parsedate_to_datetime(asked.get("if-modified-since", ""))
    except ValueError:
        return False
    if since.tzinfo is None:
        return False
    return reply.modified.replace(microsecond=0) <= since


def main(argv: list[str]) -> None:
    """Serve until interrupted, and say where."""
    parser = argparse.ArgumentParser(prog="python -m flows.newsroom", description=__doc__)
    parser.add_argument("--port", type=int, default=8800)
    parser.add_argument("--root", type=Path, default=SAMPLES)
    parser.add_argument("--edition", type=int, choices=range(1, LAST_EDITION + 1), default=1)
    args = parser.parse_args(argv)
    with serve(args.root, args.port) as newsroom:
        while newsroom.edition < args.edition:
            newsroom.advance()
        names = [f"http://{host.replace('.example', '.localhost')}" for host in newsroom.hosts]
        print("\n".join(f"{name}:{newsroom.port}/" for name in names))  # noqa: T201
        print("Ctrl-C stops the newsroom.", flush=True)  # noqa: T201
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main(sys.argv[1:])
