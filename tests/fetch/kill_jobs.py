"""What the processes of test_kill.py run: importable, so that a fork server has it loaded."""

import resource
from pathlib import Path

import anyio

from tasks.errors import EnvironmentFault
from tasks.fetch.failure import single_faults
from tasks.fetch.partition import fetch
from tasks.sources import FetchOptions, FetchSettings, Source
from tasks.store.layout import Layout
from tasks.urls import registered_domain

registered_domain("news.example")  # reads the list of suffixes once, for all processes


def fetch_once(data: str, run_id: str, source: str, settings: str) -> None:
    """Run one fetch of one source."""
    how = (FetchSettings.model_validate_json(settings), FetchOptions())
    sources = [Source.model_validate_json(source)]
    anyio.run(fetch, "p", Layout(Path(data)), run_id, sources, how)


def fetch_with_little_space(data: str, run_id: str, source: str, settings: str) -> None:
    """Run one fetch that cannot write files over 100 kB; ends with 5 when it says so."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        with single_faults():
            fetch_once(data, run_id, source, settings)
    except EnvironmentFault:
        raise SystemExit(5) from None
