"""Why an exchange failed, as a slug: the exceptions of the HTTP client read in one place."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpcore2
import httpx2

from tasks.errors import PageError
from tasks.fetch.network import Exchange
from tasks.sources import FetchSettings

FAILURES: Final = (
    PageError, TimeoutError, OSError, httpcore2.NetworkError, httpcore2.ProtocolError,
    httpcore2.TimeoutException, httpx2.HTTPError, httpx2.InvalidURL,
)  # fmt: skip
"""What an exchange may raise because of the server, the network or the URL."""

_TRUNCATED = re.compile(r"incomplete|without sending complete")


@contextmanager
def single_faults() -> Iterator[None]:
    """Raise the first fault of a task group by itself, so that callers can tell what it is."""
    try:
        yield
    except BaseExceptionGroup as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from group


def slug_of(error: BaseException, exchange: Exchange, settings: FetchSettings) -> tuple[str, str]:
    """Return the slug and message of a failed exchange."""
    if isinstance(error, PageError):
        return error.slug, error.message
    return _tls_cause(error) or _of_client(error, exchange, settings)


def _of_client(
    error: BaseException, exchange: Exchange, settings: FetchSettings
) -> tuple[str, str]:
    text = str(error) or type(error).__name__
    if isinstance(error, httpcore2.ReadTimeout):
        return "read-timeout", f"silent for {settings.read_s:g} s"
    if isinstance(error, TimeoutError | httpcore2.TimeoutException):
        return "timeout", f"not done in {settings.total_s:g} s"
    if isinstance(error, httpcore2.RemoteProtocolError):
        return _broken_rule(text), text
    if isinstance(error, httpx2.InvalidURL | httpcore2.LocalProtocolError):
        return "bad-url", text
    return ("truncated" if exchange.head_bytes else "connect-failed"), text


def _tls_cause(error: BaseException) -> tuple[str, str] | None:
    """Return the slug and message of the TLS failure behind `error`, if one is."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "bad-certificate", cause.verify_message
        if isinstance(cause, ssl.SSLError):
            return "bad-tls", str(cause.reason or cause)
        cause = cause.__cause__ or cause.__context__
    return None


def _broken_rule(text: str) -> str:
    """Return the slug for a response that the HTTP parser refused with `text`."""
    if _TRUNCATED.search(text):
        return "truncated"
    return "no-response" if "without sending a response" in text else "bad-response"
