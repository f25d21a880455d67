from pathlib import Path

import pytest

from tasks.extract.blocks import segment
from tasks.extract.prune import Pruned, named_by, prune
from tasks.extract.tree import drop, parse
from tasks.rules import RuleBook, load_rules

PROSE = "The river rose by a metre in the night, and the fire brigade called in everyone it had. "
RULES = """\
rules:
  comments.form:
    class: comments.form
    selectors:
      ["#respond", "form[role='comment']", "main > .box", "div:has(> form input[type='email'])"]
    never: [".keep"]
    drops: ['<div id="respond"><p>Leave a reply</p></div>']
    keeps: ["He wanted to respond."]
    source: "a test"
  embed.post:
    class: embed.social
    action: relabel
    kind: embed
    selectors: ["blockquote.tweet"]
    drops: ['<blockquote class="tweet"><p>Rain!</p></blockquote>']
    keeps: ["He tweeted."]
    source: "a test"
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleBook:
    config: Path = tmp_path_factory.mktemp("config")
    (config / "rules").mkdir()
    (config / "rules" / "test.yaml").write_text(RULES)
    return load_rules(config)


def run(body: str, rules: RuleBook) -> tuple[Pruned, list[str]]:
    tree = parse(f"<html><body>{body}</body></html>")
    segments = segment(tree)
    return prune(tree, segments, rules), [found.text for found in segments]


ARTICLE = f"<main><p>{PROSE * 3}</p><p>{PROSE * 3}</p></main>"


@pytest.mark.parametrize(
    "box",
    [
        "<div id='respond'><p>Leave a reply</p></div>",
        "<form role='comment'><p>Leave a reply</p></form>",
        "<main><div class='box'><p>Leave a reply</p></div></main>",
        "<div><p>Leave a reply</p><form><input type='email'></form></div>",
    ],
)
def test_blocks_inside_named_elements_are_hits(box: str, rules: RuleBook) -> None:
    pruned, texts = run(ARTICLE + box, rules)
    assert [texts[hit.block] for hit in pruned.hits] == ["Leave a reply"]
    assert pruned.hits[0].rule.id == "comments.form"


def test_exceptions_are_spared(rules: RuleBook) -> None:
    assert run(ARTICLE + "<div id='respond' class='keep'><p>Hello</p></div>", rules)[0].hits == ()


@pytest.mark.parametrize("inside", [ARTICLE, "<h1>River rises</h1>"])
def test_an_element_that_holds_the_article_or_its_heading_is_spared(
    inside: str, rules: RuleBook
) -> None:
    pruned, _ = run(f"<div id='respond'>{inside}</div>{ARTICLE}", rules)
    assert (pruned.hits, pruned.spared) == ((), ("#respond",))


def test_a_relabel_changes_the_kind_only(rules: RuleBook) -> None:
    pruned, texts = run(ARTICLE + "<blockquote class='tweet'><p>Rain!</p></blockquote>", rules)
    assert {texts[i]: kind for i, kind in pruned.relabels.items()} == {"Rain!": "embed"}
    assert pruned.hits == ()


@pytest.mark.parametrize("tail", ["tail", "ta\x01il", ""])
def test_dropping_keeps_the_text_that_follows(rules: RuleBook, tail: str) -> None:
    tree = parse(f"<html><body><p>a</p><div id='respond'>x<p id='respond'>y</p></div>{tail}</body>")
    drop(tree, prune(tree, segment(tree), rules).elements)
    assert tree.text_content() == f"a{tail}"


TREE = """<html><body><main id="a" class="x"><ul><li class="one" title="b, c > d">1</li>
<li class="two"><p>2</p></li></ul></main><p class="out">3</p></body></html>"""


@pytest.mark.parametrize(
    ("css", "texts"),
    [
        ("p", ["2", "3"]),
        ("main p", ["2"]),
        ("#a > ul > .two p", ["2"]),
        ("#a > p", []),
        (".x.y p", []),
        ("li + li", ["2"]),
        (".x ~ p", ["3"]),
        (".two ~ .one", []),
        ("main > p, .out", ["3"]),
        ("[title='b, c > d']", ["1"]),
        ("li[title^='b']", ["1"]),
        ("p[title^='b']", []),
        ("[title$='c']", []),
        ("ul:has(> .two) .one", ["1"]),
        ("li:not(.one)", ["2"]),
    ],
)
def test_a_selector_is_read_from_the_element_outwards(css: str, texts: list[str]) -> None:
    tree = parse(TREE)
    is_named = named_by(css)
    assert [element.text_content() for element in tree.iter() if is_named(element)] == texts
