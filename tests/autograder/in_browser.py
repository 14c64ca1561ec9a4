"""A page of the grader's in a real browser: what it tries to load, what it says, whether anything in it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "book"), str(ROOT / "scripts")]

from real_browser import DESKTOP, PHONE, open_browser  # noqa: E402

__all__ = ["HARMLESS", "look", "open_browser"]

AXE = ROOT / "assets" / "vendor" / "axe-core" / "axe.min.js"
HARMLESS = {"requests": [], "console": [], "dialogs": [], "pwned": False, "too wide": False, "violations": []}


def look(browser: Any, file: Path, scheme: str = "light") -> dict[str, Any]:
    """Open a page from disk, unfold everything, rest on and click what could react; what came of it, see HARMLESS."""
    seen: dict[str, Any] = {**HARMLESS, "requests": [], "console": [], "dialogs": []}
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme)
    page = context.new_page()
    page.on("request", lambda r: None if r.url == file.as_uri() else seen["requests"].append(r.url))
    page.on("console", lambda message: seen["console"].append(message.text))
    page.on("pageerror", lambda error: seen["console"].append(str(error)))
    page.on("dialog", lambda dialog: (seen["dialogs"].append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.evaluate("""() => document.querySelectorAll('body *').forEach(e => {
        for (const kind of ['mouseover', 'focus', 'click', 'error', 'load', 'toggle', 'animationend'])
            e.dispatchEvent(new Event(kind, {bubbles: true}));
    })""")
    page.wait_for_timeout(150)
    seen["pwned"] = page.evaluate("() => 'PWNED' in window")
    if AXE.is_file():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("() => axe.run(document, {resultTypes: ['violations'], preload: false})")["violations"]
        seen["violations"] = [
            (v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")
        ]
    page.set_viewport_size(PHONE)
    seen["too wide"] = page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]
    context.close()
    return seen
