"""What the log of a run says of attempts that failed: why, for the first ones."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.fetch import files
from tasks.fetch.capture import Attempt, Recorder
from tasks.fetch.reply import Response
from tasks.fetch.told import MAX_TOLD
from tasks.sources import FileOptions


def _told(tmp_path: Path, caplog: pytest.LogCaptureFixture, *paths: Path) -> list[str]:
    files.run("p", tmp_path / "data", tmp_path, "r", FileOptions(paths=paths, name="test"))
    return [record.getMessage() for record in caplog.records]


def test_a_folder_without_files_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "in").mkdir()
    told = _told(tmp_path, caplog, tmp_path / "in", tmp_path / "gone")
    assert told == [
        f"file://{tmp_path}/in: empty: the folder holds no files",
        f"file://{tmp_path}/gone: unreadable: there is no such file",
    ]


def test_of_many_the_first_ones_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "in").mkdir()
    for number in range(MAX_TOLD + 5):
        (tmp_path / "in" / f"{number:02}.html").write_bytes(b"")
    told = _told(tmp_path, caplog, tmp_path / "in")
    assert len(told) == MAX_TOLD + 1
    assert told[-1] == "more failed; all are in the table fetches"


def test_a_server_that_is_down_is_named_without_the_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(tmp_path, "r", "agent", 10**6)
    response = Response("http://me:secret@down.example/feed", datetime(2026, 11, 1, tzinfo=UTC), 0)
    recorder.add(Attempt(response, "down", "feed", "connect-failed", "refused"), None)
    recorder.flush()
    recorder.close(is_complete=True)
    assert caplog.messages == ["http://down.example/feed: connect-failed: refused"]
