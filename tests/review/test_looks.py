"""The report and the review pages in a real browser: hostile text, contrast, keyboard, narrow."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By

from tasks.publish import report
from tasks.store.options import ReportOptions
from tests.review.browser import browser, complaints, needs_browser
from tests.review.hostile import BREAKOUTS, hostile_pages
from tests.synthetic import close_all, failure, run_dedup, run_publish, write_part

pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]

DAY = "2026-11-24"
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> report.Report:
    """The report of a run on hostile pages, one of them twice, two of them in quarantine."""
    data = tmp_path_factory.mktemp("looks")
    pages = hostile_pages()
    copy = replace(pages[0], article_id="c" * 32, canonical_url="https://quay-post.example/c")
    failures = [replace(failure(f"f{n}"), slug=f"odd-{n}", message=BREAKOUTS[n]) for n in range(2)]
    write_part(data, DAY, "p1", [*pages, copy], failures)
    close_all(data, DAY)
    run_dedup(data)
    run_publish(data)
    return report.run(DAY, data, data, "run-1", ReportOptions(title=BREAKOUTS[0]))


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browser(tmp_path_factory.mktemp("chrome")) as opened:
        yield opened


def pages(made: report.Report) -> list[Path]:
    index = Path(made.review)
    return [Path(made.path), index, index.parent / "sheet-001.html"]


def test_the_report_runs_nothing_and_loads_nothing(made: report.Report, driver: Chrome) -> None:
    driver.get(Path(made.path).as_uri())
    assert made.duplicates == 1
    assert complaints(driver) == []
    assert driver.execute_script("return window.hit === undefined")
    assert not driver.find_elements(By.CSS_SELECTOR, "script, img, iframe, base, form, link")
    loaded = "return performance.getEntriesByType('resource').length"
    assert driver.execute_script(loaded) == 0
    shown = driver.find_element(By.TAG_NAME, "body").text
    for line in (BREAKOUTS[0], BREAKOUTS[1]):
        assert line in shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(made: report.Report, driver: Chrome, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    for path in pages(made):
        driver.get(path.as_uri())
        driver.execute_script("document.querySelectorAll('details').forEach((d) => d.open = true)")
        assert driver.execute_script(CONTRAST) == [], path.name
        driver.execute_script("document.body.style.setProperty('--soft', 'var(--paper)')")
        assert driver.execute_script(CONTRAST) != [], "the test sees what cannot be read"


def test_nothing_is_wider_than_a_telephone(made: report.Report, driver: Chrome) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for path in pages(made):
            driver.get(path.as_uri())
            wide = "return document.documentElement.scrollWidth <= window.innerWidth"
            assert driver.execute_script(wide), path.name
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_report_leads_by_keyboard_to_the_review_pages(
    made: report.Report, driver: Chrome
) -> None:
    driver.get(Path(made.path).as_uri())
    keys = ActionChains(driver)
    keys.send_keys(Keys.TAB).perform()
    focused = "return document.activeElement.textContent"
    assert driver.execute_script(focused) == "Skip to the figures"
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert driver.execute_script(focused) == "review what was removed"
    ActionChains(driver).send_keys(Keys.ENTER).perform()
    assert driver.current_url == Path(made.review).as_uri()
    sites = driver.find_elements(By.CSS_SELECTOR, "section h2[id]")
    assert {"harbour-courier.example", "quay-post.example"} <= {
        h.get_attribute("id") for h in sites
    }
