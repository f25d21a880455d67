"""Where things lie below the data folder. Nothing here reads or writes content.

    captures/<partition>/*.warc.gz, fetches-*.parquet    as received; never changed, never removed
    work/<stage>/<partition>/<part>                      what a stage made; can be made again
    work/<stage>/<partition>/parts.json                  which of these parts count
    work/extracted/<partition>/retried.json              records that people had made again
    work/runs/<run_id>.parquet                           one row of the table runs each
    work/recalled/<hash>.parquet                         all that is remembered, merged; as above
    work/templates/                                      sites' templates (`tasks.extract.lessons`)
    work/dedup/                                          signatures and matches; can be made again
    work/health/                                         sites' days and health; can be made again
    decisions.jsonl                                      what people decided; never removed
    state/                                               what fetching remembers between runs
    snapshots/<id>/<table>/<group>-<hash>.parquet        published; never changed, removed by expiry
    snapshots/<id>/manifest.json                         written last; without it nothing exists
    current -> snapshots/<id>                            what readers read
    reports/<run_id>.html, <run_id>-review/              a run for people, and what it removed
    review/                                              pages of `cleancopy review`

A *part* is what a stage makes of up to 500 records of one capture file. Its name is a key of its
inputs and of everything that decides its bytes, so a part that exists is done.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tasks.errors import ConfigError

WorkStage = Literal["extracted", "remembered", "cleaned", "finished"]
"""What the stages extract, remember, clean and normalise leave behind."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below one data folder."""

    data: Path

    def captures(self, partition: str) -> Path:
        """Return the folder of a partition's capture files."""
        return self.data / "captures" / checked(partition)

    def work(self, stage: WorkStage, partition: str) -> Path:
        """Return the folder in which a stage leaves a partition's parts."""
        return self.data / "work" / stage / checked(partition)

    def part(self, stage: WorkStage, partition: str, name: str) -> Path:
        """Return the path of one part: a file, or for finished parts a folder."""
        return self.work(stage, partition) / checked(name)

    def parts(self, stage: WorkStage, partition: str) -> list[Path]:
        """Return every part on disk, by name; which of them count, `tasks.store.parts` knows."""
        return sorted(p for p in _children(self.work(stage, partition)) if p.suffix != ".json")

    def partitions(self, stage: WorkStage | Literal["captures"]) -> list[str]:
        """Name the partitions a stage has left anything for, in order of name."""
        parent = self.data / "captures" if stage == "captures" else self.data / "work" / stage
        return sorted(p.name for p in _children(parent) if p.is_dir())

    @property
    def snapshots(self) -> Path:
        """The folder of published snapshots."""
        return self.data / "snapshots"

    @property
    def current(self) -> Path:
        """The symbolic link to the snapshot that readers should read."""
        return self.data / "current"

    @property
    def reports(self) -> Path:
        """The folder of run reports."""
        return self.data / "reports"

    @property
    def runs(self) -> Path:
        """The folder of run rows, one Parquet file a run."""
        return self.data / "work" / "runs"

    @property
    def recalled(self) -> Path:
        """The folder of merged site memories, which can be made again."""
        return self.data / "work" / "recalled"

    @property
    def templates(self) -> Path:
        """The folder of what pages taught of their sites' markup."""
        return self.data / "work" / "templates"

    @property
    def dedup(self) -> Path:
        """The folder of signatures and matches, which can be made again."""
        return self.data / "work" / "dedup"

    @property
    def health(self) -> Path:
        """The folder of what is known of sites' health, which can be made again."""
        return self.data / "work" / "health"

    @property
    def decisions(self) -> Path:
        """The file of what people decided about held-back articles and failed pages."""
        return self.data / "decisions.jsonl"

    @property
    def state(self) -> Path:
        """The folder of what fetching remembers between runs."""
        return self.data / "state"

    @property
    def prefect_home(self) -> Path:
        """Prefect's own folder: its database and logs, nothing that counts."""
        return self.data / "prefect"

    def lock(self, name: str) -> Path:
        """Return the file whose lock guards `name`."""
        return self.data / "work" / "locks" / checked(name)


def checked(name: str) -> str:
    """Return `name` if it can name a folder or file below data.

    >>> checked("backfill-4f2a91c0")
    'backfill-4f2a91c0'

    Raises:
        ConfigError: it is empty, too long, hidden, or holds a separator.
    """
    if not _NAME.fullmatch(name):
        msg = (
            f"{name!r} cannot name a partition or part: use letters, digits, '.', '_' and '-' "
            "(100 at most), starting with a letter or digit"
        )
        raise ConfigError(msg)
    return name


def _children(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (p for p in folder.iterdir() if not p.name.startswith("."))
