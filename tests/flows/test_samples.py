"""The bundled samples are whole: goldens account for every line, files open as what they are."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from flows.newsroom import SAMPLES

ROOT = SAMPLES.parent
GOLDENS = sorted((ROOT / "texts").glob("*.golden.json"))


def read(golden: Path) -> tuple[dict[str, Any], bytes]:
    data: dict[str, Any] = json.loads(golden.read_text("utf-8"))
    return data, (golden.parent / data["input"]["file"]).read_bytes()


def test_every_text_has_a_golden_and_two_have_nothing_to_remove() -> None:
    texts = {file.stem for file in (ROOT / "texts").glob("*.txt")}
    assert texts == {file.name.removesuffix(".golden.json") for file in GOLDENS}
    assert len(texts) >= 10
    assert sum(not read(golden)[0]["removed"] for golden in GOLDENS) == 2


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda file: str(file.name.split(".")[0]))
def test_a_golden_accounts_for_every_line_of_its_text(golden: Path) -> None:
    data, raw = read(golden)
    assert hashlib.sha256(raw).hexdigest() == data["input"]["sha256"]
    lines = {n: line for n, line in enumerate(raw.decode("utf-8").split("\n"), 1) if line}
    told = {
        block["line"]: (f"{block['list_marker']} " if "list_marker" in block else "")
        + block["text"]
        for block in (*data["blocks"], *data["removed"])
    }
    assert told == lines
    assert len(data["blocks"]) + len(data["removed"]) == len(lines)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda file: str(file.name.split(".")[0]))
def test_a_golden_text_is_its_blocks(golden: Path) -> None:
    data, _ = read(golden)
    kept = [
        ("- " if block["kind"] == "list_item" else "") + block["text"]
        for block in data["blocks"]
        if block["in_text"]
    ]
    assert data["text"] == "\n\n".join(kept)
    (headline,) = [block["text"] for block in data["blocks"] if block["kind"] == "headline"]
    assert headline == data["metadata"]["title"]
    assert [s["id"] for s in data["sections"]] == sorted({b["section"] for b in data["blocks"]})[1:]


def test_the_texts_are_in_many_languages() -> None:
    languages = {read(golden)[0]["metadata"]["language"] for golden in GOLDENS}
    assert languages >= {"en", "de", "fr", "es", "pt", "fa", "ar", "ja", "hi"}


def test_saved_pages_open() -> None:
    page = (ROOT / "html" / "tarn-bridge-reopens.html").read_bytes().decode("utf-8")
    assert "Tarn Bridge reopened to cars" in page
    packed = (ROOT / "html" / "talbahn-kommentar.html.gz").read_bytes()
    assert "So wie einen Film." in gzip.decompress(packed).decode("utf-8")


def test_the_archive_holds_five_responses() -> None:
    with (ROOT / "warc" / "newsroom-2026-11-24.warc.gz").open("rb") as stream:
        seen = [
            (str(record.headers["WARC-Target-URI"]), int(record.http_headers.status_code))
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response)
        ]
    assert [status for _, status in seen] == [200, 200, 200, 200, 404]
    assert len({url.split("/")[2] for url, _ in seen}) == 4
