"""The report in a real browser: drawn without an error or a request, light and dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tiny_browser import chromium
from tiny_findings import full_facts, single_label_scores

from groundswell.evaluation.leaderboard import Leaderboard, Row, to_html
from groundswell.evaluation.report import render_report
from groundswell.evaluation.report_facts import ReportFacts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = "</script><script>document.title = 'taken over'</script><img src=x onerror=\"document.title='taken over'\">"
MOST_BYTES = 5_000_000
NUM_PLOTS = 8  # calibration 2, slices 1, behaviour 2, robustness 1, training 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report with every section, in both languages, with 50 labels, and with a name that wants to be markup."""
    folder = tmp_path_factory.mktemp("pages")
    names = tuple(f"intent number {place}" for place in range(50))
    many = full_facts(names=names)
    many["metrics"] = {"test": single_label_scores(4000, list(names))}
    facts = {
        "en": ReportFacts(**full_facts()),
        "zh": ReportFacts(**full_facts(), language="zh"),
        "many": ReportFacts(**many),
        "hostile": ReportFacts(**full_facts(HOSTILE)),
    }
    for name, each in facts.items():
        (folder / f"{name}.html").write_text(render_report(each), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in facts}


class Opened:
    """A page that was opened and drawn, with what the browser complained of and asked for."""

    def __init__(self, browser: Browser, path: Path, *, width: int = 1200, scheme: Any = "light") -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page: Page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-plots=drawn]", timeout=60_000)

    def background(self) -> str:
        return str(self.page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize(("name", "plots"), [("en", NUM_PLOTS), ("zh", NUM_PLOTS), ("many", 6)])
def test_every_plot_is_drawn_without_an_error_or_a_request(
    browser: Browser, pages: dict[str, Path], name: str, plots: int
) -> None:
    opened = Opened(browser, pages[name])
    assert opened.complaints == []
    assert opened.requests == [pages[name].as_uri()]
    drawings = opened.page.locator(".drawing svg")
    assert drawings.count() == opened.page.locator(".drawing").count() == plots
    for place in range(plots):
        box = drawings.nth(place).bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert box["height"] > 60
    assert pages[name].stat().st_size < MOST_BYTES
    opened.page.close()


def test_what_comes_from_outside_runs_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    opened = Opened(browser, pages["hostile"])
    assert opened.complaints == []
    assert opened.requests == [pages["hostile"].as_uri()]
    assert not opened.page.title().startswith("taken over")
    assert opened.page.locator("img").count() == 0
    assert opened.page.locator("script").count() == 2 + NUM_PLOTS
    opened.page.close()


def test_a_script_that_slipped_through_would_not_run(browser: Browser, pages: dict[str, Path]) -> None:
    """The policy of the page lets nothing run but what it names."""
    path = pages["en"].with_name("slipped.html")
    text = pages["en"].read_text(encoding="utf-8")
    path.write_text(text.replace("<main>", "<main><script>document.title = 'taken over'</script>", 1))
    opened = Opened(browser, path)
    assert not opened.page.title().startswith("taken over")
    assert [complaint for complaint in opened.complaints if "Content Security Policy" in complaint]
    opened.page.close()


def test_light_and_dark_differ_in_page_and_plots(browser: Browser, pages: dict[str, Path]) -> None:
    light, dark = (Opened(browser, pages["en"], scheme=scheme) for scheme in ("light", "dark"))
    assert light.background() != dark.background()
    colours = [
        opened.page.evaluate("getComputedStyle(document.querySelector('.drawing .mark-symbol path')).fill")
        for opened in (light, dark)
    ]
    assert colours[0] != colours[1]
    shots = [opened.page.screenshot() for opened in (light, dark)]
    assert shots[0] != shots[1]
    dark.page.emulate_media(color_scheme="light")  # nothing is drawn again
    assert dark.background() == light.background()
    for opened in (light, dark):
        opened.page.close()


@pytest.mark.parametrize("name", ["en", "zh", "many", "hostile"])
def test_on_a_phone_nothing_hangs_over_the_edge(browser: Browser, pages: dict[str, Path], name: str) -> None:
    opened = Opened(browser, pages[name], width=390)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
    widths = opened.page.evaluate("[...document.querySelectorAll('.drawing svg')].map(each => each.clientWidth)")
    assert max(widths) <= 390
    opened.page.close()


def test_the_numbers_are_there_without_a_script(browser: Browser, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["en"].as_uri())
    assert "Plots need JavaScript" in page.inner_text("noscript")
    page.locator("summary", has_text="The numbers").first.click()
    assert "50%–55%" in page.inner_text("#calibration")
    context.close()


def test_pointing_at_a_dot_tells_its_numbers(browser: Browser, pages: dict[str, Path]) -> None:
    opened = Opened(browser, pages["en"])
    opened.page.locator("#behaviour .mark-symbol path").first.hover()
    opened.page.wait_for_selector("#vg-tooltip-element.visible")
    assert "6/20" in opened.page.inner_text("#vg-tooltip-element")
    assert opened.complaints == []
    opened.page.close()


def test_the_leaderboard_is_drawn_too(browser: Browser, tmp_path: Path) -> None:
    rows = tuple(
        Row(f"model {place}", "bag", (0.9 - place / 50, 0.8, 0.95), (0.9, 0.8, 0.95), -place / 50, 0.5, 10.0**place,
            1000, 0.5, 4000.0 / (1 + place), 0.2, 0.4)
        for place in range(5)
    )  # fmt: skip
    path = tmp_path / "leaderboard.html"
    path.write_text(to_html(Leaderboard(rows, "sample:en#train", "test", 100, 0.01, "model 0")), encoding="utf-8")
    opened = Opened(browser, path)
    assert opened.complaints == []
    assert opened.page.locator(".drawing svg").count() == 2
    assert "model 4" in str(opened.page.locator(".drawing svg").first.text_content())
    opened.page.close()
