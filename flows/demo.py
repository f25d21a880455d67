"""``cleancopy demo``: the whole pipeline on a newsroom of our own, offline, in about a minute.

Nothing is staged: the newsroom is a web server on a loopback port (`flows.newsroom`), and what runs
against it are the flows that run against the open web. Only the folder is the demo's own: its
dataset is made anew each time, so that the correction of the second edition is seen as one.
"""

import datetime as dt
import shutil
import time
from pathlib import Path
from typing import Any, Final

from flows.commands.common import Common, note, out, out_json
from flows.commands.run import ended, listen
from flows.newsroom import serve
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
    with running(layout.prefect_home) as server, serve() as newsroom:
        config = _config(data, newsroom.address)
        load_rules(config)
        listen()
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
    out()
    for outcome in outcomes:
        out(f"  {outcome.flow:9} {outcome.line}")
    rows = outcomes[-1].rows
    if not rows:
        return
    articles = layout.current / "articles"
    out()
    out(f"  {rows['articles']} article versions, {rows['removals']} removed blocks, each with its")
    out(f"  rule and evidence, {rows['fetches']} fetches ({asked} requests) in {seconds:.0f} s")
    out()
    out(f"  dataset  {layout.current}")
    out(f"  report   {outcomes[-2].report}")
    out()
    look = f"print(pandas.read_parquet('{articles}')[['site', 'lang', 'title']])"
    count = f"SELECT rule, count(*) AS n FROM '{layout.current}/removals/*.parquet' GROUP BY ALL"  # noqa: S608
    out("Look into it:")
    out(f'  python -c "import pandas; {look}"')
    out(f"  python -c \"import duckdb; duckdb.sql('''{count}''').show()\"")
