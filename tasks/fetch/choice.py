"""Which pages are worth a request now, by what the source, the options and the memory say. Pure."""

from datetime import UTC, datetime
from typing import Final

from tasks.fetch.discover import Link
from tasks.fetch.seen import SeenUrl
from tasks.sources import FetchOptions, Source

OLDER: Final = "older than --since"


def reason_against(
    source: Source, link: Link, seen: SeenUrl | None, options: FetchOptions, now: datetime
) -> str:
    """Return why the page behind `link` is not fetched at `now`, or ""."""
    if source.include and not any(part in link.url for part in source.include):
        return "not included"
    if any(part in link.url for part in source.exclude):
        return "excluded"
    if seen is not None and not is_due(seen, options, now):
        return "fetched before"
    return OLDER if _is_older(link.published_at, options.since) else ""


def is_due(seen: SeenUrl, options: FetchOptions, now: datetime) -> bool:
    """Tell whether a page that is known may be fetched at `now`."""
    if seen.next_at is None or (seen.checks and options.recheck == "none"):
        return False
    return options.recheck == "all" or seen.next_at <= now


def _is_older(published: datetime | None, since: datetime | None) -> bool:
    """Tell whether a page is known to be older than `since` (taken as UTC when it has no zone)."""
    if since is None or published is None:
        return False
    return published < (since if since.tzinfo else since.replace(tzinfo=UTC))
