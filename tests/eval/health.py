"""Site health on pages of real sites: which breaks are noticed, and how often it cries wolf.

    .venv/bin/python -m tests.eval.health

A site's life is simulated from the pages of ``sites.json``: days of healthy pages drawn from those
of one era, with the lengths, failures and missing dates that days have; the first two weeks from
half of the pages only, so that later days bring pages never seen. Then the site breaks: for real,
where the corpus has its pages from before and after a redesign (eras three years apart), or by a
break that is put into its own pages. All that is random follows from a seed.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from statistics import fmean
from typing import Final

from tasks.errors import PageError
from tasks.health.course import Judged, course
from tasks.health.days import Asked, Day, Seen
from tasks.health.seen import SHORT_WORDS
from tasks.health.usual import FAMILIAR, WINDOW_DAYS
from tasks.markup import NOWHERE, familiar
from tasks.page import process
from tasks.rules import load_rules
from tasks.settings import PROJECT
from tasks.sources import Expectations
from tests.eval.corpus import CORPUS, gold_pages

FIRST: Final = date(2026, 1, 5)
LEARNING: Final = 14
HEALTHY: Final = 34
BROKEN: Final = 3
SIZES: Final = (4, 12, 40)
"""Mean number of pages a day."""

ERAS: Final = {"cpe": 2012, "goose3": 2012, "misinfo": 2018, "postlight": 2016, "readability": 2016,
               "newspaper4k": 2016, "trafilatura": 2020, "wcxb": 2024}  # fmt: skip
"""When the pages of a folder were saved, about; those of fundus have the year in their names."""

APART: Final = 3
MANY: Final = 4
Break = Callable[[Seen, random.Random], Seen]


@dataclass(frozen=True, slots=True)
class Site:
    """A site's pages as health sees them, by era."""

    name: str
    eras: dict[int, tuple[Seen, ...]]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Eras that are far enough apart for the site to have been redesigned."""
        years = sorted(self.eras)
        return [(a, b) for a in years for b in years if b - a >= APART]


@dataclass
class Found:
    """What became of simulated days."""

    healthy_days: int = 0
    alarms: int = 0  # false ones
    held: int = 0
    changes: int = 0  # markup said to be new
    broken: Counter[tuple[str, int]] = field(default_factory=Counter)  # break, size -> lives
    first_day: Counter[tuple[str, int]] = field(default_factory=Counter)
    in_time: Counter[tuple[str, int]] = field(default_factory=Counter)  # within BROKEN days
    causes: dict[str, Counter[str]] = field(default_factory=dict)


@cache
def sites() -> tuple[Site, ...]:
    """Return the sites of sites.json, each page processed once."""
    listed: dict[str, list[str]] = json.loads((CORPUS / "sites.json").read_text("utf-8"))
    site_of = {name: site for site, names in listed.items() for name in names}
    rules = load_rules(PROJECT / "config")
    eras: dict[str, dict[int, list[Seen]]] = {site: {} for site in listed}
    for page in gold_pages():
        name = page.gold["id"]
        if name in site_of:
            try:
                done = process(page.capture, rules)
            except PageError:
                seen = Seen(name, -1)
            else:
                paths: Counter[str] = Counter()
                for block in done.blocks:
                    if block.path not in NOWHERE:
                        paths[block.path] += len(block.text)
                gone = sum(one.end_char - one.start_char for one in done.removed)
                seen = Seen(
                    name, len(done.text.split()), bool(done.metadata.title),
                    done.metadata.published_at is not None, done.metadata.access == "partial",
                    gone / max(1, gone + len(done.text)), done.lang, tuple(paths.items()),
                )  # fmt: skip
            era = eras[site_of[name]].setdefault(_era(name), [])
            era.append(seen)
    return tuple(
        Site(site, {year: tuple(pages) for year, pages in found.items()})
        for site, found in eras.items()
    )


def _era(name: str) -> int:
    year = re.search(r"_(20\d\d)_", name) if name.startswith("fundus") else None
    return int(year[1]) if year else ERAS[name.split("-", maxsplit=1)[0]]


def shares() -> dict[str, float]:
    """Return how often pages are bad, as the mean over sites: what all sites start from."""
    found: dict[str, list[float]] = {}
    for site in sites():
        pages = [page for era in site.eras.values() for page in era]
        texts = [page for page in pages if page.has_text]
        usual = Counter(page.lang for page in texts).most_common(1)[0][0] if texts else ""
        bad = {
            "empty": (sum(page.is_empty for page in pages), len(pages)),
            "no_title": (sum(not page.has_title for page in texts), len(texts)),
            "no_date": (sum(not page.has_date for page in texts), len(texts)),
            "partial": (sum(page.is_partial for page in texts), len(texts)),
            "other_lang": (sum(page.lang != usual for page in texts), len(texts)),
            "unfamiliar": _unfamiliar(site),
        }
        for name, (count, of) in bad.items():
            if of:
                found.setdefault(name, []).append(count / of)
    return {name: fmean(values) for name, values in found.items()}


def _unfamiliar(site: Site) -> tuple[int, int]:
    """Count pages whose text stands in markup that no other page of the site's era has."""
    bad = of = 0
    for era in site.eras.values():
        marked = [page for page in era if page.paths]
        for page in marked if len(marked) > 2 else ():
            known = {path for other in marked if other is not page for path, _ in other.paths}
            bad += familiar(page.paths, known) < FAMILIAR
            of += 1
    return bad, of


def _empty(share: float) -> Break:
    def broken(page: Seen, rng: random.Random) -> Seen:
        return replace(page, words=-1, paths=()) if rng.random() < share else page

    return broken


