"""Prefect's database in a new home: migrated once, copied from then on, the same either way."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from flows.database import _copy
from flows.server import settings
from tasks.process import environment

pytestmark = pytest.mark.prefect

PROGRAM = """
import sys
from pathlib import Path
from flows.database import prepare
prepare(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def prepare(home: Path, kept_in: Path) -> Path:
    """Make a database as a server's process does; returns its path."""
    home.mkdir(exist_ok=True)
    ours = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, home, kept_in],
        env=ours | settings(home) | {"PYTHONPATH": environment()["PYTHONPATH"]},
        check=True,
        timeout=120,
    )
    return home / "prefect.db"


def dump(database: Path) -> list[str]:
    """Return a database as the SQL that makes it again, rows too."""
    with closing(sqlite3.connect(database)) as connection:
        return sorted(connection.iterdump())


def test_the_second_home_is_a_copy_of_what_the_first_was_migrated_to(tmp_path: Path) -> None:
    migrated = prepare(tmp_path / "first", tmp_path / "env")
    (kept,) = (tmp_path / "env" / "share" / "cleancopy").iterdir()
    mark = "pragma user_version = 71"  # only the kept one has it: who has it too is its copy
    with closing(sqlite3.connect(kept)) as connection:
        connection.execute(mark)
    copied = prepare(tmp_path / "second", tmp_path / "env")
    with closing(sqlite3.connect(copied)) as connection:
        assert connection.execute("pragma user_version").fetchone() == (71,)
    assert dump(copied) == dump(migrated)
    (row,) = [line for line in dump(copied) if line.startswith("INSERT")]
    assert "alembic_version" in row
    assert [path.name for path in copied.parent.iterdir() if path.name.startswith(".")] == []


def test_an_environment_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("no folder")
    made = dump(prepare(tmp_path / "home", tmp_path / "env"))
    assert any(line.startswith('CREATE TABLE "flow_run" ') for line in made)


def test_a_database_that_is_there_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "prefect.db").write_text("of another server")
    assert prepare(home, tmp_path / "env").read_text() == "of another server"
    assert not (tmp_path / "env").exists()


def test_one_that_another_server_made_meanwhile_stays(tmp_path: Path) -> None:
    kept, database = tmp_path / "kept.db", tmp_path / "prefect.db"
    kept.write_text("kept")
    database.write_text("of another server")
    _copy(kept, database)
    assert database.read_text() == "of another server"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.db", "prefect.db"]


def test_a_file_system_without_links_gets_the_copy_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    kept, database = tmp_path / "kept.db", tmp_path / "prefect.db"
    kept.write_text("kept")
    _copy(kept, database)
    assert database.read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.db", "prefect.db"]
