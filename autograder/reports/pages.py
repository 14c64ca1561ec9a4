"""The frame of every page: templates that escape whatever is put into them, and the styles they share."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from autograder.answer import STYLE, escaped

__all__ = ["render"]

HERE = Path(__file__).parent


def render(template: str, *styles: str, **values: Any) -> str:
    """A page as HTML.

    Args:
        template: a file of this folder: "feedback.html".
        styles: style sheets of this folder, after the one of the answers.
        values: what the template shows. Text is escaped; so that it is seen whole, say ``text | shown``.
    """
    from markupsafe import Markup

    css = STYLE + "".join((HERE / name).read_text(encoding="utf-8") for name in styles)
    return environment().get_template(template).render(css=Markup(css), **values)


@cache
def environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.globals["points"] = lambda number: f"{number:g}"
    made.filters["shown"] = lambda text: Markup(escaped(str(text)))
    return made
