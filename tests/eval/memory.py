"""Site memory on pages of real sites: each site's pages as one another's siblings.

    .venv/bin/python -m tests.eval.memory [--folds FOLDER]      figures and learning curve

Compared is cleaning with memory to cleaning without, on the same extraction. A block is *lost* if
the gold text has it, *furniture* if not; only furniture that recurs on other articles can be
learnt.

The model of the main content has learnt from these very pages, so it leaves nothing for memory to
do on them. What it leaves on sites it never saw is shown by the models of the folds
(``tests.eval.train --folds``); without them the article is what trafilatura says it is.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any

from tasks.clean.memory import (
    SiteMemory,
    article_of,
    learn,
    line_key,
    main_blocks,
    main_lines,
)  # fmt: skip
from tasks.clean.page import clean
from tasks.clean.recall import Recall
from tasks.errors import PageError
from tasks.extract import main_content
from tasks.extract.judge import Model, load_model
from tasks.extract.page import extract
from tasks.normalise.page import printed
from tasks.rules import load_rules
from tasks.schema import SEPARATOR, Cleaned, Extracted
from tasks.settings import PROJECT
from tests.eval.corpus import CORPUS, GoldPage, gold_pages, scorer

SIBLINGS = (1, 2, 4, 8, 16)
MANY = 4
RULES = load_rules(PROJECT / "config")
FOLDS: list[Path | None] = [None]
NEVER = -99.0  # no block is likely then: what trafilatura returned is the article


@dataclass(frozen=True, slots=True)
class Sample:
    """One page of a site, and its gold."""

    id: str
    site: str
    gold: dict[str, Any]
    is_scored: bool
    extracted: Extracted


@dataclass(frozen=True, slots=True)
class Score:
    """One page as measured."""

    id: str
    site: str
    f1: float
    precision: float
    recall: float
    paragraphs: float
    leak: float | None
    furniture: int  # kept blocks that the gold has not and other articles of the site have
    taken: int  # blocks the memory removed
    lost: tuple[str, ...]  # of these, texts that the gold has


@cache
def model_of(fold: int, folds: Path | None) -> Model:
    """Return a model that has not learnt from the pages of a fold."""
    if folds:
        return load_model(folds / f"{fold}.json")
    known = load_model()
    silent = (
        [replace(trees, base=NEVER) for trees in trainings]
        for trainings in (known.alone, known.asked)
    )
    return replace(known, alone=next(silent), asked=next(silent))


def judged(page: GoldPage, folds: Path | None) -> Extracted:
    """Return the page as extracted by a model that does not know it."""
    known = main_content.load_model
    main_content.load_model = lambda: model_of(page.fold, folds)
    try:
        return extract(page.capture, RULES)
    finally:
        main_content.load_model = known


@cache
def samples() -> dict[str, list[Sample]]:
    """Return the pages of sites.json that can be extracted, by site."""
    listed: dict[str, list[str]] = json.loads((CORPUS / "sites.json").read_text("utf-8"))
    site_of = {name: site for site, names in listed.items() for name in names}
    found: dict[str, list[Sample]] = {site: [] for site in listed}
    for page in gold_pages():
        name = page.gold["id"]
        if name not in site_of:
            continue
        try:
            extracted = judged(page, FOLDS[-1])
        except PageError:
            continue
        site = site_of[name]
        # the list knows better than the pages' own addresses which belong together
        about = replace(extracted.page, url=f"http://{site}/{name}")
        extracted = replace(
            extracted, page=about, metadata=replace(extracted.metadata, canonical_url="")
        )
        is_scored = page.is_news and bool(page.gold.get("text"))
        found[site].append(Sample(name, site, page.gold, is_scored, extracted))
    return found


def memory(pages: Iterable[Sample]) -> SiteMemory:
    """Return what pages of one site teach."""
    (found,) = learn(page.extracted for page in pages).values()
    return found


def siblings(page: Sample, count: int) -> list[Sample]:
    """Return `count` other pages of the page's site, or all there are: always the same ones."""
    others = [other for other in samples()[page.site] if other.id != page.id]
    digest = {o.id: hashlib.sha256(f"{page.id} {o.id}".encode()).hexdigest() for o in others}
    return sorted(others, key=lambda other: digest[other.id])[:count]


