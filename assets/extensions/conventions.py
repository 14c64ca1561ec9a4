"""Sphinx extension: where libraries differ, collected from the docstrings of gradus.

A docstring says it in one paragraph that begins with "Libraries differ". The directive

    ```{library-differences}

lists these paragraphs by module, each under its function with a link to the API reference. They are written nowhere else.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

from docstring_formulas import escape
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import new_document
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

OPENING = re.compile(r"Libraries differ(?: in [^:]*)?[:.]?\s+")


def differences(package: ModuleType) -> Iterator[tuple[str, str, str]]:
    """Module, qualified name, paragraph: for every public function, class and module whose docstring has one."""
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        things = [(info.name, module)]
        for name in getattr(module, "__all__", []):
            thing = getattr(module, name)
            if getattr(thing, "__module__", None) == info.name and (
                inspect.isfunction(thing) or inspect.isclass(thing)
            ):
                things.append((f"{info.name}.{name}", thing))
        for name, thing in things:
            for paragraph in re.split(r"\n\s*\n", inspect.getdoc(thing) or ""):
                if paragraph.startswith("Libraries differ"):
                    yield info.name, name, " ".join(paragraph.split())


class LibraryDifferences(SphinxDirective):
    """The list itself."""

    def run(self) -> list[nodes.Node]:
        import gradus

        lines: list[str] = []
        last = None
        for module, name, paragraph in differences(gradus):
            if module != last:
                lines += ["", f".. rubric:: {module}", ""]
                last = module
                self.env.note_dependency(inspect.getfile(importlib.import_module(module)))
            role = "mod" if name == module else "obj"
            text = OPENING.sub("", paragraph, count=1)
            lines += [f":py:{role}:`~{name}`", f"   {escape(text[0].upper() + text[1:])}", ""]
        # the page is Markdown, docstrings are reStructuredText
        document = new_document(self.env.docname, get_default_settings(Parser))
        document.settings.env = self.env
        Parser().parse("\n".join(lines), document)
        return [nodes.container("", *document.children, classes=["library-differences"])]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("library-differences", LibraryDifferences)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
