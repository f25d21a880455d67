"""``cleancopy quarantine retry``: a page that a passing fault failed is made again."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.commands import quarantine
from flows.commands.again import clear
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

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
PAGE = ROOT / "data" / "samples" / "html" / "tarn-bridge-reopens.html"


def refine(data: Path) -> dict[str, int]:
    for stage in (extract, remember, clean):
        stage.run("day", data, CONFIG, "run-1")
    return normalise.run("day", data, CONFIG, "run-1").counts


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
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


def test_pages_are_tried_from_their_bytes_and_those_that_fare_well_are_made_again(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = Common(data=data, config=CONFIG)
    failed = quarantine.held(common).failed
    assert sorted(row["slug"] for row in failed.values()) == ["memory", "no-content"]
    (better,) = quarantine.tried(failed, common)
    said = capsys.readouterr().out
    assert better["slug"] == "memory"
    name = page_id(better["warc_file"], better["warc_offset"], better["url"])
    assert f"{name}  memory -> well: " in said
    assert "no-content -> no-content" in said

    offsets = {better["warc_file"]: {better["warc_offset"]}}
    assert clear(Layout(data), "day", offsets) == 2  # both pages stand in the one part
    counts = refine(data)
    assert (counts["articles"], counts["quarantined"]) == (1, 1)


def test_a_part_without_the_page_stays(data: Path) -> None:
    before = closed(Layout(data), "finished", "day")
    assert clear(Layout(data), "day", {"day/none.warc.gz": {0}}) == 0
    assert closed(Layout(data), "finished", "day") == before
