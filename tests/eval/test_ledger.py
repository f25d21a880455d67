"""Every page of the shared corpus through the command line, and the ledger of each news page.

The command runs in two processes over all pages, backwards; the news pages have also been read one
after the other in this process. Both must have made the same texts.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.clean.page import clean
from tasks.normalise.characters import undo
from tasks.rules import RuleBook, load_rules
from tasks.schema import SEPARATOR, Block, Edit, Extracted, Finished
from tests.eval.corpus import CORPUS, GoldPage, gold_pages
from tests.eval.html_path import CONFIG, Run

MIN_PAGES = 1000

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not CORPUS.exists(), reason="../shared is not beside the project"),
]


@pytest.fixture(scope="module")
def rules() -> RuleBook:
    return load_rules(CONFIG)


@pytest.fixture(scope="module")
def pages() -> dict[str, GoldPage]:
    return {page.gold["id"]: page for page in gold_pages()}


@pytest.fixture(scope="module")
def records(pages: dict[str, GoldPage], tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Return the output lines of ``clean --manifest`` over all pages, those that failed too."""
    manifest = tmp_path_factory.mktemp("manifest") / "pages.jsonl"
    with manifest.open("w", encoding="utf-8") as file:
        for name, page in reversed(pages.items()):
            path = CORPUS.resolve() / page.gold["source"] / "pages" / f"{name}.html.gz"
            row = {"id": name, "path": str(path), "url": page.gold.get("url") or ""}
            file.write(json.dumps(row) + "\n")
    command = [sys.executable, "-m", "flows.cli", "clean", "--manifest", str(manifest)]
    command += ["--format", "jsonl", "--no-memory", "--workers", "2"]
    run = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"CLEANCOPY_WORK_PAGE_LIMIT_S": "300"},  # a loaded machine is no crash
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 3), run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_a_line_for_every_page_and_no_crash(records: list[Any], pages: dict[str, GoldPage]) -> None:
    assert len(records) >= MIN_PAGES
    assert [record["id"] for record in records] == list(reversed(pages))
    errors = {r["id"]: r["error"] for r in records if "error" in r}
    assert set(errors.values()) <= {"no-content"}, errors
    assert len(errors) <= len(pages) / 200, errors


def test_any_order_and_any_number_of_workers_make_the_same_texts(
    records: list[Any], done: Run
) -> None:
    texts = {record["id"]: record.get("text", "") for record in records}
    assert {name for name, page in done.finished.items() if page.text != texts[name]} == set()


def test_kept_moved_and_removed_are_the_extracted_blocks(done: Run) -> None:
    assert {name for name, page in done.finished.items() if not _adds_up(page)} == set()


def test_cleaning_twice_changes_nothing(done: Run, rules: RuleBook) -> None:
    changed = {
        name: gone
        for name, page in done.finished.items()
        if (gone := _taken_again(page, rules)) != []
    }
    assert changed == {}


def _adds_up(page: Finished) -> bool:
    """Return whether the page's blocks, edits undone, are each there once and where they were."""
    edits: dict[int, list[Edit]] = {}
    for edit in page.edits:
        edits.setdefault(edit.block, []).append(edit)
    kept = [replace(b, text=undo(b.text, edits.get(b.index, ()))) for b in page.blocks]
    blocks = [*kept, *(b for b, _ in page.moved), *(r.block for r in page.removed)]
    blocks.sort(key=lambda block: block.index)
    text = SEPARATOR.join(block.text for block in blocks)
    return [block.index for block in blocks] == list(range(len(blocks))) and all(
        text[removal.start_char : removal.end_char] == removal.block.text
        for removal in page.removed
    )


def _taken_again(page: Finished, rules: RuleBook) -> list[str]:
    """Return what would be taken out of the page if its kept blocks were all there is."""
    blocks: tuple[Block, ...] = tuple(replace(b, index=i) for i, b in enumerate(page.blocks))
    again = clean(Extracted(page.page, page.metadata, blocks, (), page.extractor), rules)
    return [removal.block.text for removal in again.removed] + [b.text for b, _ in again.moved]
