"""What all commands share: where to work, how to print."""

import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tasks.settings import default_folder


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Common:
    """Where to work and how to print."""

    data: Annotated[Path | None, Parameter(help="Folder of captures and datasets.")] = None
    config: Annotated[Path | None, Parameter(help="Folder of settings, sources, rules.")] = None
    json: Annotated[bool, Parameter(negative="", help="Print JSON, one object a line.")] = False

    @property
    def data_folder(self) -> Path:
        """The data folder: as given, the environment's, or the project's."""
        return (self.data or default_folder("data")).absolute()

    @property
    def config_folder(self) -> Path:
        """The config folder: as given, the environment's, or the project's."""
        return (self.config or default_folder("config")).absolute()


def out(line: str = "") -> None:
    """Print a line on standard output."""
    sys.stdout.write(line + "\n")


def note(line: str) -> None:
    """Print a line on standard error: progress, warnings, advice."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def out_json(value: object) -> None:
    """Print `value`, a dataclass too, as one line of JSON."""
    out(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:  # noqa: ANN401
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, frozenset | set):
        return sorted(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
