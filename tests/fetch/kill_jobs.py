"""What the processes of test_kill.py run: importable, so that a fork server has it loaded."""

from pathlib import Path

import anyio

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
