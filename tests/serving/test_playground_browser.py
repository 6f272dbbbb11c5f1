"""The playground in a real browser: real baselines in English and Chinese, opinions, comparison, files, keys."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tiny_browser import chromium
from tiny_playground import Visited, loaded_models, served_playground, talking_models

import groundswell as gs
from groundswell.serving.security.keys import KeyStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("gradio", reason="no Gradio: pip install 'groundswell[dev]'")

HOSTILE = "屏幕太暗 <img src=x onerror=\"document.title='taken'\"> ${1+1} {{value}} **bold** `code`\n\n# title <script>"
RECIPES = Path(__file__).parents[2] / "recipes" / "ladder"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A baseline per language, each trained in about a second."""
    folder = tmp_path_factory.mktemp("runs")
    return {
        language: gs.train(
            str(RECIPES / language / "logistic-regression.yaml"), output={"folder": str(folder / language)}
        ).folder
        for language in ("en", "zh")
    }


@pytest.fixture(scope="module")
def port(browser: Browser, runs: dict[str, Path]) -> Iterator[int]:
    with served_playground(loaded_models(runs, "opinions", "slow")) as found:
        yield found


def choose(visited: Visited, field: str, name: str) -> None:
    visited.page.wait_for_selector("#gw-facts .gw-model")
    visited.page.click(f"{field} input")
    visited.page.locator(f"[role=option][aria-label='{name}']:visible").last.click()
    visited.page.keyboard.press("Escape")


def analyse(visited: Visited, text: str) -> str:
    visited.page.fill("#gw-text textarea", text)
    visited.page.click("#gw-analyze")
    visited.page.wait_for_selector("#gw-answer .gw-card")
    return visited.page.inner_text("#gw-answer")


def test_a_text_is_answered_and_explained_without_another_host(browser: Browser, port: int) -> None:
    visited = Visited(browser, port)
    told = analyse(visited, "The room was spotless and the staff was friendly. Great!")
    assert "positive" in told
    assert "calibrated on dev data" in told
    visited.page.click("#gw-explain")
    visited.page.wait_for_selector("#gw-explanation mark")
    assert "Weights times features" in visited.page.inner_text("#gw-explanation")
    assert visited.page.locator("#gw-explanation mark.for").count() >= 1
    assert visited.complaints == []
    assert visited.foreign == []
    visited.page.close()


def test_two_models_stand_side_by_side_and_abstention_is_told(browser: Browser, port: int) -> None:
    visited = Visited(browser, port)
    choose(visited, "#gw-first", "zh")
    choose(visited, "#gw-second", "opinions")
    visited.page.get_by_text("Options").click()
    visited.page.get_by_role("spinbutton", name="Abstain").fill("1")
    visited.page.keyboard.press("Tab")
    told = analyse(visited, "电池很耐用，但屏幕太暗。")
    assert "Abstains:" in told
    assert "below 1.00. A person should read this." in told
    boxes = [visited.page.locator("#gw-answer .gw-card").nth(place).bounding_box() for place in (0, 1)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert visited.page.locator("#gw-answer .gw-text u").inner_text() == "屏幕"
    assert visited.page.locator("#gw-answer .gw-text mark.negative").inner_text() == "太暗"
    assert visited.complaints == []
    visited.page.close()


def test_a_text_stays_text_on_a_phone_in_chinese(browser: Browser, port: int) -> None:
    visited = Visited(browser, port, width=390, scheme="dark")
    visited.page.get_by_text("中文").click()
    visited.page.wait_for_selector("button:has-text('分析')")
    choose(visited, "#gw-first", "opinions")
    analyse(visited, HOSTILE)
    # line breaks are drawn as such, each other character is there
    assert visited.page.locator("#gw-answer .gw-text").inner_text().split() == HOSTILE.split()
    assert visited.page.locator("#gw-answer img, #gw-answer script").count() == 0
    assert visited.page.title() == "groundswell"
    width = visited.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    title = visited.page.evaluate("[...document.querySelectorAll('h1')].map(one => one.scrollWidth - one.clientWidth)")
    assert title == [0]  # all of its letters are seen
    assert visited.complaints == []
    visited.page.close()


def test_a_file_is_analysed_with_progress_and_its_errors_are_kept(browser: Browser, port: int, tmp_path: Path) -> None:
    path = tmp_path / "bewertungen.csv"
    rows = [f'{number},"屏幕太暗, {number}"' for number in range(64)]
    path.write_bytes(
        "\r\n".join(["id,review", *rows[:2], "broken", *rows[2:], f"x,{'太' * 20_001}", ""]).encode("gb18030")
    )
    visited = Visited(browser, port)
    choose(visited, "#gw-first", "slow")
    visited.page.get_by_role("tab", name="CSV file").click()
    assert "At most 8.0 MB; up to 20,000 characters a text." in visited.page.inner_text(".gw-chooser")
    visited.page.set_input_files("#gw-file", path)
    visited.page.wait_for_selector("#gw-file-name:has-text('bewertungen.csv')")
    visited.page.click("#gw-run-file")  # the ids would be analysed if the first column were taken
    visited.page.wait_for_selector("text=Choose the column that holds the texts first.")
    assert visited.page.input_value("#gw-column input") == ""
    choose(visited, "#gw-column", "review")
    visited.page.click("#gw-run-file")
    visited.page.wait_for_selector(".progress-bar")
    visited.page.wait_for_selector("#gw-download")
    told = visited.page.inner_text("#gw-results")
    assert "66 rows analysed, 2 of them not answered." in told
    assert "Cells that begin with = + - @ or a tab get an apostrophe (') in front" in told
    with visited.page.expect_download() as download:
        visited.page.click("#gw-download")
    assert download.value.suggested_filename == "bewertungen.analysed.csv"
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 66
    assert (found[0]["review"], found[0]["predicted_label"]) == ("屏幕太暗, 0", "negative")
    assert found[2]["predicted_error"].startswith("bad_row: bewertungen.csv:4: 1 fields")
    assert found[-1]["predicted_error"].startswith("text_too_long: the text has 20,001 characters")
    assert visited.complaints == []
    visited.page.close()


def test_with_keys_nothing_is_shown_without_one(
    browser: Browser, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = KeyStore(tmp_path / "keys.json")
    key = store.create("person", ["analyze"], 4)
    models = talking_models("secret-model")
    with caplog.at_level(logging.DEBUG), served_playground(models, store) as found:
        visited = Visited(browser, found)
        visited.page.wait_for_selector("text=Enter an API key to see the models.")
        assert "secret-model" not in visited.page.content()
        visited.page.fill("#gw-text textarea", "private words")
        visited.page.click("#gw-analyze")
        visited.page.wait_for_selector("text=a key is missing, unknown or revoked")
        visited.page.fill("#gw-key input", key)
        visited.page.press("#gw-key input", "Enter")
        visited.page.wait_for_selector("#gw-facts >> text=secret-model")
        visited.page.click("#gw-explain")
        visited.page.wait_for_selector("text=this key may analyze, expected explain")
        analyse(visited, "private words")
        for _ in range(4):  # the limit of the key holds for the page too
            visited.page.click("#gw-analyze")
        visited.page.wait_for_selector("text=this key may ask 4 times a minute")
        kept = visited.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage}) + document.cookie")
        assert key not in kept
        assert "private words" not in kept
        visited.page.close()
    assert "private words" not in caplog.text
    assert key not in caplog.text
