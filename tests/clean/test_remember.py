"""The stage remember, and cleaning with what it left: real captures, real pool, real Parquet."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tasks import partwise
from tasks.clean import remembered
from tasks.clean.partition import run as clean
from tasks.clean.recurring import RULE
from tasks.clean.remember import run as remember
from tasks.extract.partition import run as extract
from tasks.fetch.files import run as capture
from tasks.pages import from_table
from tasks.schema import Cleaned
from tasks.settings import PROJECT
from tasks.sources import FileOptions
from tasks.store.layout import Layout
from tasks.store.parts import closed

APPEAL = "Everything that the Courier prints was gathered on foot, by bicycle and by rowing boat."
NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel")
PAGE = """<html><head><title>{name} Street</title>
<link rel="canonical" href="http://harbour.example/{name}"></head>
<body><article><h1>{name} Street</h1>
<p>{name} Street was closed on Monday after the water of the harbour had risen over its kerbs.</p>
<p>The council of {name} ward, which met in the evening, asked for pumps and for forty sandbags.</p>
<p>Nobody who lives in {name} Street was hurt, the harbour master said, and no boat was lost.</p>
<p>{appeal}</p></article></body></html>"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(PROJECT / "config", folder, ignore=shutil.ignore_patterns("demo"))
    _workers(folder, 1)
    return folder


@pytest.fixture
def data(tmp_path: Path, config: Path) -> Path:
    """Two partitions of captures: five articles and three."""
    for partition, names in (("p", NAMES[:5]), ("q", NAMES[5:])):
        folder = tmp_path / partition
        folder.mkdir()
        for name in names:
            text = PAGE.format(name=name, appeal=APPEAL)
            (folder / f"{name}.html").write_text(text, encoding="utf-8")
        capture(partition, tmp_path / "data", config, "r", FileOptions(paths=(folder,), name="t"))
    return tmp_path / "data"


def _workers(config: Path, n: int) -> None:
    text = f"work: {{workers: {n}, records_per_part: 2}}\n"
    (config / "pipeline.yaml").write_text(text, encoding="utf-8")
    partwise._settings.cache_clear()  # noqa: SLF001


def _learn(data: Path, config: Path, *partitions: str) -> None:
    for partition in partitions:
        extract(partition, data, config, "r")
        remember(partition, data, config, "r")


def _taken(data: Path, partition: str) -> list[str]:
    pages = [
        page
        for path in closed(Layout(data), "cleaned", partition)
        for page in from_table(pq.read_table(path), Cleaned)
    ]
    assert all(isinstance(page, Cleaned) for page in pages)
    return [
        removal.block.text
        for page in pages
        if isinstance(page, Cleaned)
        for removal in page.removed
        if removal.verdict.rule == RULE
    ]


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.parquet")}


def test_what_a_partition_repeats_is_taken_and_a_second_run_makes_nothing(
    data: Path, config: Path
) -> None:
    extract("p", data, config, "r")
    assert clean("p", data, config, "r").made == 3
    assert _taken(data, "p") == []
    assert remember("p", data, config, "r").made == 3
    assert clean("p", data, config, "r").made == 3
    assert _taken(data, "p") == [APPEAL] * 5
    assert remember("p", data, config, "r").made == 0
    assert clean("p", data, config, "r").made == 0


def test_a_later_partition_is_cleaned_with_the_earlier_ones_and_changes_them_when_asked(
    data: Path, config: Path
) -> None:
    _learn(data, config, "p")
    clean("p", data, config, "r")
    before = closed(Layout(data), "cleaned", "p")
    _learn(data, config, "q")
    clean("q", data, config, "r")
    assert _taken(data, "q") == [APPEAL] * 3
    assert closed(Layout(data), "cleaned", "p") == before
    assert clean("p", data, config, "r").made == 3
    assert closed(Layout(data), "cleaned", "p") != before


def test_day_by_day_in_any_order_ends_in_the_same_bytes(
    data: Path, config: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(data, other)
    _learn(data, config, "p")
    first = remembered.gather(Layout(data))
    _learn(data, config, "q")
    _learn(other, config, "q", "p")
    one, two = remembered.gather(Layout(data)), remembered.gather(Layout(other))
    assert one
    assert two
    assert first
    assert first.version != one.version == two.version
    assert one.path.read_bytes() == two.path.read_bytes()


def test_the_number_of_workers_changes_no_byte(data: Path, config: Path, tmp_path: Path) -> None:
    extract("p", data, config, "r")
    folders = {n: tmp_path / f"by-{n}" for n in (1, 2, 4)}
    for n, folder in folders.items():
        shutil.copytree(data, folder)
        _workers(config, n)
        remember("p", folder, config, "r")
        clean("p", folder, config, "r")
    for stage in ("remembered", "recalled", "cleaned"):
        one, two, four = (_files(folder / "work" / stage) for folder in folders.values())
        assert one
        assert one == two == four, stage


def test_the_merged_file_can_be_made_again(data: Path, config: Path) -> None:
    _learn(data, config, "p")
    first = remembered.gather(Layout(data))
    layout = Layout(data)
    for path in layout.recalled.glob("*.parquet"):
        path.unlink()
    assert remembered.gather(layout) == first


def test_without_anything_remembered_there_is_no_memory(tmp_path: Path) -> None:
    assert remembered.gather(Layout(tmp_path)) is None


def test_the_newest_merged_file_is_found_without_writing(data: Path, config: Path) -> None:
    layout = Layout(data)
    assert remembered.newest(layout) is None
    _learn(data, config, "p")
    gathered = remembered.gather(layout)
    assert gathered
    assert remembered.newest(layout) == gathered.path
