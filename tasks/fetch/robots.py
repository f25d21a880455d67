"""robots.txt by RFC 9309: what a response to it means, and what a URL may then do. No I/O.

- 2xx: the rules of its first 500 KiB count.
- 4xx (also 429, 401, 403): no rules, everything is allowed.
- 5xx, or no response: everything is disallowed, for at most an hour, unless older rules are known;
  those count on for up to 30 days, and the server is asked again once an hour.
- Redirects: up to five, also to other hosts; more count as 4xx.
- Kept for 24 hours.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from protego import Protego

from tasks.fetch.groups import Rules, rules_for
from tasks.urls import origin_of

MAX_BYTES: Final = 500 * 1024
MAX_REDIRECTS: Final = 5
FRESH: Final = timedelta(hours=24)
FRESH_FAILURE: Final = timedelta(hours=1)
STALE: Final = timedelta(days=30)

MAX_POLICIES_BYTES: Final = 64_000_000
"""Memory for parsed rules of all hosts of a run: those of 5,000 hosts, as publishers write them."""

_EMPTY_BYTES: Final = 1500
"""Memory of a policy without rules."""

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
    """The rules of one origin for one agent, ready to be asked. Parsing costs once per origin."""

    def __init__(self, robots: Robots, agent: str, asked_at: datetime | None = None) -> None:
        """Keep of `robots` what is for `agent`; `asked_at`: when it was asked for, if just now."""
        self.access = robots.access
        ours = rules_for(robots.text, agent) if robots.access == "rules" else Rules()
        self._rules = Protego.parse("\n".join(("User-agent: *", *ours.paths)))
        self.delay_s = ours.delay_s
        """The Crawl-delay asked for, in seconds; 0 when none is."""
        self.sitemaps = ours.sitemaps
        """The sitemaps it names, as written."""
        self.cost_bytes = _EMPTY_BYTES + sum(map(_cost_bytes, (*ours.paths, *ours.sitemaps)))
        """About what it takes of memory."""
        self._robots = replace(robots, text="")
        self._asked_at = asked_at

    def allows(self, url: str) -> bool:
        """Tell whether `url` may be fetched; robots.txt itself always may."""
        if self.access != "rules":
            return self.access == "allow"
        return url == robots_url(url) or bool(self._rules.can_fetch(url, "*"))

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether it may be used without asking again.

        Older rules, which count while a server is down, are used as long as a failure is.
        """
        was_asked = self._asked_at is not None and now - self._asked_at < FRESH_FAILURE
        return was_asked or self._robots.is_fresh(now)


class Policies:
    """The policies of many origins, those used last: memory is bounded, whatever servers send."""

    def __init__(self, most_bytes: int = MAX_POLICIES_BYTES) -> None:
        self._most_bytes, self._held_bytes = most_bytes, 0
        self._policies: dict[str, Policy] = {}  # the one used longest ago is the first

    def get(self, origin: str) -> Policy | None:
        """Return what is held of `origin`; None: it was never known, or is to be read again."""
        policy = self._policies.pop(origin, None)
        if policy is not None:
            self._policies[origin] = policy
        return policy

    def put(self, origin: str, policy: Policy) -> None:
        """Hold the policy of `origin`, and let go of those used longest ago."""
        old = self._policies.pop(origin, None)
        self._held_bytes += policy.cost_bytes - (old.cost_bytes if old else 0)
        self._policies[origin] = policy
        while self._held_bytes > self._most_bytes and len(self._policies) > 1:
            first = next(iter(self._policies))
            self._held_bytes -= self._policies.pop(first).cost_bytes


def _cost_bytes(line: str) -> int:
    """Return about what a parsed line takes of memory: 300 to 1,450 bytes as measured."""
    return 700 + 2 * len(line) + 500 * (line.count("*") + line.count("$"))


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
