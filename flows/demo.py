"""``cleancopy demo``: the whole pipeline on a newsroom of our own, offline, in about a minute.

Nothing is staged: the newsroom is a web server on a loopback port (`flows.newsroom`), and what runs
against it are the flows that run against the open web. Only the folder is the demo's own: its
dataset is made anew each time, so that the correction of the second edition is seen as one.
"""

import datetime as dt
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Final

from flows.commands.common import Common, note, out, out_json
from flows.commands.run import ended
from flows.newsroom import serve
from flows.progress import shown
from flows.server import running
from tasks.errors import ConfigError, Exit
from tasks.rules import load_rules
from tasks.runs import Outcome
from tasks.settings import PROJECT
from tasks.sources import FetchOptions, FileOptions
from tasks.store.layout import Layout

PORT_IN_CONFIG: Final = "127.0.0.1:8800"
MARK: Final = ".cleancopy-demo"
SAMPLES: Final = PROJECT / "data" / "samples"


def demo(*, common: Common = Common()) -> int:  # noqa: B008  frozen
    """Run the daily flow twice on a bundled newsroom, backfill texts, and show what came out.

    Args:
        common: Where to work (the dataset goes to a folder of its own) and how to print.
    """
    started = time.monotonic()
    data = common.data.absolute() if common.data else PROJECT / "data" / "demo"
    layout = Layout(data)
    _empty(data)
    home, is_json = layout.prefect_home, common.json
    with running(home) as server, serve() as newsroom, shown(is_json=is_json):
        config = _config(data, newsroom.address)
        load_rules(config)
        note(f"a newsroom of {len(newsroom.hosts)} sites is open on {newsroom.address}")
        server.wait()
        outcomes = _run_flows(newsroom.advance, data, config)
        asked = len(newsroom.log)
    if common.json:
        out_json({"outcomes": outcomes, "data": str(data), "requests": asked})
    else:
        _show(outcomes, layout, asked, time.monotonic() - started)
    return next((o.exit for o in outcomes if o.exit not in {Exit.DONE, Exit.PARTIAL}), Exit.DONE)


def _run_flows(advance: Any, data: Path, config: Path) -> list[Outcome]:  # noqa: ANN401
    """Run the flows of the demo: first edition, second edition, texts scraped long ago."""
    from flows.backfill import backfill  # noqa: PLC0415  imports Prefect
    from flows.daily import daily  # noqa: PLC0415

    where: dict[str, Any] = {"data": data, "config": config, "return_state": True}
    today = dt.datetime.now(dt.UTC).date()
    note("daily flow: the first edition")
    outcomes = [ended(daily(date=today, **where))]
    advance()
    note("daily flow: the second edition, with a correction")
    again = FetchOptions(recheck="all")
    outcomes.append(ended(daily(date=today, options=again, **where)))
    note("backfill flow: texts that were scraped long ago")
    files = FileOptions(paths=tuple(sorted((SAMPLES / "texts").glob("*.txt"))), name="archive")
    outcomes.append(ended(backfill(files=files, **where)))
    return outcomes


def _empty(data: Path) -> None:
    """Make `data` an empty demo folder; Prefect's database may stay.

    Raises:
        ConfigError: the folder holds something that no demo has put there.
    """
    if data.exists() and any(data.iterdir()) and not (data / MARK).exists():
        raise ConfigError(f"{data} holds other data: choose an empty folder for the demo (--data)")
    data.mkdir(parents=True, exist_ok=True)
    (data / MARK).touch()
    for path in data.iterdir():
        if path.name in {MARK, "prefect"}:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _config(data: Path, address: str) -> Path:
    """Write the demo's config: the project's rules, its own settings, its sources at `address`."""
    config = data / "config"
    config.mkdir()
    for name in ("rules", "phrases", "sites"):
        (config / name).symlink_to(PROJECT / "config" / name)
    own = PROJECT / "config" / "demo"
    shutil.copyfile(own / "pipeline.yaml", config / "pipeline.yaml")
    sources = (own / "sources.yaml").read_text(encoding="utf-8")
    (config / "sources.yaml").write_text(sources.replace(PORT_IN_CONFIG, address), encoding="utf-8")
    return config


def _show(outcomes: list[Outcome], layout: Layout, asked: int, seconds: float) -> None:
    """Print what came out, and how to look into it."""
    last = outcomes[-1]
    out()
    for outcome in outcomes:
        out(f"  {outcome.flow:9} {outcome.line}")
    if not last.rows:
        return
    current, first = _near(layout.current), outcomes[0]
    look = f"print(pandas.read_parquet('{current}/articles')[['site', 'lang', 'title']])"
    count = f"SELECT class, count(*) FROM '{current}/removals/*.parquet' GROUP BY ALL"  # noqa: S608
    python = _near(Path(sys.executable))
    rows, marks = last.rows, last.marks
    out(f"""
  {rows["articles"]} article versions, {marks.get("changed", 0)} of them newer than the first; \
{marks.get("duplicates", 0)} near-duplicates marked
  {rows["blocks"]} blocks kept or moved, {rows["removals"]} removed, each with rule and evidence
  {rows["fetches"]} fetches, {rows["quarantine"]} pages in quarantine; fetches that failed are there
  on purpose: a dead link in a feed, and a page that robots.txt forbids
  {len(outcomes)} flow runs, {asked} requests, {seconds:.0f} s

  dataset  {current}
  report   {_near(Path(first.report))}

Look into it:
  {python} -c "import pandas; {look}"
  {python} -c "import duckdb; duckdb.sql(\'\'\'{count}\'\'\').show()\"""")


def _near(path: Path) -> Path:
    """Return `path` relative to the current folder when it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
