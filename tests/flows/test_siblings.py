"""``cleancopy clean --memory``: pages of one invocation teach one another, in order, for any N."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.clean.memory import learn
from tasks.clean.remembered import save
from tasks.extract.page import extract
from tasks.rules import load_rules
from tasks.schema import Capture, Extracted, Page
from tasks.settings import PROJECT
from tasks.store.layout import Layout

APPEAL = "Everything that the Courier prints was gathered on foot, by bicycle and by rowing boat."
NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm")
PAGE = """<html><head><title>{name} Street</title></head><body><article><h1>{name} Street</h1>
<p>{name} Street was closed on Monday after the water of the harbour had risen over its kerbs.</p>
<p>The council of {name} ward, which met in the evening, asked for pumps and for forty sandbags.</p>
<p>Nobody who lives in {name} Street was hurt, the harbour master said, and no boat was lost.</p>
<p>{appeal}</p></article></body></html>"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Five pages of one site; after the second comes one that is no page."""
    rows = []
    for name in NAMES:
        (tmp_path / f"{name}.html").write_text(PAGE.format(name=name, appeal=APPEAL), "utf-8")
        row = {"id": name, "path": f"{name}.html", "url": f"http://harbour.example/{name}"}
        rows.append(row)
    rows.insert(2, {"id": "gone", "path": "gone.html", "url": "http://harbour.example/gone"})
    path = tmp_path / "pages.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def clean(*options: str) -> tuple[int, list[dict[str, str]]]:
    command = [sys.executable, "-m", "flows.cli", "clean", "--format", "jsonl", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_manifest_of_one_site_is_cleaned_with_memory_unless_told_otherwise(
    manifest: Path,
) -> None:
    code, rows = clean("--manifest", str(manifest))
    assert code == 3
    assert [row["id"] for row in rows] == [*NAMES[:2], "gone", *NAMES[2:]]
    assert rows[2]["error"] == "unreadable"
    del rows[2]
    assert not any(APPEAL in row["text"] for row in rows)
    assert all("no boat was lost." in row["text"] for row in rows)

    _, without = clean("--manifest", str(manifest), "--no-memory")
    assert [row["text"].count(APPEAL) for row in without if "text" in row] == [1] * 5


def test_pages_without_a_site_or_alone_are_cleaned_as_ever(manifest: Path) -> None:
    folder = manifest.parent
    manifest.unlink()
    code, rows = clean(str(folder), "--memory")
    assert code == 0
    assert all(APPEAL in row["text"] for row in rows)


def test_the_number_of_workers_changes_nothing(manifest: Path) -> None:
    one = clean("--manifest", str(manifest), "--workers", "1")
    assert clean("--manifest", str(manifest), "--workers", "4") == one


def test_explain_names_what_the_data_folder_remembers(manifest: Path, tmp_path: Path) -> None:
    memories = learn(_extracted(name) for name in NAMES)
    save(memories, Layout(tmp_path / "data").recalled / "m.parquet")
    command = [sys.executable, "-m", "flows.cli", "explain", str(tmp_path / "Alder.html"), "--json",
               "--url", "http://harbour.example/Alder",
               "--data", str(tmp_path / "data")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=200)
    fates = [block for block in json.loads(done.stdout)["blocks"] if block["text"] == APPEAL]
    assert [fate["rule"] for fate in fates] == ["site.repeated"]


def _extracted(name: str) -> Extracted:
    body = PAGE.format(name=name, appeal=APPEAL).encode()
    at = datetime(2026, 11, 24, tzinfo=UTC)
    page = Page(f"http://harbour.example/{name}", "s", at, "html", name.ljust(64, "0"))
    return extract(Capture(page, body), load_rules(PROJECT / "config"))
