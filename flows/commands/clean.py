"""``cleancopy clean``: the clean text of files, printed; nothing is stored."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from cyclopts import Parameter

from flows.commands.common import Common, note, out
from flows.commands.pages import Entry, entries, manifest, read
from flows.commands.siblings import chunks, extract_all, has_siblings, pooled, rules_of, unspill
from tasks import pool
from tasks.errors import ConfigError, Exit, PageError
from tasks.schema import Extracted, Finished

Format = Literal["text", "markdown", "json", "jsonl"]


def clean(
    *paths: str,
    format: Format = "text",  # noqa: A002  the option's name
    manifest_file: Annotated[str, Parameter(name="--manifest")] = "",
    memory: bool | None = None,
    workers: int = 0,
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Print the clean text of pages: files, folders, or - for standard input.

    Args:
        paths: .html, .txt, .jsonl (each also .gz), .warc, .warc.gz; folders; - for one page.
        format: text; markdown; json, with every block and its reason; jsonl, one line a page.
        manifest_file: Read the pages from JSON lines with id, path and url; - for standard input.
        memory: Read all pages before the first is printed, and take what a site repeats on them
            for furniture. If not said: with a manifest that names three pages of one site.
        workers: Processes to use; 0: one for each core.
        common: Where to work and how to print.

    A page that fails is told on standard error, in JSON as {"id", "error", "message"}; then the
    exit code is 3.
    """
    if bool(paths) == bool(manifest_file):
        raise ConfigError("name the pages: paths, or --manifest FILE, or - for standard input")
    shape: Format = "jsonl" if common.json and format == "text" else format
    found = manifest(manifest_file) if manifest_file else entries(paths)
    if memory is None and manifest_file:
        listed = list(found)
        found, memory = iter(listed), has_siblings(listed)
    failed = 0
    lines = _together if memory else results
    for is_done, line in lines(found, shape, workers, common.config_folder):
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
    for lines in pooled(partial(work, config, shape), chunks(pages), workers, config):
        yield from lines


def _together(
    pages: Iterator[Entry], shape: Format, workers: int, config: Path
) -> Iterator[tuple[bool, str]]:
    """Yield the same, each page cleaned with what all pages teach of its site."""
    with TemporaryDirectory(prefix="cleancopy-") as folder:
        spilled, memory = extract_all(pages, Path(folder), workers, config)
        again = partial(finish, config, shape, memory)
        for lines in pooled(again, spilled, workers, config):
            yield from lines


def work(
    config: Path, shape: Format, chunk: Sequence[Entry], tick: pool.Tick, bad: pool.Bad
) -> list[tuple[bool, str]]:
    """Clean some pages, in a worker process."""
    lines: list[tuple[bool, str]] = []
    for index, entry in enumerate(chunk):
        tick(index)
        lines.append(_one(partial(_process, config, entry), shape, entry.id, bad.get(index)))
    return lines


def finish(
    config: Path, shape: Format, memory: Path, chunk: Path, tick: pool.Tick, bad: pool.Bad
) -> list[tuple[bool, str]]:
    """Clean some pages that are extracted already, in a worker process."""
    lines: list[tuple[bool, str]] = []
    for index, (name, page) in enumerate(unspill(chunk)):
        tick(index)
        call = partial(_clean, config, memory, page)
        lines.append(_one(call, shape, name, bad.get(index)))
    return lines


def _one(
    call: Callable[[], Finished], shape: Format, name: str, error: PageError | None
) -> tuple[bool, str]:
    """Return whether `call` gave a page, and the page or its error as it is printed."""
    if error is None:
        try:
            return True, _rendered(call(), shape, name)
        except PageError as found:
            error = found
        except (MemoryError, ConfigError):
            raise
        except Exception as bug:  # noqa: BLE001  the one handler: other pages go on
            error = PageError("bug", f"{type(bug).__name__}: {bug}")
    if shape in {"json", "jsonl"}:
        return False, _json({"id": name, "error": error.slug, "message": error.message})
    return False, f"{name}: {error}"


def _process(config: Path, entry: Entry) -> Finished:
    from tasks.page import process  # noqa: PLC0415  the parent does not need the engine

    return process(read(entry), rules_of(config))


def _clean(config: Path, memory: Path, page: Extracted | PageError) -> Finished:
    from tasks.clean.memory import site_of  # noqa: PLC0415  the parent does not need the engine
    from tasks.clean.page import clean  # noqa: PLC0415
    from tasks.clean.remembered import recall  # noqa: PLC0415
    from tasks.normalise.page import normalise  # noqa: PLC0415

    if isinstance(page, PageError):
        raise page
    rules = rules_of(config)
    return normalise(clean(page, rules, recall(memory, site_of(page))), rules.version)


def _rendered(page: Finished, shape: Format, name: str) -> str:
    from flows.commands import records  # noqa: PLC0415  the parent does not need the engine

    if shape == "text":
        return page.text
    if shape == "markdown":
        return records.markdown(page)
    made = records.record(page) if shape == "jsonl" else records.detailed(page)
    return _json({"id": name} | made)


def _json(value: object) -> str:
    """Return one line of JSON that any reader can decode: half a surrogate pair is escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
