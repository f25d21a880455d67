"""Parts: named by all that decides their bytes, made once, whole, with a row for every page."""

import logging
import resource
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tasks import partwise
from tasks.clean.partition import run as clean
from tasks.errors import ContractError, EnvironmentFault, PageError
from tasks.extract.partition import run as extract
from tasks.fetch.files import run as capture
from tasks.normalise.partition import run as normalise
from tasks.pages import from_table, to_table
from tasks.schema import Capture, Extracted, Failure, Metadata, Page
from tasks.settings import PROJECT
from tasks.sources import FileOptions
from tasks.store.atomic import write_parquet
from tasks.store.layout import Layout
from tasks.store.parts import closed

PAGE = Page("http://a.example/1", "a", datetime(2026, 1, 1, tzinfo=UTC), "html", "")
STORY = (
    "<html><head><title>Rain</title></head><body><article><h1>Rain</h1>{}</article></body></html>"
)
PROSE = "<p>It rained on the harbour all day, and the ferry stayed where it was until evening.</p>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A partition of five pages, one of them no article, through all three stages."""
    root = tmp_path_factory.mktemp("made")
    config, data, files = root / "config", root / "data", root / "in"
    shutil.copytree(PROJECT / "config", config, ignore=shutil.ignore_patterns("demo"))
    _settings(config, "")
    files.mkdir()
    for number in range(4):
        text = STORY.format(PROSE * (number + 3))
        (files / f"{number}.html").write_text(text, encoding="utf-8")
    (files / "4.html").write_bytes(b"\x00\x01\x02")
    capture("p", data, config, "r", FileOptions(paths=(files,), name="test"))
    assert [report.made for report in _all(data, config)] == [3, 3, 3]
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of `made`, to be changed."""
    shutil.copytree(made, tmp_path / "root")
    yield tmp_path / "root"
    _forget()


@pytest.fixture
def config(root: Path) -> Path:
    return root / "config"


@pytest.fixture
def data(root: Path) -> Path:
    return root / "data"


def _settings(config: Path, work: str) -> None:
    text = f"work: {{workers: 1, records_per_part: 2}}\n{work}"
    (config / "pipeline.yaml").write_text(text, encoding="utf-8")
    _forget()


def _forget() -> None:
    """Let this process read settings and rules again, as a new one would."""
    partwise._settings.cache_clear()  # noqa: SLF001
    partwise._rules.cache_clear()  # noqa: SLF001


def _all(data: Path, config: Path) -> list[partwise.Report]:
    return [stage("p", data, config, "r") for stage in (extract, clean, normalise)]


def test_every_page_is_a_row_and_a_second_run_makes_nothing(data: Path, config: Path) -> None:
    reports = _all(data, config)
    assert [(r.parts, r.made) for r in reports] == [(3, 0)] * 3
    counts = reports[-1].counts
    assert counts["pages"] == counts["articles"] + counts["quarantined"] == 5
    assert counts["quarantined"] == 1
    folders = closed(Layout(data), "finished", "p")
    tables = [pq.read_table(folder / "quarantine.parquet") for folder in folders]
    assert sum(table.num_rows for table in tables) == 1


def test_a_lost_part_is_made_again_with_the_same_bytes(data: Path, config: Path) -> None:
    part = closed(Layout(data), "extracted", "p")[1]
    before = part.read_bytes()
    part.unlink()
    assert extract("p", data, config, "other-run").made == 1
    assert part.read_bytes() == before


@pytest.mark.parametrize("file", ["articles.parquet", "quarantine.parquet"])
def test_a_torn_part_is_named(data: Path, config: Path, file: str) -> None:
    part = closed(Layout(data), "finished", "p")[0]
    (part / file).write_bytes(b"PAR1")
    with pytest.raises(ContractError, match=rf"{part.name}: torn .*: remove it and run"):
        normalise("p", data, config, "r")
    shutil.rmtree(part)
    assert normalise("p", data, config, "r").made == 1


def test_options_that_change_the_output_change_the_names(data: Path, config: Path) -> None:
    before = {path.name for path in closed(Layout(data), "extracted", "p")}
    _settings(config, "keep: {days: 1}\n")
    assert extract("p", data, config, "r").made == 0
    _settings(config, "output: {page_limit_s: 19}\n")
    assert extract("p", data, config, "r").made == 3
    after = {path.name for path in closed(Layout(data), "extracted", "p")}
    assert not before & after


@pytest.mark.parametrize(
    ("old", "new", "remade"),
    [
        ('selectors: ["#go-to-top", ', 'selectors: ["#go-to-top", "#ferry", ', [3, 3, 3]),
        ('en: ["Back to top", ', 'en: ["Back to top", "Back to the ferry", ', [0, 3, 3]),
    ],
)
def test_a_changed_rule_makes_again_what_it_can_change(
    data: Path, config: Path, old: str, new: str, remade: list[int]
) -> None:
    rules = config / "rules" / "navigation.yaml"
    text = rules.read_text(encoding="utf-8")
    assert old in text
    rules.write_text(text.replace(old, new), encoding="utf-8")
    _forget()
    assert [report.made for report in _all(data, config)] == remade


def test_pages_keep_their_order_over_parts(data: Path, config: Path) -> None:
    del config
    parts = closed(Layout(data), "extracted", "p")
    pages = [page for part in parts for page in from_table(pq.read_table(part), Extracted)]
    assert [Path(page.page.url).name for page in pages] == [f"{n}.html" for n in range(5)]


def test_a_full_disk_is_a_fault_of_the_environment(data: Path, config: Path) -> None:
    """The kernel refuses to write beyond a file size, in the worker, as on a full disk."""
    for part in closed(Layout(data), "extracted", "p"):
        part.unlink()
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, old[1]))
    try:
        with pytest.raises(EnvironmentFault, match=r"cannot write .*: the "):
            extract("p", data, config, "r")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert extract("p", data, config, "r").made == 3


def test_a_bug_that_empties_a_partition_does_not_replace_what_was_finished(
    tmp_path: Path, data: Path, config: Path
) -> None:
    failed = [Failure(PAGE, "extract", "bug", "TypeError")] * 9
    done = Extracted(PAGE, Metadata(), (), (), "lines")
    before = closed(Layout(data), "extracted", "p")
    work = partwise.job("p", data, config, "r")
    target = Layout(data).part("extracted", "p", "new.parquet")
    write_parquet(to_table([*failed, done], Extracted), target)
    parts = [partwise.Part(tmp_path, target)]
    with pytest.raises(ContractError, match="9 of 10 pages failed by a bug of ours"):
        partwise.run(work, "extract", "extracted", parts, _never, _never)
    assert closed(Layout(data), "extracted", "p") == before


def _never(*_: object) -> dict[str, int]:
    raise AssertionError("no part was missing")


def _captures(*bodies: bytes) -> Iterator[Capture | Failure]:
    for body in bodies:
        yield Capture(PAGE, body)


def test_outcomes_turn_every_exception_into_a_row(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "tasks.partwise")  # half a pair cannot travel in a report

    def call(capture: Capture) -> str:
        if capture.body == b"slug":
            raise PageError("too-short", "three words")
        if capture.body == b"bug":
            raise ZeroDivisionError("nobody \ud800 foresaw this")
        return capture.body.decode()

    ticks: list[int] = []
    bad = {3: PageError("timeout", "over 20 s")}
    pages = _captures(b"a", b"slug", b"bug", b"never run", b"b")
    found = partwise.outcomes(pages, call, "extract", ticks.append, bad)
    slugs = [page.slug if isinstance(page, Failure) else page for page in found]
    assert slugs == ["a", "too-short", "bug", "timeout", "b"]
    assert "ZeroDivisionError" in getattr(found[2], "message")  # noqa: B009
    assert ticks[:5] == [0, 1, 2, 3, 4]


def test_earlier_failures_pass_through() -> None:
    failure = Failure(PAGE, "extract", "parse", "no HTML")
    pages: list[Extracted | Failure] = [failure]
    found = partwise.outcomes(iter(pages), _url, "clean", lambda _: None, {})
    assert found == [failure]


def test_what_no_column_can_hold_is_a_failure_and_costs_only_itself() -> None:
    good, broken = replace(PAGE, url="a"), replace(PAGE, url="\ud800")

    def pack(pages: list[Capture | Failure]) -> list[bytes]:
        return [page.page.url.encode() for page in pages if isinstance(page, Capture)]

    pages = [Capture(good, b""), Capture(broken, b"")]
    found, packed = partwise.storable(pages, pack, "extract")
    assert found[0] == pages[0]
    assert isinstance(found[1], Failure)
    assert found[1].slug == "encoding"
    assert packed == [b"a"]


def _url(page: Extracted) -> str:
    return page.page.url
