"""Results that a chapter compares with and cannot compute itself: the scripts beside such chapters store them in a cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def store_in_cell(chapter: Path, cell_id: str, results: dict[str, Any]) -> None:
    """Put results into a chapter's cell, as ``RECORDED``, in lines of readable length."""
    lines = [""]
    for token in json.JSONEncoder(ensure_ascii=False).iterencode(results):
        if len(lines[-1]) + len(token) > 118:
            lines.append("")
        lines[-1] += token
    text = "\n".join(line.strip() for line in lines)
    source = f'import json\n\nRECORDED = json.loads(r"""\n{text}\n""")'
    notebook = json.loads(chapter.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["id"] == cell_id)
    cell["source"] = source.splitlines(keepends=True)
    chapter.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
