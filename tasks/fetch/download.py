"""One request, one response: sent, received, checked; its failure has a slug.

`Downloader.get` follows no redirect, retries nothing and waits for nobody: those decisions are
made above, where robots.txt and politeness are known.
"""

import hashlib
import re
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

import anyio
import httpcore2
import httpx2

from tasks.errors import PageError
from tasks.fetch.network import Exchange, GuardedBackend, Resolver, Route, current
from tasks.sources import FetchSettings, Source
from tasks.warc.http import codings_of, decoder, through

ACCEPT: Final = (
    "text/html,application/xhtml+xml,application/rss+xml,application/xml;q=0.9,*/*;q=0.5"
)
ACCEPT_ENCODING: Final = "gzip, deflate, br, zstd"

START_BYTES: Final = 32 * 1024
"""Of every body the beginning is kept, for its type and its opt-out signals."""

_BINARY: Final = (
    b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"%PDF", b"PK\x03\x04", b"RIFF", b"\x7fELF", b"\x1f\x8b",
    b"\x00\x00\x01\x00", b"OggS", b"ID3", b"MZ", b"wOF",
)  # fmt: skip
"""First bytes that no text has, whatever its Content-Type says."""

_TRUNCATED = re.compile(r"incomplete|without sending complete")


@dataclass(frozen=True, slots=True)
class Response:
    """What came of one request. `error` is a slug, "" when a response came as HTTP wants it."""

    url: str
    began_at: datetime
    milliseconds: int
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()  # names in lower case
    body: bytes = b""  # decoded; empty unless it was asked for
    body_sha256: str = ""  # of the decoded body, hex
    wire_bytes: int = 0  # of the body, as received
    error: str = ""
    message: str = ""
    start: bytes = b""  # of the decoded body

    @property
    def is_binary(self) -> bool:
        """Tell whether the body begins as no text does."""
        return self.start.startswith(_BINARY)

    def get(self, name: str) -> str:
        """Return the values of the header field `name` joined by commas, or ""."""
        return ", ".join(value for key, value in self.headers if key == name)


