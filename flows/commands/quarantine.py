"""``cleancopy quarantine``: what was held back and what failed; try it again, release it, drop it.

Two kinds of things are in quarantine, told apart by their ids: articles held back by an alarm of
their site ("site@first day", or an article's own id of 32 digits), and pages that failed, whose ids
have 12 digits.
"""

import getpass
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final

import pyarrow.compute as pc
import pyarrow.dataset as ds
from cyclopts import App, Parameter

from flows.commands.again import again
from flows.commands.common import Common, note, out, out_json
from flows.commands.health import show_alarm
from tasks import pool
from tasks.errors import ConfigError, Exit
from tasks.health import partition as health
from tasks.settings import load_settings
from tasks.store import lock, parts
from tasks.store.alarms import Alarm, alarms
from tasks.store.decisions import Decision, Verb, page_id, read_decisions, record
from tasks.store.health import read_health
from tasks.store.layout import Layout
from tasks.store.options import PublishOptions
from tasks.store.snapshot import reading, snapshot_folder
from tasks.yamlfile import did_you_mean

app = App(
    name="quarantine", help="What was held back and what failed.", result_action="return_value"
)

Row = dict[str, Any]
Ids = Annotated[tuple[str, ...], Parameter(negative="")]

_ARTICLE_ID: Final = re.compile(r"[0-9a-f]{32}")
_SHOWN_ARTICLES: Final = 20


@dataclass(frozen=True, slots=True)
class Held:
    """What is in quarantine now, by id."""

    alarms: dict[str, Alarm]
    failed: dict[str, Row]
    articles: dict[str, Row]  # held back, newest version

    def __contains__(self, name: str) -> bool:
        """Tell whether anything has the id `name`."""
        return name in self.alarms or name in self.failed or name in self.articles


