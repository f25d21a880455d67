"""Labels that a review page exported, and what each says of a line: it must stay, or must go.

| block was | label | the line |
|---|---|---|
| removed or moved | rejected | must be kept |
| removed or moved | accepted | must be dropped, by the rule that did it |
| kept | rejected | must be dropped |
| kept | accepted | must be kept |
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tasks.errors import ConfigError

MAX_FILE_BYTES = 50_000_000


class Label(BaseModel):
    """One labelled block."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    article_id: str
    version: int = 1
    block_index: int
    site: str = ""
    url: str = ""
    fate: Literal["kept", "moved", "removed"]
    text: str = Field(max_length=1_000_000)
    lang: str = ""
    rule: str = ""  # that moved or removed it
    rule_version: int = 0
    stage: str = ""
    confidence: float = 0.0
    beside: str = ""  # the nearest kept block
    label: Literal["accept", "reject"]

    @property
    def must(self) -> Literal["keep", "drop"]:
        """Whether the line must stay or go."""
        return "keep" if (self.fate == "kept") is (self.label == "accept") else "drop"


class LabelFile(BaseModel):
    """A file as exported."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["cleancopy-labels"]
    version: Literal[1]
    sheet: str = ""
    snapshot: str = ""
    labels: tuple[Label, ...]


def read_labels(paths: Sequence[Path]) -> list[Label]:
    """Return the labels of these files, those of one block once: the last file's counts.

    Raises:
        ConfigError: a file cannot be read or is no file of labels.
    """
    found: dict[tuple[str, int, int], Label] = {}
    for path in paths:
        for label in _read(path).labels:
            found[label.article_id, label.version, label.block_index] = label
    return list(found.values())


def _read(path: Path) -> LabelFile:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{path}: is too large to be a file of labels")
        return LabelFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        msg = f"{path}: is no file of labels that a review page exported: {where}: {first['msg']}"
        raise ConfigError(msg) from error
