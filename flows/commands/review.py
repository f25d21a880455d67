"""``cleancopy review``: pages on which people see and label what was removed; labels come back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from flows.commands.common import Common, note, out, out_json
from tasks.errors import ConfigError, Exit
from tasks.review.examples import Proposal, propose
from tasks.review.labels import read_labels
from tasks.review.read import Selection, read_cards
from tasks.review.sheet import write_review
from tasks.rules import load_rules
from tasks.store.atomic import write_bytes
from tasks.store.layout import Layout
from tasks.store.snapshot import reading, snapshot_folder

app = App(
    name="review",
    help="Write pages on which people see what was removed; take their labels back.",
    result_action="return_value",
)

MAX_ARTICLES = 5000
"""A review is looked at by people; more would only fill the disk."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Chosen:
    """Which articles are shown."""

    site: Annotated[
        tuple[str, ...], Parameter(negative="", help="Articles of this site; may be repeated.")
    ] = ()
    rule: Annotated[
        tuple[str, ...],
        Parameter(
            negative="", help="Articles on which this rule removed a block; may be repeated."
        ),
    ] = ()
    article: Annotated[
        tuple[str, ...], Parameter(negative="", help="This article, by id; may be repeated.")
    ] = ()
    partition: Annotated[
        tuple[str, ...],
        Parameter(negative="", help="Articles captured in this partition; may be repeated."),
    ] = ()
    limit: Annotated[int, Parameter(help="Most articles; the least sure removals come first.")] = 60
    sample: Annotated[
        bool, Parameter(negative="", help="A sample instead, the same each time.")
    ] = False

    @property
    def selection(self) -> Selection:
        """The same as the room of review takes it.

        Raises:
            ConfigError: the limit is no number of articles that people look at.
        """
        if not 1 <= self.limit <= MAX_ARTICLES:
            raise ConfigError(f"--limit {self.limit}: a review has 1 to {MAX_ARTICLES} articles")
        given = self.site, self.rule, self.article, self.partition
        return Selection(*given, limit=self.limit, is_sample=self.sample)


@app.default
def pages(
    *,
    chosen: Chosen = Chosen(),
    to: Path | None = None,
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Write review pages of the dataset: an index, and sheets of a few articles each.

    Open the index in a browser; no server is needed. Blocks are labelled by keyboard (the keys
    stand on the page), and labels exported as a file for `cleancopy review import`.

    Args:
        chosen: Which articles.
        to: Folder of the pages; DATA/review if left out.
        common: Where to work and how to print.
    """
    selection = chosen.selection
    layout = Layout(common.data_folder)
    folder = (to or layout.data / "review").absolute()
    with reading(snapshot_folder(layout)) as snapshot:
        cards = read_cards(snapshot, selection)
        written = write_review(cards, folder, "What was removed, and why", snapshot.name)
    if common.json:
        out_json({"index": str(written.index), "sheets": len(written.sheets),
                  "articles": written.articles, "removed": written.removed})  # fmt: skip
        return Exit.DONE
    out(
        f"{written.articles} articles, {written.removed} blocks removed from them, on "
        f"{len(written.sheets)} sheets: open {written.index}"
    )
    return Exit.DONE


@app.command(name="import")
def take(
    *files: Path,
    write: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Show how labels from review pages would change the rule files, as a diff.

    A line that must be kept becomes a look-alike (`keeps`) of the rule that took it, a line rightly
    dropped an example (`drops`) of its rule; what no rule knows by its words goes to the site's
    own file. Comments stay.

    Args:
        files: Files that review pages exported.
        write: Make the change.
        common: Where to work and how to print.
    """
    if not files:
        raise ConfigError("name the files that review pages exported: labels-*.json")
    config = common.config_folder
    labels = read_labels(files)
    proposal = propose(labels, load_rules(config), config)
    diff = proposal.diff(config)
    if common.json:
        out_json({"labels": len(labels), "added": proposal.added, "diff": diff,
                  "files": sorted(map(str, proposal.files)), "notes": proposal.notes,
                  "written": write})  # fmt: skip
    else:
        out(diff.rstrip("\n") or "nothing to change")
    if write:
        _write(proposal, config)
    if not common.json:
        _tell(proposal, len(labels), is_written=write)
    return Exit.DONE


def _write(proposal: Proposal, config: Path) -> None:
    """Write the changed files, and load the rule book to see that it still can be.

    Raises:
        ConfigError: the book could not be loaded; the files are as they were.
    """
    for path, (_, after) in proposal.files.items():
        write_bytes(after.encode(), path)
    try:
        load_rules(config)
    except ConfigError:
        for path, (before, _) in proposal.files.items():
            if before:
                write_bytes(before.encode(), path)
            else:
                path.unlink()
        raise


def _tell(proposal: Proposal, labels: int, *, is_written: bool) -> None:
    for line in proposal.notes:
        note(f"cleancopy: no example: {line}")
    done = "written" if is_written else "proposed; --write makes the change"
    note(f"cleancopy: {labels} labels, {proposal.added} examples {done}")
    if is_written and proposal.added:
        note("cleancopy: `make test` tries every rule on all examples")
