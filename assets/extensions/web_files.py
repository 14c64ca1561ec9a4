"""Sphinx extension: without its vendored web files a book has no formulas and no previews. Say so instead of building it."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def check_web_files(app: Sphinx) -> None:
    """Warn of every configured script that is not in the static folders: under -W the build then fails."""
    folders = [Path(app.confdir) / folder for folder in app.config.html_static_path]
    for name in (app.config.mathjax_path, *app.config.tippy_js):
        if not any((folder / name).is_file() for folder in folders):
            LOGGER.warning("%s is missing: run python scripts/vendor.py", name)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", check_web_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