def measure(page: Sample, known: Recall | None, everything: Recall) -> Score:
    """Return how well the page is cleaned with what is `known` of its site."""
    score = scorer_module()
    cleaned = clean(page.extracted, RULES, known)
    text = SEPARATOR.join(printed(b) for b in cleaned.kept if b.kind != "headline")
    row = score.page(page.gold, {"id": page.id, "text": text})
    gold = flat(page.gold["text"])
    gone = [r.block.text for r in cleaned.removed if r.verdict.stage == "site"]
    return Score(
        id=page.id,
        site=page.site,
        f1=row["f1"],
        precision=row["p"],
        recall=row["r"],
        paragraphs=_paragraphs(cleaned, page.gold["text"]),
        leak=row["auto"],
        furniture=_furniture(page, cleaned, gold, everything),
        taken=len(gone),
        lost=tuple(text for text in gone if flat(text) in gold),
    )


def run(count: int | None = None) -> list[Score]:
    """Return all scored pages, each with `count` siblings (None: all, 0: no memory)."""
    return [
        measure(page, _known(page, count), whole(site))
        for site, pages in samples().items()
        for page in pages
        if page.is_scored
    ]


@cache
def whole(site: str) -> Recall:
    """Return all that is known of a site."""
    return Recall(memory(samples()[site]))


@cache
def scorer_module() -> ModuleType:
    """Return the corpus' own scorer."""
    return scorer()


def flat(text: str) -> str:
    """Return text as the scorer compares lines."""
    score = scorer_module()
    return str(score.flat(score.tidy(text)))


def on_large_sites(scores: Sequence[Score]) -> list[Score]:
    """Return the scores of sites with `MANY` pages or more."""
    return [score for score in scores if len(samples()[score.site]) >= MANY]


def report(scores: Mapping[str, Sequence[Score]]) -> Iterable[str]:
    """Yield lines of figures: without memory first."""
    base = next(iter(scores.values()))
    yield (
        f"{'':22}{'pages':>6}{'F1':>8}{'prec':>8}{'recall':>8}{'para':>8}"
        f"{'taken':>7}{'left':>6}{'lost':>6}{'worst':>8}"
    )
    for name, found in scores.items():
        worst = max(b.recall - s.recall for b, s in zip(base, found, strict=True))
        yield (
            f"{name:22}{len(found):6}{fmean(s.f1 for s in found):8.4f}"
            f"{fmean(s.precision for s in found):8.4f}{fmean(s.recall for s in found):8.4f}"
            f"{fmean(s.paragraphs for s in found):8.4f}{sum(s.taken for s in found):7}"
            f"{sum(s.furniture for s in found):6}{sum(len(s.lost) for s in found):6}{worst:8.4f}"
        )


def _known(page: Sample, count: int | None) -> Recall | None:
    if count == 0:
        return None
    if count is None:
        return whole(page.site)
    return Recall(memory([page, *siblings(page, count)]))


def _paragraphs(cleaned: Cleaned, gold: str) -> float:
    ours = Counter(flat(b.text) for b in cleaned.kept if b.kind != "headline")
    theirs = Counter(flat(p) for p in gold.split("\n\n") if p.strip())
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if ours and theirs else 0.0


def _furniture(page: Sample, cleaned: Cleaned, gold: str, known: Recall) -> int:
    others = known.others(article_of(page.extracted), main_lines(main_blocks(page.extracted)))
    return sum(
        1
        for block in cleaned.kept
        if block.kind != "headline"
        and flat(block.text) not in gold
        and known.seen(line_key(block.text), others).articles
    )


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--folds", type=Path, help="models of the folds, 0.json to 4.json")
    FOLDS.append(asked.parse_args().folds)
    base, full = run(0), run()
    curve = {f"{n} siblings": run(n) for n in SIBLINGS}
    tables = {
        "all pages": {"without memory": base, **curve, "all siblings": full},
        f"sites with {MANY} or more pages": {
            name: on_large_sites(found)
            for name, found in {"without memory": base, **curve, "all siblings": full}.items()
        },
    }
    for title, scores in tables.items():
        sys.stdout.write("\n".join([title, *report(scores), "", ""]))
    lost = [f"lost: {s.id}: {text}" for s in full for text in s.lost]
    sys.stdout.write("\n".join([*lost, ""]))


if __name__ == "__main__":
    main()
