"""What site templates do to the text, each page left out of what its site's template has learnt.

    .venv/bin/python -m tests.eval.templates

Sites of ``sites.json`` with `MANY` pages or more. Every page is read by the engine alone and, with
what its siblings teach, again: how many pages are read by that, word F1 of both on these pages and
on all, which lines are lost, and CPU time of both. Then every page is read as poorly as a model
that trusts hardly any block reads it, and the siblings, read as ever, are asked for a second
opinion (`tasks.clean.restore`): how many pages are made whole, and word F1 before and after.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from tasks.clean.memory import learn
from tasks.clean.page import clean
from tasks.clean.recall import Recall
from tasks.clean.restore import RESTORED, restored
from tasks.errors import PageError
from tasks.extract import main_content
from tasks.extract.ground import Known, Survey, known
from tasks.extract.judge import load_model
from tasks.extract.page import extract, extract_known
from tasks.normalise.page import normalise
from tasks.rules import load_rules
from tasks.schema import Capture, Extracted
from tasks.settings import PROJECT
from tasks.template import PLACES, TEMPLATE, bounded
from tests.eval.corpus import CORPUS, GoldPage, gold_pages, scorer

MANY = 5
DOUBT = 8.5
"""Taken off the score of every block: what was .9987 likely is .2, and hardly anything is kept."""

RULES = load_rules(PROJECT / "config")


@dataclass(frozen=True, slots=True)
class Sample:
    """One page, as the engine reads it and as its site's template does."""

    id: str
    site: str
    is_read: bool  # by the template
    engine_s: float  # CPU of extraction
    fast_s: float
    engine_f1: float | None  # None where no text is known
    fast_f1: float | None
    lost: tuple[str, ...]  # lines the engine keeps, and the template does not


def captures() -> dict[str, list[tuple[GoldPage, Capture]]]:
    """Return the pages of the sites with many, under addresses of that site."""
    listed: dict[str, list[str]] = json.loads((CORPUS / "sites.json").read_text("utf-8"))
    many = {site: names for site, names in listed.items() if len(names) >= MANY}
    site_of = {name: site for site, names in many.items() for name in names}
    found: dict[str, list[tuple[GoldPage, Capture]]] = {site: [] for site in many}
    for page in gold_pages():
        if site := site_of.get(page.gold["id"]):
            about = replace(page.capture.page, url=f"http://{site}/{page.gold['id']}")
            found[site].append((page, replace(page.capture, page=about)))
    return found


def run() -> list[Sample]:
    """Return every page that the engine can read."""
    found = []
    for site, pages in captures().items():
        read: list[tuple[GoldPage, Capture, Extracted, float]] = []
        surveys: dict[str, Survey] = {}
        for page, capture in pages:
            try:
                started = time.process_time()
                extracted = extract(capture, RULES)
                spent = time.process_time() - started
                _, taught = extract_known(capture, RULES, None)
            except PageError:
                continue
            read.append((page, capture, extracted, spent))
            if taught is not None:
                surveys[page.gold["id"]] = taught
        for page, capture, extracted, spent in read:
            name = page.gold["id"]
            others = [one for key, one in surveys.items() if key != name]
            fast, fast_s = _timed(capture, known(site, bounded(others)))
            found.append(
                Sample(
                    id=name,
                    site=site,
                    is_read=fast.extractor in (TEMPLATE, PLACES),
                    engine_s=spent,
                    fast_s=fast_s,
                    engine_f1=_f1(page, extracted),
                    fast_f1=_f1(page, fast),
                    lost=tuple((_lines(extracted) - _lines(fast)).elements()),
                )
            )
    return found


@dataclass(frozen=True, slots=True)
class Poor:
    """A page that was read poorly and made whole by its site's other pages."""

    id: str
    before_f1: float
    after_f1: float


