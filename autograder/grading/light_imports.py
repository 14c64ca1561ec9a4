"""nbgrader imported without what a command line never uses: half a second where it takes two and a half."""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType
from typing import Any

__all__ = ["import_nbgrader"]

# nbgrader/__init__.py imports its four pages for a Jupyter server, and with them the server and its HTTP client.
PAGES = ("assignment_list", "course_list", "validate_assignment", "formgrader")
LOAD = "load_jupyter_server_extension"
LOCK = threading.Lock()


def import_nbgrader(*parts: str) -> None:
    """Import nbgrader's `api` and `coursedir`, and `parts` of it such as "preprocessors". Called before each import of it.

    One thread at a time: the modules of nbgrader and nbconvert import each other in circles, so that two threads would find
    them half made.

    While it is imported, jsonschema does not find `rfc3987_syntax`: it would build a parser for international addresses,
    which takes 0.9 s, for a format check that no notebook's schema asks for. The pages for a Jupyter server stay away until
    one is loaded.
    """
    with LOCK:
        if "nbgrader" not in sys.modules:
            import_without_pages()
        for part in ("api", "coursedir", *parts):
            importlib.import_module(f"nbgrader.{part}")


def import_without_pages() -> None:
    names = [f"nbgrader.server_extensions.{page}" for page in PAGES]
    absent: dict[str, ModuleType | None] = {name: page_of(name) for name in names}
    if "jsonschema" not in sys.modules:
        absent["rfc3987_syntax"] = None
    absent = {name: module for name, module in absent.items() if name not in sys.modules}
    sys.modules.update(absent)  # type: ignore[arg-type]  (None: not to be imported)
    try:
        importlib.import_module("nbgrader")
        importlib.import_module("nbgrader.coursedir")  # imports jsonschema
    finally:
        for name in absent:
            sys.modules.pop(name, None)


def page_of(name: str) -> ModuleType:
    """Stands for one of nbgrader's pages, with the one function that nbgrader takes from it: it loads the page itself."""
    module = ModuleType(name)

    def load(*args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module(name), LOAD)(*args, **kwargs)

    setattr(module, LOAD, load)
    return module
