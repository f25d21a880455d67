"""Files appear whole or not at all; a system that refuses says what to do, and keeps what was."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.errors import ConfigError, EnvironmentFault
from tasks.store.atomic import sweep, switch, unfinished, write_bytes, write_parquet
from tasks.store.layout import Layout
from tasks.store.lock import held

TABLE = pa.table({"n": list(range(1000)), "s": [f"row {i}" for i in range(1000)]})


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    write_parquet(TABLE, tmp_path / "a" / "one.parquet")
    write_parquet(pa.table(TABLE.to_pydict()), tmp_path / "a" / "two.parquet")
    one, two = (tmp_path / "a" / f"{n}.parquet" for n in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert pq.read_table(one).equals(TABLE)
    assert pq.read_metadata(one).row_group(0).column(0).has_offset_index


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_bytes(b"old", path)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def _interrupted(path: Path) -> None:
    with unfinished(path) as file:
        file.write(b"new, but only ha")
        raise KeyboardInterrupt


def test_sweep_removes_what_crashes_left_and_nothing_else(tmp_path: Path) -> None:
    write_bytes(b"kept", tmp_path / "kept")
    (tmp_path / ".kept.0a1b2c3d.unfinished").write_bytes(b"torn")
    folder = tmp_path / ".part.0a1b2c3d.unfinished"
    folder.mkdir()
    (folder / "file").write_bytes(b"torn")
    assert sweep(tmp_path) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_a_switched_link_is_relative_and_replaced(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "snapshots" / name).mkdir(parents=True)
        switch(tmp_path / "current", tmp_path / "snapshots" / name)
    assert (tmp_path / "current").readlink() == Path("snapshots/two")


@pytest.fixture
def small_files() -> Iterator[None]:
    """The kernel refuses to let a file grow past 4 KB, as a full disk would refuse."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
def test_a_write_the_kernel_refuses_leaves_nothing(tmp_path: Path) -> None:
    big = pa.table({"b": [os.urandom(512) for _ in range(100)]})
    with pytest.raises(EnvironmentFault, match="run again"):
        write_parquet(big, tmp_path / "big.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(EnvironmentFault, match="a file stands where a folder is needed"):
        write_bytes(b"x", tmp_path / "data" / "sub" / "x")


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "x" * 101, "a b"])
def test_names_that_could_leave_the_folder_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot name"):
        Layout(Path("data")).captures(name)


HOLDER = """
import sys, time
from pathlib import Path
from tasks.store.lock import held
with held(Path(sys.argv[1]), who="run-7"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_fails_clearly_and_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "publish"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(EnvironmentFault, match=r"publish is held by run-7 \(process \d+\)"),
            held(path, who="me", wait_s=0.2),
        ):
            pass
        holder.kill()
        holder.wait()
    with held(path, who="me", wait_s=5):
        assert path.read_text().startswith("me")