def poor() -> list[Poor]:
    """Return the pages that their siblings make whole, each when it alone is read poorly."""
    found = []
    for pages in captures().values():
        read = {page.gold["id"]: _read(capture) for page, capture in pages}
        for page, capture in pages:
            badly = _read(capture, DOUBT)
            if badly is None:
                continue
            siblings = [one for name, one in read.items() if one and name != page.gold["id"]]
            (known,) = learn([badly, *siblings]).values()
            whole = restored(badly, Recall(known))
            before, after = _f1(page, badly), _f1(page, whole)
            if whole.extractor == RESTORED and before is not None and after is not None:
                found.append(Poor(page.gold["id"], before, after))
    return found


def report(samples: Sequence[Sample]) -> Iterable[str]:
    """Yield the lines of the tables."""
    read = [sample for sample in samples if sample.is_read]
    for title, some in (("all pages", samples), ("pages a template reads", read)):
        scored = [s for s in some if s.engine_f1 is not None and s.fast_f1 is not None]
        engine = fmean(s.engine_f1 or 0.0 for s in scored)
        fast = fmean(s.fast_f1 or 0.0 for s in scored)
        ms = [1000 * fmean(getattr(s, f"{name}_s") for s in some) for name in ("engine", "fast")]
        yield (
            f"{title:24}{len(some):5} pages, {len(scored)} with text: word F1 engine {engine:.4f}, "
            f"with templates {fast:.4f} ({fast - engine:+.4f}); "
            f"extraction {ms[0]:.1f} and {ms[1]:.1f} ms CPU, {ms[0] / ms[1]:.2f} times as fast"
        )
    for sample in sorted(read, key=lambda s: (s.fast_f1 or 0) - (s.engine_f1 or 0))[:8]:
        if sample.engine_f1 is not None and sample.fast_f1 is not None:
            yield f"{sample.fast_f1 - sample.engine_f1:+.4f} {sample.fast_f1:.3f} {sample.id}"
    yield from (f"lost: {line}" for sample in samples for line in sample.lost)
    sites = {s.site for s in samples}
    yield f"{len(sites)} sites; a template reads pages of {len({s.site for s in read})} of them"


def told(pages: Sequence[Poor]) -> Iterable[str]:
    """Yield the lines on pages that were made whole."""
    before, after = (fmean(getattr(p, name) for p in pages) for name in ("before_f1", "after_f1"))
    yield f"{len(pages)} poor readings made whole: word F1 {before:.4f} -> {after:.4f}"
    for page in pages:
        yield f"{page.before_f1:.3f} -> {page.after_f1:.3f} {page.id}"


def _timed(capture: Capture, known: Known | None) -> tuple[Extracted, float]:
    started = time.process_time()
    extracted, _ = extract_known(capture, RULES, known)
    return extracted, time.process_time() - started


def _read(capture: Capture, doubt: float = 0.0) -> Extracted | None:
    """Return the page as the engine reads it, or would if it doubted every block so much more."""
    model = load_model()
    sets = (
        [replace(trees, base=trees.base - doubt) for trees in trainings]
        for trainings in (model.alone, model.asked)
    )
    model = replace(model, alone=next(sets), asked=next(sets))
    known = main_content.load_model
    main_content.load_model = lambda: model
    try:
        return extract(capture, RULES)
    except PageError:
        return None
    finally:
        main_content.load_model = known


def _lines(extracted: Extracted) -> Counter[str]:
    out = {verdict.block for verdict in extracted.verdicts}
    return Counter(block.text for block in extracted.blocks if block.index not in out)


def _f1(page: GoldPage, extracted: Extracted) -> float | None:
    if not (page.is_news and page.gold.get("text")):
        return None
    try:
        text = normalise(clean(extracted, RULES, None), RULES.version).text
    except PageError:
        text = ""
    return float(scorer().page(page.gold, {"text": text})["f1"])


def main() -> None:
    """Print the figures."""
    sys.stdout.write("\n".join([*report(run()), *told(poor()), ""]))


if __name__ == "__main__":
    main()
