"""One run of ``cleancopy demo`` for all tests that look at what a real run leaves behind."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Demo:
    """A finished demo: its data folder, its JSON, what it said, its exit code."""

    data: Path
    answer: dict[str, Any]
    said: str
    code: int

    @property
    def current(self) -> Path:
        return self.data / "current"


def cleancopy(
    *arguments: str | Path, cwd: Path = ROOT, timeout_s: float = 280, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as people do, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "flows.cli", *map(str, arguments)],
        cwd=cwd,
        env=_environment() | environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "CLEANCOPY_"))}
    return kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    data = tmp_path_factory.mktemp("demo") / "data"
    done = cleancopy("demo", "--data", data, "--json")
    assert done.returncode == 0, done.stderr[-3000:]
    return Demo(data, json.loads(done.stdout), done.stderr, done.returncode)
