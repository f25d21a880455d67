"""When a host may be asked again: pure decisions, no clock, no waiting.

`HostState` is what is known of one host (host name and port); `may_start` decides, `started` and
`finished` return the next state. Times are seconds of one monotonic clock that the caller keeps.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from tasks.sources import FetchSettings

PASSING: Final = frozenset(
    {"connect-failed", "connect-timeout", "dns-failed", "no-response", "rate-limited",
     "read-timeout", "timeout", "too-slow", "truncated"}
)  # fmt: skip
"""Failures that may pass; so may any 5xx status."""


@dataclass(frozen=True, slots=True)
class HostState:
    """One host, as far as politeness goes."""

    delay_s: float
    next_at: float = 0.0  # no request earlier
    failures: int = 0  # in a row
    closed_until: float = 0.0  # left alone until then


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now; ask again at `until`."""

    until: float


@dataclass(frozen=True, slots=True)
class Closed:
    """Not before `until`: the circuit is open, or the server asked for a long pause."""

    until: float


def may_start(host: HostState, now: float) -> Wait | Closed | None:
    """Return None when a request to `host` may start at `now`, or what stands against it."""
    if now < host.closed_until:
        return Closed(host.closed_until)
    if now < host.next_at:
        return Wait(host.next_at)
    return None


def started(host: HostState, now: float) -> HostState:
    """Return `host` after a request started at `now`: the next one is a delay away."""
    return replace(host, next_at=max(host.next_at, now + host.delay_s))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a request ended, as far as politeness goes."""

    is_passing_failure: bool = False  # see `is_passing`
    is_rate_limited: bool = False
    retry_after_s: float | None = None  # as the server asked


def is_passing(error: str, status: int) -> bool:
    """Tell whether a failure may pass: worth another attempt, and bad news about the host."""
    return error in PASSING or status >= 500  # noqa: PLR2004


def finished(host: HostState, now: float, ending: Ending, settings: FetchSettings) -> HostState:
    """Return `host` after a request ended at `now`.

    The delay counts from the end of the request too, so a slow server gets its rest. A Retry-After
    is obeyed; one beyond `max_retry_after_s` closes the host.
    """
    after = replace(host, next_at=max(host.next_at, now + host.delay_s))
    if ending.is_rate_limited:
        pause = settings.retry_wait_s if ending.retry_after_s is None else ending.retry_after_s
        if pause > settings.max_retry_after_s:
            return replace(after, closed_until=now + pause, next_at=now + pause)
        after = replace(after, next_at=max(after.next_at, now + pause))
    if not ending.is_passing_failure:
        return replace(after, failures=0)
    failures = after.failures + 1
    if failures >= settings.breaker_failures:
        return replace(after, failures=0, closed_until=now + settings.breaker_s)
    return replace(after, failures=failures)


def retry_wait(attempt: int, settings: FetchSettings, chance: random.Random) -> float:
    """Return the seconds to wait before attempt number `attempt` (2 is the first retry).

    Doubling, with jitter between half and the whole, so that hosts that failed together are not
    asked again together.
    """
    longest = settings.retry_wait_s * 2.0 ** (attempt - 2)
    return float(longest * chance.uniform(0.5, 1.0))


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After field asks for; None when it says nothing usable.

    >>> retry_after("120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> retry_after("Thu, 01 Jan 2026 00:01:00 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    60.0
    """
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
