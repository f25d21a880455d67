from datetime import UTC, datetime, timedelta, timezone

from tasks.extract.align import words_key
from tasks.extract.live import mark_entries
from tasks.extract.structured import LiveEntry
from tasks.schema import Block

TEXTS = [
    "Storm: all updates",
    "Harbour closed until noon",
    "Boats stay in.",
    "Harbour closed until noon",
    "It began at dawn on Monday.",
]
BLOCKS = tuple(Block(i, "paragraph", text) for i, text in enumerate(TEXTS))
KEYS = [words_key(text) for text in TEXTS]
TEN = datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=2)))


def test_the_block_an_entry_begins_with_has_its_time() -> None:
    entries = [
        LiveEntry("Harbour closed until noon", "Boats stay in.", TEN),
        LiveEntry("", "It began at dawn on Monday.", TEN),
    ]
    marked = mark_entries(BLOCKS, KEYS, {1, 2, 3, 4}, entries)
    assert [(b.index, b.time) for b in marked if b.kind == "live_entry"] == [
        (1, datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (4, datetime(2026, 11, 24, 8, tzinfo=UTC)),
    ]
    assert [b.text for b in marked] == TEXTS


def test_entries_without_time_zone_and_blocks_outside_the_article_stay() -> None:
    naive = LiveEntry("Harbour closed until noon", "", datetime(2026, 11, 24, 10))
    outside = LiveEntry("Storm: all updates", "", TEN)
    assert mark_entries(BLOCKS, KEYS, {1, 2}, [naive, outside]) == BLOCKS
