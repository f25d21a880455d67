"""What blocks add to the page's own metadata, and text that never had any markup."""

from datetime import UTC, datetime

import pytest

from tasks.extract.metadata.page import complete
from tasks.schema import Block, Metadata


def _blocks(*lines: str, path: str = "line") -> list[Block]:
    return [Block(i, "paragraph", line, path=path) for i, line in enumerate(lines)]


def test_a_text_gets_byline_authors_and_date_from_its_first_lines() -> None:
    blocks = _blocks("By Jane Roe and John Doe", "3 May 2026, 18:05", "It rained for three days.")
    metadata = complete(Metadata(title="Rain"), blocks, range(3))
    assert metadata.byline == "By Jane Roe and John Doe"
    assert metadata.authors == ("Jane Roe", "John Doe")
    assert metadata.published_at == datetime(2026, 5, 3, 18, 5, tzinfo=UTC)
    assert (metadata.published_precision, metadata.published_from) == ("minute", "date line")
    assert {c.field for c in metadata.candidates} == {"authors", "published_at"}


def test_what_the_page_said_stays() -> None:
    known = Metadata(
        title="Rain",
        authors=("Mary Major",),
        published_at=datetime(2026, 5, 1, tzinfo=UTC),
        source_label="dpa",
    )
    blocks = _blocks("By Jane Roe", "3 May 2026", "It rained.", "Source: Reuters")
    metadata = complete(known, blocks, range(4))
    assert metadata.authors == ("Mary Major",)
    assert metadata.published_at == datetime(2026, 5, 1, tzinfo=UTC)
    assert metadata.source_label == "dpa"


def test_the_headline_block_is_a_title_of_last_resort() -> None:
    blocks = [Block(0, "headline", "Rain floods harbour"), Block(1, "paragraph", "It rained.")]
    assert complete(Metadata(), blocks, {0, 1}).title == "Rain floods harbour"
    assert complete(Metadata(title="Rain"), blocks, {0, 1}).title == "Rain"


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("Source: Harbour Board", "Harbour Board"),
        ("Quelle: dpa", "dpa"),
        ("Źródło: PAP", "PAP"),
        ("来源：新华社", "新华社"),
        ("(Reuters)", "Reuters"),
        ("AFP/dpa", "AFP/dpa"),
        ("It rained for days, the mayor said. (AFP)", "AFP"),
        ("It rained for days, the mayor said. (laughs)", ""),
        ("The source: a small river", ""),
    ],
)
def test_source_labels(line: str, label: str) -> None:
    blocks = _blocks("It rained for three days and the pier went under.", line)
    assert complete(Metadata(), blocks, range(2)).source_label == label


def test_a_chinese_reporter_is_named_in_brackets() -> None:
    blocks = _blocks("雨下了三天，港口被淹，船只无法出海。（记者 王建宏 张文攀）")
    assert complete(Metadata(), blocks, {0}).authors == ("王建宏", "张文攀")


def test_the_box_about_the_author_is_the_bio() -> None:
    bio = "Jane Roe has covered the harbour for twenty years and lives on a boat."
    blocks = [
        *_blocks("It rained.", "It rained more."),
        Block(2, "paragraph", bio, path="article/div.author-bio/p"),
        Block(3, "paragraph", bio, path="article/p"),
    ]
    metadata = complete(Metadata(authors=("Jane Roe",)), blocks, {0, 1})
    assert metadata.author_bio == bio
    assert complete(Metadata(authors=("John Doe",)), blocks, {0, 1}).author_bio == ""


def test_a_date_of_change_or_in_prose_is_not_the_issue() -> None:
    blocks = _blocks(
        "Updated 3 May 2026", "Copyright 2026, 4 May", "It rained. " * 20 + "5 May 2026"
    )
    assert complete(Metadata(), blocks, range(3)).published_at is None


def test_no_blocks_change_nothing() -> None:
    assert complete(Metadata(title="Rain"), [], set()) == Metadata(title="Rain")
