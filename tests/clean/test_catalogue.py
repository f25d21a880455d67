"""Every class of boilerplate, one by one: its example goes, by the rule named; text stays."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.page import process
from tasks.rules import load_rules
from tasks.schema import Capture, Finished, Page

PROJECT = Path(__file__).parents[2]
RULES = load_rules(PROJECT / "config")
CASES: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("catalogue.yaml").read_text(encoding="utf-8")
)
CATALOGUE = PROJECT.parent / "shared" / "boilerplate" / "catalog.yaml"

TITLE = "Sea breaks through the breakwater at Port Ellery"
STORY = (
    "The sea broke through the north breakwater shortly before five on Monday morning.",
    "Firefighters led forty-one households to safety in the dark, and nobody was hurt, they said.",
    "“The stone is lying in the basin, and until we have moved it nothing comes in or goes out.”",
    "Sandbags will be delivered to every house below the chapel by Wednesday, the council said.",
    "No contract for the repair had been signed, and nobody could say who is to pay for it.",
)


def page(at: str = "", html: str = "", keep: str = "") -> str:
    """Return a page with `html` at a place, and the sentence `keep` as a paragraph of the story."""
    story = [*STORY[:2], *([keep] if keep else []), *STORY[2:]]
    paragraphs = [f"<p>{text}</p>" for text in story]
    if at == "middle":
        paragraphs.insert(2, html)
    top, bottom = (html if at == place else "" for place in ("top", "bottom"))
    return (
        f"<html lang=en><head><title>{TITLE}</title></head><body><main><article><h1>{TITLE}</h1>"
        f"{top}{''.join(paragraphs)}{bottom}</article></main></body></html>"
    )


def finish(html: str) -> Finished:
    known = Page("https://courier.example/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "html", "")
    return process(Capture(known, html.encode()), RULES)


def by_of(done: Finished) -> set[str]:
    """Return the rules that took a block out of the text or moved one."""
    rules = {removal.verdict.rule for removal in done.removed}
    return rules | {verdict.rule for _, verdict in done.moved}


@pytest.mark.parametrize("name", sorted(n for n, c in CASES.items() if not c.get("stays")))
def test_what_is_boilerplate_goes_by_the_rule_that_is_named(name: str) -> None:
    case = CASES[name]
    done = finish(page(case["at"], case["html"]))
    if case["by"] == "engine":
        took = {r.verdict.rule for r in done.removed if case["gone"] in r.block.text}
        assert took & {"html.outside_main_content", "html.furniture_in_main_content"}
    else:
        assert case["by"] in by_of(done) - by_of(finish(page()))
    assert done.text.count(case["gone"]) == case.get("copies", 0)
    assert all(text in done.text for text in STORY)


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_only_looks_like_it_stays(name: str) -> None:
    case = CASES[name]
    if case.get("stays"):
        done = finish(page(case["at"], case["html"]))
    else:
        done = finish(page(keep=case["keep"]))
    assert case["keep"] in done.text
    assert all(text in done.text for text in STORY)


@pytest.mark.skipif(not CATALOGUE.exists(), reason="../shared is not beside the project")
def test_no_class_is_forgotten() -> None:
    listed = re.findall(r"^- id: (\S+)", CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(CASES) == sorted(listed)
