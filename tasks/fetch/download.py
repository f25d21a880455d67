"""One request, one response: sent, received, checked; its failure has a slug.

`Downloader.get` follows no redirect, retries nothing and waits for nobody: those decisions are
made above, where robots.txt and politeness are known.
"""

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

from tasks.fetch.failure import FAILURES, slug_of
from tasks.fetch.network import Exchange, GuardedBackend, Resolver, Route, current
from tasks.fetch.reply import Reply, Response
from tasks.sources import FetchSettings, Source

ACCEPT: Final = (
    "text/html,application/xhtml+xml,application/rss+xml,application/xml;q=0.9,*/*;q=0.5"
)
ACCEPT_ENCODING: Final = "gzip, deflate, br, zstd"


@dataclass(frozen=True, slots=True)
class Network:
    """What takes the place of the machine's own resolver and trusted certificates."""

    resolver: Resolver | None = None
    ssl_context: ssl.SSLContext | None = None


class Downloader:
    """Sends requests of one run. Cookies live as long as it does."""

    def __init__(
        self,
        settings: FetchSettings,
        network: Network | None = None,
    ) -> None:
        network = network or Network()
        self._settings = settings
        self._resolver = network.resolver
        self._ssl = network.ssl_context or httpx2.create_ssl_context()
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
        reply = Reply()
        try:
            with anyio.fail_after(self._settings.total_s):
                await self._exchange(
                    url, source, conditions, reply if keep else reply.without_body()
                )
        except FAILURES as error:
            reply.error, reply.message = slug_of(error, exchange, self._settings)
        except BaseException:
            exchange.close()
            raise
        finally:
            current.reset(token)
        milliseconds = round((time.monotonic() - clock) * 1000)
        return reply.response(url, began, milliseconds), exchange

    async def _exchange(
        self, url: str, source: Source | None, conditions: Mapping[str, str], reply: Reply
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


@dataclass
class _Host:
    """The connections to one host, and how many requests are using them."""

    pool: httpcore2.AsyncConnectionPool
    busy: int = 0


class _Transport(httpx2.AsyncBaseTransport):
    """The HTTP client's transport over the guarded network: HTTP/1.1, as WARC wants it.

    Each host has a pool of its own: a pool looks at every connection it holds for every request, so
    one for 250 hosts takes more time than all the rest of fetching. The hosts used last are kept.
    """

    def __init__(
        self, context: ssl.SSLContext, settings: FetchSettings, backend: GuardedBackend
    ) -> None:
        self._context, self._settings, self._backend = context, settings, backend
        self._hosts: dict[tuple[bytes, bytes, int | None], _Host] = {}  # used last: last

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
        host = self._host((url.raw_scheme, url.raw_host, url.port))
        host.busy += 1
        try:
            await self._forget()
            response = await host.pool.handle_async_request(inner)
        except BaseException:
            host.busy -= 1
            raise
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response, host),
            extensions=response.extensions,
        )

    def _host(self, name: tuple[bytes, bytes, int | None]) -> _Host:
        host = self._hosts.pop(name, None) or _Host(
            httpcore2.AsyncConnectionPool(
                ssl_context=self._context,
                max_connections=self._settings.concurrency,
                keepalive_expiry=15.0,
                network_backend=self._backend,
            )
        )
        self._hosts[name] = host
        return host

    async def _forget(self) -> None:
        """Close the connections to hosts that were not used for longest, beyond `concurrency`."""
        beyond = len(self._hosts) - self._settings.concurrency
        if beyond <= 0:
            return
        idle = [name for name, host in self._hosts.items() if not host.busy]
        for host in [self._hosts.pop(name) for name in idle[:beyond]]:
            await host.pool.aclose()

    async def aclose(self) -> None:
        for host in self._hosts.values():
            await host.pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: httpcore2.Response, host: _Host) -> None:
        self._response, self._host, self._is_open = response, host, True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        try:
            await self._response.aclose()
        finally:
            self._host.busy -= self._is_open
            self._is_open = False
