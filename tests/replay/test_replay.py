"""A change of rules on real captures: found, weighed against gold, refused; without a socket."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.errors import ConfigError, ContractError
from tasks.fetch import files
from tasks.replay import pages, partition
from tasks.replay.pages import Books, both, html_rules, load_book
from tasks.schema import Finished
from tasks.sources import FileOptions
from tasks.store.options import ReplayOptions
from tasks.warc.reader import positions, read_captures

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
RULE = """\
rules:
  mistake.selector:
    class: mistake
    selectors: ["article p"]
    drops: ["<article><p>x</p></article>"]
    keeps: ["A line."]
    source: "a mistake, made for this test"
"""
PHRASE = """\
rules:
  mistake.phrase:
    class: mistake
    phrases:
      en: ["It was written for this test."]
    drops: ["It was written for this test."]
    keeps: ["A line."]
    source: "a mistake, made for this test"
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with captures of the sample page and some sample texts."""
    data = tmp_path_factory.mktemp("replay")
    paths = [SAMPLES / "html" / "tarn-bridge-reopens.html"]
    paths += [SAMPLES / "texts" / f"{name}.txt" for name in ("orchard_court.en", "faro.es")]
    files.run("samples", data, ROOT / "config", "run-1", FileOptions(paths=tuple(paths)))
    return data


def config(folder: Path, name: str, rule: str) -> Path:
    target = folder / name
    for part in ("rules", "phrases", "sites"):
        shutil.copytree(ROOT / "config" / part, target / part)
    (target / "rules" / "mistake.yaml").write_text(rule, encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("rules")
    phrase = PHRASE.replace("It was written for this test.", _line_of_a_text())
    return {
        "today": ROOT / "config",
        "selector": config(folder, "selector", RULE),
        "phrase": config(folder, "phrase", phrase),
    }


def _line_of_a_text() -> str:
    golden = json.loads((SAMPLES / "texts" / "orchard_court.en.golden.json").read_text("utf-8"))
    return next(p for p in golden["text"].split("\n\n") if 60 < len(p) < 400 and '"' not in p)


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gold")
    (folder / "pages").mkdir()
    body = (SAMPLES / "html" / "tarn-bridge-reopens.html").read_bytes()
    (folder / "pages" / "one.html.gz").write_bytes(gzip.compress(body))
    text = "\n\n".join(
        line.split("<p>")[1].split("</p>")[0]
        for line in body.decode().splitlines()
        if "<p>" in line and "</p>" in line
    )
    lines = [{"id": "one", "url": "https://a.example/one", "text": text},
             {"id": "two", "text": "not trusted", "gold": "regression"}]  # fmt: skip
    (folder / "gold.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


def test_equal_books_change_nothing(data: Path, rules: dict[str, Path], gold: Path) -> None:
    options = ReplayOptions(gold=gold)
    found = partition.run("all", data, rules["today"], "same", options)
    assert (found.total["pages"], found.total["changed"], found.regressions) == (3, 0, ())
    assert found.extracted_once
    assert found.gold is not None
    assert found.gold["pages"] == 1
    assert found.gold["f1_before"] == found.gold["f1_after"] > 0.5
    told = json.loads(Path(found.path).with_suffix(".json").read_text("utf-8"))
    assert told["before"] == told["after"]


def test_a_text_rule_that_takes_a_real_line_is_found(data: Path, rules: dict[str, Path]) -> None:
    options = ReplayOptions(after=rules["phrase"], accept=True)
    found = partition.run("all", data, rules["today"], "phrase", options)
    (change,) = found.most_changed
    assert change["lost"] == (_line_of_a_text(),)
    assert change["rules"] == (("mistake.phrase", 1),)
    assert found.extracted_once
    assert "mistake.phrase (1)" in Path(found.path).read_text("utf-8")


def test_a_selector_that_takes_the_article_is_refused(
    data: Path, rules: dict[str, Path], gold: Path
) -> None:
    options = ReplayOptions(after=rules["selector"], gold=gold)
    with pytest.raises(ContractError, match="a regression, nothing is published"):
        partition.run("all", data, rules["today"], "selector", options)
    found = json.loads((data / "reports" / "replay-selector.json").read_text("utf-8"))
    assert not found["extracted_once"]
    assert found["total"]["lines_lost"] > 0 or found["total"]["failed_after"] > 0
    accepted = options.model_copy(update={"accept": True})
    assert partition.run("all", data, rules["today"], "accepted", accepted).regressions


def test_pages_are_extracted_once_when_selectors_are_equal(
    data: Path, rules: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted at the call itself; the results are those of extracting under each book."""
    calls = []
    real = pages.extract
    monkeypatch.setattr(pages, "extract", lambda *given: calls.append(1) or real(*given))
    path = next((data / "captures" / "samples").glob("*.warc.gz"))
    captures = list(read_captures(path, data / "captures", positions(path)))
    html = next(one for one in captures if one.page.media == "html")
    for name, times in (("phrase", 1), ("selector", 2)):
        calls.clear()
        books = Books(rules["today"], rules[name], data / "captures", None)
        found = both(books, html)  # type: ignore[arg-type]
        assert len(calls) == times, name
        assert isinstance(found[0], Finished)
    assert html_rules(load_book(rules["today"])) == html_rules(load_book(rules["phrase"]))


def test_only_some_pages(data: Path, rules: dict[str, Path]) -> None:
    some = ReplayOptions(after=rules["phrase"], partitions=("samples",), every=2, accept=True)
    assert partition.run("all", data, rules["today"], "some", some).total["pages"] == 2
    unknown = ReplayOptions(after=rules["phrase"], partitions=("2020-01-01",))
    with pytest.raises(ConfigError, match="no captures of the partition '2020-01-01'"):
        partition.run("all", data, rules["today"], "none", unknown)


FORBIDDEN = """\
import socket
def refuse(*_, **__):
    raise AssertionError("a socket was opened")
socket.socket.connect = socket.socket.connect_ex = socket.socket.bind = refuse
socket.getaddrinfo = socket.create_connection = refuse
"""


def test_the_command_opens_no_socket_and_ends_with_4_on_a_regression(
    data: Path, rules: dict[str, Path], tmp_path: Path
) -> None:
    """In the command and in its workers: every Python that starts forbids itself sockets."""
    (tmp_path / "sitecustomize.py").write_text(FORBIDDEN)
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-P", "-m", "flows.cli", "diff", "--after", rules["selector"],
               "--data", data, "--json"]  # fmt: skip

    def call(*more: str) -> tuple[int, dict[str, object]]:
        done = subprocess.run(
            [*map(str, command), *more], env=environment, cwd=ROOT, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert "a socket was opened" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    probe = "import socket; socket.create_connection(('127.0.0.1', 9))"
    forbidden = subprocess.run([sys.executable, "-P", "-c", probe], env=environment, check=False,
                               capture_output=True, text=True)  # fmt: skip
    assert "a socket was opened" in forbidden.stderr
    code, found = call()
    assert (code, bool(found["regressions"])) == (4, True)
    assert call("--accept")[0] == 0
