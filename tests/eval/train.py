"""Learn ``config/main_content.json`` from the corpus, and say honestly how good it is.

    .venv/bin/python -m tests.eval.train --out config/main_content.json [--folds FOLDER]

Every block of every page with a trusted gold text is an example; pages that have only snippets
lend the blocks those stand in. Blocks weigh what they do to their page's word F1. Five folds by
site: the figures printed are of pages whose sites the trees and the lexicon never saw. The model
written at the end has learnt from all pages, so scores of it on this corpus flatter it;
``--folds`` keeps the five honest models, and `tests.eval.html_path --folds` judges with them.
"""

import argparse
import json
import multiprocessing
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from tasks.errors import PageError
from tasks.extract.align import align, words_key
from tasks.extract.blocks import Place, segment, signatures
from tasks.extract.decode import decode
from tasks.extract.features import HINT_WORDS, LONG_BLOCK_CHARS, Hints, Reading, features
from tasks.extract.garbled import shifted_blocks
from tasks.extract.main_content import read
from tasks.extract.metadata.page import read_metadata
from tasks.extract.page import parse
from tasks.extract.prune import drop, prune
from tasks.extract.structured import read_structured, scripts_removed
from tasks.rules import load_rules
from tests.eval import boost, lexicon
from tests.eval.corpus import UNTRUSTED, GoldPage, gold_pages, scorer
from tests.eval.html_path import CONFIG

NEWS_WEIGHT: Final = 1.0
OTHER_WEIGHT: Final = 0.4
MAX_BLOCK_WEIGHT: Final = 0.3
SNIPPET_WEIGHT: Final = 0.03
MIN_SNIPPET_CHARS: Final = {"with": 15, "without": 8}
KEEP_ABOVE: Final = 0.45
PENALTY: Final = 2e-4
FOLDS: Final = 5
_WORD: Final = re.compile(r"\w+")
_RULES: Final = load_rules(CONFIG)


@dataclass
class Example:
    """One page as it is learnt from."""

    page: GoldPage
    reading: Reading
    decided: frozenset[int]  # blocks that a rule decides; not learnt from
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
    drop(pruned.elements)
    reading = read(tree, segments, structured, metadata)
    decided = {hit.block for hit in pruned.hits}
    decided |= shifted_blocks([found.text for found in segments], signatures(segments))
    truth, weight = labels(page, reading.keys)
    weight[list(decided)] = 0
    _forget_tree(reading)
    return Example(page, reading, frozenset(decided), truth, weight) if segments else None


