"""``cleancopy diff``: what a change of rules does to stored pages, before it is published."""

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import Common, out, out_json
from flows.progress import shown
from tasks.errors import ConfigError, Exit
from tasks.replay.partition import Report, replay
from tasks.rules import load_rules
from tasks.settings import load_settings
from tasks.store.options import ReplayOptions

_SHOWN = 5
_WIDTH = 100


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Pages:
    """Which pages to clean under both."""

    partition: Annotated[
        tuple[str, ...], Parameter(negative="", help="Only this partition; may be repeated.")
    ] = ()
    every: Annotated[int, Parameter(help="Only every so manieth stored page.")] = 1
    gold: Annotated[
        Path | None, Parameter(help="Folder with gold.jsonl and pages/, or of such folders.")
    ] = None


def diff(
    *,
    before: Path | None = None,
    after: Path | None = None,
    accept: Annotated[bool, Parameter(negative="")] = False,
    pages: Pages = Pages(),
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Clean stored pages under two rule books and print which lines are lost and gained.

    Nothing is published and no network is used. A folder of rules is a config folder: it holds
    rules/, and perhaps phrases/ and sites/.

    Args:
        before: Folder of the rules as they were; those of --config if left out.
        after: Folder of the rules as they are to be; those of --config if left out.
        accept: A regression is no failure.
        pages: Which pages.
        common: Where to work and how to print.

    Exit code 4: a regression. More pages fail, a site loses 2 % of its words, or gold pages score
    lower.
    """
    if before is None and after is None:
        raise ConfigError("name a folder of rules with --before or --after")
    for folder in (before, after):
        if folder is not None:
            load_rules(folder.absolute())
    load_settings(common.config_folder)
    options = ReplayOptions(
        before=before and before.absolute(),
        after=after and after.absolute(),
        gold=pages.gold and pages.gold.absolute(),
        partitions=pages.partition,
        every=pages.every,
        accept=accept,
    )
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    with shown("tasks", is_json=common.json):
        found = replay("all", common.data_folder, common.config_folder, run_id, options)
    if common.json:
        out_json(asdict(found))
    else:
        _show(found)
    return Exit.CONTRACT if found.regressions and not accept else Exit.DONE


def _show(found: Report) -> None:
    out(f"rules {found.before} and {found.after}" + (
        ": the same selectors, pages extracted once" if found.extracted_once else ""
    ))  # fmt: skip
    width = max(map(len, [*found.sites, "all"]))
    for name, told in [*found.sites.items(), ("all", found.total)]:
        out(
            f"  {name:{width}}  {told['changed']:,} of {told['pages']:,} pages changed; lines "
            f"lost {told['lines_lost']:,}, gained {told['lines_gained']:,}"
        )
    if found.gold:
        scores = found.gold["f1_before"], found.gold["f1_after"]
        out(f"  gold    {found.gold['pages']:,} pages, F1 {scores[0]:.4f} -> {scores[1]:.4f}")
    for change in found.most_changed[:_SHOWN]:
        out(f"{change['url']}")
        for sign, name in (("-", "lost"), ("+", "gained")):
            for line in change[name][:_SHOWN]:
                out(f"  {sign} {line[:_WIDTH]}")
    for line in found.regressions:
        out(f"regression: {line}")
    out(f"report  {found.path}")
