"""Every page of the book, opened from disk in a real browser."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
import yaml
from real_browser import PHONE, visit

pytestmark = [pytest.mark.browser, pytest.mark.book, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "assets" / "vendor" / "axe-core" / "axe.min.js"

#: What axe-core finds in the theme's own furniture: rule → (classes of the elements it may concern, why it is not ours to mend).
THEME_EXCEPTIONS = {
    "label-content-name-mismatch": (
        ("search-button-field", "theme-switch-button"),
        "the theme's search and colour buttons are labelled with other words than they show",
    ),
}

FIND_RAW_MATH = r"""() => {
  const walker = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node; (node = walker.nextNode());) {
    if (node.parentElement.closest('pre, code, script, style, mjx-container')) continue;
    if (/\$|\\\(|\\\[/.test(node.textContent)) found.push(node.textContent.trim().slice(0, 80));
  }
  return found;
}"""
FIND_UNSET_MATH = """() => [...document.querySelectorAll('article .math')]
  .filter(element => !element.querySelector('mjx-container') || element.querySelector('mjx-merror'))
  .map(element => element.textContent.trim().slice(0, 80))"""
FIND_IMAGES_WITHOUT_TEXT = """() => [...document.querySelectorAll('img')]
  .filter(image => !image.alt.trim() || /\\.(png|svg|jpe?g)$/i.test(image.alt.trim()))
  .map(image => image.getAttribute('src'))"""
RUN_AXE = "() => axe.run(document, {resultTypes: ['violations'], preload: false})"


def documents() -> list[str]:
    """Every page that `_toc.yml` names."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]


@pytest.fixture(scope="module")
def look(browser, built_book):
    """look(document) → what there is to see on a page; each page is opened once in each way."""

    @functools.cache
    def look_once(document: str) -> dict:
        file = built_book / f"{document}.html"
        page, outside, errors = visit(browser, file)
        seen = {
            "outside": outside,
            "errors": errors,
            "formulas": page.locator("article mjx-container").count(),
            "raw math": page.evaluate(FIND_RAW_MATH),
            "unset math": page.evaluate(FIND_UNSET_MATH),
            "images without text": page.evaluate(FIND_IMAGES_WITHOUT_TEXT),
        }
        page.context.close()
        for scheme in ("light", "dark"):
            page, _, _ = visit(browser, file, scheme=scheme)
            page.add_script_tag(path=AXE)
            seen[f"axe {scheme}"] = page.evaluate(RUN_AXE)["violations"]
            page.context.close()
        page, _, _ = visit(browser, file, viewport=PHONE)
        seen["width on a phone"] = page.evaluate("document.documentElement.scrollWidth")
        page.context.close()
        return seen

    return look_once


def has_math(document: str) -> bool:
    """Does the page's source hold a formula?"""
    source = next(path for suffix in (".md", ".ipynb") if (path := ROOT / f"{document}{suffix}").is_file())
    text = source.read_text(encoding="utf-8")
    return "{math}" in text or "$" in text.replace(r"\$", "")


@pytest.mark.parametrize("document", documents())
def test_a_page_needs_no_network(look, document):
    assert look(document)["outside"] == []


@pytest.mark.parametrize("document", documents())
def test_a_page_reports_no_error(look, document):
    assert look(document)["errors"] == []


@pytest.mark.parametrize("document", documents())
def test_a_page_shows_its_formulas(look, document):
    seen = look(document)
    assert seen["raw math"] == []
    assert seen["unset math"] == []
    assert seen["formulas"] > 0 or not has_math(document)


@pytest.mark.parametrize("document", documents())
def test_every_image_has_alternative_text(look, document):
    assert look(document)["images without text"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("document", documents())
def test_axe_finds_no_serious_violation(look, document, scheme):
    found = []
    for violation in look(document)[f"axe {scheme}"]:
        classes, _ = THEME_EXCEPTIONS.get(violation["id"], ((), ""))
        opening_tags = [node["html"].partition(">")[0] for node in violation["nodes"]]
        ours = [tag for tag in opening_tags if not any(name in tag for name in classes)]
        if violation["impact"] in ("serious", "critical") and ours:
            found.append((violation["id"], ours))
    assert found == []


@pytest.mark.parametrize("document", documents())
def test_a_page_fits_a_phone(look, document):
    assert look(document)["width on a phone"] <= PHONE["width"]


def test_the_search_finds_glorot(browser, built_book):
    page, outside, errors = visit(browser, built_book / "search.html")
    page.goto((built_book / "search.html").as_uri() + "?q=Glorot")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li").all_inner_texts()
    assert any("Weight initialization" in entry for entry in found)
    assert outside == []
    assert errors == []
    page.context.close()


def test_resting_on_a_term_shows_its_entry(browser, built_book):
    page, _, _ = visit(browser, built_book / "book/start/notation_and_conventions.html")
    term = page.locator("article a[href*='glossary.html#term-fan-in']").first
    term.scroll_into_view_if_needed()
    term.hover()
    page.wait_for_selector(".tippy-box", state="visible")
    assert "number of inputs" in page.locator(".tippy-box").inner_text()
    page.context.close()


def test_a_solution_is_folded_and_unfolds(browser, built_book):
    page, _, _ = visit(browser, built_book / "book/signals/weight_initialization.html")
    solution = page.locator("div.solution").first
    inside = solution.locator("section, .section, p:not(.admonition-title)").first
    assert not inside.is_visible()
    solution.get_by_role("button", name="Show or hide: Solution").click()
    inside.wait_for(state="visible")
    page.context.close()
