"""``cleancopy fetch``: fetch and capture only, without Prefect; and what would be fetched."""

from collections import Counter

from flows.commands.choice import Choice
from flows.commands.common import Common, note, out, out_json
from flows.progress import shown
from tasks.errors import Exit
from tasks.fetch.partition import plan, run
from tasks.runs import begin
from tasks.settings import load_settings
from tasks.sources import FetchOptions
from tasks.store.layout import Layout
from tasks.store.lock import held


def fetch(
    *,
    choice: Choice = Choice(),  # noqa: B008  frozen
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Fetch what is new and capture it; clean nothing.

    Args:
        choice: What to fetch.
        common: Where to work and how to print.
    """
    if choice.dry_run:
        return show_plan(choice.options, common)
    load_settings(common.config_folder)
    begun = begin("fetch", common.data_folder, common.config_folder)
    partition = str(choice.date or begun.started_at.date())
    lock = held(Layout(begun.data).lock(f"partition-{partition}"), who=begun.run_id)
    with lock, shown("tasks", is_json=common.json):
        report = run(partition, begun.data, begun.config, begun.run_id, choice.options)
    if common.json:
        out_json(report)
    else:
        out(f"captured {report.captured} pages into {Layout(begun.data).captures(partition)}")
        for slug, count in report.errors.items():
            note(f"cleancopy: {count} attempts failed: {slug}")
    return Exit.PARTIAL if report.errors else Exit.DONE


def show_plan(options: FetchOptions, common: Common) -> int:
    """Print what would be fetched, and why the rest would not."""
    found = plan(common.data_folder, common.config_folder, options)
    verdicts = Counter(planned.verdict for planned in found.urls)
    for planned in found.urls:
        if common.json:
            out_json(planned)
        else:
            out(f"{planned.verdict:20} {planned.source_id:20} {planned.url}")
    note(", ".join(f"{verdict} {count}" for verdict, count in verdicts.most_common()) or "nothing")
    for slug, count in found.errors.items():
        note(f"cleancopy: {count} attempts failed: {slug}")
    return Exit.PARTIAL if found.errors else Exit.DONE
