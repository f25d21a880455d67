"""What settling fills in after the cut."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from tasks.clean.settle import settle
from tasks.schema import Block, Cleaned, Metadata, Page

PAGE = Page("https://vell.example/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "text", "")


def cleaned(published: datetime | None) -> Cleaned:
    blocks = (
        Block(0, "live_entry", "10:45 - The ferry sails."),
        Block(1, "paragraph", "10:50 - Nobody marked this as an entry."),
    )
    metadata = replace(Metadata(), published_at=published)
    return Cleaned(PAGE, metadata, blocks, (), (), "lines")


def test_an_entry_that_begins_with_a_clock_is_of_the_day_of_publication() -> None:
    zone = timezone(timedelta(hours=2))
    done = settle(cleaned(datetime(2026, 5, 3, 23, 30, tzinfo=zone)))
    times = [block.time for block in done.kept]
    assert times == [datetime(2026, 5, 3, 8, 45, tzinfo=UTC), None]
    assert settle(done) == done


def test_without_a_day_an_entry_has_no_time() -> None:
    assert [block.time for block in settle(cleaned(None)).kept] == [None, None]
