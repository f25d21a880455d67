"""Site memory on the demo newsroom: 46 stories as one another's siblings, real extraction."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
import yaml

from flows.newsroom_pages import build
from tasks.clean.memory import learn, site_of
from tasks.clean.page import clean
from tasks.clean.recall import Recall
from tasks.clean.recurring import RULE
from tasks.errors import PageError
from tasks.extract.page import extract
from tasks.rules import load_rules
from tasks.schema import Capture, Cleaned, Extracted, Page
from tasks.settings import PROJECT

NEWSROOM = PROJECT / "data" / "samples" / "newsroom"
CASES: list[dict[str, Any]] = yaml.safe_load((NEWSROOM / "cases.yaml").read_text("utf-8"))[
    "articles"
]
RULES = load_rules(PROJECT / "config")


@cache
def pages() -> dict[str, Extracted]:
    """Return every story that can be extracted, by the name of its case."""
    editions = {edition: build(NEWSROOM, edition) for edition in (1, 2)}
    found = {}
    for case in CASES:
        shown = editions[case.get("edition", 1)][case["site"], case["path"]]
        page = Page(
            url=f"http://{case['site']}{case['path']}",
            source_id=case["site"],
            fetched_at=datetime(2026, 11, 24, tzinfo=UTC),
            media="html",
            raw_sha256=hashlib.sha256(shown.body).hexdigest(),
        )
        charset = shown.content_type.partition("charset=")[2]
        try:
            found[case["case"]] = extract(Capture(page, shown.body, charset), RULES)
        except PageError:
            continue
    return found


@cache
def recalls() -> dict[str, Recall]:
    return {site: Recall(memory) for site, memory in learn(pages().values()).items()}


def flat(text: str) -> str:
    return " ".join(text.split())


def text(cleaned: Cleaned) -> str:
    return flat(" ".join(block.text for block in cleaned.kept))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_no_sentence_that_must_stay_is_lost_to_the_memory(case: dict[str, Any]) -> None:
    page = pages().get(case["case"])
    if page is None:
        pytest.skip("extraction finds no article on the page: nothing to clean")
    without = text(clean(page, RULES))
    remembered = text(clean(page, RULES, recalls()[site_of(page)]))
    wanted = [flat(line) for line in (case["first"], case["last"], *case["keep"])]
    assert [line for line in wanted if line in without and line not in remembered] == []


def test_what_the_memory_takes_has_counts_as_evidence() -> None:
    for page in pages().values():
        for removal in clean(page, RULES, recalls()[site_of(page)]).removed:
            if removal.verdict.rule == RULE:
                assert removal.verdict.stage == "site"
                assert " other articles of the site" in removal.verdict.evidence[0]
