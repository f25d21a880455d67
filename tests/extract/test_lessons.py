"""Site templates through the real stage: captures in, parts out, partition by partition."""

import json
import random
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tasks import partwise, template
from tasks.extract import lessons
from tasks.extract.ground import Survey, known
from tasks.extract.partition import run as extract
from tasks.pages import from_table
from tasks.schema import Extracted
from tasks.settings import PROJECT
from tasks.store.layout import Layout
from tasks.store.parts import closed
from tests.bench.speed.pages import BenchPage, write_warc

STREETS = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper")
LINES = (
    "{0} Street was closed on Monday after the water of the harbour had risen over its kerbs.",
    "The council of {0} ward, which met in the evening, asked for pumps and for many sandbags.",
    "Nobody who lives in {0} Street was hurt, the harbour master said, and no boat was lost there.",
    "The ferry to {0} Point will sail again on Thursday, if the wind lets it, her captain said.",
)
PAGE = """<html><head><title>{name} Street</title></head><body>
<ul class="menu"><li><a href="/a">News of the harbour</a></li><li><a href="/b">Tides</a></li></ul>
<div class="story"><h1>{name} Street</h1><div class="{body}">{text}</div></div>
<div class="teasers"><p><a href="/c">Harbour master retires</a></p></div></body></html>"""


def page(name: str, body: str = "story-body") -> str:
    """Return an article of our invented site."""
    text = "".join(f"<p>{line.format(name)}</p>" for line in LINES)
    return PAGE.format(name=name, body=body, text=text)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(PROJECT / "config", folder, ignore=shutil.ignore_patterns("demo"))
    _settings(folder, "output: {templates: true}")
    return folder


def _settings(config: Path, more: str) -> None:
    text = f"work: {{workers: 1, records_per_part: 10}}\n{more}\n"
    (config / "pipeline.yaml").write_text(text, encoding="utf-8")
    partwise._settings.cache_clear()  # noqa: SLF001


def _warc(data: Path, partition: str, pages: dict[str, str], number: int = 0) -> None:
    some = [
        BenchPage(name, "harbour.example", "", text.encode(), None) for name, text in pages.items()
    ]
    write_warc(some, data / "captures" / partition / f"pages{number}.warc.gz", number)


def _pages(names: tuple[str, ...]) -> dict[str, str]:
    return {name: page(name) for name in names}


def _read(data: Path, partition: str) -> list[Extracted]:
    parts = closed(Layout(data), "extracted", partition)
    pages = [page for part in parts for page in from_table(pq.read_table(part), Extracted)]
    return [page for page in pages if isinstance(page, Extracted)]


def _text(read: Extracted) -> list[str]:
    out = {verdict.block for verdict in read.verdicts}
    return [block.text for block in read.blocks if block.index not in out]


@pytest.fixture
def data(tmp_path: Path, config: Path) -> Path:
    """A first day of six articles, extracted."""
    _warc(tmp_path / "data", "day1", _pages(STREETS[:6]))
    extract("day1", tmp_path / "data", config, "run1")
    return tmp_path / "data"


def test_the_second_day_is_read_by_what_the_first_taught(data: Path, config: Path) -> None:
    assert template.TEMPLATE not in {read.extractor for read in _read(data, "day1")}
    new = _pages(STREETS[6:9]) | {"Juniper": page("Juniper", body="another-layout")}
    _warc(data, "day2", new)
    extract("day2", data, config, "run2")
    found = _read(data, "day2")
    assert [read.extractor == template.TEMPLATE for read in found] == [True, True, True, False]
    engine = config.parent / "engine"
    _settings(config, "output: {templates: false}")
    _warc(engine, "day2", new)
    extract("day2", engine, config, "run2")
    for ours, theirs in zip(found, _read(engine, "day2"), strict=True):
        assert theirs.extractor != template.TEMPLATE
        assert _text(ours) == _text(theirs)
        assert len(ours.blocks) == len(theirs.blocks)
    told = [line for verdict in found[0].verdicts for line in verdict.evidence]
    assert any(line.startswith("template harbour.example ") for line in told)
    assert any(line == "known from 6 of 6 pages" for line in told)


