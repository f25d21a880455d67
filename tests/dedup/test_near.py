"""Near-duplicates on a labelled set made here: precision and recall, with floors in a file."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tasks.schema import Finished
from tasks.store.layout import Layout
from tasks.store.marks import read_marks
from tests.synthetic import NOON, WORDS, close_all, finished, run_dedup, write_part

FLOORS = json.loads((Path(__file__).parent / "near_floors.json").read_text())
STORIES = 150
WEATHER = "Tonight will be mild in {}, with a low of {} degrees and light winds from the {}. "
FURNITURE = (
    "Our reporters have followed this story from the beginning and will bring you more as it "
    "develops; readers who know more can write to the newsroom, in confidence, at any time. "
)


@dataclass(frozen=True)
class Case:
    """A page and, when it is a near-copy, the page it was made from."""

    page: Finished
    of: Finished | None
    kind: str


def _story(rng: random.Random) -> list[str]:
    weights = [1 / (i + 1) for i in range(len(WORDS))]  # common words are common, as in prose
    return rng.choices(WORDS, weights, k=rng.randint(120, 600))


def _edited(words: list[str], share: float, rng: random.Random) -> list[str]:
    edited = list(words)
    for i in rng.sample(range(len(words)), int(len(words) * share)):
        edited[i] = rng.choice(["rain", "fog", "hail", "snow"])
    return edited


def labelled(seed: int) -> Iterator[Case]:
    """Yield originals, copies of the kinds that newsrooms make, and look-alikes that are none."""
    rng = random.Random(seed)  # noqa: S311
    for i in range(STORIES):
        words = _story(rng)
        original = _page(f"original-{i}", words, i)
        yield Case(original, None, "original")
        cut = words[: int(len(words) * 0.78)]
        copies = {
            "republished": words,
            "agency, one line added": ["Agencies", "and", "our", "staff", *words],
            "agency, end cut": cut,
            "one word in thirty edited": _edited(words, 0.033, rng),
            "title and a paragraph added": [*words, *_story(rng)[: len(words) // 8]],
        }
        for kind, copy in copies.items():
            yield Case(_page(f"{kind}-{i}".replace(" ", "-"), copy, i + 1000), original, kind)
        yield Case(_page(f"half-{i}", [*words[: len(words) // 2], *_story(rng)], i + 2000), None,
                   "quotes half of it")  # fmt: skip
        furniture = [*_story(rng), *FURNITURE.split()]
        yield Case(_page(f"same-furniture-{i}", furniture, i + 3000), None, "same closing lines")


def _page(name: str, words: list[str], minutes: int) -> Finished:
    return finished(name, [" ".join(words)], at=NOON + timedelta(minutes=minutes))


def test_precision_and_recall_stay_above_their_floors(tmp_path: Path) -> None:
    cases = list(labelled(7))
    write_part(tmp_path, "day", "p1", [case.page for case in cases])
    close_all(tmp_path, "day")
    run_dedup(tmp_path)
    marks = read_marks(Layout(tmp_path))
    assert marks is not None
    named = dict(zip(marks.table["article_id"].to_pylist(), marks.table["near_dup_of"].to_pylist(),
                     strict=True))  # fmt: skip
    right = {c.kind: 0 for c in cases}
    wrong = 0
    for case in cases:
        answer = named[case.page.article_id]
        right[case.kind] += case.of is not None and answer == case.of.article_id
        wrong += bool(answer) and (case.of is None or answer != case.of.article_id)
    found = sum(right.values())
    copies = sum(case.of is not None for case in cases)
    precision, recall = found / (found + wrong), found / copies
    measured = f"precision {precision:.4f}, recall {recall:.4f} of {copies} copies; {right}"
    assert precision >= FLOORS["precision"], measured
    assert recall >= FLOORS["recall"], measured


@pytest.mark.parametrize("count", [400])
def test_a_flood_of_one_template_is_searched_in_time(tmp_path: Path, count: int) -> None:
    """Weather reports are all alike: each names the first, without comparing all with all."""
    rng = random.Random(3)  # noqa: S311
    pages = [
        _page(
            f"weather-{i}", (WEATHER * 9).format(*[rng.choice(WORDS)] + [7, "west"] * 13).split(), i
        )
        for i in range(count)
    ]
    write_part(tmp_path, "day", "p1", pages)
    close_all(tmp_path, "day")
    report = run_dedup(tmp_path)
    assert report.duplicates > count * 0.9
