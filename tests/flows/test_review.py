"""``cleancopy review`` and ``review import``, as typed."""

import json
from pathlib import Path

import pytest

from flows.cli import main
from tests.synthetic import finished, publish_pages

RULE = """\
rules:
  navigation.back_to_top:
    class: navigation.top
    phrases: {en: ["Back to top"]}
    drops: ["Back to top"]
    keeps: ["Back to the top of the hill they went."]
    source: "tests"
"""


def run(*tokens: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(tokens)
    return int(ended.value.code or 0)


@pytest.fixture
def where(tmp_path: Path) -> list[str]:
    publish_pages(tmp_path / "data", [finished("alpha"), finished("beta", site="b.example")])
    (tmp_path / "config" / "rules").mkdir(parents=True)
    (tmp_path / "config" / "rules" / "navigation.yaml").write_text(RULE, encoding="utf-8")
    return ["--data", str(tmp_path / "data"), "--config", str(tmp_path / "config")]


def test_pages_are_written_and_listed(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("review", "--site", "b.example", "--json", *where) == 0
    told = json.loads(capsys.readouterr().out)
    index = Path(told["index"])
    assert told["articles"] == 1
    assert 'href="sheet-001.html#a-' in index.read_text("utf-8")
    assert "Back to top" in (index.parent / "sheet-001.html").read_text("utf-8")
    assert run("review", "--limit", "0", *where) == 2


def test_labels_come_back_as_a_diff_and_are_written_when_asked(
    where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label = {
        "article_id": "a", "block_index": 2, "fate": "removed", "text": "Back to top!",
        "rule": "navigation.back_to_top", "label": "reject",
    }  # fmt: skip
    path = tmp_path / "labels-1.json"
    path.write_text(json.dumps({"format": "cleancopy-labels", "version": 1, "labels": [label]}))
    rules = tmp_path / "config" / "rules" / "navigation.yaml"
    assert run("review", "import", str(path), *where) == 0
    shown = capsys.readouterr()
    assert '+    keeps: ["Back to the top of the hill they went.", "Back to top!"]' in shown.out
    assert "--write" in shown.err
    assert rules.read_text("utf-8") == RULE
    assert run("review", "import", str(path), "--write", *where) == 0
    assert '"Back to top!"]' in rules.read_text("utf-8")
    assert run("review", "import", str(tmp_path / "none.json"), *where) == 2
