"""``cleancopy health``: how each site does, by its own days; exit code 3 while one is in alarm."""

from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import Parameter

from flows.commands.common import Common, out, out_json
from tasks.errors import ConfigError, Exit
from tasks.settings import load_settings
from tasks.store.alarms import Alarm, alarms
from tasks.store.health import read_health
from tasks.store.layout import Layout
from tasks.yamlfile import did_you_mean

BARS = "▁▂▃▄▅▆▇█"
DAYS = 28


def health(
    *,
    site: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Show how each site does: its last day, four weeks as a line, and what is in alarm.

    Args:
        site: Only this site; may be given more than once.
        common: Where to work and how to print.

    Exit code 3: a site is in alarm; 4: so is one, and health.gate stops publishing.
    """
    layout = Layout(common.data_folder)
    table = read_health(layout)
    by_site: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        by_site.setdefault(row["site"], []).append(row)
    for name in site:
        if name not in by_site:
            raise ConfigError(f"nothing is known of the site {name!r}{did_you_mean(name, by_site)}")
    chosen = {name: by_site[name] for name in sorted(by_site) if not site or name in site}
    raised = [one for one in alarms(table) if one.site in chosen]
    if common.json:
        for name, rows in chosen.items():
            out_json({"site": name, "status": rows[-1]["status"], "days": rows})
    else:
        _show(chosen, raised)
    if not any(one.is_current for one in raised):
        return Exit.DONE
    return Exit.CONTRACT if load_settings(common.config_folder).health.gate else Exit.PARTIAL


def _show(sites: dict[str, list[dict[str, Any]]], raised: Sequence[Alarm]) -> None:
    if not sites:
        out("nothing is known yet: cleancopy run")
    width = max((len(name) for name in sites), default=0)
    for name, rows in sites.items():
        last = rows[-1]
        words = "-" if last["median_words"] is None else f"{last['median_words']:.0f}"
        line = sparkline([row["articles"] for row in rows[-DAYS:]])
        out(
            f"{name:{width}}  {last['status']:8}  {last['day']}  {last['pages']:5} pages "
            f"{last['articles']:5} new {last['empty']:4} empty {words:>5} words  {line}"
        )
    for one in raised:
        out()
        show_alarm(one)


def show_alarm(one: Alarm) -> None:
    """Print an alarm: since when, what is out of range, the likely cause, pages that show it."""
    last = one.rows[-1]
    goes_on = "" if one.is_current else f" until {one.until}, over since"
    held = f"; articles of {len(one.held_days)} days are held back" if one.held_days else ""
    out(f"{one.id}: alarm since {one.since}{goes_on}, probably {one.cause}{held}")
    for line in last["evidence"]:
        out(f"  {line}")
    for url in last["examples"]:
        out(f"  see {url}")


def sparkline(values: Sequence[float]) -> str:
    """Return numbers as a line of bars.

    >>> sparkline([0, 3, 7, 14])
    '▁▃▅█'
    """
    most = max(values, default=0) or 1
    return "".join(BARS[round((len(BARS) - 1) * value / most)] for value in values)
