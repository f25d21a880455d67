"""The settings as shipped, and what people get to read when theirs cannot be used."""

from pathlib import Path

import pytest

from tasks.errors import ConfigError
from tasks.settings import PROJECT, Settings, default_folder, load_settings


def _config(folder: Path, text: str) -> Path:
    (folder / "pipeline.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_file_holds_the_defaults() -> None:
    assert load_settings(PROJECT / "config", {}) == Settings()


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {}) == Settings()


def test_the_environment_wins(tmp_path: Path) -> None:
    config = _config(tmp_path, "work: {workers: 2}\n")
    environ = {"CLEANCOPY_WORK_WORKERS": "3", "CLEANCOPY_FETCH_DELAY_S": "0.5"}
    settings = load_settings(config, environ)
    assert (settings.work.worker_count, settings.fetch.delay_s) == (3, 0.5)


def test_as_many_workers_as_cores_unless_told(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {}).work.worker_count >= 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "work:\n  wrokers: 4\n",
            r"pipeline.yaml:2:3: unknown key 'wrokers'; did you mean 'workers'\?",
        ),
        ("outptu: {}\n", r"pipeline.yaml:1:1: unknown key 'outptu'; did you mean 'output'\?"),
        (
            "output:\n  page_limit_s: -1\n",
            r"pipeline.yaml:2:3: output.page_limit_s: .*greater than 0",
        ),
        ("work:\n  workers: many\n", r"pipeline.yaml:2:3: work.workers: .*valid integer.*'many'"),
        ("work: [\n", r"pipeline.yaml:2:1"),
        ("work: {}\nwork: {}\n", r"pipeline.yaml:2:1: the key 'work' is given twice"),
    ],
)
def test_a_complaint_says_where_and_what_was_meant(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_settings(_config(tmp_path, text), {})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().work.workers = 3  # type: ignore[misc]


def test_folders_are_the_environments_the_users_or_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_folder("data", {"CLEANCOPY_DATA": "/srv/x"}) == Path("/srv/x")
    assert default_folder("data", {}) == PROJECT / "data"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "pipeline.yaml").touch()
    assert default_folder("data", {}) == Path("data")
