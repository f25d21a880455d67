"""The way to a server, guarded: which address may be dialled, how much may come back.

`GuardedBackend` is the network below the HTTP client. It resolves a name itself, checks every
address, and dials a checked address, so neither a redirect nor a name that changes its address
between check and use (DNS rebinding) leads into a private network. Each request runs in an
`Exchange` (the context variable `current`), which keeps the bytes as they were on the wire and
stops the transfer at its limits.
"""

import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from tempfile import SpooledTemporaryFile
from typing import Any, Final

import anyio
import httpcore2

from tasks.errors import PageError
from tasks.sources import FetchSettings, Source

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Host name and port -> addresses, best first."""

_IN_MEMORY: Final = 256 * 1024
"""A response beyond lies in a temporary file, so memory does not grow with concurrency."""

_NAT64: Final = IPv6Network("64:ff9b::/96")
_SLACK: Final = 2  # some servers add a line end
_INTERIM = re.compile(rb"HTTP/1\.\d 1(?!01)\d\d")  # 1xx, but not 101: it ends the talk
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Route:
    """What a source allows for its own hosts; other hosts get the strict rules."""

    source: Source | None = None

    def may_be_private(self, host: str) -> bool:
        """Tell whether `host` may have an address that is not public."""
        return self.source is not None and self.source.allow_private and self.source.owns(host)

    def target(self, host: str, port: int) -> tuple[str, int]:
        """Return the host and port to dial for `host` and `port`."""
        if self.source is None or not self.source.connect_to or not self.source.owns(host):
            return host, port
        other, _, number = self.source.connect_to.rpartition(":")
        return other.strip("[]"), int(number)


class Exchange:
    """One request and its response as they are on the wire, within limits.

    Attributes:
        sent, received: the bytes; `received` holds the final response without interim ones (1xx).
        head_bytes: length of status line and header fields; 0 until they are complete.
        address: of the server.
    """

    def __init__(self, route: Route, limits: FetchSettings) -> None:
        self.route = route
        self.sent = bytearray()
        self.received: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self.received_bytes = 0
        self._wire_bytes = 0  # interim responses too
        self.head_bytes = 0
        self.address = ""
        self._limits = limits
        self._head = bytearray()
        self._expected: int | None = None  # bytes of the body, as declared
        self._began = 0.0  # when the first byte came

    def take(self, data: bytes) -> None:
        """Keep `data`, just received.

        Raises:
            PageError: "headers-too-large", "too-large", "too-slow".
        """
        self._wire_bytes += len(data)
        if not self.head_bytes:
            self._head += data
            data = self._take_head()
        self.received.write(data)
        self.received_bytes += len(data)
        if self._wire_bytes > self._limits.max_wire_bytes + self._limits.max_header_bytes:
            raise PageError("too-large", f"over {self._limits.max_wire_bytes} bytes")
        body_bytes = self.received_bytes - self.head_bytes
        if self._expected is not None and body_bytes > self._expected + _SLACK:
            raise PageError("length-mismatch", f"more than the {self._expected} bytes declared")
        self._began = self._began or time.monotonic()  # a slow server may think before it speaks
        seconds = time.monotonic() - self._began
        slowest = self._limits.min_bytes_per_s * seconds
        if seconds > self._limits.rate_grace_s and self._wire_bytes < slowest:
            raise PageError("too-slow", f"{self._wire_bytes} bytes in {seconds:.0f} s")

    def _take_head(self) -> bytes:
        """Return the received bytes once the final head is complete; b"" until then."""
        while (end := _head_end(self._head)) > 0:
            if not _INTERIM.match(self._head):
                self.head_bytes = end
                self._expected = _content_length(self._head[:end])
                data, self._head = bytes(self._head), bytearray()
                return data
            del self._head[:end]
        if len(self._head) > self._limits.max_header_bytes:
            raise PageError("headers-too-large", f"over {self._limits.max_header_bytes} bytes")
        return b""

    def close(self) -> None:
        """Free the bytes."""
        self.received.close()


current: ContextVar[Exchange] = ContextVar("current exchange")
"""The exchange that the running task's reads and writes belong to."""


class GuardedStream(httpcore2.AsyncNetworkStream):
    """A connection whose bytes are kept by the current exchange."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream, address: str) -> None:
        self._inner = inner
        self._address = address

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes, kept."""
        data = await self._inner.read(max_bytes, timeout)
        current.get().take(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send `buffer`, kept."""
        exchange = current.get()
        exchange.address = self._address
        exchange.sent += buffer
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Return the encrypted connection, guarded too."""
        inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        return GuardedStream(inner, self._address)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  as declared by the library
        """Return what the connection knows of `info`."""
        return self._inner.get_extra_info(info)


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolve = resolver or resolve
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Return a connection to a checked address of `host`.

        Raises:
            PageError: "private-address", "dns-failed", "connect-failed", "connect-timeout".
        """
        route = current.get().route
        try:
            with anyio.fail_after(timeout):
                for address in await self._addresses(route, host, port):
                    try:
                        dialled = route.target(host, port)[1]
                        inner = await self._inner.connect_tcp(
                            address, dialled, None, local_address, socket_options
                        )
                    except httpcore2.ConnectError as error:
                        reason = str(error)
                    else:
                        return GuardedStream(inner, address)
        except TimeoutError as error:
            raise PageError("connect-timeout", f"{host}: no connection in {timeout} s") from error
        raise PageError("connect-failed", f"{host}: {reason}")

    async def _addresses(self, route: Route, host: str, port: int) -> list[str]:
        """Return the addresses of `host` that may be dialled; at least one."""
        name, number = route.target(host, port)
        try:
            found = await self._resolve(name, number)
        except OSError as error:
            raise PageError("dns-failed", f"{host}: {error}") from error
        allowed = [a for a in found if route.may_be_private(host) or is_public(a)]
        if not found:
            raise PageError("dns-failed", f"{host}: no address")
        if not allowed:
            raise PageError("private-address", f"{host} is at {found[0]}, which is not public")
        return allowed

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: no source lies behind a local socket."""
        del timeout, socket_options
        raise PageError("private-address", path)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of `host`, by the system's resolver.

    Raises:
        OSError: there are none.
    """
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Tell whether `address` is one of the public Internet, also when it wraps another one.

    >>> [is_public(a) for a in ("192.0.2.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1")]
    [False, False, False, False]
    >>> [is_public(a) for a in ("93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::a00:1")]
    [True, True, False]
    """
    parsed = ip_address(address.partition("%")[0])
    return all(part.is_global and not part.is_multicast for part in _unwrap(parsed))


def _unwrap(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Return `address`, or the IPv4 address that it carries."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    return [address]


def _content_length(head: bytes | bytearray) -> int | None:
    """Return the Content-Length that rules; None for chunked bodies and those without one."""
    found = _LENGTH.search(head)
    return int(found.group(1)) if found and b"chunked" not in head.lower() else None


def _head_end(data: bytearray) -> int:
    """Return where the header section of `data` ends; 0 when it is not complete."""
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := data.find(mark)) >= 0]
    return min(ends, default=0)
