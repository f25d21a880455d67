"""The trainer, on a few pages: what it writes is a model that the judge reads."""

import sys
from itertools import islice
from pathlib import Path

import pytest

from tasks.extract.judge import load_model
from tests.eval import boost, train
from tests.eval.corpus import CORPUS, gold_pages

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CORPUS.exists(), reason="../shared is not beside the project"),
]

TREES = 4
EVERY = 40


def test_what_is_learnt_can_be_judged_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train, "gold_pages", lambda: islice(gold_pages(), 0, None, EVERY))
    plan = boost.Plan(trees=TREES)
    monkeypatch.setattr(boost, "Plan", lambda seed: plan.__class__(trees=TREES, seed=seed))
    target = tmp_path / "model.json"
    monkeypatch.setattr(sys, "argv", ["train", "--out", str(target), "--folds", str(tmp_path)])
    train.main()
    for path in (target, *(tmp_path / f"{fold}.json" for fold in range(train.FOLDS))):
        model = load_model(path)
        for trainings in (model.alone, model.asked):
            assert len(trainings) == train.SEEDS
            assert all(one.value.shape == (TREES, 1 << plan.depth) for one in trainings)
    assert "news pages decided without trafilatura" in capsys.readouterr().out
