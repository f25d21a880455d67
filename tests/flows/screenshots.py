"""Takes the pictures of docs/operations.md: ``python -m tests.flows.screenshots``.

A server and a worker of our own on loopback, a backfill of the samples, and headless Chromium with
an empty profile. Needs Debian's chromium and chromium-driver.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from tests.flows.conftest import ROOT
from tests.flows.orchestra import LIMIT_S, Orchestra, orchestra, until

IMAGES = ROOT / "docs" / "images"
SAMPLES = ROOT / "data" / "samples"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--force-device-scale-factor=1",
)  # fmt: skip
MAX_BYTES = 200_000
TAB = "//*[normalize-space(.)='Artifacts' and not(*[normalize-space(.)='Artifacts'])]"
"""The innermost element that says so, whatever it is made of."""


def main() -> None:
    """Write the pictures, or say which program is missing."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if missing:
        sys.exit(f"not found: {', '.join(missing)} (Debian: chromium, chromium-driver)")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, orchestra(Path(folder) / "o") as prefect:
        texts = sorted((SAMPLES / "texts").glob("*.txt"))
        paths = [str(path) for path in (SAMPLES / "html", SAMPLES / "warc", *texts)]
        run_id = prefect.start("backfill/backfill", files={"paths": paths, "name": "samples"})
        state = prefect.ended(run_id)["state"]
        sys.stderr.write(f"the run ended: {state['name']}: {state['message']}\n")
        with _browser(Path(folder) / "profile") as browser:
            take_all(prefect, browser, run_id)


def take_all(prefect: Orchestra, browser: Chrome, run_id: str) -> None:
    """Take the page of a run with its artifacts, and the form of a deployment."""
    home = prefect.url.removesuffix("/api")
    deployment = prefect.ask("GET", "/deployments/name/backfill/backfill")["id"]
    browser.get(f"{home}/runs/flow-run/{run_id}")
    _see(browser, "Artifacts")
    browser.find_element(By.XPATH, TAB).click()
    _take(browser, "markdown", "flow-run.png")
    browser.get(f"{home}/deployments/deployment/{deployment}/run")
    _take(browser, "Files and folders", "parameters.png")


def _see(browser: Chrome, wanted: str) -> None:
    """Return when a word is on the page, in any case of letters."""
    until(
        lambda: wanted.lower() in browser.find_element(By.TAG_NAME, "body").text.lower(),
        lambda: browser.find_element(By.TAG_NAME, "body").text[:3000],
    )


def _take(browser: Chrome, wanted: str, name: str) -> None:
    """Wait for a word on the page, and write what is seen."""
    _see(browser, wanted)
    time.sleep(5)  # what is drawn moves a while
    picture = browser.get_screenshot_as_png()
    if len(picture) > MAX_BYTES:
        sys.exit(f"{name} has {len(picture)} bytes: make the window smaller")
    (IMAGES / name).write_bytes(picture)
    sys.stderr.write(f"{IMAGES / name}: {len(picture)} bytes\n")


@contextmanager
def _browser(profile: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1280,1000"):
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium") or ""
    browser = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    browser.set_page_load_timeout(LIMIT_S)
    try:
        yield browser
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
