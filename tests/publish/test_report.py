import re
from pathlib import Path

from tasks.publish import report
from tasks.store.options import ReportOptions
from tests.synthetic import (
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
    assert not re.search(r"""(?:src|href)=["']""", html)
    assert "prefers-color-scheme: dark" in html
