"""Links without a tree: what is one, what is none, and how long hostile pages take."""

import time

import pytest

from tasks.fetch.discover import linked_feeds, read_homepage
from tasks.fetch.tags import MAX_BYTES, tags


def hrefs(page: str) -> list[str]:
    return [fields.get("href", "") for fields, _ in tags(page.encode(), "a")]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<a href=x>", ["x"]),
        ("<A\nclass='b c' HREF = '/y?a=1&amp;b=2' >", ["/y?a=1&b=2"]),
        ('<a href="/one" href="/two">', ["/one"]),
        ('<a data-href="/no" href="/yes">', ["/yes"]),
        ("<a>", [""]),
        ("<abbr href=x><article href=y><link href=z>", []),
        ("<script>'<a href=x>'</script><a href=y>", ["y"]),
        ("<SCRIPT type=x>'<a href=x>'</Script ><a href=y>", ["y"]),
        ("<!-- <a href=x> --><style><a href=x></style><a href=y>", ["y"]),
        ("<a href=x><script><a href=y>", ["x"]),
        ('<a href="unclosed><a href=y>', ["", "y"]),
    ],
)
def test_what_is_a_link(page: str, expected: list[str]) -> None:
    assert hrefs(page) == expected


def test_the_text_of_a_link() -> None:
    page = b"<a href=x> The <b>late</b>\n ferry &amp; more</a> and <a href=y>unclosed"
    assert [text for _, text in tags(page, "a")] == ["The late ferry & more", "unclosed"]


@pytest.mark.parametrize(
    "piece",
    [b"<div>", b"<a ", b"<a href='", b"<a href=\"x", b"<", b"<!--", b"<script", b"</a", b"<a>",
     b"<a href=x>", b"<a a=a a=a", b"a= ", b"<a " + b" " * 4000, b"<b><i>", b"&amp;", b"<script>"],
)  # fmt: skip
def test_hostile_pages_take_time_by_their_length_only(piece: bytes) -> None:
    """Two megabytes of it; a parser of trees takes minutes for the first."""
    page = piece * (2 * MAX_BYTES // len(piece))
    begun = time.process_time()
    read_homepage(page, "http://news.example/", 1000)
    linked_feeds(page, "http://news.example/")
    assert time.process_time() - begun < 30
