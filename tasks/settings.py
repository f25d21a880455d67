"""The settings: ``config/pipeline.yaml`` and ``config/sources.yaml`` as frozen models.

Options fall in two kinds. Those under ``output`` change what is published, so their values are
part of the name of every part that is written with them. All others change only how the work is
done: a run with other values finds the parts of the run before.

A setting can be overridden for one command by an environment variable,
``CLEANCOPY_<SECTION>_<KEY>`` (``CLEANCOPY_WORK_WORKERS=4``); folders by ``CLEANCOPY_CONFIG`` and
``CLEANCOPY_DATA``.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from tasks.sources import FetchSettings
from tasks.yamlfile import load_model

PROJECT: Final = Path(__file__).resolve().parents[1]
"""The folder the program was installed from; its ``config/`` and ``data/`` are the default."""

PREFIX: Final = "CLEANCOPY_"


class _Section(BaseModel):
    """Frozen, and an unknown key is an error: a misspelt option must not pass for the default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Output(_Section):
    """Options that change what is published."""

    page_limit_s: float = Field(20.0, gt=0, le=600, description="deadline of one page, seconds")
    memory_limit_mb: int = Field(1500, ge=200, description="memory of one worker, MiB")
    templates: bool = Field(
        default=False, description="sites whose pages agree are read by their markup"
    )
    near_duplicate: float = Field(
        0.7, ge=0.5, le=1.0, description="least Jaccard similarity of near-duplicates"
    )


class Work(_Section):
    """Options that change only how fast the work is done."""

    workers: int = Field(0, ge=0, le=512, description="worker processes; 0: one for each core")
    records_per_part: int = Field(250, ge=1, le=5000, description="pages in one part")
    recycle_pages: int = Field(5000, ge=1, description="pages after which a worker is replaced")
    stage_limit_s: float = Field(6 * 3600.0, gt=0, description="deadline of one stage, seconds")
    engine: Literal["local", "dask", "ray"] = Field(
        "local", description="what works on partitions: this machine, or a cluster"
    )
    address: str = Field(
        "", description="the cluster's scheduler; empty: one of this machine, for this run"
    )

    @property
    def worker_count(self) -> int:
        """Return the number of worker processes to use, at least 1."""
        return self.workers or len(os.sched_getaffinity(0))


class Keep(_Section):
    """How long published snapshots stay; the newest `snapshots` and all younger than `days`."""

    snapshots: int = Field(7, ge=1, description="newest snapshots that always stay")
    days: float = Field(7.0, ge=0, description="younger snapshots stay too, days")


class Health(_Section):
    """What alarms about sites lead to; that a site's articles are held back is always so."""

    gate: bool = Field(default=False, description="true: while a site is in alarm, publish nothing")


class Settings(_Section):
    """``config/pipeline.yaml``."""

    output: Output = Output()
    work: Work = Work()
    keep: Keep = Keep()
    health: Health = Health()
    fetch: FetchSettings = FetchSettings()


def load_settings(config: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the folder `config`; without a ``pipeline.yaml``, the defaults.

    Raises:
        ConfigError: the file or an override cannot be used; names file, line and column.
    """
    return load_model(config / "pipeline.yaml", Settings, overrides(environ))


def overrides(environ: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Return the settings given by environment variables, by the path of their key.

    >>> overrides({"CLEANCOPY_WORK_WORKERS": "4", "CLEANCOPY_DATA": "/srv", "HOME": "/"})
    {('work', 'workers'): '4'}
    """
    found: dict[tuple[str, ...], str] = {}
    for name, section in Settings.model_fields.items():
        model: Any = section.annotation
        for key in model.model_fields:
            value = environ.get(f"{PREFIX}{name}_{key}".upper())
            if value is not None:
                found[name, key] = value
    return found


def default_folder(name: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder ``config`` or ``data``: the environment's, else the user's, else ours.

    The folder the user stands in counts when it is a project: it holds a ``config/pipeline.yaml``.
    """
    given = environ.get(PREFIX + name.upper())
    if given:
        return Path(given)
    is_project = Path("config/pipeline.yaml").is_file()
    return Path(name) if is_project else PROJECT / name
