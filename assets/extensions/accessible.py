"""Sphinx extension: what docutils writes for screen readers, corrected.

A list of citations gets the role `list`, but its entries get `doc-biblioentry`, a role that ARIA has given up and that no list
may hold. They are list items.
"""

from __future__ import annotations

from sphinx.application import Sphinx


def correct_roles(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def name_toggles(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    make = context.get("generate_toctree_html")
    if make is None:
        return

    def with_names(*args: object, **kwargs: object) -> object:
        made = make(*args, **kwargs)
        if isinstance(made, str):
            return made.replace("<summary>", '<summary aria-label="Show or hide the pages of this part">')
        for summary in made.find_all("summary"):
            summary["aria-label"] = "Show or hide the pages of this part"
        return made

    context["generate_toctree_html"] = with_names


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", correct_roles, priority=400)  # before the previews copy the entries
    app.connect("html-page-context", name_toggles, priority=900)  # after the theme has put its function there
    return {"parallel_read_safe": True, "parallel_write_safe": True}
