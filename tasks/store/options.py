"""What a run may choose about duplicates, publishing and expiry; a stage's ``--options``."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class DedupOptions(BaseModel):
    """When two texts count as nearly the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(
        default=0.7,
        ge=0.5,
        le=1.0,
        description="Least estimated Jaccard similarity of near-duplicates.",
    )


class RunRow(BaseModel):
    """The run's own row of the table ``runs``; counts that are not known yet stay 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    flow: str
    started_at: datetime
    finished_at: datetime | None = None
    status: str = "done"
    partitions: tuple[str, ...] = ()
    fetched: int = 0
    pages: int = 0
    articles: int = 0
    kept: int = 0
    moved: int = 0
    removed: int = 0
    quarantined: int = 0
    rules_version: str = ""
    versions: str = "{}"


class PublishOptions(BaseModel):
    """How long old snapshots stay, and what the run says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_snapshots: int = Field(default=7, ge=1, description="Newest snapshots that always stay.")
    keep_days: float = Field(default=7.0, ge=0, description="Younger snapshots stay too, in days.")
    lock_wait_s: float = Field(
        default=600.0, ge=0, description="Seconds to wait for another writer."
    )
    run: RunRow | None = Field(
        default=None, description="The run's row, written with the snapshot."
    )


class CompactOptions(BaseModel):
    """Which files are merged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: str = Field(
        default="",
        pattern=r"^(\d{4}-\d{2}-\d{2})?$",
        description="Days before this one; empty: before the newest.",
    )
    lock_wait_s: float = Field(
        default=600.0, ge=0, description="Seconds to wait for another writer."
    )


class ReportOptions(BaseModel):
    """What a report is about, and what it says besides the figures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(default="", description="Headline of the report; empty: the partitions.")
    partitions: tuple[str, ...] = Field(
        default=(), description="Partitions of the run; empty: the one the stage is run for."
    )
    review_articles: int = Field(
        default=30, ge=0, le=1000, description="Most articles on the review pages; 0: no pages."
    )


class ReplayOptions(BaseModel):
    """Which rule books are compared on which stored pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: Path | None = Field(default=None, description="Folder of rules; empty: those of today.")
    after: Path | None = Field(default=None, description="Folder of rules; empty: those of today.")
    gold: Path | None = Field(
        default=None, description="Folder with gold.jsonl and pages/, or with folders of them."
    )
    partitions: tuple[str, ...] = Field(default=(), description="Partitions; empty: all.")
    every: int = Field(default=1, ge=1, description="Only every so manieth stored page.")
    accept: bool = Field(default=False, description="A regression is no failure.")
