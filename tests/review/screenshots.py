"""The pictures of the report and of a review page in docs/: of the demo's invented sites.

.venv/bin/python -m tests.review.screenshots DATA       after: make demo (DATA is data/demo)
"""

import sys
import tempfile
from pathlib import Path

from tests.review.browser import browser

DOCS = Path(__file__).parents[2] / "docs"
SIZE = {"width": 1080, "height": 760, "deviceScaleFactor": 1, "mobile": False}
TO_THE_ARTICLE = """
const moved = document.querySelector(".kept[data-kind=headline], .kept");
moved.previousElementSibling.previousElementSibling.previousElementSibling.scrollIntoView();
"""


def main(data: Path) -> None:
    """Take both pictures."""
    report = max((data / "reports").glob("*.html"), key=lambda path: path.stat().st_mtime)
    sheet = report.parent / f"{report.stem}-review" / "sheet-001.html"
    with (
        tempfile.TemporaryDirectory() as folder,
        browser(Path(folder), "--hide-scrollbars") as driver,
    ):
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SIZE)
        driver.get(report.as_uri())
        driver.save_screenshot(str(DOCS / "report.png"))
        driver.get(sheet.as_uri())
        driver.execute_script(TO_THE_ARTICLE)
        driver.save_screenshot(str(DOCS / "review.png"))
    for name in ("report.png", "review.png"):
        sys.stdout.write(f"{DOCS / name}: {(DOCS / name).stat().st_size} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