def test_pages_that_come_later_do_not_make_the_others_be_read_again(
    data: Path, config: Path
) -> None:
    _warc(data, "day1", _pages(STREETS[6:8]), number=1)
    report = extract("day1", data, config, "run2")
    assert (report.parts, report.made) == (2, 1)
    assert extract("day1", data, config, "run3").made == 0


def test_partitions_of_a_run_are_read_with_one_snapshot(data: Path, config: Path) -> None:
    for partition, name in (("day2", "Gorse"), ("day3", "Hazel")):
        _warc(data, partition, _pages((name,)))
        extract(partition, data, config, "run2")
    _warc(data, "day4", _pages(("Ivy",)))
    extract("day4", data, config, "run3")
    notes = data.glob("work/templates/pins/*.json")
    pins = {path.stem: json.loads(path.read_bytes()) for path in notes}
    assert pins["day2"] == pins["day3"]
    versions = {day: pin["version"] for day, pin in pins.items()}
    assert versions["day1"] != versions["day2"]  # the first day's knew nothing
    assert versions["day4"] == versions["day2"]  # pages read by a template teach nothing


def test_a_page_in_fifty_is_read_by_the_engine_for_ever() -> None:
    chosen = sum(template.is_rechecked(f"http://harbour.example/{n}") for n in range(5000))
    assert 60 < chosen < 140


def _surveys(data: Path) -> tuple[Survey, ...]:
    """Return what the pages of the first day taught."""
    (path,) = (data / "work" / "templates" / "surveys").iterdir()
    return lessons.load(path)["harbour.example"]


def test_surveys_are_the_same_in_any_order(data: Path) -> None:
    many = [
        replace(
            one,
            lesson=replace(
                one.lesson,
                page=f"{n}{one.page}",
                fetched_at=one.lesson.fetched_at + timedelta(hours=n % 7),
            ),
        )
        for n in range(8)
        for one in _surveys(data)
    ]
    expected = template.bounded(many)
    assert len(expected) == template.MAX_LESSONS
    for seed in range(20):
        random.Random(seed).shuffle(many)  # noqa: S311
        half = len(many) // 2
        assert template.bounded(many) == expected
        parts = (template.bounded(many[:half]), template.bounded(many[half:]))
        assert template.bounded([one for part in parts for one in part]) == expected


def test_a_template_goes_when_its_lessons_contradict_each_other(data: Path) -> None:
    first = [one.lesson for one in _surveys(data)]
    assert template.template("harbour.example", first) is not None
    turned = [replace(one, page=f"x{one.page}", kept=one.left, left=one.kept) for one in first[:2]]
    assert template.template("harbour.example", [*first, *turned]) is None


def test_one_article_under_many_addresses_is_one_lesson(data: Path) -> None:
    (one, *_) = _surveys(data)
    copies = [replace(one, lesson=replace(one.lesson, page=str(n))) for n in range(10)]
    assert template.template("harbour.example", [copy.lesson for copy in copies]) is None
    assert known("harbour.example", copies) is None


def test_what_a_part_teaches_and_what_a_snapshot_knows_survive_the_disk(
    data: Path, tmp_path: Path
) -> None:
    surveys = {"harbour.example": _surveys(data)}
    lessons.save(surveys, tmp_path / "one.parquet")
    assert lessons.load(tmp_path / "one.parquet") == surveys
    snapshot = lessons.gather(Layout(data))
    assert lessons.load(snapshot.path) == surveys
    expected = known("harbour.example", surveys["harbour.example"])
    assert expected is not None
    assert lessons.recall(snapshot.path, "harbour.example") == expected
    assert lessons.recall(snapshot.path, "other.example") is None


def test_a_snapshot_built_on_another_is_the_same_as_one_built_from_nothing(
    data: Path, config: Path
) -> None:
    layout = Layout(data)
    before = lessons.gather(layout)
    _warc(data, "day2", {"Juniper": page("Juniper", body="another-layout")})
    extract("day2", data, config, "run2")
    built_on = lessons.gather(layout)
    assert built_on.path != before.path
    content = built_on.path.read_bytes()
    for path in layout.templates.glob("*.parquet"):
        path.unlink()
    assert lessons.gather(layout).path.read_bytes() == content
