"""What an attempt's row means for the memory. Pure: captures can make the memory again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from tasks.fetch.judge import NOT_MODIFIED
from tasks.fetch.politeness import is_passing
from tasks.fetch.schedule import next_check
from tasks.fetch.seen import SeenUrl
from tasks.sources import FetchSettings

MAX_FAILURES: Final = 10
"""A page that failed so often without ever being captured is given up."""

WAITING: Final = frozenset({"run-deadline", "circuit-open", "robots-unreachable"})
"""The page was not asked for: it is due in the next run."""

ROBOTS_WAIT: Final = timedelta(days=1)


def discovered(
    canonical: str, url: str, source_id: str, now: datetime, published: datetime | None
) -> SeenUrl:
    """Return what is remembered of a page that was found and is still to be fetched."""
    return SeenUrl(canonical, url, source_id, now, published, 0, 0, now, "", "", "")


def after(row: Mapping[str, Any], old: SeenUrl | None, settings: FetchSettings) -> SeenUrl:
    """Return what is remembered of a page after the attempt `row`, given what was before."""
    now: datetime = row["fetched_at"]
    published = row["published_at"] or (old.published_at if old else None)
    base = old or discovered(row["canonical"], row["url"], row["source_id"], now, published)
    seen = replace(base, url=row["url"], source_id=row["source_id"], published_at=published)
    if row["error"] in WAITING or row["error"] == "blocked-by-robots" or _is_passing(row):
        return _postponed(seen, row["error"], now)
    checks = seen.checks + 1
    due = next_check(now, published or seen.fetched_at, checks, settings)
    checked = replace(seen, checks=checks, failures=0, next_at=due)
    if row["error"]:
        return checked
    if row["final_url"] != row["url"]:  # moved: from now on the other URL counts
        return replace(checked, next_at=None)
    if row["status"] == NOT_MODIFIED or (old and row["body_sha256"] == old.body_sha256):
        return checked  # the earlier capture stays the one that is referred to
    return replace(
        checked, fetched_at=now, etag=row["etag"], last_modified=row["last_modified"],
        body_sha256=row["body_sha256"],
    )  # fmt: skip


def _is_passing(row: Mapping[str, Any]) -> bool:
    return is_passing(row["error"], row["status"])


def _postponed(seen: SeenUrl, error: str, now: datetime) -> SeenUrl:
    """Return `seen` after an attempt that says nothing about the page itself."""
    if error in WAITING:
        return replace(seen, next_at=now)
    if error == "blocked-by-robots":
        return replace(seen, next_at=now + ROBOTS_WAIT)
    failures = seen.failures + 1
    return replace(seen, failures=failures, next_at=now if failures < MAX_FAILURES else None)
