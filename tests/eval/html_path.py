"""cleancopy against trafilatura alone, on the same pages in the same run.

    .venv/bin/python -m tests.eval.html_path [--every N] [--all] [--worst N] [--out FOLDER]
                                             [--folds FOLDER]

Prints the corpus' own table per source and language with the paired difference, the worst pages
with what was lost and what leaked, and CPU per page. One process; pages in the order of the files.
With ``--folds`` each page is judged by a model that has not seen its site (`tests.eval.train`
keeps them): what to expect of other sites.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import trafilatura

from tasks.errors import PageError
from tasks.extract import main_content
from tasks.extract.judge import load_model
from tasks.extract.metadata.page import credited
from tasks.page import process
from tasks.rules import RuleBook, load_rules
from tasks.schema import Finished
from tests.eval.corpus import CORPUS, GoldPage, gold_pages, scorer

CONFIG: Final = Path(__file__).parents[2] / "config"
MEASURES: Final = ("f1", "p", "r", "good", "bad", "with", "leak", "auto", "title", "author", "date")


@dataclass
class Run:
    """Predictions of both sides, and what they cost in CPU seconds."""

    ours: dict[str, dict[str, Any]] = field(default_factory=dict)
    theirs: dict[str, dict[str, Any]] = field(default_factory=dict)
    our_cpu_s: float = 0.0
    their_cpu_s: float = 0.0
    extractors: Counter[str] = field(default_factory=Counter)
    finished: dict[str, Finished] = field(default_factory=dict)  # pages that did not fail

    @property
    def cpu_ratio(self) -> float:
        """CPU of cleancopy, metadata and ledger and all, over that of trafilatura's text alone."""
        return self.our_cpu_s / self.their_cpu_s


def run(pages: Iterable[GoldPage], rules: RuleBook, folds: Path | None = None) -> Run:
    """Return what both sides make of `pages`; the first page warms up and is not timed.

    With `folds` each page is judged by that one of the models there that has not seen its site.
    """
    known = main_content.load_model
    try:
        return _run(pages, rules, folds)
    finally:
        main_content.load_model = known


def _run(pages: Iterable[GoldPage], rules: RuleBook, folds: Path | None) -> Run:
    score = scorer()
    done = Run()
    for number, page in enumerate(pages):
        if folds:
            model = load_model(folds / f"{page.fold}.json")
            main_content.load_model = lambda model=model: model
        source = CORPUS / page.gold["source"] / "pages" / f"{page.gold['id']}.html.gz"
        text = score.read_html(source)
        if number == 0:
            finish(page, rules)
            baseline(text)
        started = time.process_time()
        theirs = baseline(text)
        between = time.process_time()
        ours = finish(page, rules)
        done.their_cpu_s += between - started
        done.our_cpu_s += time.process_time() - between
        done.theirs[page.gold["id"]] = {"id": page.gold["id"], "text": theirs}
        done.ours[page.gold["id"]] = {"id": page.gold["id"], **predict(ours)}
        done.extractors[ours.extractor if isinstance(ours, Finished) else ours] += 1
        if isinstance(ours, Finished):
            done.finished[page.gold["id"]] = ours
    return done


def baseline(html: str) -> str:
    """Return trafilatura's text, comments off."""
    return trafilatura.extract(html, include_comments=False) or ""


def finish(page: GoldPage, rules: RuleBook) -> Finished | str:
    """Return the page as it is published; a failure is its slug."""
    try:
        return process(page.capture, rules)
    except PageError as error:
        return error.slug


def predict(done: Finished | str) -> dict[str, Any]:
    """Return what the command ``clean`` prints of the page; a failure is an empty text."""
    if isinstance(done, str):
        return {"text": "", "error": done}
    found = done.metadata
    return {
        "text": done.text,
        "title": found.title,
        "authors": list(credited(found)),
        "published": found.published_at.isoformat() if found.published_at else None,
    }


def means(pages: Iterable[GoldPage], predictions: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return the macro means of all measures."""
    score = scorer()
    rows = [score.page(page.gold, predictions.get(page.gold["id"], {})) for page in pages]
    return {
        name: value
        for name in MEASURES
        if (value := score.mean(row.get(name) for row in rows)) is not None
    }


def worst(pages: Iterable[GoldPage], done: Run, number: int) -> list[str]:
    """Return a line for each of the pages with the lowest word F1."""
    score = scorer()
    rows = []
    for page in pages:
        mine = score.page(page.gold, done.ours[page.gold["id"]])
        if "f1" in mine:
            base = score.page(page.gold, done.theirs[page.gold["id"]])["f1"]
            rows.append((mine["f1"], base, mine["p"], mine["r"], page.gold["id"]))
    return [
        f"{f1:.3f} (trafilatura {base:.3f})  P {p:.3f}  R {r:.3f}  {name}"
        for f1, base, p, r, name in sorted(rows)[:number]
    ]


def tables(pages: Sequence[GoldPage], done: Run, folder: Path, number: int = 20) -> str:
    """Return the report: the corpus' tables, the worst pages, the CPU; `folder` gets its files."""
    for name, predictions in (("cleancopy", done.ours), ("trafilatura", done.theirs)):
        lines = (json.dumps(p, ensure_ascii=False) for p in predictions.values())
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    gold = folder / "gold.jsonl"
    gold.write_text("\n".join(json.dumps(page.gold) for page in pages), encoding="utf-8")
    command = [sys.executable, str(CORPUS / "score.py"), str(gold), "--all"]
    command += ["--pred", str(folder / "cleancopy.jsonl")]
    command += ["--against", str(folder / "trafilatura.jsonl")]
    scored = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cpu = (
        f"CPU ms per page: trafilatura alone {1000 * done.their_cpu_s / len(pages):.1f}, "
        f"cleancopy {1000 * done.our_cpu_s / len(pages):.1f}, ratio {done.cpu_ratio:.2f}; "
        f"readings: {dict(done.extractors.most_common())}"
    )
    return "\n".join([scored, "worst pages", *worst(pages, done, number), "", cpu])


def main() -> None:
    """Run both sides and print the tables."""
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--every", type=int, default=1, help="only every Nth page")
    ap.add_argument("--all", action="store_true", help="also pages that are no news")
    ap.add_argument("--worst", type=int, default=20, help="how many of the worst pages to list")
    ap.add_argument("--out", type=Path, help="keep the predictions in this folder")
    ap.add_argument("--folds", type=Path, help="models of the folds; the figures of unseen sites")
    asked = ap.parse_args()
    pages = [page for page in gold_pages() if asked.all or page.is_news][:: asked.every]
    done = run(pages, load_rules(CONFIG), asked.folds)
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(tables(pages, done, folder, asked.worst))  # noqa: T201  the report


if __name__ == "__main__":
    main()
