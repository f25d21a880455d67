"""``cleancopy clean``: the clean text of files, printed; nothing is stored."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from flows.commands.common import Common, note, out
from flows.commands.pages import Entry, entries, manifest, read
from tasks import pool
from tasks.errors import ConfigError, Exit, PageError
from tasks.rules import RuleBook, load_rules
from tasks.settings import load_settings

Format = Literal["text", "markdown", "json", "jsonl"]

CHUNK: Final = 20
"""Pages a worker takes at a time: few enough that output flows, enough to hide the hand-over."""


def clean(
    *paths: str,
    format: Format = "text",  # noqa: A002  the option's name
    manifest_file: Annotated[str, Parameter(name="--manifest")] = "",
    workers: int = 0,
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Print the clean text of pages: files, folders, or - for standard input.

    Args:
        paths: .html, .txt, .jsonl (each also .gz), .warc, .warc.gz; folders; - for one page.
        format: text; markdown; json, with every block and its reason; jsonl, one line a page.
        manifest_file: Read the pages from JSON lines with id, path and url; - for standard input.
        workers: Processes to use; 0: one for each core.
        common: Where to work and how to print.

    A page that fails is told on standard error, in JSON as {"id", "error", "message"}; then the
    exit code is 3.
    """
    if bool(paths) == bool(manifest_file):
        raise ConfigError("name the pages: paths, or --manifest FILE, or - for standard input")
    shape: Format = "jsonl" if common.json and format == "text" else format
    found = manifest(manifest_file) if manifest_file else entries(paths)
    failed = 0
    for is_done, line in results(found, shape, workers, common.config_folder):
        failed += not is_done
        if is_done or shape in {"json", "jsonl"}:
            out(line)
        else:
            note(f"cleancopy: {line}")
    return Exit.PARTIAL if failed else Exit.DONE


def results(
    pages: Iterator[Entry], shape: Format, workers: int, config: Path
) -> Iterator[tuple[bool, str]]:
    """Yield for each page, in order, whether it could be cleaned, and what to print."""
    settings = load_settings(config)
    first = list(islice(pages, CHUNK))
    answers = pool.run(
        partial(work, config, shape),
        _chunks(first, pages),
        workers=(workers or settings.work.worker_count) if len(first) == CHUNK else 1,
        page_limit_s=settings.output.page_limit_s,
        memory_limit_mb=settings.output.memory_limit_mb,
        recycle_pages=settings.work.recycle_pages,
    )
    with closing(answers):
        for _, lines in answers:
            yield from lines


def work(
    config: Path, shape: Format, chunk: Sequence[Entry], tick: pool.Tick, bad: pool.Bad
) -> list[tuple[bool, str]]:
    """Clean some pages, in a worker process."""
    lines: list[tuple[bool, str]] = []
    for index, entry in enumerate(chunk):
        tick(index)
        lines.append(_one(config, shape, entry, bad.get(index)))
    return lines


def _one(config: Path, shape: Format, entry: Entry, error: PageError | None) -> tuple[bool, str]:
    if error is None:
        try:
            return True, _render(config, shape, entry)
        except PageError as found:
            error = found
        except (MemoryError, ConfigError):
            raise
        except Exception as bug:  # noqa: BLE001  the one handler: other pages go on
            error = PageError("bug", f"{type(bug).__name__}: {bug}")
    if shape in {"json", "jsonl"}:
        return False, _json({"id": entry.id, "error": error.slug, "message": error.message})
    return False, f"{entry.id}: {error}"


def _render(config: Path, shape: Format, entry: Entry) -> str:
    from flows.commands import records  # noqa: PLC0415  the parent does not need the engine
    from tasks.page import process  # noqa: PLC0415

    page = process(read(entry), _rules(config))
    if shape == "text":
        return page.text
    if shape == "markdown":
        return records.markdown(page)
    made = records.record(page) if shape == "jsonl" else records.detailed(page)
    return _json({"id": entry.id} | made)


def _json(value: object) -> str:
    """Return one line of JSON that any reader can decode: half a surrogate pair is escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


@cache
def _rules(config: Path) -> RuleBook:
    return load_rules(config)


def _chunks(first: list[Entry], pages: Iterator[Entry]) -> Iterator[list[Entry]]:
    chunk = first
    while chunk:
        yield chunk
        chunk = list(islice(pages, CHUNK))
