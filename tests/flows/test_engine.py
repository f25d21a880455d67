"""Partitions on a cluster: the same bytes as on one machine, also when a worker is killed."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.edge.extras import require
from tasks.errors import EnvironmentFault
from tasks.fetch import files
from tasks.settings import Work
from tasks.sources import FileOptions
from tasks.store.layout import Layout
from tasks.store.lock import held
from tasks.store.manifest import read_manifest
from tests.flows.conftest import ROOT, _environment, cleancopy
from tests.flows.test_cli import STORY

LIMIT_S = 240.0
PARTITIONS = ("one", "three", "two")


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder with captures of three partitions, and nothing made of them."""
    folder = tmp_path_factory.mktemp("engine")
    for number, name in enumerate(PARTITIONS):
        pages = folder / name
        pages.mkdir()
        for page in range(3):
            text = STORY.replace("forty minutes", f"{10 * number + page + 2} minutes")
            (pages / f"{page}.html").write_text(text, encoding="utf-8")
        options = FileOptions(paths=(pages,), name=name)
        files.run(name, folder / "data", ROOT / "config", "run-1", options)
    return folder / "data"


@pytest.mark.prefect
@pytest.mark.timeout(900)
def test_a_cluster_that_loses_a_worker_publishes_the_same(captured: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "local", tmp_path / "dask"
    for data in (here, there):
        shutil.copytree(captured, data)
    done = cleancopy("reclean", "--data", here, timeout_s=LIMIT_S, CLEANCOPY_WORK_WORKERS="1")
    assert done.returncode == 0, done.stderr

    run = subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.cli", "reclean", "--data", str(there)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=_environment() | {"CLEANCOPY_WORK_ENGINE": "dask", "CLEANCOPY_WORK_WORKERS": "2"},
    )  # fmt: skip
    with run:
        with held(Layout(there).lock("partition-two"), who="a test"):
            first = next(_workers_at(there, "extract two", run))
            os.kill(first, signal.SIGKILL)
            again = next(worker for worker in _workers_at(there, "extract two", run)
                         if worker != first)  # fmt: skip
        said, _ = run.communicate(timeout=LIMIT_S)
    assert first != again != run.pid
    assert run.returncode == 0, said
    assert read_manifest(there / "current").content == read_manifest(here / "current").content
    assert read_manifest(there / "current").rows("articles") == 9


def _workers_at(data: Path, stage: str, run: subprocess.Popen[str]) -> Iterator[int]:
    """Yield the process ids of those that have started a stage, as long as the run goes on."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        assert run.poll() is None, run.communicate()[0]
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if f"-m tasks {stage} --data {data} " in command:
                yield int(re.findall(r"--end-with (\d+)", command)[0])
        time.sleep(0.2)
    raise AssertionError(f"nobody has started {stage!r}")


def test_an_engine_whose_library_is_missing_is_told_before_anything_starts() -> None:
    require(Work())
    require(Work(engine="dask"))
    try:
        import prefect_ray  # noqa: F401, PLC0415
    except ImportError:
        pass
    else:
        pytest.skip("prefect-ray is installed here")
    with pytest.raises(EnvironmentFault, match="prefect-ray is not installed"):
        require(Work(engine="ray"))
    done = cleancopy("reclean", CLEANCOPY_WORK_ENGINE="ray")
    assert done.returncode == 5
    assert "set work.engine: local" in done.stderr
