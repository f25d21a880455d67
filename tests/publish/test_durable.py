"""Everything is on disk before the switch; a disk that is full or read-only changes nothing."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tasks.errors import EnvironmentFault
from tasks.publish import partition as publish
from tests.synthetic import (
    NOON,
    close_all,
    finished,
    publish_pages,
    run_dedup,
    run_publish,
    write_part,
)


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_every_new_file_and_folder_is_synced_before_the_switch(tmp_path: Path) -> None:
    write_part(tmp_path / "data", "day", "p1", [finished("alpha")])
    close_all(tmp_path / "data", "day")
    run_dedup(tmp_path / "data")
    log = tmp_path / "log"
    tracing = ["strace", "-f", "-qq", "-y", "-o", str(log), "-e", "trace=fsync,rename"]
    writing = [sys.executable, "-m", "tests.publish.crash", str(tmp_path / "data")]
    subprocess.run([*tracing, *writing], check=True, capture_output=True)
    calls = [line for line in log.read_text().splitlines() if str(tmp_path) in line]
    switch = next(i for i, line in enumerate(calls) if re.search(r'rename\(.*/current"\)', line))
    snapshot = (tmp_path / "data" / "current").resolve()
    hidden = re.search(r'rename\("([^"]+)", "[^"]+' + snapshot.name + '"', "\n".join(calls))
    assert hidden is not None
    for path in [p for p in snapshot.rglob("*") if p.is_file()]:
        folder = f"{hidden[1]}/{path.parent.relative_to(snapshot)}".removesuffix("/.")
        names = _renamed_from(calls[:switch], f"{folder}/{path.name}")
        assert any(_synced(calls[:switch], name) >= 0 for name in names), f"{path.name}: not synced"
        named = max(i for i, line in enumerate(calls[:switch]) if f'"{folder}/{path.name}"' in line)
        assert _synced(calls[:switch], folder) > named, f"the name of {path.name} was not synced"
    assert _synced(calls[:switch], snapshot.parent) >= 0
    assert _synced(calls, tmp_path / "data") > switch


def _synced(calls: list[str], path: str | Path) -> int:
    """Return the last call that synced `path`; -1 without one."""
    found = [i for i, line in enumerate(calls) if "fsync(" in line and f"<{path}>)" in line]
    return max(found, default=-1)


def _renamed_from(calls: list[str], name: str) -> list[str]:
    """Return every name under which the file `name` was written, the last first."""
    names = [name]
    for line in reversed(calls):
        renamed = re.search(r'rename\("([^"]+)", "([^"]+)"', line)
        if renamed and renamed[2] == names[-1]:
            names.append(renamed[1])
    return names


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte, mounted for the test; only root may do that."""
    where = tmp_path / "disk"
    where.mkdir()
    mounted = shutil.which("mount") and os.geteuid() == 0
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(where)]
    if not mounted or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk; RLIMIT_FSIZE stands in for it elsewhere")
    yield where
    subprocess.run(["umount", str(where)], check=True)  # noqa: S607


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def test_a_disk_that_is_full_loses_nothing(small_disk: Path) -> None:
    data = small_disk / "data"
    good = publish_pages(data, [finished("alpha")], name="p1")
    write_part(data, "2026-11-24", "p2", [finished(f"more-{i}", at=NOON) for i in range(20)])
    close_all(data, "2026-11-24")
    run_dedup(data)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        _fill(filler)
    with pytest.raises(EnvironmentFault, match="the disk is full: free space and run"):
        run_publish(data)
    assert len(pd.read_parquet(data / "current" / "articles")) == 1
    filler.unlink()
    assert run_publish(data).snapshot != good.snapshot
    assert len(pd.read_parquet(data / "current" / "articles")) == 21


def test_a_read_only_disk_is_told_and_read(small_disk: Path) -> None:
    data = small_disk / "data"
    publish_pages(data, [finished("alpha")])
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: S607
    with pytest.raises(EnvironmentFault, match="the file system is read-only"):
        publish.compact(data, "run-2", before="2026-12-31")
    assert len(pd.read_parquet(data / "current" / "articles")) == 1
