"""What is fetched and how: `Source` (config/sources.yaml), `FetchSettings`, and run options.

Delays and limits are in seconds and bytes, as their names say. Every field has a description,
which Prefect's forms and the error messages show.
"""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tasks.errors import ConfigError, PageError
from tasks.urls import fetchable, registered_domain, site
from tasks.yamlfile import load_model

Url = Annotated[str, Field(min_length=8, max_length=4096)]
Schedule = Literal["", "continuous", "hourly", "daily", "weekly"]
_FROZEN: Final = ConfigDict(frozen=True, extra="forbid")


class Expectations(BaseModel):
    """What a healthy day of a source looks like; outside of it the source is reported."""

    model_config = _FROZEN
    articles_per_day: tuple[int, int] | None = Field(
        None, description="least and most articles; no expectation without it"
    )
    min_words: int = Field(0, ge=0, description="least median of words of an article")

    @field_validator("articles_per_day")
    @classmethod
    def _is_range(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and not 0 <= value[0] <= value[1]:
            raise ValueError("two numbers, the smaller first")
        return value


class Source(BaseModel):
    """One source: where its articles are found, and how its server is to be treated."""

    model_config = _FROZEN
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", description="short name, unique")
    homepage: Url = Field(description="the site's front page")
    feeds: tuple[Url, ...] = Field((), description="RSS, Atom or JSON feeds")
    sitemaps: tuple[Url, ...] = Field((), description="sitemaps, indexes, news sitemaps")
    urls: tuple[Url, ...] = Field((), description="pages to fetch besides what is discovered")
    homepage_links: bool = Field(
        default=False, description="take links of the front page when there is no feed or sitemap"
    )
    include: tuple[str, ...] = Field((), description="fetch only URLs that contain one of these")
    exclude: tuple[str, ...] = Field((), description="never fetch URLs that contain one of these")
    language: str = Field("", description="language of the articles, BCP 47")
    delay_s: float | None = Field(None, ge=0, description="seconds between requests to its hosts")
    concurrency: int | None = Field(None, ge=1, le=16, description="requests at once to its hosts")
    schedule: Schedule = Field("", description="hint: how often it publishes; then it is learnt")
    limit: int | None = Field(None, ge=1, description="most pages in one run")
    enabled: bool = Field(default=True, description="false: leave it alone")
    expect: Expectations = Field(Expectations(), description="what a healthy day looks like")
    allow_private: bool = Field(
        default=False, description="its hosts may have private or loopback addresses"
    )
    connect_to: str = Field(
        "", pattern=r"^$|^[^\s/]+:\d{1,5}$", description="connect to this host:port instead"
    )

    @field_validator("homepage")
    @classmethod
    def _is_url(cls, value: str) -> str:
        return _url(value)

    @field_validator("feeds", "sitemaps", "urls")
    @classmethod
    def _are_urls(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_url(value) for value in values)

    def owns(self, host: str) -> bool:
        """Tell whether `host` belongs to this source: one registered domain with its URLs."""
        own = (self.homepage, *self.feeds, *self.sitemaps, *self.urls)
        return registered_domain(host) in _sites(own)


@lru_cache(maxsize=1024)
def _sites(urls: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(site, urls))


class FetchSettings(BaseModel):
    """How fetching behaves; the section ``fetch`` of config/pipeline.yaml."""

    model_config = _FROZEN
    agent: str = Field("cleancopy", pattern=r"^[A-Za-z_-]+$", description="name for robots.txt")
    contact: str = Field("", description="URL or e-mail address, told to every server")
    delay_s: float = Field(2.0, ge=0, description="seconds between requests to one host")
    run_s: float = Field(4 * 3600.0, gt=0, description="limit for a whole run; the rest waits")
    host_concurrency: int = Field(1, ge=1, le=16, description="requests at once to one host")
    concurrency: int = Field(64, ge=1, le=2000, description="requests at once in all")
    connect_s: float = Field(15.0, gt=0, description="limit for connecting")
    read_s: float = Field(20.0, gt=0, description="limit for a silence of the server")
    total_s: float = Field(60.0, gt=0, description="limit for one request in all")
    min_bytes_per_s: float = Field(100.0, ge=0, description="least rate of a response")
    rate_grace_s: float = Field(10.0, ge=0, description="a response may be slower for so long")
    max_wire_bytes: int = Field(10_000_000, ge=1, description="limit of a response as received")
    max_body_bytes: int = Field(20_000_000, ge=1, description="limit of a body when decompressed")
    max_header_bytes: int = Field(65_536, ge=1, description="limit of status line and headers")
    max_redirects: int = Field(5, ge=0, le=20, description="redirects followed")
    retries: int = Field(2, ge=0, le=10, description="further attempts after a passing failure")
    retry_wait_s: float = Field(5.0, ge=0, description="wait before the first of them; doubles")
    max_retry_after_s: float = Field(300.0, ge=0, description="a longer Retry-After ends the host")
    breaker_failures: int = Field(5, ge=1, description="failures in a row that open the circuit")
    breaker_s: float = Field(300.0, ge=0, description="how long it stays open")
    sitemap_depth: int = Field(3, ge=1, le=10, description="indexes within indexes")
    sitemap_files: int = Field(50, ge=1, description="sitemap files read of one source")
    max_urls: int = Field(10_000, ge=1, description="URLs taken from one source in one run")
    poll_min_s: float = Field(600.0, ge=0, description="least time between two looks at a feed")
    poll_max_s: float = Field(86_400.0, ge=0, description="most time between two looks at a feed")
    recheck_min_s: float = Field(3600.0, ge=0, description="age at which a page is looked at again")
    recheck_days: float = Field(14.0, ge=0, description="older pages are not looked at again")
    flush_s: float = Field(5.0, gt=0, description="captures are made durable so often")
    roll_bytes: int = Field(1_000_000_000, ge=1, description="a capture file is closed beyond")

    @property
    def user_agent(self) -> str:
        """The User-Agent sent: who we are and where to complain."""
        return f"{self.agent}/0.1 (+{self.contact})" if self.contact else f"{self.agent}/0.1"


class FetchOptions(BaseModel):
    """What one fetch run is limited to."""

    model_config = _FROZEN
    sources: tuple[str, ...] = Field((), description="ids of sources; empty: all enabled")
    urls: tuple[str, ...] = Field((), description="fetch these URLs instead of discovering")
    limit: int | None = Field(None, ge=1, description="most pages of each source")
    since: datetime | None = Field(None, description="only articles dated after this")
    recheck: Literal["due", "all", "none"] = Field(
        "due", description="which known articles to look at again"
    )


class FileOptions(BaseModel):
    """What a backfill reads."""

    model_config = _FROZEN
    paths: tuple[Path, ...] = Field(description="files and folders")
    name: str = Field("", description="source id of the pages; empty: the partition's name")
    text_field: str = Field("text", description="field of a JSONL line that holds the text")


class SourcesFile(BaseModel):
    """``config/sources.yaml``."""

    model_config = _FROZEN
    sources: tuple[Source, ...] = Field((), description="what the daily flow fetches")

    @field_validator("sources", mode="before")
    @classmethod
    def _may_be_empty(cls, value: object) -> object:
        return () if value is None else value


def _url(value: str) -> str:
    try:
        return fetchable(value)
    except PageError as error:
        raise ValueError(error.message) from error


def load_sources(config: Path) -> tuple[Source, ...]:
    """Return the sources of ``sources.yaml`` in the folder `config`, in file order.

    Raises:
        ConfigError: names file, line and column.
    """
    sources = load_model(config / "sources.yaml", SourcesFile).sources
    seen: set[str] = set()
    for source in sources:
        if source.id in seen:
            raise ConfigError(
                f"{config / 'sources.yaml'}: the source id {source.id!r} stands twice"
            )
        seen.add(source.id)
    return sources
