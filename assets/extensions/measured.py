"""Sphinx extension: figures that `make bench` has measured.

    {measured}`each core ms`

prints a figure by its name, from the part "said" of tests/benchmarks/grading/measured.json. A name that is not there is a
warning, so a strict build fails. What was measured with what stands in the same file.
"""

from __future__ import annotations

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

MEASURED_FILE = "tests/benchmarks/grading/measured.json"


class Measured(SphinxRole):
    """One figure."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        path = Path(self.env.srcdir) / MEASURED_FILE
        self.env.note_dependency(str(path))
        said = json.loads(path.read_text(encoding="utf-8"))["said"]
        if self.text not in said:
            message = self.inliner.reporter.warning(f"{MEASURED_FILE} says nothing of {self.text!r}", line=self.lineno)
            return [nodes.problematic(self.rawtext, self.rawtext)], [message]
        return [nodes.inline(self.rawtext, said[self.text], classes=["measured"])], []


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_role("measured", Measured())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
