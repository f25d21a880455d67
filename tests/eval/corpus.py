"""The development pages and how they are read: for the evaluation and for training alone."""

import gzip
import hashlib
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tasks.schema import Capture, Page

CORPUS: Final = Path(__file__).parents[3] / "shared" / "corpus"
UNTRUSTED: Final = ("regression", "incomplete")
FETCHED_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GoldPage:
    """One page of the corpus and what should come out of it."""

    gold: dict[str, Any]
    body: bytes

    @property
    def is_news(self) -> bool:
        """True if the page counts in the score by default."""
        return bool(self.gold.get("news")) and self.gold.get("gold") not in UNTRUSTED

    @property
    def capture(self) -> Capture:
        """The page as if it had been fetched."""
        url = self.gold.get("url") or f"file:///{self.gold['id']}.html"
        digest = hashlib.sha256(self.body).hexdigest()
        return Capture(Page(url, "corpus", FETCHED_AT, "html", digest), self.body)

    @property
    def fold(self) -> int:
        """0 to 4, by site: pages of one site are never in two folds."""
        site = self.gold.get("site") or self.gold.get("host") or self.gold["id"]
        return int(hashlib.md5(site.encode(), usedforsecurity=False).hexdigest(), 16) % 5


def gold_pages(corpus: Path = CORPUS) -> Iterator[GoldPage]:
    """Yield every page of the corpus, in the order of its files."""
    for file in sorted(corpus.glob("*/gold.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            gold = json.loads(line)
            page = file.parent / "pages" / f"{gold['id']}.html.gz"
            yield GoldPage(gold, gzip.decompress(page.read_bytes()))


def scorer(corpus: Path = CORPUS) -> ModuleType:
    """Return the corpus' own ``score.py`` as a module."""
    spec = importlib.util.spec_from_file_location("score", corpus / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(corpus / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