class Downloader:
    """Sends requests of one run. Cookies live as long as it does."""

    def __init__(
        self,
        settings: FetchSettings,
        resolver: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._resolver = resolver
        self._ssl = ssl_context or httpx2.create_ssl_context()
        self._clients: dict[tuple[bool, str, str], httpx2.AsyncClient] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def get(
        self, url: str, source: Source | None, conditions: Mapping[str, str], *, keep: bool
    ) -> tuple[Response, Exchange]:
        """Return the response to GET `url`, and the bytes exchanged; raises nothing of its own.

        Args:
            url: what to get, as `tasks.urls.fetchable` gives it.
            source: whose permissions count.
            conditions: header fields for a conditional request.
            keep: whether the body is wanted in memory.
        """
        exchange = Exchange(Route(source), self._settings)
        token = current.set(exchange)
        began, clock = datetime.now(UTC), time.monotonic()
        reply = _Reply()
        try:
            with anyio.fail_after(self._settings.total_s):
                await self._exchange(
                    url, source, conditions, reply if keep else reply.without_body()
                )
        except (PageError, TimeoutError, OSError, httpcore2.NetworkError, httpcore2.ProtocolError,
                httpcore2.TimeoutException, httpx2.HTTPError, httpx2.InvalidURL) as error:  # fmt: skip
            reply.error, reply.message = _slug_of(error, exchange, self._settings)
        finally:
            current.reset(token)
        milliseconds = round((time.monotonic() - clock) * 1000)
        return reply.response(url, began, milliseconds), exchange

    async def _exchange(
        self, url: str, source: Source | None, conditions: Mapping[str, str], reply: "_Reply"
    ) -> None:
        client = self._client(source)
        request = client.build_request("GET", url, headers=dict(conditions))
        response = await client.send(request, stream=True)
        try:
            reply.status = response.status_code
            reply.headers = tuple((k.lower(), v) for k, v in response.headers.multi_items())
            await reply.read(response.aiter_raw(), self._settings.max_body_bytes)
        finally:
            with anyio.CancelScope(shield=True, deadline=anyio.current_time() + 2):
                await response.aclose()

    def _client(self, source: Source | None) -> httpx2.AsyncClient:
        """Return the client for `source`; sources with special routes share no connections."""
        special = source is not None and (source.allow_private or source.connect_to)
        key = (True, source.id, source.connect_to) if special and source else (False, "", "")
        if key not in self._clients:
            settings = self._settings
            self._clients[key] = httpx2.AsyncClient(
                transport=_Transport(self._ssl, settings, GuardedBackend(self._resolver)),
                headers={
                    "User-Agent": settings.user_agent,
                    "Accept": ACCEPT,
                    "Accept-Encoding": ACCEPT_ENCODING,
                },
                timeout=httpx2.Timeout(settings.read_s, connect=settings.connect_s, pool=None),
                follow_redirects=False,
                trust_env=False,
            )
        return self._clients[key]


class _Transport(httpx2.AsyncBaseTransport):
    """The HTTP client's transport over the guarded network: HTTP/1.1, as WARC wants it."""

    def __init__(
        self, context: ssl.SSLContext, settings: FetchSettings, backend: GuardedBackend
    ) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=settings.concurrency,
            max_keepalive_connections=settings.concurrency,
            keepalive_expiry=15.0,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        inner = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        response = await self._pool.handle_async_request(inner)
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._response.aclose()


class _Reply:
    """A response in the making."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.error = self.message = ""
        self._keep = True
        self._body = bytearray()
        self._digest = hashlib.sha256()
        self._wire = 0
        self._complete = False
        self._start = bytearray()

    def without_body(self) -> Self:
        self._keep = False
        return self

    async def read(self, pieces: AsyncIterator[bytes], limit: int) -> None:
        """Take the body: count what comes, decode it, hash it, keep it if asked to."""
        headers = httpx2.Headers(list(self.headers))
        decoders = [
            decoder(name) for name in reversed(codings_of(headers.get("content-encoding", "")))
        ]
        decoded = 0
        async for piece in pieces:
            self._wire += len(piece)
            for out in through(decoders, piece):
                decoded += len(out)
                if decoded > limit:
                    raise PageError(
                        "compression-bomb" if decoders else "too-large", f"over {limit} bytes"
                    )
                self._start += out[: START_BYTES - len(self._start)]
                self._digest.update(out)
                if self._keep:
                    self._body += out
        self._complete = True

    def response(self, url: str, began: datetime, milliseconds: int) -> Response:
        return Response(
            url, began, milliseconds, self.status, self.headers, bytes(self._body),
            self._digest.hexdigest() if self._complete else "", self._wire, self.error, self.message,
            bytes(self._start),
        )  # fmt: skip


def _slug_of(error: BaseException, exchange: Exchange, settings: FetchSettings) -> tuple[str, str]:
    """Return the slug and message of a failed exchange."""
    if isinstance(error, PageError):
        return error.slug, error.message
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "bad-certificate", cause.verify_message
        if isinstance(cause, ssl.SSLError):
            return "bad-tls", str(cause.reason or cause)
        cause = cause.__cause__ or cause.__context__
    text = str(error) or type(error).__name__
    if isinstance(error, httpcore2.ReadTimeout):
        return "read-timeout", f"silent for {settings.read_s:g} s"
    if isinstance(error, TimeoutError | httpcore2.TimeoutException):
        return "timeout", f"not done in {settings.total_s:g} s"
    if isinstance(error, httpcore2.RemoteProtocolError):
        if _TRUNCATED.search(text):
            return "truncated", text
        return ("no-response" if "without sending a response" in text else "bad-response"), text
    if isinstance(
        error, httpx2.InvalidURL | httpcore2.LocalProtocolError | httpx2.UnsupportedProtocol
    ):
        return "bad-url", text
    return ("truncated" if exchange.head_bytes else "connect-failed"), text
