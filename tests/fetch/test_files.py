"""Files become captures: every kind, every mistake, the same bytes each time."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tasks.errors import ConfigError
from tasks.fetch.files import Report, partition_name, run
from tasks.process import environment
from tasks.schema import FETCHES, Capture
from tasks.sources import FileOptions
from tasks.store.layout import Layout
from tasks.warc.reader import closed_files, positions, read_captures
from tests.fetch.web import QUICK, page, run_fetch, serving

TIME = 1_700_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one of everything, as people have them."""
    inside = tmp_path / "in"
    files = {
        "a page.html": b"<p>one</p>", "b.HTM": b"<p>two</p>",
        "sub/c.html.gz": gzip.compress(b"<p>3</p>"),
        "d.txt": "Überschrift\nText".encode(), "e.txt.gz": gzip.compress(b"Title\nText"),
        "f.jsonl": b"".join(json.dumps(o).encode() + b"\n" for o in (
            {"text": "first"}, {"text": "second", "url": "http://news.example/2"}, {"title": "x"},
            {"text": "  "}, ["text"], {"text": "third"})) + b"{broken\n\n",
        "empty.html": b"", "blank.txt": b" \n ", "torn.html.gz": gzip.compress(os.urandom(99))[:60],
        "report.pdf": b"%PDF", "no-suffix": b"x", ".hidden.html": b"<p>no</p>",
        "broken.warc.gz": b"nonsense", "empty.warc": b"",
    }  # fmt: skip
    for name, content in files.items():
        path = inside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (TIME, TIME))
    return inside


def capture(data: Path, *paths: Path, **options: str) -> tuple[Report, list[Capture]]:
    given = FileOptions(paths=paths, **options)
    report = run(partition_name(given), data, data, "r1", given)
    captures = data / "captures"
    found = [
        capture
        for file in closed_files(captures / report.partition)
        for capture in read_captures(file, captures, positions(file))
    ]
    assert all(isinstance(capture, Capture) for capture in found)
    return report, [capture for capture in found if isinstance(capture, Capture)]


def names(captures: list[Capture]) -> list[str]:
    return [capture.page.url.rpartition("/")[2] for capture in captures]


def errors(data: Path, partition: str) -> dict[str, str]:
    table = pq.read_table(Layout(data).captures(partition) / "fetches-files.parquet")
    assert table.schema.names == FETCHES.names
    assert table.schema.metadata == FETCHES.metadata
    rows = table.to_pylist()
    return {row["url"].rpartition("/")[2]: row["error"] for row in rows if row["error"]}


def test_every_kind_is_read_and_every_mistake_is_a_row(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    report, found = capture(data, folder, tmp_path / "missing.html")
    medias = [capture.page.media for capture in found]
    assert list(zip(names(found), medias, [c.body for c in found], strict=True)) == [
        ("a%20page.html", "html", b"<p>one</p>"), ("b.HTM", "html", b"<p>two</p>"),
        ("d.txt", "text", "Überschrift\nText".encode()), ("e.txt.gz", "text", b"Title\nText"),
        ("f.jsonl#L1", "text", b"first"), ("2", "text", b"second"),
        ("f.jsonl#L6", "text", b"third"), ("c.html.gz", "html", b"<p>3</p>"),
    ]  # fmt: skip
    assert errors(data, report.partition) == {
        "empty.html": "empty", "blank.txt": "empty", "torn.html.gz": "bad-compression",
        "report.pdf": "not-html", "no-suffix": "not-html", "broken.warc.gz": "unreadable",
        "empty.warc": "empty", "f.jsonl#L3": "empty", "f.jsonl#L4": "empty", "f.jsonl#L5": "empty",
        "f.jsonl#L7": "unreadable", "missing.html": "unreadable",
    }  # fmt: skip
    assert (report.captured, report.failed) == (8, 12)
    assert {c.page.source_id for c in found} == {report.partition}
    assert {c.page.fetched_at.timestamp() for c in found} == {TIME}


def test_the_same_files_give_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    contents = []
    for name in ("one", "two"):
        report, _ = capture(tmp_path / name, folder)
        files = closed_files(Layout(tmp_path / name).captures(report.partition))
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]


