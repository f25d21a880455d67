"""Learn ``config/main_content.json`` from the corpus, and say honestly how good it is.

    .venv/bin/python -m tests.eval.train --out config/main_content.json [--folds FOLDER]

Every block of every page with a trusted gold text is an example; texts that a tool once returned
count half, and pages that have only snippets lend the blocks those stand in. Blocks weigh what they
do to their page's word F1; captions weigh nothing, because they are moved whatever the judge says,
and annotators differ on them. Five folds by site: the figures printed are of pages whose sites the
trees and the lexicon never saw. The model written at the end has learnt from all pages, so scores
of it on this corpus flatter it; ``--folds`` keeps the five honest models, and
`tests.eval.html_path --folds` judges with them.
"""

import argparse
import json
import multiprocessing
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from tasks.errors import PageError
from tasks.extract.align import align, words_key
from tasks.extract.blocks import Place, segment, signatures
from tasks.extract.decode import decode
from tasks.extract.features import compared_with, see
from tasks.extract.garbled import shifted_blocks
from tasks.extract.judge import weighed
from tasks.extract.main_content import asked, read, words
from tasks.extract.metadata.page import read_metadata
from tasks.extract.own_text import HINT_WORDS, LONG_BLOCK_CHARS
from tasks.extract.prune import prune
from tasks.extract.reading import Hints, Reading
from tasks.extract.structured import read_structured, scripts_removed
from tasks.extract.tree import drop, parse
from tasks.rules import load_rules
from tests.eval import boost, lexicon
from tests.eval.corpus import UNTRUSTED, GoldPage, gold_pages, scorer
from tests.eval.html_path import CONFIG

NEWS_WEIGHT: Final = 1.0
OTHER_WEIGHT: Final = 0.4
MAX_BLOCK_WEIGHT: Final = 0.3
REGRESSION: Final = "regression"
REGRESSION_SHARE: Final = 0.5
"""Of a text that a tool once returned and its authors took for good: no score is made of it, but it
teaches (F1 +.0013, leaks -.003 on unseen sites)."""

SNIPPET_WEIGHT: Final = 0.03
MIN_SNIPPET_CHARS: Final = {"with": 15, "without": 8}
KEEP_ABOVE: Final = 0.5
SURE_ABOVE: Final = 0.9
"""Word F1 to expect from which trafilatura is not asked; chosen by the folds (decision 0033)."""

PENALTY: Final = 2e-4
FOLDS: Final = 5
SEEDS: Final = 5
"""Trainings whose scores are averaged: one's luck in what it sees is .009 of the pages at .95, that
of three still .003."""

_WORD: Final = re.compile(r"\w+")
_RULES: Final = load_rules(CONFIG)


@dataclass
class Example:
    """One page as it is learnt from."""

    page: GoldPage
    reading: Reading
    taken: frozenset[int]  # blocks that trafilatura returns
    truth: np.ndarray  # 1 article, 0 not, nan unknown
    weight: np.ndarray


def example(page: GoldPage) -> Example | None:
    """Return the page read as `tasks.extract.page` reads it, with what is known of its blocks."""
    try:
        tree = parse(decode(page.body))
    except PageError:
        return None
    structured = read_structured(tree)
    scripts_removed(tree)
    url = page.gold.get("url") or ""
    metadata = read_metadata(tree, structured.nodes, url)
    segments = segment(tree)
    pruned = prune(tree, segments, _RULES, urlsplit(url).hostname or "")
    drop(tree, pruned.elements)
    gone = {hit.block for hit in pruned.hits}
    gone |= shifted_blocks([found.text for found in segments], signatures(segments))
    reading = read(segments, structured, metadata, gone)
    taken = asked(reading, tree)
    truth, weight = labels(page, reading.keys)
    weight[list(gone)] = 0
    weight[[i for i, found in enumerate(segments) if found.kind == "caption"]] = 0
    _forget_tree(reading)
    return Example(page, reading, taken, truth, weight) if segments else None


