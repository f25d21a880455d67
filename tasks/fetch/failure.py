"""Why an exchange failed, as a slug: the exceptions of the HTTP client read in one place."""

import logging
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

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

LOG: Final = logging.getLogger(__name__)
MAX_TOLD: Final = 20

_TRUNCATED = re.compile(r"incomplete|without sending complete")


class Failures:
    """Tells the log of a run why attempts failed: of the first ones, the others are counted."""

    def __init__(self) -> None:
        self._told = 0

    def tell(self, row: Mapping[str, Any]) -> None:
        """Log a row of `fetches` if it has an error."""
        if not row["error"] or self._told > MAX_TOLD:
            return
        self._told += 1
        if self._told > MAX_TOLD:
            LOG.warning("more failed; all are in the table fetches")
        else:
            why = ": ".join(filter(None, (row["error"], row["message"])))
            LOG.warning("%s: %s", row["url"], why)


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
