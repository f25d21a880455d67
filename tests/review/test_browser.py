"""Review pages in a real browser: keys, filters, export; and nothing that a page says can run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.common.exceptions import JavascriptException
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from tasks.review.labels import read_labels
from tasks.review.read import Selection, read_cards
from tasks.review.sheet import Written, write_review
from tasks.store.layout import Layout
from tasks.store.snapshot import snapshot_folder
from tests.review.browser import browser, complaints, exported, needs_browser, until
from tests.review.hostile import BREAKOUTS, hostile_dataset

pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def written(home: Path) -> Written:
    hostile_dataset(home / "data")
    snapshot = snapshot_folder(Layout(home / "data"))
    return write_review(read_cards(snapshot, Selection()), home / "review", "Review", snapshot.name)


@pytest.fixture(scope="module")
def driver(home: Path) -> Iterator[Chrome]:
    with browser(home) as opened:
        yield opened


@pytest.fixture
def sheet(driver: Chrome, written: Written) -> Chrome:
    """Open the sheet anew, with no labels."""
    driver.get(written.sheets[0].as_uri())
    driver.execute_script("localStorage.clear()")
    driver.get("about:blank")
    driver.get(written.sheets[0].as_uri())
    until(lambda: driver.find_element(By.CSS_SELECTOR, "html.scripted"))
    return driver


def press(driver: Chrome, keys: str) -> None:
    ActionChains(driver).send_keys(keys).perform()


def focused(driver: Chrome) -> str:
    return str(driver.execute_script("return document.activeElement.id"))


def shown(driver: Chrome, css: str) -> list[str]:
    """Return the ids of the elements that can be seen."""
    found = "return [...document.querySelectorAll(arguments[0])]"
    ids: list[str] = driver.execute_script(
        found + ".filter((one) => one.checkVisibility()).map((one) => one.id)", css
    )
    return ids


def test_nothing_a_page_says_runs_or_loads(sheet: Chrome, written: Written) -> None:
    for path in (written.index, written.sheets[0]):
        sheet.get(path.as_uri())
        assert sheet.execute_script("return window.hit === undefined")
        assert complaints(sheet) == []
        assert not sheet.find_elements(
            By.CSS_SELECTOR, "img, svg, iframe, base, object, embed, link"
        )
        links = [a.get_attribute("href") for a in sheet.find_elements(By.TAG_NAME, "a")]
        assert all(link.startswith(("file:", "https:")) for link in links), links
        loaded = "return performance.getEntriesByType('resource').map((one) => one.name)"
        assert sheet.execute_script(loaded) == []
        assert sheet.find_element(By.TAG_NAME, "h1").is_displayed()
    assert len(sheet.find_elements(By.TAG_NAME, "script")) == 2
    assert len(sheet.find_elements(By.TAG_NAME, "style")) == 1
    assert len(sheet.find_elements(By.TAG_NAME, "form")) == 1


def test_hostile_text_is_shown_as_it_is_with_hidden_characters_named(sheet: Chrome) -> None:
    texts = [e.text for e in sheet.find_elements(By.CSS_SELECTOR, ".kept .text")]
    for line in BREAKOUTS:
        if line.isascii():
            assert line in texts
    unseen = {e.text for e in sheet.find_elements(By.CSS_SELECTOR, ".kept .text .unseen")}
    assert {"U+202E", "U+0000", "U+2066", "U+200B", "U+FEFF", "U+2028"} <= unseen


def test_the_policy_stops_even_what_the_page_itself_would_add(sheet: Chrome) -> None:
    with pytest.raises(JavascriptException, match="TrustedScript"):
        sheet.execute_script("document.body.setAttribute('onclick', 'window.hit = 10')")
    with pytest.raises(JavascriptException, match="TrustedHTML"):
        sheet.execute_script("document.body.innerHTML = '<b>11</b>'")
    sheet.execute_script(
        "const image = document.createElement('img');"
        "image.src = 'https://evil.example/x.png'; document.body.append(image);"
    )
    until(lambda: any("Content Security Policy" in line for line in complaints(sheet)))


def test_keys_walk_label_and_take_back(sheet: Chrome) -> None:
    marked = shown(sheet, ".block.removed, .block.moved")
    press(sheet, "j")
    assert focused(sheet) == marked[0]
    press(sheet, "jj")
    assert focused(sheet) == marked[2]
    press(sheet, "k")
    assert focused(sheet) == marked[1]
    press(sheet, "r")
    assert focused(sheet) == marked[2]  # on to the next
    label = sheet.find_element(By.CSS_SELECTOR, f"#{marked[1]} .label")
    assert label.text == "rejected: must be kept"
    press(sheet, "ku")
    assert label.text == ""
    press(sheet, "n")
    assert sheet.find_element(By.ID, focused(sheet)).get_attribute("data-fate") in (
        "kept",
        "removed",
    )


def test_views_show_the_page_before_and_after(sheet: Chrome) -> None:
    kept, removed = shown(sheet, ".block.kept"), shown(sheet, ".block.removed")
    assert kept
    assert removed
    press(sheet, "3")
    assert (shown(sheet, ".block.kept"), shown(sheet, ".block.removed")) == (kept, [])
    press(sheet, "b")
    assert shown(sheet, ".block.removed") == removed
    struck = sheet.find_element(By.CSS_SELECTOR, ".removed del")
    assert "line-through" not in struck.value_of_css_property("text-decoration")
    assert sheet.find_element(By.CSS_SELECTOR, ".edited .was").is_displayed()
    assert not sheet.find_element(By.CSS_SELECTOR, ".edited .is").is_displayed()
    press(sheet, "1")
    assert "line-through" in struck.value_of_css_property("text-decoration")


def test_filters_by_site_rule_and_confidence(sheet: Chrome) -> None:
    site, rule = (
        Select(sheet.find_element(By.ID, "site")),
        Select(sheet.find_element(By.ID, "rule")),
    )
    everything = len(shown(sheet, ".card"))
    site.select_by_value("quay-post.example")
    assert len(shown(sheet, ".card")) == 1 < everything
    site.select_by_value("")
    rule.select_by_value("shape.odd3")
    assert len(shown(sheet, ".removed")) == 1
    rule.select_by_value("")
    most = sheet.find_element(By.ID, "most")
    for _ in range(30):
        most.send_keys(Keys.ARROW_LEFT)
    assert sheet.find_element(By.ID, "most-said").text == "0.70"
    assert len(shown(sheet, ".removed")) == len(BREAKOUTS)
    assert len(shown(sheet, ".card")) == 1


def test_keys_do_nothing_while_a_filter_has_the_focus(sheet: Chrome) -> None:
    press(sheet, "f")
    assert focused(sheet) == "site"
    sheet.find_element(By.ID, "most").send_keys("ra")
    assert not sheet.find_elements(By.CSS_SELECTOR, "[data-label]")


def test_labels_stay_after_a_reload_and_are_exported(sheet: Chrome, home: Path) -> None:
    press(sheet, "j" + "r" * len(BREAKOUTS) + "a")
    sheet.refresh()
    until(lambda: sheet.find_element(By.CSS_SELECTOR, "html.scripted"))
    labelled = sheet.find_elements(By.CSS_SELECTOR, "[data-label]")
    assert len(labelled) == len(BREAKOUTS) + 1
    press(sheet, "e")
    file = exported(home)
    assert [label["text"] for label in file["labels"]][: len(BREAKOUTS)] == list(BREAKOUTS)
    (path,) = (home / "downloads").glob("labels-*.json")
    labels = read_labels([path])
    assert [label.must for label in labels] == ["keep"] * len(BREAKOUTS) + ["drop"]
    assert {label.url for label in labels} >= {"javascript:window.hit=9"}
    assert labels[0].beside == BREAKOUTS[-1]  # the kept block before the first removed one
    assert {label.lang for label in labels} == {"en"}
    assert complaints(sheet) == []


def test_it_reads_without_script(written: Written, tmp_path: Path) -> None:
    with browser(tmp_path) as driver:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        driver.get(written.sheets[0].as_uri())
        assert not driver.find_elements(By.CSS_SELECTOR, "html.scripted")
        assert driver.find_element(By.CSS_SELECTOR, ".removed .why").is_displayed()
        assert not driver.find_element(By.ID, "export").is_displayed()
        driver.find_element(By.ID, "view-after").click()
        assert not driver.find_element(By.CSS_SELECTOR, ".removed").is_displayed()
