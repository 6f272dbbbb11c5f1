"""A real browser for pages that a person looks at; without one the tests are skipped with the line that installs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

INSTALL_BROWSER = "no Chromium: apt-get install chromium fonts-noto-cjk"
INSTALL_DRIVER = "no Playwright: pip install 'groundswell[dev]'"


def find_chromium() -> str | None:
    """The path of the installed Chromium or Chrome; None when there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The installed Chromium, without a window."""
    api = pytest.importorskip("playwright.sync_api", reason=INSTALL_DRIVER)
    path = find_chromium()
    if path is None:
        pytest.skip(INSTALL_BROWSER)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
