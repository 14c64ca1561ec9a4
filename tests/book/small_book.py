"""A book of three pages in a folder of its own, built by the same scripts and extensions as the real one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def write_notebook(path: Path, title: str, *cells: str) -> None:
    """A notebook with a title and the given code cells; a cell that begins with ::: is text."""
    sources = [f"# {title}", *cells]
    kinds = ["markdown", *("markdown" if cell.startswith(":::") else "code" for cell in cells)]
    written = [
        {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source}
        | ({"execution_count": None, "outputs": []} if kind == "code" else {})
        for number, (kind, source) in enumerate(zip(kinds, sources, strict=True), start=1)
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = {"cells": written, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


class SmallBook:
    """Two chapters that import two modules of a small `gradus`, and a page of claims."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "assets", root / "assets")
        shutil.copytree(ROOT / "scripts", root / "scripts")
        shutil.copy(ROOT / "_config.yml", root)
        chapters = "".join(f"- file: book/{name}\n" for name in ("one", "two", "claims"))
        self.write("_toc.yml", f"format: jb-book\nroot: book/index\nchapters:\n{chapters}")
        self.write("requirements.txt", "numpy==2.4.6\n")
        self.write("book/references.bib", "")
        self.write("book/index.md", "# Small\n\nA book.\n")
        self.write("book/claims.md", "# Claims\n\n```{claims} ONE\n```\n")
        self.write("book/claims/ONE.yml", self.claim(verdict="holds"))
        self.write("autograder/__init__.py", "")
        self.write("solutions/gradus/__init__.py", "")
        self.write("solutions/gradus/base.py", "BASE = 'base-1'\n")
        self.write("solutions/gradus/one.py", "from .base import BASE\nVALUE = f'one-1 {BASE}'\n")
        self.write("solutions/gradus/two.py", "VALUE = 'two-1'\n")
        glue = "from myst_nb import glue\nglue('claim-ONE-01', 'seven apples', display=False)"
        self.notebook("one", "from gradus.one import VALUE\nprint(VALUE)", ":::{claim} ONE-01\n:::", glue)
        self.notebook("two", "from gradus.two import VALUE\nprint(VALUE)")

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def notebook(self, name: str, *cells: str) -> None:
        write_notebook(self.root / "book" / f"{name}.ipynb", name.capitalize(), *cells)

    def claim(self, **fields: str) -> str:
        row = {"id": "ONE-01", "statement": "Apples fall.", "chapter": "book/one"} | fields
        return "- " + "\n  ".join(f"{key}: {value}" for key, value in row.items() if value is not None) + "\n"

    def page(self, name: str) -> str:
        return (self.root / "_build" / "html" / "book" / f"{name}.html").read_text(encoding="utf-8")

    def build(self, *, plain: bool = False) -> subprocess.CompletedProcess:
        """Build with scripts/build_book.py, or with jupyter-book alone. What is imported is this folder's `gradus`."""
        script = [sys.executable, "scripts/build_book.py"]
        jupyter_book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
        command = [*jupyter_book, "build", "-n", "-W", "--keep-going", "."] if plain else script
        environment = os.environ | {"PYTHONPATH": str(self.root / "solutions"), "NO_COLOR": "1"}
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=240)
