"""robots.txt by RFC 9309: what a response to it means, and what a URL may then do. No I/O.

- 2xx: the rules of its first 500 KiB count.
- 4xx (also 429, 401, 403): no rules, everything is allowed.
- 5xx, or no response: everything is disallowed, for at most an hour, unless older rules are known;
  those count on for up to 30 days.
- Redirects: up to five, also to other hosts; more count as 4xx.
- Kept for 24 hours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from protego import Protego

from tasks.urls import origin_of

MAX_BYTES: Final = 500 * 1024
MAX_REDIRECTS: Final = 5
FRESH: Final = timedelta(hours=24)
FRESH_FAILURE: Final = timedelta(hours=1)
STALE: Final = timedelta(days=30)

Access = Literal["rules", "allow", "disallow"]


@dataclass(frozen=True, slots=True)
class Robots:
    """What the robots.txt of one origin said, and when."""

    access: Access
    fetched_at: datetime
    text: str = ""  # the rules, when access is "rules"

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether it may be used without asking again."""
        return now - self.fetched_at < (FRESH_FAILURE if self.access == "disallow" else FRESH)


class Policy:
    """The rules of one origin, ready to be asked. Parsing costs once per origin."""

    def __init__(self, robots: Robots, agent: str) -> None:
        self.robots = robots
        self._agent = agent
        self._rules = Protego.parse(robots.text) if robots.access == "rules" else None

    def allows(self, url: str) -> bool:
        """Tell whether `url` may be fetched; robots.txt itself always may."""
        if self._rules is None:
            return self.robots.access == "allow"
        if url == robots_url(url):
            return True
        return bool(self._rules.can_fetch(url, self._agent))

    @property
    def delay_s(self) -> float:
        """The Crawl-delay asked for, in seconds; 0 when none is."""
        if self._rules is None:
            return 0.0
        return float(self._rules.crawl_delay(self._agent) or 0.0)

    @property
    def sitemaps(self) -> list[str]:
        """The sitemaps it names, as written."""
        return list(self._rules.sitemaps) if self._rules else []


def robots_url(url: str) -> str:
    """Return where the rules for `url` are.

    >>> robots_url("http://news.example:8080/a?b")
    'http://news.example:8080/robots.txt'
    """
    return origin_of(url) + "/robots.txt"


def read(status: int, error: str, body: bytes, now: datetime, old: Robots | None) -> Robots:
    """Return what the last response of a request for robots.txt means.

    Args:
        status: 0 when there was no response; a redirect's when there were too many.
        error: slug of a failure other than an error status, or "".
        body: decoded.
        now: when it came.
        old: what was known before.
    """
    if 400 <= status < 500 or 300 <= status < 400:  # noqa: PLR2004
        return Robots("allow", now)
    if 200 <= status < 300 and error in {"", "too-large", "compression-bomb"}:  # noqa: PLR2004
        return Robots("rules", now, body[:MAX_BYTES].decode("utf-8-sig", "replace"))
    if old is not None and old.access != "disallow" and now - old.fetched_at < STALE:
        return old
    return Robots("disallow", now)
