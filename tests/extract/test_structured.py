# ruff: noqa: E501  real lines of text are long
from datetime import UTC, datetime

from tasks.extract.structured import Structured, read_structured
from tasks.extract.tree import parse


def read(*scripts: str) -> Structured:
    tags = "".join(f'<script type="application/ld+json">{s}</script>' for s in scripts)
    return read_structured(parse(f"<html><head>{tags}</head><body><p>x</p></body></html>"))


def test_the_article_with_the_longest_body_is_the_page() -> None:
    found = read(
        '[{"@type": "NewsArticle", "headline": "Teaser"}]',
        '{"@graph": [{"@type": ["Article"], "headline": "Rain", "articleBody": "It rained.\\n\\nThen not.",'
        ' "isAccessibleForFree": "False"}]}',
    )
    assert found.headline == "Rain"
    assert found.paragraphs == ("It rained.", "Then not.")
    assert found.is_partial


def test_what_real_pages_break_is_mended() -> None:
    assert read('<!-- {"@type": "Article", "headline": "A"}; -->').headline == "A"
    assert read('//<![CDATA[\n{"@type": "Article", "headline": "A\tB"}\n//]]>').headline == "A B"
    assert read('{"@type": "Article", &quot;headline&quot;: "A"}').headline == "A"


def test_what_cannot_be_read_is_counted_and_the_rest_counts() -> None:
    found = read('{"@type": "Article", "headline": }', '{"@type": "Article", "headline": "B"}')
    assert (found.broken, found.headline) == (1, "B")


def test_no_json_is_an_empty_answer() -> None:
    found = read()
    assert (found.nodes, found.article, found.paragraphs, found.is_partial) == ((), None, (), False)


def test_live_blog_entries_have_their_times() -> None:
    found = read(
        '{"@type": "LiveBlogPosting", "liveBlogUpdate": [{"headline": "Now", "articleBody": "<p>It rains.</p>",'
        ' "datePublished": "2026-11-24T10:00:00Z"}, {"articleBody": "Earlier.", "datePublished": "soon"}]}'
    )
    assert [(e.headline, e.text, e.time) for e in found.live] == [
        ("Now", "It rains.", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("", "Earlier.", None),
    ]


def test_a_deep_graph_ends() -> None:
    assert read('{"@graph": ' * 60 + "[]" + "}" * 60).article is None
