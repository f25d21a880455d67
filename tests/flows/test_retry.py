"""``cleancopy quarantine retry``: a page that a passing fault failed is made again."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.commands import quarantine
from flows.commands.common import Common
from tasks.clean import partition as clean
from tasks.clean import remember
from tasks.dedup import partition as dedup
from tasks.extract import partition as extract
from tasks.fetch import files
from tasks.health import partition as health
from tasks.normalise import partition as normalise
from tasks.pages import from_table, to_table
from tasks.publish import partition as publish
from tasks.schema import Extracted, Failure
from tasks.sources import FileOptions
from tasks.store.atomic import write_parquet
from tasks.store.decisions import page_id
from tasks.store.layout import Layout
from tasks.store.options import DedupOptions, PublishOptions
from tasks.store.parts import closed
from tests.flows.conftest import cleancopy

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
PAGE = ROOT / "data" / "samples" / "html" / "tarn-bridge-reopens.html"


def refine(data: Path) -> dict[str, int]:
    for stage in (extract, remember, clean):
        stage.run("day", data, CONFIG, "run-1")
    return normalise.run("day", data, CONFIG, "run-1").counts


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages: one that no one can read, and one whose worker ran out of memory that day."""
    data = tmp_path_factory.mktemp("retry")
    empty = data / "empty.html"
    empty.write_text("<html><body></body></html>")
    files.run("day", data, CONFIG, "run-1", FileOptions(paths=(PAGE, empty)))
    extract.run("day", data, CONFIG, "run-1")
    for part in closed(Layout(data), "extracted", "day"):
        pages = from_table(pq.read_table(part), Extracted)
        failed = [
            page if isinstance(page, Failure) else Failure(page.page, "extract", "memory", "full")
            for page in pages
        ]
        write_parquet(to_table(failed, Extracted), part)
    assert refine(data)["quarantined"] == 2
    dedup.run("day", data, CONFIG, "run-1", DedupOptions())
    health.run("day", data, CONFIG, "run-1")
    publish.run("day", data, CONFIG, "run-1", PublishOptions())
    return data


@pytest.fixture
def data(published: Path, tmp_path: Path) -> Path:
    return shutil.copytree(published, tmp_path / "data", symlinks=True)


@pytest.mark.prefect
def test_what_fares_well_is_published_by_the_command(data: Path) -> None:
    done = cleancopy("quarantine", "retry", "--data", data, "--json")
    assert done.returncode == 3, done.stderr[-3000:]  # the page without content is still there
    assert "Tarn Bridge" in pq.read_table(data / "current" / "articles")["title"].to_pylist()[0]
    (left,) = pq.read_table(data / "current" / "quarantine").to_pylist()
    assert left["slug"] == "no-content"
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["slug"] for one in told if "was" in one] == ["", "no-content"]
    assert told[-1]["status"] == "partial"
    assert cleancopy("quarantine", "retry", "--data", data).stdout.endswith(
        "nothing to publish: no page fares better\n"
    )


def test_pages_are_tried_from_their_bytes(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = Common(data=data, config=CONFIG)
    failed = quarantine.held(common).failed
    assert sorted(row["slug"] for row in failed.values()) == ["memory", "no-content"]
    (better,) = quarantine.tried(failed, common)
    said = capsys.readouterr().out
    assert better["slug"] == "memory"
    name = page_id(better["warc_file"], better["warc_offset"], better["url"])
    assert f"{name}  memory -> well: " in said
    assert "no-content -> no-content" in said
