"""The options that say what to fetch; ``run`` and ``fetch`` share them."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from tasks.sources import FetchOptions


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Choice:
    """What to fetch."""

    date: Annotated[
        dt.date | None, Parameter(help="Day whose partition the captures go to; today if left out.")
    ] = None
    source: Annotated[
        tuple[str, ...], Parameter(negative="", help="Fetch this source only; may be repeated.")
    ] = ()
    url: Annotated[
        tuple[str, ...], Parameter(negative="", help="Fetch this page only; may be repeated.")
    ] = ()
    limit: Annotated[int | None, Parameter(help="Most pages of each source.")] = None
    since: Annotated[dt.datetime | None, Parameter(help="Only articles dated after this.")] = None
    dry_run: Annotated[
        bool, Parameter(negative="", help="Show what would be fetched or not; fetch no page.")
    ] = False

    @property
    def options(self) -> FetchOptions:
        """The same as the stage takes it; a time without a zone is UTC."""
        since = self.since
        if since is not None and since.tzinfo is None:
            since = since.replace(tzinfo=dt.UTC)
        return FetchOptions(sources=self.source, urls=self.url, limit=self.limit, since=since)