def labels(page: GoldPage, keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and weight of each block; weight 0 where nothing is known."""
    share = NEWS_WEIGHT if page.is_news else OTHER_WEIGHT
    text, gold = page.gold.get("text"), page.gold.get("gold")
    if text and (gold not in UNTRUSTED or gold == REGRESSION):
        share *= REGRESSION_SHARE if gold == REGRESSION else 1
        truth = np.zeros(len(keys))
        truth[list(align(keys, [key for line in text.split("\n") if (key := words_key(line))]))] = 1
        lengths = np.array([len(key.split()) for key in keys])
        words = max(40, len(_WORD.findall(text)))
        return truth, share * np.minimum(MAX_BLOCK_WEIGHT, (lengths + 0.5) / words)
    truth, weight = np.full(len(keys), np.nan), np.zeros(len(keys))
    for name, value in (("with", 1), ("without", 0)):
        for snippet in page.gold.get(name) or []:
            key = words_key(snippet)
            hits = [i for i, block in enumerate(keys) if f" {key} " in f" {block} "]
            unsure = len(hits) != 1 if value else any(len(keys[i]) > 400 for i in hits)
            if len(key) >= MIN_SNIPPET_CHARS[name] and not unsure:
                truth[hits], weight[hits] = value, SNIPPET_WEIGHT * share
    return truth, weight


def _forget_tree(reading: Reading) -> None:
    """Cut the places loose from their elements, so that examples can be sent between processes."""
    for found in reading.segments:
        place: Place | None = found.place
        while place is not None and place.element is not None:
            object.__setattr__(place, "element", None)
            place = place.parent


def words_of(one: Example) -> list[tuple[set[str], set[str], set[str], set[str]]]:
    """Return for each block the names near, around and far from it, and the words of its text."""
    rows = []
    for found, key in zip(one.reading.segments, one.reading.keys, strict=True):
        near: set[str] = set()
        around: set[str] = set()
        far: set[str] = set()
        place: Place | None = found.place
        steps = 0
        while place is not None:
            (near if steps < 2 else around if steps < 4 else far).update(place.words)
            place, steps = place.parent, steps + 1
        tokens = key.split()[:HINT_WORDS] if len(found.text) < LONG_BLOCK_CHARS else []
        rows.append((near, around, far, {t for t in tokens if len(t) > 1 and not t.isdigit()}))
    return rows


def learn_hints(examples: Sequence[Example]) -> dict[int, Hints]:
    """Return for each fold the lexicon learnt from all other pages; for -1 that of all pages."""
    blocks = [words_of(one) for one in examples]
    books = [
        lexicon.book(
            (
                lexicon.Page(
                    site=str(one.page.gold.get("site") or one.page.gold.get("host")),
                    fold=one.page.fold,
                    rows=[row[part] for row in rows],
                    is_learnt=(one.weight > 0).tolist(),
                )
                for one, rows in zip(examples, blocks, strict=True)
            ),
            FOLDS,
        )
        for part in range(4)
    ]
    truth = np.concatenate([one.truth[one.weight > 0] for one in examples])
    weight = np.concatenate([one.weight[one.weight > 0] for one in examples])
    fold = np.concatenate([np.full((one.weight > 0).sum(), one.page.fold) for one in examples])
    hints = {}
    for number in (*range(FOLDS), -1):
        without = (number, fold == number)
        names = lexicon.learn(books[:3], truth, weight, PENALTY, without)
        hints[number] = Hints(
            *names, *lexicon.learn(books[3:], truth, np.sqrt(weight), PENALTY, without)
        )
    return hints


def _columns(task: tuple[Example, Hints]) -> dict[str, np.ndarray]:
    one, hints = task
    return compared_with(see(one.reading, hints), one.taken).columns


def stored(names: Sequence[str], cuts: list[np.ndarray], forest: boost.Forest) -> dict[str, Any]:
    """Return trees as they are stored, with the columns they ask about."""
    used = sorted({column for questions, _ in forest.trees for column, _ in questions})
    place = {column: i for i, column in enumerate(used)}
    return {
        "columns": [names[column] for column in used],
        "column": [[place[c] for c, _ in questions] for questions, _ in forest.trees],
        "threshold": [
            [float(f"{cuts[c][cut]:.6g}") for c, cut in questions] for questions, _ in forest.trees
        ],
        "value": [[round(float(v), 5) for v in values] for _, values in forest.trees],
        "base": round(forest.base, 5),
    }


@dataclass(frozen=True)
class Table:
    """All blocks of all examples, one after another."""

    names: Sequence[str]
    bins: np.ndarray  # columns x blocks
    cuts: list[np.ndarray]
    truth: np.ndarray
    weight: np.ndarray
    fold: np.ndarray

    def train(self, columns: Sequence[int], without: int) -> list[boost.Forest]:
        """Return trainings on `columns`, one a seed, that have not seen a fold."""
        seen = np.flatnonzero((self.fold != without) & (self.weight > 0))
        sizes = [len(self.cuts[column]) + 1 for column in columns]
        bins = self.bins[np.ix_(columns, seen)]
        found = []
        for seed in range(SEEDS):
            plan = boost.Plan(seed=seed)
            forest = boost.train(bins, self.truth[seen], self.weight[seen], sizes, plan)
            trees = [([(columns[c], cut) for c, cut in qs], values) for qs, values in forest.trees]
            found.append(boost.Forest(forest.base, trees))
        return found


def table_of(examples: Sequence[Example], tables: Sequence[dict[str, np.ndarray]]) -> Table:
    """Return all blocks as the trees are asked about them."""
    names = sorted(tables[0])
    rows = [np.stack([columns[name] for name in names], axis=1) for columns in tables]
    table = np.concatenate(rows).astype(np.float32)
    weight = np.concatenate([one.weight for one in examples])
    cuts = boost.cuts_of(table[weight > 0], weight[weight > 0])
    return Table(
        names=names,
        bins=boost.binned(table, cuts),
        cuts=cuts,
        truth=np.concatenate([one.truth for one in examples]),
        weight=weight,
        fold=np.concatenate([np.full(len(one.truth), one.page.fold) for one in examples]),
    )


def chosen(one: Example, alone: np.ndarray, asked_too: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the probabilities that hold, and whether the page is decided without trafilatura."""
    expected = weighed(alone, words(one.reading), KEEP_ABOVE)[1]
    if expected >= SURE_ABOVE:
        return alone, True
    promised = weighed(asked_too, words(one.reading), KEEP_ABOVE)[1]
    return (asked_too if promised >= expected else alone), False


def report(title: str, examples: Sequence[Example], chance: Sequence[np.ndarray]) -> None:
    """Print the macro means of the blocks chosen, before any rule of the text stage."""
    score = scorer()
    for kind, is_news in (("news", True), ("other", False)):
        rows = []
        for one, likely in zip(examples, chance, strict=True):
            if one.page.is_news == is_news:
                start, _ = weighed(likely, words(one.reading), KEEP_ABOVE)
                kept = [
                    found.text
                    for i, found in enumerate(one.reading.segments)
                    if likely[i] >= start and i not in one.reading.gone
                ]
                rows.append(score.page(one.page.gold, {"text": "\n\n".join(kept)}))
        found = {
            m: score.mean(r.get(m) for r in rows)
            for m in ("f1", "p", "r", "good", "with", "leak", "auto")
        }
        print(title, kind, len(rows), {m: round(v, 4) for m, v in found.items() if v is not None})  # noqa: T201  the report


def main() -> None:
    """Train, cross-validate, write."""
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--folds", type=Path, help="keep the models of the folds in this folder")
    ap.add_argument("--workers", type=int, default=2)
    given = ap.parse_args()
    pages = [p for p in gold_pages() if p.is_news or p.gold.get("text") or p.gold.get("with")]
    with multiprocessing.Pool(given.workers) as pool:
        examples = [one for one in pool.imap(example, pages, chunksize=10) if one is not None]
        hints = learn_hints(examples)
        tasks = [(one, hints[one.page.fold]) for one in examples]
        table = table_of(examples, pool.map(_columns, tasks, chunksize=20))
    every = list(range(len(table.names)))
    parts = {
        "alone": [i for i in every if not table.names[i].startswith("asked.")],
        "asked": every,
    }
    chance = {name: np.zeros(len(table.truth)) for name in parts}
    for number in (*range(FOLDS), -1):
        forests = {name: table.train(columns, number) for name, columns in parts.items()}
        model: dict[str, Any] = {
            name: [stored(table.names, table.cuts, one) for one in trainings]
            for name, trainings in forests.items()
        }
        model |= {
            "keep_above": KEEP_ABOVE,
            "sure_above": SURE_ABOVE,
            "hints": {
                one.name: getattr(hints[number], one.name) for one in fields(Hints) if one.init
            },
        }
        text = json.dumps(model, ensure_ascii=False, sort_keys=True)
        if number < 0:
            given.out.write_text(text + "\n", encoding="utf-8")
            continue
        held = np.flatnonzero(table.fold == number)
        for name, trainings in forests.items():
            chance[name][held] = boost.predict(trainings, table.bins[:, held])
        if given.folds:
            (given.folds / f"{number}.json").write_text(text, encoding="utf-8")
    ends = np.cumsum([len(one.truth) for one in examples])[:-1]
    found = {name: np.split(column, ends) for name, column in chance.items()}
    cascade = [
        chosen(one, *both)
        for one, *both in zip(examples, found["alone"], found["asked"], strict=True)
    ]
    found["cascade"] = [likely for likely, _ in cascade]
    for name, column in found.items():
        report(name, examples, column)
    news = [
        is_sure for (_, is_sure), page in zip(cascade, examples, strict=True) if page.page.is_news
    ]
    print(f"news pages decided without trafilatura: {np.mean(news):.3f}")  # noqa: T201  the report


if __name__ == "__main__":
    main()
