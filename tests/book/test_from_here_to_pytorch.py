"""The chapter "From here to PyTorch" compares with stored results: they are what PyTorch computes."""

import importlib
import importlib.util
import json
import math
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "book" / "signals" / "from_here_to_pytorch.py"
CELLS = {
    cell["id"]: "".join(cell["source"])
    for cell in json.loads(SCRIPT.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    if cell["cell_type"] == "code"
}


@pytest.fixture(scope="module")
def script():
    """The chapter's script. Without PyTorch it cannot run: skipped on a reader's machine, a failure with CI=true."""
    try:
        importlib.import_module("torch")
    except ImportError:
        missing = "torch is not installed: pip install 'training-deep-networks[oracle]'"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"CI=true, but {missing}")
        pytest.skip(missing)
    spec = importlib.util.spec_from_file_location("from_here_to_pytorch", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def stored():
    names = {}
    exec(CELLS["recorded"], names)
    return names["RECORDED"]


def differences(a, b, rtol, path=""):
    """Where two records differ: every number, text and truth value is compared."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [d for key in a for d in differences(a[key], b[key], rtol, f"{path}/{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for i, pair in enumerate(zip(a, b, strict=True)) for d in differences(*pair, rtol, f"{path}/{i}")]
    if type(a) is type(b) is float:
        return [] if math.isclose(a, b, rel_tol=rtol, abs_tol=1e-12) else [f"{path}: {a} and {b}"]
    return [] if a == b else [f"{path}: {a!r} and {b!r}"]


def test_the_stored_results_are_those_of_pytorch(script, stored):
    computed = json.loads(json.dumps(script.record()))  # as it is stored: lists for tuples
    assert computed.keys() == stored.keys()
    for name in stored:
        rtol = 1e-3 if name == "float32" else 1e-9
        assert differences(stored[name], computed[name], rtol, name) == []


def test_the_script_stores_what_it_computed_where_the_chapter_reads_it(script, stored, tmp_path, monkeypatch):
    chapter = tmp_path / "chapter.ipynb"
    chapter.write_text(SCRIPT.with_suffix(".ipynb").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(script, "CHAPTER", chapter)
    script.store(stored)
    assert chapter.read_text(encoding="utf-8") == SCRIPT.with_suffix(".ipynb").read_text(encoding="utf-8")
    script.store({"said": "a text with spaces", "losses": [0.1] * 200})
    names = {}
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    exec("".join(next(cell["source"] for cell in cells if cell["id"] == "recorded")), names)
    assert names["RECORDED"] == {"said": "a text with spaces", "losses": [0.1] * 200}


def test_the_chapter_itself_needs_no_pytorch():
    assert not [name for name, source in CELLS.items() if "import torch" in source or "from torch" in source]
