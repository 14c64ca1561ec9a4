"""The API reference: every module of the package stands on one page."""

import pkgutil
import re
from collections import Counter
from pathlib import Path

import gradus

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "book" / "back" / "api").glob("*.md"))


def test_every_module_is_on_one_page():
    shown = Counter(
        name for page in PAGES for name in re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8"))
    )
    there = {m.name for m in pkgutil.iter_modules(gradus.__path__, "gradus.") if not m.ispkg}
    assert shown == dict.fromkeys(there, 1)


def test_every_page_is_in_the_table_of_contents_and_in_the_overview():
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    overview = (ROOT / "book" / "back" / "api_reference.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert f"book/back/api/{page.stem}\n" in contents
        assert f"{{ref}}`api-{page.stem}`" in overview
