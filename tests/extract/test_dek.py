"""The dek: a sentence under the headline that the page calls its description is the article's."""

from pathlib import Path

import pytest

from tasks.extract.blocks import segment
from tasks.extract.dek import find_deks
from tasks.extract.main_content import read
from tasks.extract.structured import read_structured
from tasks.extract.tree import parse
from tasks.rules import load_rules
from tasks.schema import Candidate, Metadata

RULES = load_rules(Path(__file__).parents[2] / "config")
DEK_TEXT = "Forty homes stand empty while the harbour counts what the sea has left"
STORY = (
    "The sea broke through the breakwater before five on Monday morning and took the quay with it.",
    "Firefighters led forty households to safety in the dark, and nobody was hurt, the mayor said.",
)


def page(under: str, *, description: str = DEK_TEXT, story: tuple[str, ...] = STORY) -> str:
    return f"""<html><head><title>Sea takes the quay</title>
<meta name="description" content="{description}"></head><body><main>
<h1>Sea takes the quay</h1>{under}
<article>{"".join(f"<p>{text}</p>" for text in story)}</article></main></body></html>"""


def deks(html: str, main: tuple[str, ...] = STORY) -> list[str]:
    """Return the deks of a page whose article, before they are looked for, is `main`."""
    tree = parse(html)
    segments = segment(tree)
    described = tree.xpath("string(//meta/@content)")
    metadata = Metadata(
        title="Sea takes the quay",
        candidates=(Candidate("description", described, "meta", 0.9),),
    )
    reading = read(segments, read_structured(tree), metadata, frozenset())
    taken = {i for i, found in enumerate(segments) if found.text in main}
    return [segments[i].text for i in sorted(find_deks(reading, taken))]


def test_what_the_page_calls_its_description_is_its_dek() -> None:
    assert deks(page(f"<div class=x>{DEK_TEXT}</div>")) == [DEK_TEXT]


def test_other_lines_under_the_headline_are_not() -> None:
    assert deks(page("<p>Listen to this article while you walk the dog</p>")) == []


def test_captions_links_and_the_headline_itself_are_not() -> None:
    caption = f"<figure><img src=a><figcaption>{DEK_TEXT}</figcaption></figure>"
    assert deks(page(caption)) == []
    assert deks(page(f"<p><a href=/b>{DEK_TEXT}</a></p>")) == []
    assert deks(page(f"<p>{DEK_TEXT}</p>").replace("<h1>", "<h3>").replace("</h1>", "</h3>")) == []


def test_the_beginning_of_the_first_paragraph_is_not_printed_twice() -> None:
    start = "The sea broke through the breakwater before five on Monday morning"
    assert deks(page(f"<p>{start}</p>", description=start)) == []


def test_below_the_first_paragraph_nothing_is_a_dek() -> None:
    story = (STORY[0], DEK_TEXT, STORY[1])
    assert deks(page("", story=story)) == []


@pytest.mark.parametrize(
    "name", ["article-subtitle", "entry-sub-title", "post__dek", "fig-standfirst", "SubTitle"]
)
def test_what_a_template_calls_a_dek_is_one(name: str) -> None:
    line = f"<div class={name}>{DEK_TEXT}</div>"
    assert deks(page(line, description="Another")) == [DEK_TEXT]


@pytest.mark.parametrize(
    "line",
    [
        f"<ul><li class=subtitle>{DEK_TEXT}</li></ul>",
        f"<div class=subtitle-2>{DEK_TEXT}</div>",
        f"<div class=subtitle><a href=/a>{DEK_TEXT}</a></div>",
        "<div class=subtitle>Harbour and town</div>",
        f"<figure><p class=font--subhead>{DEK_TEXT}</p></figure>",
    ],
)
def test_other_lines_with_such_names_are_none(line: str) -> None:
    assert deks(page(line, description="Another")) == []


def test_the_headline_may_be_an_h2_where_no_h1_is() -> None:
    html = page(f"<p>{DEK_TEXT}</p>").replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    assert deks(html) == [DEK_TEXT]


def test_a_dek_in_a_script_without_spaces_is_counted_by_its_characters() -> None:
    text = "去年改造户用卫生厕所四万六千座"
    assert deks(page(f"<p class=subtitle>{text}</p>", description="x")) == [text]
