"""Every dataclass that lies between two stages comes back from Parquet as it went in."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.glimpse import About, Glimpse, Left, Line
from tasks.pages import Carried, from_table, read, to_table
from tasks.schema import (
    Block,
    Candidate,
    Cleaned,
    Extracted,
    Failure,
    Metadata,
    Page,
    Removal,
    Verdict,
)

AT = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)
PAGE = Page(
    "http://a.example/1", "a", AT, "html", "0f" * 32, "2026-11-24/x.warc.gz", 2**40, 200,
    "text/html", ("x-robots-tag: noai",),
)  # fmt: skip
BLOCKS = (
    Block(0, "headline", "می\u200cخواهم 👩‍🚀", 0, 1, "h1"),
    Block(1, "paragraph", "", 1, 0, "", 1 / 3, AT),
)
VERDICT = Verdict(1, "relabel", "r", 2, "c", "text", ("saw", "it"), 0.1, 50, "", "caption")
METADATA = Metadata(
    "t", ("A", "B"), published_at=AT, candidates=(Candidate("title", "t", "h1", 0.7),)
)
EXTRACTED = Extracted(PAGE, METADATA, BLOCKS, (VERDICT,), "trafilatura", ("flag",))
CLEANED = Cleaned(
    PAGE,
    Metadata(),
    BLOCKS[:1],
    ((BLOCKS[1], VERDICT),),
    (Removal(BLOCKS[0], 0, 9, replace(VERDICT, kind=None)),),
    "lines",
)
FAILURE = Failure(PAGE, "extract", "timeout", "over 20 s")


@pytest.mark.parametrize(
    ("pages", "step"),
    [
        ([EXTRACTED, FAILURE, replace(EXTRACTED, blocks=(), metadata=Metadata())], Extracted),
        ([FAILURE, CLEANED], Cleaned),
        ([], Cleaned),
        ([FAILURE], Extracted),
    ],
)
def test_round_trip_through_a_file(pages: list[object], step: type) -> None:
    file = io.BytesIO()
    pq.write_table(to_table(pages, step), file)
    file.seek(0)
    assert from_table(pq.read_table(file), step) == pages


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.floats(allow_nan=False),
    st.datetimes(timezones=st.just(UTC)),
    st.integers(0, 2**62),
)
def test_round_trip_of_any_value(text: str, share: float, time: datetime, number: int) -> None:
    block = Block(number, "quote", text, number, number, text, share, time)
    page = replace(EXTRACTED, blocks=(block, block), flags=(text,))
    assert from_table(to_table([page], Extracted), Extracted) == [page]


def test_a_lone_surrogate_is_refused_and_not_lost() -> None:
    with pytest.raises(UnicodeEncodeError):
        to_table([replace(EXTRACTED, flags=("\ud800",))], Extracted)


def test_a_part_may_be_read_as_less_than_was_written(tmp_path: Path) -> None:
    pq.write_table(to_table([EXTRACTED, FAILURE], Extracted), tmp_path / "part.parquet")
    lines = tuple(Line(block.index, block.text, block.path) for block in BLOCKS)
    (verdict,) = EXTRACTED.verdicts
    left = Left(verdict.block, verdict.action, verdict.rule, verdict.stage)
    about = About(EXTRACTED.metadata.canonical_url, EXTRACTED.metadata.access)
    glimpse = Glimpse(PAGE, about, lines, (left,), EXTRACTED.extractor)
    assert read(tmp_path / "part.parquet", Glimpse) == [glimpse, FAILURE]


def test_what_was_read_is_written_again_beside_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(to_table([EXTRACTED, FAILURE, EXTRACTED], Extracted), path)
    carried = Carried()
    first, failure, second = read(path, Extracted, carried)
    assert isinstance(first, Extracted)
    assert isinstance(second, Extracted)
    verdict = replace(VERDICT, rule="new")
    old, new = first.blocks[0], replace(first.blocks[1], section=7)
    pages = [
        Cleaned(PAGE, first.metadata, (new, old), ((old, verdict),), (), "lines"),
        failure,
        Cleaned(
            second.page, METADATA, (), (), (Removal(old, 0, 9, second.verdicts[0]),), "lines",
        ),
    ]  # fmt: skip
    written = to_table(pages, Cleaned, carried)
    assert from_table(written, Cleaned) == pages
    assert written.equals(to_table(pages, Cleaned))
