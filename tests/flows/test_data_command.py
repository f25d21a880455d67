"""``cleancopy data`` as people type it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.commands.data import app
from tasks.errors import ConfigError, ContractError
from tests.flows.conftest import cleancopy
from tests.synthetic import (
    close_all,
    failure,
    finished,
    later,
    prose,
    publish_pages,
    run_dedup,
    run_publish,
    write_part,
)

ALPHA = finished("alpha", [prose("a")])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    publish_pages(folder, [ALPHA, later(ALPHA, 3, [prose("b")])])
    return folder


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def call(*words: str, code: int | None = None) -> str:
        assert app([*words, "--data", str(data)], exit_on_error=False) == code
        return capsys.readouterr().out

    return call


def test_each_command_says_what_it_found(run: Callable[..., str], tmp_path: Path) -> None:
    assert "2 versions of 1 articles" in run("describe")
    assert json.loads(run("describe", "--json"))["by"]["site"] == {"harbour-courier.example": 2}
    assert "all holds" in run("validate", code=0)
    assert "# Dataset card" in run("card")
    assert run("query", "SELECT max(version) AS newest FROM articles").split() == ["newest", "2"]
    assert json.loads(run("query", "SELECT 1 AS one", "--json")) == {"one": 1}
    assert "version 1 to 2, update change" in run("diff", ALPHA.article_id)
    assert json.loads(run("export", "-", "--newest", "--columns", "title")) == {"title": "Alpha"}
    assert json.loads(run("card", "--json"))["card"] in run("card")
    assert json.loads(run("path", "--json"))["path"] == run("path").strip()
    assert run("query", "").startswith("Empty")
    run("export", str(tmp_path / "all.csv"))
    assert (tmp_path / "all.csv").read_text().count("\n") == 3
    assert Path(run("path").strip()).name.startswith("000001")


@pytest.mark.parametrize("is_gone", [True, False])
@pytest.mark.parametrize(
    "words",
    [
        ["describe"],
        ["query", "SELECT sum(length(text)) FROM latest"],
        ["export", "out.csv"],
        ["diff", ALPHA.article_id],
        ["verify"],
    ],
)
def test_a_torn_file_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], *, is_gone: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    publish_pages(tmp_path, [ALPHA, later(ALPHA, 3, [prose("b")])])
    path = next((tmp_path / "current" / "articles").resolve().iterdir())
    if is_gone:
        path.unlink()
    else:
        size = path.stat().st_size
        path.write_bytes(b"PAR1" + bytes(size - 8) + b"PAR1")
    with pytest.raises(ContractError, match=rf"articles/{path.name}: .*`cleancopy data compact`"):
        app([*words, "--data", str(tmp_path)], exit_on_error=False)
    assert not (tmp_path / "out.csv").exists()
    app(["compact", "--data", str(tmp_path)], exit_on_error=False)
    if words != ["verify"]:  # there are no captures
        app([*words, "--data", str(tmp_path)], exit_on_error=False)


@pytest.mark.parametrize(
    "words", [["explain", ALPHA.article_id], ["review"], ["quarantine", "list"]]
)
def test_other_commands_name_a_torn_file_too(tmp_path: Path, words: list[str]) -> None:
    publish_pages(tmp_path, [ALPHA])
    path = next((tmp_path / "current" / "articles").resolve().iterdir())
    path.write_bytes(bytes(path.stat().st_size))
    done = cleancopy(*words, "--data", str(tmp_path))
    assert done.returncode == 4, done.stderr
    assert f"articles/{path.name}: gone, changed or torn" in done.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["describe", "--snapshot", "9-x"], "no snapshot 9-x in .*the newest are: 000001-"),
        (["diff", "http://nowhere.example/"], "no article with the id or URL"),
        (["diff", ALPHA.article_id, "--before", "7"], "has versions 1 to 2"),
        (["verify", "--sample", "0"], "--sample is at least 1"),
        (["verify", "--sample", "-1"], "--sample is at least 1"),
        (["export", "all.xlsx"], "name a format"),
        (["export", "-", "--columns", "nope"], "nope"),
        (["query", "SELECT nope FROM articles"], "nope"),
        (["query", "SELECT * FROM read_csv('/etc/passwd')"], "cannot be run"),
        (["query", "COPY articles TO 'x.csv'"], "cannot be run"),
        (["compact", "--before", "yesterday"], "is no day"),
        (["expire", "--keep", "0"], "at least 1"),
        (["push", "nonsense"], "no object store"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_a_usage_error(
    run: Callable[..., str], words: list[str], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        run(*words)


@pytest.mark.parametrize(
    "words", [["describe"], ["validate"], ["verify"], ["card"], ["path"], ["query", "SELECT 1"],
              ["export", "x.csv"], ["diff", "x"], ["push", "file:///nowhere"]], ids=" ".join,
)  # fmt: skip
def test_a_folder_without_a_dataset_says_what_to_do(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no snapshot is published yet in .*cleancopy run"):
        app([*words, "--data", str(tmp_path)], exit_on_error=False)


def test_a_dataset_without_articles_is_one_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_part(tmp_path, "p", "p1", [], [failure("gone")])
    close_all(tmp_path, "p")
    run_dedup(tmp_path)
    run_publish(tmp_path)
    for words in (["validate"], ["verify"], ["compact"], ["describe"], ["card"]):
        assert not app([*words, "--data", str(tmp_path)], exit_on_error=False)
    assert app(["export", str(tmp_path / "x.csv"), "--data", str(tmp_path)]) is None
    assert (tmp_path / "x.csv").read_text().startswith('"article_id",')
    said = capsys.readouterr()
    assert "0 versions of 0 articles" in said.out
    assert "the dataset has no article" in said.err


def test_articles_are_printed_with_a_dash_on_the_command_line(data: Path) -> None:
    done = cleancopy("data", "export", "-", "--columns", "title", "--newest", "--data", data)
    assert (done.returncode, done.stdout) == (0, '{"title": "Alpha"}\n'), done.stderr


def test_tending_keeps_the_dataset_readable(run: Callable[..., str]) -> None:
    assert "000002" in run("compact", "--before", "2026-12-31")
    assert "1 snapshots expired, 1 kept" in run("expire", "--keep", "1", "--days", "0")
    assert "2 versions" in run("describe")
    assert "0 replaced parts removed" in run("expire", "--work")


def test_rows_whose_raw_bytes_are_gone_are_told(run: Callable[..., str]) -> None:
    assert "a.warc.gz" in run("verify", "--sample", "1", code=4)


def test_a_snapshot_is_pushed_to_a_store(run: Callable[..., str], tmp_path: Path) -> None:
    assert "8 files sent" in run("push", f"file://{tmp_path}/mirror")
    assert json.loads(run("push", f"file://{tmp_path}/mirror", "--json"))["sent"] == 0
