"""Sphinx extension: before pages are read, execute what has to be, and read those pages again whose outputs are new.

`scripts/build_book.py` has executed everything when Sphinx starts; with this extension a plain `jupyter-book build` does the
same.
"""

from __future__ import annotations

from pathlib import Path

import page_execution
import page_keys
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError


def execute_and_find_outdated(app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set) -> list[str]:
    """Fill the execution cache; return the pages whose outputs Sphinx has not seen yet."""
    root = Path(app.srcdir)
    notebooks = {doc: Path(env.doc2path(doc)) for doc in sorted(env.found_docs) if env.doc2path(doc).endswith(".ipynb")}
    failed = page_execution.execute_pending(root, Path(env.mystnb_config.execution_cache_path), notebooks)
    if failed:
        raise ExtensionError(page_execution.failure_report(failed))
    keys = page_keys.page_keys(root, notebooks)
    seen = getattr(env, "page_keys", {})
    env.page_keys = keys
    return [document for document in keys if seen.get(document) != keys[document]]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-get-outdated", execute_and_find_outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
