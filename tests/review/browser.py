"""A real browser for tests: Debian's Chromium, headless, told to fetch nothing of its own."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import JavascriptException, StaleElementReferenceException

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
LIMIT_S = 60.0

needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs Debian's packages chromium and chromium-driver"
)


@contextmanager
def browser(folder: Path, *more: str) -> Iterator[webdriver.Chrome]:
    """Open a browser whose profile and downloads lie in `folder`; it is gone at the end."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    profile, downloads = folder / "profile", folder / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    for flag in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--window-size=1200,900", *more,
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.set_capability("unhandledPromptBehavior", "ignore")
    options.add_experimental_option(
        "prefs",
        {"download.default_directory": str(downloads), "download.prompt_for_download": False},
    )
    service = webdriver.ChromeService(str(DRIVER), env=dict(os.environ, HOME=str(folder)))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_page_load_timeout(LIMIT_S)
        driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)}
        )
        yield driver
    finally:
        driver.quit()


def until(what: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:  # noqa: ANN401
    """Return the first true answer of `what`, asked again and again."""
    end = time.monotonic() + limit_s
    while True:
        try:
            if found := what():
                return found
        except (StaleElementReferenceException, JavascriptException):
            pass
        if time.monotonic() > end:
            raise AssertionError(f"still not so after {limit_s:g} s: {what}")
        time.sleep(0.05)


def complaints(driver: webdriver.Chrome) -> list[str]:
    """Return what the console says: errors, and refusals of the page's policy."""
    return [entry["message"] for entry in driver.get_log("browser")]


def exported(folder: Path) -> dict[str, Any]:
    """Return the file of labels that the page saved, once it is whole."""
    files = until(lambda: list((folder / "downloads").glob("labels-*.json")))
    text = until(lambda: (t := files[0].read_text("utf-8")).endswith("}\n") and t)
    found: dict[str, Any] = json.loads(text)
    return found
