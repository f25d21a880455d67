"""``cleancopy explain`` on an article's id, its URL, a WARC position; as text, JSON and a page."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli import main
from tasks.fetch.files import run as capture
from tasks.settings import PROJECT
from tasks.sources import FileOptions
from tasks.store.layout import Layout
from tasks.warc.reader import closed_files, positions
from tests.synthetic import finished, publish_pages

PROSE = "The harbour office closed the old swing bridge on Monday, and {} wrote it down at once."
PAGE = """<html><head><title>Bridge closed</title></head><body><article><h1>Bridge closed</h1>
{}</article><div id='respond'><p>Leave a reply</p></div></body></html>"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A captured page, and a dataset that knows it as an article."""
    root = tmp_path_factory.mktemp("explain")
    prose = "".join(f"<p>{PROSE.format(name)}</p>" for name in ("Ada", "Ben", "Cleo", "Dan"))
    (root / "in").mkdir()
    (root / "in" / "a.html").write_text(PAGE.format(prose), encoding="utf-8")
    capture(
        "p", root / "data", PROJECT / "config", "r", FileOptions(paths=(root / "in",), name="t")
    )
    (file,) = closed_files(Layout(root / "data").captures("p"))
    (offset,) = positions(file)
    article = finished("bridge")
    page = replace(article.page, warc_file=f"p/{file.name}", warc_offset=offset)
    publish_pages(root / "data", [replace(article, page=page)])
    return root / "data"


def run(*tokens: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*tokens, "--config", str(PROJECT / "config")])
    return int(ended.value.code or 0)


def position(data: Path) -> str:
    (file,) = closed_files(Layout(data).captures("p"))
    return f"p/{file.name}:{positions(file)[0]}"


def test_an_id_a_url_and_a_position_are_one_page(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    article = finished("bridge")
    blocks = []
    for wanted in (article.article_id, article.canonical_url, position(data)):
        assert run("explain", wanted, "--json", "--data", str(data)) == 0
        blocks.append(json.loads(capsys.readouterr().out)["blocks"])
    assert blocks[0] == blocks[1] == blocks[2]
    removed = next(block for block in blocks[0] if block["text"] == "Leave a reply")
    (decided,) = [one for one in removed["considered"] if one["outcome"] == "decided"]
    assert decided["rule"] == removed["rule"]
    assert all(block["considered"] for block in blocks[0])


@pytest.mark.parametrize(
    "wanted", ["f" * 32, "https://nobody.example/", "p/none.warc.gz:0", "no.html"]
)
def test_what_is_not_there_is_said(
    data: Path, wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", wanted, "--data", str(data)) == 2
    assert wanted.rpartition(":0")[0] or wanted in capsys.readouterr().err


def test_html_is_a_review_page_with_all_that_was_considered(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert run("explain", position(data), "--html", str(path), "--data", str(data)) == 0
    html = path.read_text(encoding="utf-8")
    assert "Content-Security-Policy" in html
    assert "considered" in html
    assert "html.main_content" in html
    assert "Candidates: every value found" in html
