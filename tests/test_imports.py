"""Who may import whom: the contracts stand in pyproject.toml, under tool.importlinter."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NUMPY_ONLY = {
    "matplotlib",
    "sklearn",
    "scipy",
    "tqdm",
    "nbgrader",
    "IPython",
    "torch",
    "myst_nb",
    "traitlets",
    "nbformat",
}


def test_the_contracts_hold():
    program = "from importlinter.cli import lint_imports_command as main; main()"
    ran = subprocess.run([sys.executable, "-c", program, "--no-cache"], cwd=ROOT, capture_output=True, text=True,
                         timeout=120, check=False)  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 broken" in ran.stdout


def test_every_module_of_gradus_is_importable_with_numpy_alone():
    program = (
        "import sys, pkgutil, importlib, gradus\n"
        "[importlib.import_module('gradus.' + m.name) for m in pkgutil.iter_modules(gradus.__path__)]\n"
        "print(' '.join({m.partition('.')[0] for m in sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert not NUMPY_ONLY & set(ran.stdout.split())


@pytest.mark.parametrize("path", sorted((ROOT / "book").rglob("*.ipynb")), ids=lambda p: p.stem)
def test_chapters_import_gradus_and_never_the_autograder(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    roots = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    assert "gradus" in roots and "autograder" not in roots


def test_files_keep_to_one_topic():
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("solutions/gradus", "autograder", "scripts", "assets", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 350
    }
    assert not long, f"more than 350 lines: {long}"