def labels(page: GoldPage, keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and weight of each block; weight 0 where nothing is known."""
    share = NEWS_WEIGHT if page.is_news else OTHER_WEIGHT
    text = page.gold.get("text")
    if text and page.gold.get("gold") not in UNTRUSTED:
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


def learn_hints(examples: Sequence[Example], without: int) -> Hints:
    """Return the lexicon learnt from all pages but those of fold `without`."""
    seen = [one for one in examples if one.page.fold != without]
    rows = [words_of(one) for one in seen]
    site = [str(one.page.gold.get("site") or one.page.gold.get("host")) for one in seen]
    books = [
        lexicon.vocabulary(
            (name, set().union(*(row[part] for row in page)))
            for name, page in zip(site, rows, strict=True)
        )
        for part in range(4)
    ]
    offsets = np.cumsum([0, *(len(book) for book in books[:3])])
    names, texts, truth, weight = [], [], [], []
    for one, page in zip(seen, rows, strict=True):
        for row, true, heavy in zip(page, one.truth, one.weight, strict=True):
            if heavy > 0:
                names.append(
                    [offsets[p] + books[p][w] for p in range(3) for w in row[p] if w in books[p]]
                )
                texts.append([books[3][w] for w in row[3] if w in books[3]])
                truth.append(true)
                weight.append(heavy)
    known, heavy = np.array(truth), np.array(weight)
    of_names = lexicon.learn(names, known, heavy, int(offsets[-1]), PENALTY)
    of_texts = lexicon.learn(texts, known, np.sqrt(heavy), len(books[3]), PENALTY)
    parts = [of_names[offsets[p] : offsets[p + 1]] for p in range(3)]
    return Hints(*map(lexicon.shown, books, [*parts, of_texts]))


def _columns(task: tuple[Reading, Hints]) -> dict[str, np.ndarray]:
    return features(*task)


def _learn_hints(task: tuple[Sequence[Example], int]) -> Hints:
    return learn_hints(*task)


def written(
    hints: Hints, names: Sequence[str], cuts: list[np.ndarray], base: float, trees: list[boost.Tree]
) -> dict[str, Any]:
    """Return the model as it is stored."""
    used = sorted({column for questions, _ in trees for column, _ in questions})
    place = {column: i for i, column in enumerate(used)}
    return {
        "columns": [names[column] for column in used],
        "column": [[place[c] for c, _ in questions] for questions, _ in trees],
        "threshold": [
            [float(f"{cuts[c][cut]:.6g}") for c, cut in questions] for questions, _ in trees
        ],
        "value": [[round(float(v), 5) for v in values] for _, values in trees],
        "base": round(base, 5),
        "keep_above": KEEP_ABOVE,
        "hints": {part: getattr(hints, part) for part in ("near", "around", "far", "text")},
    }


def report(examples: Sequence[Example], chance: Sequence[np.ndarray]) -> None:
    """Print the macro means of the blocks chosen, before any rule of the text stage."""
    score = scorer()
    for title, is_news in (("news", True), ("other", False)):
        rows = []
        for one, likely in zip(examples, chance, strict=True):
            if one.page.is_news == is_news:
                kept = [
                    found.text
                    for i, found in enumerate(one.reading.segments)
                    if likely[i] >= KEEP_ABOVE and i not in one.decided
                ]
                rows.append(score.page(one.page.gold, {"text": "\n\n".join(kept)}))
        found = {
            m: score.mean(r.get(m) for r in rows)
            for m in ("f1", "p", "r", "good", "with", "leak", "auto")
        }
        print(title, len(rows), {m: round(v, 4) for m, v in found.items() if v is not None})  # noqa: T201  the report


def main() -> None:
    """Train, cross-validate, write."""
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--folds", type=Path, help="keep the models of the folds in this folder")
    ap.add_argument("--workers", type=int, default=2)
    asked = ap.parse_args()
    pages = [p for p in gold_pages() if p.is_news or p.gold.get("text") or p.gold.get("with")]
    with multiprocessing.Pool(asked.workers) as pool:
        examples = [one for one in pool.imap(example, pages, chunksize=10) if one is not None]
        hints = pool.map(
            _learn_hints, [(examples, fold) for fold in (*range(FOLDS), -1)], chunksize=1
        )
        tasks = [(one.reading, hints[one.page.fold]) for one in examples]
        tables = pool.map(_columns, tasks, chunksize=20)
    names = sorted(tables[0])
    table = np.concatenate([np.stack([columns[n] for n in names], axis=1) for columns in tables])
    truth = np.concatenate([one.truth for one in examples])
    weight = np.concatenate([one.weight for one in examples])
    fold = np.concatenate([np.full(len(one.truth), one.page.fold) for one in examples])
    cuts = boost.cuts_of(table[weight > 0], weight[weight > 0])
    bins = boost.binned(table, cuts)
    sizes = [len(cut) + 1 for cut in cuts]
    chance = np.zeros(len(table))
    for number in (*range(FOLDS), -1):
        seen = np.flatnonzero((fold != number) & (weight > 0))
        base, trees = boost.train(bins[:, seen], truth[seen], weight[seen], sizes, boost.Plan())
        model = json.dumps(
            written(hints[number], names, cuts, base, trees), ensure_ascii=False, sort_keys=True
        )
        if number < 0:
            asked.out.write_text(model + "\n", encoding="utf-8")
            continue
        held = np.flatnonzero(fold == number)
        chance[held] = boost.predict(bins[:, held], base, trees)
        if asked.folds:
            (asked.folds / f"{number}.json").write_text(model, encoding="utf-8")
    ends = np.cumsum([len(one.truth) for one in examples])[:-1]
    report(examples, np.split(chance, ends))


if __name__ == "__main__":
    main()
