"""A real browser for the tests of the built book: the Chromium of this machine, driven by playwright."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import find  # scripts/browser.py

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextmanager
def open_browser() -> Iterator[object]:
    """A headless browser. Without a Chromium the test is skipped, but with CI=true it fails."""
    executable = find()
    if executable is None:
        message = "no Chromium found: left out are the tests that open the book's pages in a browser"
        if os.environ.get("CI") == "true":
            pytest.fail(message + " (with CI=true they must run)", pytrace=False)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


def visit(
    browser: object, page_file: Path, *, scheme: str = "light", viewport: dict | None = None
) -> tuple[object, list, list]:
    """Open a page from disk and wait until its formulas are set. Returns the page, its outside requests, its errors."""
    context = browser.new_context(viewport=viewport or DESKTOP, color_scheme=scheme)
    page = context.new_page()
    outside, errors = [], []
    page.on(
        "request",
        lambda request: outside.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
    )
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(page_file.as_uri())
    page.wait_for_function("!window.MathJax?.startup?.promise || MathJax.startup.promise.then(() => true)")
    page.wait_for_timeout(150)
    return page, outside, errors