BREAKS: Final[dict[str, Break]] = {
    "no text found, 4 of 5 pages": _empty(0.8),
    "no text found, 1 of 2 pages": _empty(0.5),
    "teasers only": lambda page, rng: replace(page, words=rng.randint(SHORT_WORDS, 70)),
    "dates lost": lambda page, _: replace(page, has_date=False),
    "headlines lost": lambda page, _: replace(page, has_title=False),
    "paywall": lambda page, _: replace(page, is_partial=True),
    "another language": lambda page, _: replace(page, lang="xx"),
    "new markup, a third of the text": lambda page, _: replace(
        page, words=max(SHORT_WORDS, page.words // 3), paths=(("main.new/div.new/p", 500),)
    ),
}


def day(number: int, pages: Sequence[Seen], size: int, rng: random.Random) -> Day:
    """Return a day with about `size` pages, as the days of real sites differ from each other."""
    count = max(1, round(rng.gauss(size, size**0.5)))
    seen = tuple(_varied(rng.choice(pages), f"{number}-{i}", rng) for i in range(count))
    asked = Asked(pages=count, lists=4)
    return Day("s", FIRST + timedelta(days=number), seen, count, count, asked=asked)


def _varied(page: Seen, url: str, rng: random.Random) -> Seen:
    if rng.random() < 0.03:  # pages that are no article come on most days
        return Seen(url, -1)
    words = max(1, round(page.words * rng.lognormvariate(0, 0.5)))
    gone = min(1.0, max(0.0, page.removed_share + rng.gauss(0, 0.08)))
    has_date = page.has_date and rng.random() > 0.03
    words = words if page.has_text else -1
    return replace(page, url=url, words=words, removed_share=gone, has_date=has_date)


def life(pages: Sequence[Seen], size: int, rng: random.Random) -> list[Day]:
    """Return a site's healthy days: the first from half of its pages, later from all of them.

    Of fewer than four pages all are there from the beginning: one page is no picture of a site.
    """
    some = len(pages) // 2 if len(pages) >= MANY else len(pages)
    first = rng.sample(list(pages), some)
    return [
        day(number, first if number < LEARNING else pages, size, rng) for number in range(HEALTHY)
    ]


def ends(site: Site, era: int, size: int, rng: random.Random) -> Iterator[tuple[str, list[Day]]]:
    """Yield how the site may break after its healthy days: what happens, and the days of it."""
    pages = site.eras[era]
    for name, broken in BREAKS.items():
        days = [day(HEALTHY + n, pages, size, rng) for n in range(BROKEN)]
        yield (
            name,
            [replace(one, seen=tuple(broken(page, rng) for page in one.seen)) for one in days],
        )
    for before, after in site.pairs:
        if before == era:
            real = [day(HEALTHY + n, site.eras[after], size, rng) for n in range(BROKEN)]
            yield "a real redesign", real


def run(seed: int = 1) -> Found:
    """Simulate every site, in each of its eras and sizes, and each of its ends."""
    found = Found()
    for site in sites():
        for era, pages in site.eras.items():
            whole = [page for page in pages if not page.is_empty]
            if len(whole) < 2 and all(before != era for before, _ in site.pairs):
                continue  # one page, drawn again and again, is no site
            if not whole:
                continue
            for size in SIZES:
                rng = random.Random(f"{seed} {site.name} {era} {size}")  # noqa: S311
                _live(found, site, era, size, rng)
    return found


def _live(found: Found, site: Site, era: int, size: int, rng: random.Random) -> None:
    healthy = life(site.eras[era], size, rng)
    course_so_far = course(healthy, Expectations())
    known = [one.tally for one in course_so_far if one.status != "alarm"][-WINDOW_DAYS:]
    for one in course_so_far:
        if one.status != "learning":
            found.healthy_days += 1
            found.alarms += one.status == "alarm"
            found.held += one.held
            found.changes += one.status == "changed"
    for name, days in ends(site, era, size, rng):
        judged = course(days, Expectations(), known=known)
        noticed = [_is_noticed(one, name) for one in judged]
        key = name, size
        found.broken[key] += 1
        found.first_day[key] += noticed[0]
        found.in_time[key] += any(noticed)
        causes = found.causes.setdefault(name, Counter())
        causes.update([next((one.cause for one in judged if one.cause), "none")])


def _is_noticed(one: Judged, name: str) -> bool:
    told = ("alarm", "changed") if name == "a real redesign" else ("alarm",)
    return one.status in told


def table(found: Found) -> str:
    """Return what was found, as a table."""
    wolf = f"{found.alarms} false alarms ({found.held} held articles back)"
    sizes = "".join(f"{size:>10} pages" for size in SIZES)
    lines = [
        f"{found.healthy_days} healthy site-days: {wolf}, {found.changes} times new markup",
        f"{'noticed on the first day, within three':42}{sizes}  likely cause",
    ]
    for name in [*BREAKS, "a real redesign"]:
        cells = []
        for size in SIZES:
            of = found.broken[name, size]
            first, later = found.first_day[name, size], found.in_time[name, size]
            cells.append(f"{first / of:>8.0%} {later / of:>6.0%} ")
        causes = ", ".join(f"{c} {n}" for c, n in found.causes[name].most_common(3))
        lines.append(f"{name:42}{''.join(cells)}  {causes}")
    pairs = sum(len(site.pairs) for site in sites())
    lines.append(f"{pairs} pairs of eras on {sum(bool(s.pairs) for s in sites())} sites")
    told = ", ".join(f"{name} {share:.3f}" for name, share in shares().items())
    lines.append(f"mean share over sites: {told}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(run()))  # noqa: T201  the report