@app.command(name="list")
def show_all(
    *,
    site: Ids = (),
    slug: Ids = (),
    all: Annotated[bool, Parameter(negative="")] = False,  # noqa: A002  the option's name
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """List alarms that hold articles back, and pages that failed and that nobody has dropped.

    Args:
        site: Only these sites; may be repeated.
        slug: Only pages that failed for this reason; may be repeated.
        all: The dropped ones too.
        common: Where to work and how to print.
    """
    found = held(common, with_dropped=all)
    chosen = [one for one in found.alarms.values() if not slug and (not site or one.site in site)]
    failed = [
        (name, row)
        for name, row in found.failed.items()
        if (not slug or row["slug"] in slug) and (not site or any(s in row["url"] for s in site))
    ]
    for one in chosen:
        count = len(_articles_of(found, one))
        told: Row = {"id": one.id, "kind": "alarm", "cause": one.cause, "articles": count}
        _line(told, f"{one.id}  {one.cause}  {count} articles held back", common)
    for name, row in failed:
        told = {"id": name, "kind": "page"} | row
        line = f"{name}  {row['slug']:14} {row['fetched_at']:%Y-%m-%d}  {row['url']}"
        _line(told, line, common)
    if not chosen and not failed and not common.json:
        out("nothing is in quarantine")
    return Exit.PARTIAL if chosen or failed else Exit.DONE


@app.command
def show(name: str, *, common: Common = Common()) -> int:  # noqa: B008
    """Show an alarm and the articles it holds back, a held article, or a page that failed.

    Args:
        name: Its id, as `list` prints it.
        common: Where to work and how to print.
    """
    found = held(common, with_dropped=True)
    _known([name], found)
    if name in found.alarms:
        one = found.alarms[name]
        rows = _articles_of(found, one)
        if common.json:
            out_json({"id": name, "days": one.rows, "articles": rows})
            return Exit.DONE
        show_alarm(one)
        for one_row in rows[:_SHOWN_ARTICLES]:
            title = one_row["title"] or one_row["url"]
            out(f"  {one_row['article_id']}  {one_row['n_words']:5} words  {title}")
        if len(rows) > _SHOWN_ARTICLES:
            out(f"  and {len(rows) - _SHOWN_ARTICLES} more")
        return Exit.DONE
    row: Row = found.failed.get(name) or found.articles[name]
    if common.json:
        out_json({"id": name} | row)
        return Exit.DONE
    for column, value in row.items():
        out(f"{column:15} {value}")
    return Exit.DONE


@app.command
def release(
    *ids: str,
    why: str,
    once: Annotated[bool, Parameter(negative="")] = False,
    who: str = "",
    common: Common = Common(),  # noqa: B008
) -> int:
    """Publish held-back articles as good after all, and say why.

    The site of a released alarm is learnt anew from the released days on.

    Args:
        ids: Alarms, or single articles.
        why: What you have seen; it is kept with your name.
        once: The alarm was false: the site is as it was, keep what was learnt.
        who: Who decides; the user's name without it.
        common: Where to work and how to print.
    """
    found = held(common)
    _known(ids, found)
    for name in ids:
        if name in found.failed:
            raise ConfigError(f"{name} is a page that failed: cleancopy quarantine retry {name}")
    return _decide("release", ids, found, _Said(why, who, once), common)


@app.command
def drop(*ids: str, why: str, who: str = "", common: Common = Common()) -> int:  # noqa: B008
    """Mark as not wanted: held-back articles stay held, failed pages are listed no more.

    Nothing is removed: the bytes as received stay, and so does every row.

    Args:
        ids: Alarms, articles or failed pages.
        why: It is kept with your name.
        who: Who decides; the user's name without it.
        common: Where to work and how to print.
    """
    found = held(common)
    _known(ids, found)
    return _decide("drop", ids, found, _Said(why, who), common)


@app.command
def retry(*ids: str, common: Common = Common()) -> int:  # noqa: B008
    """Make pages again from their stored bytes under the rules of today, and publish.

    Args:
        ids: Failed pages, alarms or articles; all failed pages if left out.
        common: Where to work and how to print.
    """
    found = held(common)
    _known(ids, found)
    pages = {name: found.failed[name] for name in (ids or found.failed) if name in found.failed}
    better = tried(pages, common)
    partitions = {row["warc_file"].split("/")[0] for row in better}
    for name in ids:
        rows = [found.articles[name]] if name in found.articles else []
        rows += _articles_of(found, found.alarms[name]) if name in found.alarms else []
        partitions |= {row["warc_file"].split("/")[0] for row in rows}
    if not partitions:
        out("nothing to publish: no page fares better")
        return Exit.PARTIAL if pages else Exit.DONE
    _have_made_again(better, common)
    from flows.commands.run import reclean  # noqa: PLC0415  a flow, only when there is one to run

    return reclean(*sorted(partitions), common=common)


def _have_made_again(pages: Sequence[Row], common: Common) -> None:
    """See to it that the next run makes `pages` again, which failed under the same rules."""
    layout = Layout(common.data_folder)
    offsets: dict[str, dict[str, list[int]]] = {}
    for row in pages:
        partition, _, file = row["warc_file"].partition("/")
        offsets.setdefault(partition, {}).setdefault(file, []).append(row["warc_offset"])
    for partition in sorted(offsets):
        with lock.held(layout.lock(f"partition-{partition}"), who="cleancopy quarantine retry"):
            parts.retry(layout, partition, offsets[partition])


def tried(pages: dict[str, Row], common: Common) -> list[Row]:
    """Make failed pages again, tell how each fares, and return those that fare well now."""
    output = load_settings(common.config_folder).output
    places = [(row["warc_file"], row["warc_offset"]) for row in pages.values()]
    results = pool.run(
        partial(again, common.data_folder, common.config_folder), places, workers=1,
        page_limit_s=output.page_limit_s, memory_limit_mb=output.memory_limit_mb,
    )  # fmt: skip
    better = []
    for index, result in results:
        name, row = list(pages.items())[index]
        told = {"id": name, "url": row["url"], "was": row["slug"]} | dict(result)
        now = result["slug"] or "well"
        _line(told, f"{name}  {row['slug']} -> {now}: {result['message']}", common)
        if not result["slug"]:
            better.append(row)
    return better


@dataclass(frozen=True, slots=True)
class _Said:
    """What a person says with a decision."""

    why: str
    who: str
    once: bool = False


def _decide(verb: Verb, ids: Sequence[str], found: Held, said: _Said, common: Common) -> int:
    """Keep the decisions and publish by them."""
    if not ids:
        raise ConfigError(f"which? cleancopy quarantine {verb} ID --why REASON")
    if not said.why.strip():
        raise ConfigError("--why is empty: say what you have seen")
    layout = Layout(common.data_folder)
    who, at = said.who or getpass.getuser(), datetime.now(UTC)
    decisions = []
    for name in ids:
        alarm = found.alarms.get(name)
        until = alarm.until if alarm else None
        decisions.append(Decision(verb, name, who, at, said.why, until, said.once))
    record(layout, decisions)
    snapshot = _publish(common) if not set(ids) <= found.failed.keys() else ""
    for one in decisions:
        told = {"id": one.target, "verb": verb, "who": who, "why": said.why, "snapshot": snapshot}
        _line(told, f"{verb}: {one.target} by {who}", common)
    if snapshot and not common.json:
        note(f"published: {snapshot}; taken back by removing the lines from {layout.decisions}")
    return Exit.DONE


def _publish(common: Common) -> str:
    """Judge sites by the decisions, publish, and return the snapshot's id."""
    from tasks.publish import partition as publish  # noqa: PLC0415  imports pandas

    where = common.data_folder, common.config_folder
    health.run("quarantine", *where, "quarantine")
    keep = load_settings(common.config_folder).keep
    options = PublishOptions(keep_snapshots=keep.snapshots, keep_days=keep.days)
    return publish.run("quarantine", *where, "quarantine", options).snapshot


def held(common: Common, *, with_dropped: bool = False) -> Held:
    """Return what is in quarantine: alarms, failed pages, held articles.

    Raises:
        ContractError: nothing is published yet.
    """
    layout = Layout(common.data_folder)
    dropped = {one.target for one in read_decisions(layout) if one.verb == "drop"}
    names = [
        "article_id", "version", "site", "fetched_at", "url", "title", "n_words",
        "quality_reasons", "warc_file", "warc_offset",
    ]  # fmt: skip
    with reading(snapshot_folder(layout)) as folder:
        pages = ds.dataset(str(folder / "quarantine"), format="parquet").to_table().to_pylist()
        rows = ds.dataset(str(folder / "articles"), format="parquet").to_table(
            columns=names, filter=pc.field("quality") == "quarantined"
        )
    by_id = {page_id(row["warc_file"], row["warc_offset"], row["url"]): row for row in pages}
    failed = {name: row for name, row in by_id.items() if with_dropped or name not in dropped}
    rows = rows.sort_by([("fetched_at", "ascending"), ("version", "ascending")])
    articles = {row["article_id"]: row for row in rows.to_pylist()}
    return Held({one.id: one for one in alarms(read_health(layout))}, failed, articles)


def _articles_of(found: Held, alarm: Alarm) -> list[Row]:
    """Return the articles an alarm holds back."""
    return [
        row
        for row in found.articles.values()
        if row["site"] == alarm.site and row["fetched_at"].date() in alarm.held_days
    ]


def _known(ids: Sequence[str], found: Held) -> None:
    """Refuse an id that nothing has.

    Raises:
        ConfigError: there is one; the message names what was perhaps meant.
    """
    for name in ids:
        if name not in found:
            every = [*found.alarms, *found.failed]
            hint = "" if _ARTICLE_ID.fullmatch(name) else did_you_mean(name, every)
            raise ConfigError(f"nothing in quarantine has the id {name!r}{hint}")


def _line(told: Row, line: str, common: Common) -> None:
    if common.json:
        out_json(told)
    else:
        out(line)
