"""Site memory: the laws of merging, what counts as one article, and what the decision guards."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.clean.memory import MAX_AGE, MAX_LINES, MAX_PAGES, SiteMemory, Sketch, learn, merge
from tasks.clean.recall import Recall
from tasks.clean.remembered import gather, load, merged, recall, save
from tasks.schema import Block, Extracted, Metadata, Page, Verdict
from tasks.store.layout import Layout
from tasks.store.parts import close

START = datetime(2026, 11, 1, tzinfo=UTC)
SITE = "harbour.example"


def page(
    name: str, main: Sequence[str], beside: Sequence[str] = (), at: datetime = START,
    site: str = SITE,
) -> Extracted:  # fmt: skip
    blocks = tuple(Block(i, "paragraph", text) for i, text in enumerate([*main, *beside]))
    outside = tuple(
        Verdict(i, "remove", "html.outside_main_content", 1, "page.furniture", "html", (), 0.9)
        for i in range(len(main), len(blocks))
    )
    about = Page(f"http://{site}/{name}", "s", at, "html", name.ljust(64, "0"))
    return Extracted(about, Metadata(), blocks, outside, "trafilatura")


def sketches() -> st.SearchStrategy[Sketch]:
    lines = st.lists(st.sampled_from("abcdefgh"), max_size=5, unique=True).map(tuple)
    return st.builds(
        Sketch,
        st.integers(0, 200).map(lambda days: START + timedelta(days=days)),
        st.sampled_from([f"article-{n}" for n in range(12)]),
        lines,
        lines,
    )


def memories() -> st.SearchStrategy[SiteMemory]:
    """Return memories as they arise: by merging single pages."""
    ones = st.lists(sketches(), max_size=12)
    return ones.map(
        lambda pages: reduce(merge, [SiteMemory(SITE, (p,)) for p in pages], SiteMemory(SITE))
    )


@given(memories(), memories(), memories())
def test_merging_is_associative_commutative_and_idempotent(
    a: SiteMemory, b: SiteMemory, c: SiteMemory
) -> None:
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, a) == a == merge(a, SiteMemory(SITE))


@settings(max_examples=25)
@given(st.lists(sketches(), max_size=30), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_and_number_of_workers_learns_the_same(
    pages: list[Sketch], chance: random.Random, workers: int
) -> None:
    def learnt(some: Sequence[Sketch]) -> dict[str, SiteMemory]:
        return merged({SITE: SiteMemory(SITE, (one,))} for one in some)

    shuffled = chance.sample(pages, len(pages))
    shares = [learnt(shuffled[n::workers]) for n in range(workers)]
    assert merged(shares) == learnt(pages)


def test_a_memory_of_nothing_can_be_asked(tmp_path: Path) -> None:
    save({}, tmp_path / "none.parquet")
    assert load(tmp_path / "none.parquet") == load(tmp_path / "none.parquet", SITE) == {}


def test_twenty_shuffles_have_one_hash() -> None:
    pages = [
        page(f"{n}", [f"Sentence {n} is here.", "Share this"], at=START + timedelta(hours=n))
        for n in range(200)
    ]
    found = set()
    for seed in range(20):
        chance = random.Random(seed)  # noqa: S311
        found.add(learn(chance.sample(pages, len(pages)))[SITE].version)
    assert len(found) == 1


def test_a_memory_is_bounded_in_pages_and_in_time() -> None:
    many = learn(page(f"{n}", ["A line"], at=START + timedelta(minutes=n)) for n in range(300))
    assert [p.fetched_at.minute for p in many[SITE].pages[-1:]] == [299 % 60]
    assert len(many[SITE].pages) == MAX_PAGES
    old = learn([page("old", ["A line"]), page("new", ["A line"], at=START + MAX_AGE * 1.01)])
    assert len(old[SITE].pages) == 1


def test_a_page_of_very_many_lines_is_bounded_whatever_their_order() -> None:
    def lines(sign: str) -> list[str]:
        return [f"{sign * (1 + n % 7)} {chr(0x4E00 + n)}" for n in range(3000)]

    beside = lines("b")
    one = learn([page("a", lines("m"), beside)])[SITE].pages[0]
    assert (len(one.main), len(one.beside)) == (MAX_LINES, MAX_LINES)
    assert learn([page("a", lines("m"), beside[::-1])])[SITE].pages[0].beside == one.beside


def test_the_newest_fetch_of_an_article_stands_for_it() -> None:
    first = page("story", ["Old words"])
    second = page("story?utm_source=rss", ["New words"], at=START + timedelta(hours=1))
    assert [p.main for p in learn([second, first])[SITE].pages] == [("new words",)]


def test_sites_are_kept_apart() -> None:
    two = learn([page("a", ["Line"]), page("a", ["Line"], site="other.example")])
    assert sorted(two) == [SITE, "other.example"]
    with pytest.raises(ValueError, match="two sites"):
        merge(two[SITE], two["other.example"])


def test_pages_without_an_address_teach_nothing() -> None:
    nowhere = page("a", ["Line"])
    nowhere = replace(nowhere, page=replace(nowhere.page, url="file:///tmp/a.html"))
    assert learn([nowhere]) == {}


def test_a_stored_memory_comes_back_as_it_was(tmp_path: Path) -> None:
    pages = [page(f"{n}", [f"Line {n} of text", "Share"], ["پربازدید"], site=f"{n % 3}.example")
             for n in range(20)]  # fmt: skip
    known = learn(pages)
    save(known, tmp_path / "m.parquet")
    assert load(tmp_path / "m.parquet") == known
    assert load(tmp_path / "m.parquet", "1.example") == {"1.example": known["1.example"]}
    assert load(tmp_path / "m.parquet", "nobody.example") == {}


PROSE = [
    "The harbour office closed its gates on Monday after the storm.",
    "Nobody was hurt, said the harbour master, who had slept through it.",
    "The ferry to the islands will sail again on Thursday at the earliest.",
]
OTHER = [
    "The council voted by nine to four to repair the old swing bridge.",
    "The work is to begin in April and to last no longer than two years.",
]


def _asked(asker: Extracted, *others: Extracted, line: str) -> tuple[int, int]:
    recall = Recall(learn([asker, *others])[SITE])
    own = next(p for p in recall.memory.pages if p.article == learn([asker])[SITE].pages[0].article)
    seen = recall.seen(line, recall.others(own.article, own.main))
    return seen.articles, seen.main


def test_sites_without_news_stay_as_they_are_in_the_merged_file(tmp_path: Path) -> None:
    days = {
        "p": [page("1", ["a"]), page("1", ["b"], site="other.example")],
        "q": [page("2", ["c"], ["d"]), page("1", ["e"], site="a.example")],
    }
    one, two = Layout(tmp_path / "one"), Layout(tmp_path / "two")
    for layout, at_once in ((one, False), (two, True)):
        for day, pages in days.items():
            save(learn(pages), layout.part("remembered", day, f"{day}.parquet"))
            close(layout, "remembered", day, [f"{day}.parquet"])
            assert at_once or gather(layout)
    by_day, whole = gather(one), gather(two)
    assert by_day
    assert whole
    assert by_day.version == whole.version
    assert by_day.path.read_bytes() == whole.path.read_bytes()
    assert load(by_day.path) == learn([*days["p"], *days["q"]])
    known = recall(by_day.path, "other.example")
    assert known
    assert known.version == known.memory.version


def test_a_file_of_an_earlier_version_is_read_and_joined(tmp_path: Path) -> None:
    old, new = [page("1", ["a"]), page("1", ["b"], site="other.example")], [page("2", ["c"])]
    layout = Layout(tmp_path)
    for day, pages in (("p", old), ("q", new)):
        path = layout.part("remembered", day, f"{day}.parquet")
        save(learn(pages), path)
        if pages is old:
            pq.write_table(pq.read_table(path).drop_columns(["version"]), path)
            known = recall(path, "other.example")
            assert load(path) == learn(old)
            assert known
            assert known.version == learn(old)["other.example"].version
        close(layout, "remembered", day, [path.name])
    joined = gather(layout)
    assert joined
    assert load(joined.path) == learn([*old, *new])


def test_other_articles_are_counted_and_ones_own_page_is_not() -> None:
    asker = page("a", [*PROSE, "Share this"])
    assert _asked(asker, line="share this") == (0, 0)
    assert _asked(asker, page("b", [*OTHER, "Share this"]), line="share this") == (1, 1)
    assert _asked(asker, page("b", OTHER, ["Share this"]), line="share this") == (1, 0)


def test_a_republished_article_is_no_other_article() -> None:
    asker = page("a", [*PROSE, "Share this"])
    copy = page("copy", [*PROSE, "Share this"])
    assert _asked(asker, copy, line=PROSE[0].casefold()) == (0, 0)
    other = page("b", [*OTHER, "Share this"])
    assert _asked(other, asker, copy, line="share this") == (1, 1)


def test_digits_and_case_make_no_difference_between_lines() -> None:
    asker = page("a", [*PROSE, "12 Comments"])
    assert _asked(asker, page("b", [*OTHER, "3 COMMENTS"]), line="0 comments") == (1, 1)
