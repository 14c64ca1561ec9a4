"""Changing a module executes again exactly those pages that depend on it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import page_keys
import pytest
from small_book import SmallBook, write_notebook

ROOT = Path(__file__).resolve().parents[2]


MODULES = {
    "gradus/__init__.py": "from . import shapes\nfrom .engine import Variable\n",
    "gradus/base.py": "",
    "gradus/shapes.py": "from .base import x\n",
    "gradus/noise.py": "import numpy as np\n",
    "gradus/engine.py": "def later():\n    from .shapes import y\n",
    "gradus/deep/__init__.py": "from .inner import z\n",
    "gradus/deep/inner.py": "from ..base import x\nfrom .. import noise\n",
    "gradus/deep/other.py": "",
    "autograder/__init__.py": "",
    "autograder/checks.py": "import gradus.base\n",
}
PAGES = {
    "shapes": "from gradus.shapes import y",
    "noise": "import gradus.noise as n",
    "inside": "def later():\n    from gradus import engine",
    "passed_on": "from gradus import Variable",
    "deep": "from gradus.deep import z",
    "deeper": "from gradus.deep.other import o",
    "checks": "from autograder.checks import c",
    "everything": "%matplotlib inline\nimport gradus\n!ls",
    "nothing": "import numpy as np\nfrom base import x",
    "broken": "def (",
}


@pytest.fixture
def pages(tmp_path):
    """Small packages whose imports are plain to see, and pages that import from them in different ways."""
    for name, source in MODULES.items():
        package, _, rest = name.partition("/")
        path = tmp_path / page_keys.PACKAGES[package] / rest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    for name, source in PAGES.items():
        write_notebook(tmp_path / f"{name}.ipynb", name, source)
    return tmp_path, {name: tmp_path / f"{name}.ipynb" for name in PAGES}


def changed_by(pages, module: str) -> set[str]:
    """The pages whose key changes when a line is added to the module."""
    root, notebooks = pages
    before = page_keys.page_keys(root, notebooks)
    with (root / module).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    after = page_keys.page_keys(root, notebooks)
    return {name for name in notebooks if before[name] != after[name]}


@pytest.mark.parametrize(
    ("module", "affected"),
    [
        ("base.py", {"shapes", "inside", "passed_on", "deep", "deeper", "checks"}),
        ("shapes.py", {"shapes", "inside", "passed_on"}),
        ("noise.py", {"noise", "deep", "deeper"}),
        ("engine.py", {"inside", "passed_on"}),
        ("deep/inner.py", {"deep", "deeper"}),
        ("deep/__init__.py", {"deep", "deeper"}),
        ("__init__.py", {"shapes", "noise", "inside", "passed_on", "deep", "deeper", "checks"}),
    ],
)
def test_a_changed_module_changes_the_keys_of_the_pages_that_import_it(pages, module, affected):
    # A page that imports the whole package depends on all of it; one that cannot be read may depend on anything.
    assert changed_by(pages, f"solutions/gradus/{module}") == affected | {"everything", "broken"}


def test_the_autograder_counts_as_well(pages):
    assert changed_by(pages, "autograder/checks.py") == {"checks", "broken"}


IMPORT_EACH = """
import importlib, json, os, sys, types
import numpy
for name, folder in PACKAGES.items():
    sys.modules[name] = types.ModuleType(name)   # so that its __init__ does not import all the rest
    sys.modules[name].__path__ = [folder]
for module in MODULES:
    if os.fork() == 0:
        importlib.import_module(module)
        print(json.dumps([module, [name for name in sys.modules if name.split(".")[0] in PACKAGES]]), flush=True)
        os._exit(0)
    os.wait()
"""


def test_what_python_imports_for_a_module_is_among_what_its_key_holds():
    """The interpreter as oracle: which modules of the project it has loaded after importing one of them."""
    packages = {name: str(ROOT / folder) for name, folder in page_keys.PACKAGES.items()}
    graph = page_keys.ImportGraph(ROOT)
    modules = [name for name in graph.modules if name not in packages and not name.endswith("__main__")]
    script = f"PACKAGES = {packages!r}\nMODULES = {modules!r}\n{IMPORT_EACH}"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    loaded = dict(json.loads(line) for line in run.stdout.splitlines())
    assert set(loaded) == set(modules), run.stderr
    unseen = {name: set(loaded[name]) - graph.needed(f"import {name}") - set(packages) for name in modules}
    assert {name: missing for name, missing in unseen.items() if missing} == {}


def test_a_changed_lock_changes_every_key(pages):
    (pages[0] / "requirements.txt").write_text("numpy==2.4.6\n")
    assert changed_by(pages, "requirements.txt") == set(pages[1])


@pytest.mark.book
def test_pages_execute_again_when_what_they_import_has_changed(tmp_path):
    book = SmallBook(tmp_path)
    first = book.build()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "2 notebooks to execute, 0 unchanged" in first.stdout
    assert "one-1 base-1" in book.page("one")

    assert "nothing changed" in book.build().stdout

    book.write("solutions/gradus/base.py", "BASE = 'base-2'\n")
    second = book.build()
    assert "1 notebooks to execute, 1 unchanged" in second.stdout
    assert "book/one" in second.stdout
    assert "one-1 base-2" in book.page("one")

    book.write("solutions/gradus/two.py", "VALUE = 'two-2'\n")
    plain = book.build(plain=True)
    assert plain.returncode == 0, plain.stdout + plain.stderr
    assert "two-2" in book.page("two")
    assert "1 notebooks to execute, 1 unchanged" in plain.stdout

    book.write("requirements.txt", "numpy==2.5.0\n")
    assert "2 notebooks to execute, 0 unchanged" in book.build().stdout