def test_a_complete_partition_is_left_alone_and_a_torn_one_made_anew(
    tmp_path: Path, folder: Path
) -> None:
    first, found = capture(tmp_path, folder)
    captures = Layout(tmp_path).captures(first.partition)
    stamps = {file: file.stat().st_mtime_ns for file in captures.iterdir()}
    assert capture(tmp_path, folder)[0] == first
    assert {file: file.stat().st_mtime_ns for file in captures.iterdir()} == stamps
    (captures / "fetches-files.parquet").unlink()
    (captures / "files-00000.warc.gz").rename(captures / "files-00000.warc.gz.open")
    assert capture(tmp_path, folder) == (first, found)


def test_another_file_is_another_partition(tmp_path: Path, folder: Path) -> None:
    given = FileOptions(paths=(folder,))
    before = partition_name(given)
    assert partition_name(given) == before
    assert partition_name(given.model_copy(update={"name": "x"})) != before
    (folder / "d.txt").write_text("changed")
    assert partition_name(given) != before


def test_names_fields_and_single_files(tmp_path: Path, folder: Path) -> None:
    lines = folder / "l.jsonl"
    lines.write_text('{"body": "hello"}\n')
    report, found = capture(tmp_path, lines, name="archive", text_field="body")
    assert [(c.page.source_id, c.body) for c in found] == [("archive", b"hello")]
    assert report.errors == {}


def test_an_empty_folder_and_nothing_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    report, found = capture(tmp_path / "data", tmp_path / "empty")
    assert (report.errors, found) == ({"empty": 1}, [])
    with pytest.raises(ConfigError, match="no files"):
        run("p", tmp_path, tmp_path, "r", FileOptions(paths=()))


def test_warc_files_are_taken_in_whole_and_torn_ones_up_to_the_tear(tmp_path: Path) -> None:
    urls = [f"http://news.example/{n}" for n in range(3)]
    with serving() as web:
        web.answers = {f"/{n}": page(b"<p>story</p>" * 50) for n in range(3)}
        run_fetch(tmp_path / "other", [web.source(urls=urls)], QUICK)
    (ours,) = closed_files(Layout(tmp_path / "other").captures("p"))
    given = tmp_path / "in"
    given.mkdir()
    shutil.copy(ours, given / "whole.warc.gz")
    (given / "plain.warc").write_bytes(gzip.decompress(ours.read_bytes()))
    (given / "torn.warc.gz").write_bytes(ours.read_bytes()[: positions(ours)[2] + 50])
    report, found = capture(tmp_path / "data", given)
    assert (report.captured, report.errors) == (2, {"truncated": 1})
    per_file = {name: [c.page.url for c in found if name in c.page.warc_file]
                for name in ("whole", "plain", "torn")}  # fmt: skip
    assert per_file == {"whole": urls, "plain": urls, "torn": urls[:2]}
    (given / "whole.warc.gz").unlink()  # what was taken in stays
    assert len(capture(tmp_path / "data", given / "plain.warc")[1]) == 3


def test_a_file_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.fetch.items.MAX_BODY_BYTES", 100)
    (tmp_path / "big.html").write_bytes(b"x" * 101)
    (tmp_path / "bomb.html.gz").write_bytes(gzip.compress(b"x" * 10_000_000))
    report, found = capture(tmp_path / "data", tmp_path / "big.html", tmp_path / "bomb.html.gz")
    assert (report.errors, found) == ({"too-large": 2}, [])


def test_files_are_captured_without_the_http_client() -> None:
    program = "import sys, tasks.fetch.files; sys.exit('httpx2' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], env=environment(), check=True)
