"""Sphinx extension: what docutils writes for screen readers, corrected.

A list of citations gets the role `list`, but its entries get `doc-biblioentry`, a role that ARIA has given up and that no list
may hold. They are list items.
"""

from __future__ import annotations

from sphinx.application import Sphinx


def correct_roles(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", correct_roles, priority=400)  # before the previews copy the entries
    return {"parallel_read_safe": True, "parallel_write_safe": True}
