import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from lxml import html as lxml_html

from tasks.publish import report
from tasks.publish.summary import Host, Summary, age, slowest
from tasks.publish.trends import Published
from tasks.store.options import ReportOptions
from tests.synthetic import (
    NOON,
    close_all,
    failure,
    finished,
    later,
    prose,
    publish_pages,
    run_dedup,
    run_publish,
    write_part,
)

DAY = "2026-11-24"


def make(data: Path, title: str = "") -> tuple[report.Report, str]:
    made = report.run(DAY, data, data, "run-1", ReportOptions(title=title))
    assert Path(made.path).name == "run-1.html"
    return made, Path(made.path).read_text(encoding="utf-8")


def test_every_page_of_the_partition_is_counted_once(tmp_path: Path) -> None:
    page = finished("alpha")
    pages = [page, later(page, 1), later(page, 2, [prose("x")]), finished("copy", [prose("x")])]
    write_part(tmp_path, DAY, "p1", pages, [failure("f"), failure("g")])
    close_all(tmp_path, DAY)
    run_dedup(tmp_path)
    run_publish(tmp_path)
    made, html = make(tmp_path)
    assert (made.pages, made.versions, made.unchanged, made.duplicates) == (4, 3, 1, 1)
    assert (made.kept, made.removed, made.quarantined) == (6, 6, {"no-content": 2})
    assert made.removed_by_class == {"navigation.top": 6}
    assert "harbour-courier.example" in html
    assert "no-content" in html


def test_a_report_without_duplicates_or_pages_is_a_report(tmp_path: Path) -> None:
    publish_pages(tmp_path, [finished("alpha")])
    assert make(tmp_path)[0].duplicates == 0
    publish_pages(tmp_path, [])
    run_dedup(tmp_path)
    close_all(tmp_path, "empty")
    run_publish(tmp_path)
    assert report.run("empty", tmp_path, tmp_path, "r", ReportOptions()).pages == 0


def test_the_file_stands_alone_and_escapes_what_pages_say(tmp_path: Path) -> None:
    publish_pages(tmp_path, [finished("alpha", site="<script>alert(1)</script>.example")])
    html = make(tmp_path, title="A & B")[1]
    assert "<script" not in html
    assert "A &amp; B" in html
    assert not re.search(r"""src=|url\(|@import""", html)
    links = re.findall(r'href="([^"]*)"', html)
    assert all(link.startswith(("#", "run-1-review/index.html")) for link in links), links
    assert "default-src &#39;none&#39;" in html
    assert "prefers-color-scheme: dark" in html


def test_the_report_is_about_all_partitions_of_the_run(tmp_path: Path) -> None:
    other = finished("beta", site="quay-post.example", at=NOON - timedelta(days=3))
    there = replace(other.page, warc_file="2026-11-21/a.warc.gz", url="https://quay-post.example/b")
    write_part(tmp_path, DAY, "p1", [finished("alpha")])
    write_part(tmp_path, "2026-11-21", "p1", [replace(other, page=there)], [failure("f")])
    third = finished("gamma", site="not-asked.example")
    third = replace(third, page=replace(third.page, warc_file="2026-11-20/a.warc.gz"))
    write_part(tmp_path, "2026-11-20", "p1", [third])
    for partition in (DAY, "2026-11-21", "2026-11-20"):
        close_all(tmp_path, partition)
    run_dedup(tmp_path)
    run_publish(tmp_path)
    options = ReportOptions(partitions=("2026-11-21", DAY))
    made = report.run(DAY, tmp_path, tmp_path, "run-1", options)
    assert (made.pages, made.versions, made.sites) == (2, 2, 2)
    assert made.quarantined == {"no-content": 1}
    html = Path(made.path).read_text(encoding="utf-8")
    index = Path(made.review).read_text(encoding="utf-8")
    for site in ("harbour-courier.example", "quay-post.example"):
        assert f'href="run-1-review/index.html#{site}"' in html
        assert f'id="{site}"' in index
    assert 'id="rule-navigation.back_to_top"' in index
    assert 'index.html#rule-navigation.back_to_top"' in html
    assert "not-asked" not in html + index


def test_every_table_has_a_caption_and_headers_with_a_scope(tmp_path: Path) -> None:
    publish_pages(
        tmp_path, [finished("alpha"), finished("copy", [prose("alpha"), prose("alpha 2")])]
    )
    tree = lxml_html.document_fromstring(make(tmp_path)[1])
    assert tree.xpath("//table")
    assert not tree.xpath("//table[not(caption)]")
    assert not tree.xpath("//th[not(@scope)]")
    assert not tree.xpath("//svg[not(@aria-hidden) and not(@aria-label)]")
    assert not tree.xpath("//*[@style or starts-with(name(@*), 'on')]")
    for landmark in ("header", "main", "nav[@aria-label]", "footer"):
        assert len(tree.xpath(f"//{landmark}")) == 1, landmark
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    named = [name for names in tree.xpath("//@aria-labelledby") for name in names.split()]
    assert set(named) <= set(ids)
    assert {link[1:] for link in tree.xpath("//nav//a/@href")} <= set(ids)


def test_alarms_are_shown_with_their_evidence() -> None:
    row = {
        "site": "<b>a.example", "day": date(2026, 11, 24), "since": None, "status": "alarm",
        "cause": "redesign", "metric": "empty", "value": 0.5, "baseline": 0.01, "held": True,
        "evidence": ["12 of 24 pages are empty"],
    }  # fmt: skip
    news = Published(alarms=[row])
    html = report.render(Summary(("2026-11-24",)), news, report.Review(), ("t", "s", "r"))
    assert "&lt;b&gt;a.example" in html
    assert "12 of 24 pages are empty" in html
    assert "empty 0.5, usually 0.01" in html
    assert "held in quarantine" in html
    assert "No site is out of its usual range" not in html


def test_hosts_are_ordered_by_their_median() -> None:
    hosts = [Host("a", milliseconds=[1, 2, 900]), Host("b", milliseconds=[50, 60]), Host("c")]
    assert [host.name for host in slowest(hosts, 2)] == ["b", "a"]
    assert Host("x", milliseconds=list(range(1, 21))).slow_ms == 19
    assert hosts[0].slow_ms == 900


def test_ages() -> None:
    when = [NOON - timedelta(days=days) for days in (-1, 0, 1, 7, 8, 31, 32, 365, 366, 4000)]
    assert [age(at, NOON) for at in when] == [
        "dated in the future", "the same day", "1 day", "2 to 7 days", "8 to 31 days",
        "8 to 31 days", "a month to a year", "a month to a year", "more than a year",
        "more than a year",
    ]  # fmt: skip
    assert age(None, NOON) == "no date"
