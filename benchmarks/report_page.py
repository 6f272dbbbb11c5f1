"""Size of a report with every section, and the time until a browser has loaded and drawn it.

python benchmarks/report_page.py [RUN]      a run folder; without one, facts made by hand with every section
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from rows import print_row

from groundswell.evaluation.report import render_report
from groundswell.evaluation.report_facts import ReportFacts
from groundswell.run_folder import read_manifest
from groundswell.run_report import facts_of

TIMES = 7


def main() -> None:
    facts = _facts()
    began = time.process_time()
    text = render_report(facts)
    rendering = time.process_time() - began
    began = time.process_time()
    render_report(facts)
    again = time.process_time() - began
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.html")
        path.write_text(text, encoding="utf-8")
        loaded, drawn, busy = zip(*_opened(path), strict=True)
    print_row(
        "report_page",
        run=facts.name if sys.argv[1:] else "every section, made by hand",
        bytes=len(text.encode()),
        plots=text.count('class="drawing"'),
        seconds_to_render={"first": round(rendering, 3), "again": round(again, 3)},
        seconds_to_load=_figures(loaded),
        seconds_to_draw_all=_figures(drawn),
        processor_seconds_of_the_page=_figures(busy),
        load_average=round(os.getloadavg()[0], 1),
    )


def _facts() -> ReportFacts:
    if sys.argv[1:]:
        return facts_of(Path(sys.argv[1]), read_manifest(Path(sys.argv[1])))
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from tiny_findings import full_facts

    return ReportFacts(**full_facts())


def _opened(path: Path) -> list[tuple[float, float, float]]:
    """Seconds until the text can be read, until every plot is drawn, and of processor time, for each opening."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium: apt-get install chromium")
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(TIMES + 1):
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            began = time.perf_counter()
            page.goto(path.as_uri(), wait_until="commit")
            page.wait_for_selector("main header", state="visible")
            readable = time.perf_counter() - began
            page.wait_for_selector("html[data-plots=drawn]")
            drawn = time.perf_counter() - began
            metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
            found.append((readable, drawn, metrics["ThreadTime"]))
            page.close()
        browser.close()
    return found[1:]  # the first one warms the browser up


def _figures(values: tuple[float, ...]) -> dict[str, float]:
    return {"median": round(statistics.median(values), 3), "best": round(min(values), 3)}


if __name__ == "__main__":
    main()
