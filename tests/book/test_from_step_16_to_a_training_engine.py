"""The chapter "From step 16 to a training engine" compares with stored figures: their form, and what must hold of them."""

import importlib.util
import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "book" / "autodiff" / "from_step_16_to_a_training_engine.py"
CHAPTER = SCRIPT.with_suffix(".ipynb")
CELLS = {
    cell["id"]: "".join(cell["source"])
    for cell in json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    if cell["cell_type"] == "code"
}
OTHERS = ("step 16", "PyTorch", "PyTorch, fused Adam", "DeZero", "HIPS autograd")


@pytest.fixture(scope="module")
def script():
    """Other engines are imported where they are used, so the module itself loads without them."""
    path = list(sys.path)
    spec = importlib.util.spec_from_file_location("from_step_16_to_a_training_engine", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = path
    return module


@pytest.fixture(scope="module")
def stored():
    names = {}
    exec(CELLS["recorded"], names)
    return names["RECORDED"]


def test_what_can_be_counted_is_what_was_stored(stored):
    missing = [name for name in ("torch", "dezero", "autograd", "micrograd") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: pip install '.[bench]'")
    code = f"import importlib.util as u, json; s = u.spec_from_file_location('m', {str(SCRIPT)!r}); "
    code += "m = u.module_from_spec(s); s.loader.exec_module(m); print(json.dumps(m.facts()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    fresh = json.loads(done.stdout)
    longest = fresh.pop("longest_chain")  # Python's versions count frames differently
    assert longest < 1000 and stored["facts"]["longest_chain"] < 1000
    assert fresh == {name: fact for name, fact in stored["facts"].items() if name != "longest_chain"}


def test_step_16_trains_as_gradus_does(script):
    given = script.training_steps.problem(script.training_steps.SMALL, 32, np.float64)
    ours, own = script.STEPS["gradus"](*given), script.STEPS["step 16"](*given)
    np.testing.assert_allclose([own() for _ in range(20)], [ours() for _ in range(20)], rtol=1e-9)


def test_step_16s_graphs_are_those_of_gradus(script):
    for build in (script.graphs.chain, script.graphs.wide):
        assert script.step16_graph(build, 40)() == pytest.approx(script.graphs.gradus_graph(build, 40)(), rel=1e-12)


def test_the_record_says_what_it_was_measured_with(stored):
    about = stored["about"]
    pins = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for package in ("torch", "dezero", "autograd", "micrograd"):
        assert f'"{package}=={about["versions"][package]}"' in re.search(r"^bench = .*$", pins, re.MULTILINE)[0]
    assert date.fromisoformat(about["date"]) and about["machine"]


def test_every_contestant_is_there_with_its_spread(script, stored):
    assert list(stored["training"]) == list(script.CASES)
    tables = [*stored["training"].values(), *stored["small_graphs"].values()]
    for case, contestants in zip(tables, [script.STEPS] * len(script.CASES) + [script.GRAPHS] * 2, strict=True):
        assert set(case) == set(contestants)
        assert case["gradus"]["ratio"] == 1
        for measured in case.values():
            low, high = measured["quartiles"]
            assert 0 < low <= measured["ratio"] <= high and measured["time"] > 0


def test_the_figures_titles_are_what_the_record_shows(stored):
    small = stored["training"]["batch of 32"]
    assert "On a small network gradus is ahead of the other engines" in CELLS["training-figure"]
    assert all(small[name]["quartiles"][0] > 1 for name in OTHERS)
    assert small["PyTorch"]["ratio"] > stored["training"]["1,000 units"]["PyTorch"]["ratio"]

    growth = stored["growth"]
    assert growth["nodes"] == [100, 1_000, 10_000, 100_000]
    for engine in ("gradus", "step 16", "PyTorch", "HIPS autograd"):
        for kind in ("chain", "wide"):
            seconds = growth[kind][engine]
            assert seconds[-1] / seconds[1] < 400, "a hundred times the nodes in about a hundred times the time"
    chain, wide = growth["chain"]["DeZero"], growth["wide"]["DeZero"]
    assert chain[2] / chain[1] < 20 < wide[2] / wide[1]
    assert None in growth["chain"]["micrograd"] and None in growth["wide"]["micrograd"]


def test_the_script_stores_what_it_measured_where_the_chapter_reads_it(script, stored, tmp_path, monkeypatch):
    chapter = tmp_path / "chapter.ipynb"
    chapter.write_text(CHAPTER.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(script, "CHAPTER", chapter)
    script.store(stored)
    assert chapter.read_text(encoding="utf-8") == CHAPTER.read_text(encoding="utf-8")


def test_the_chapter_itself_needs_no_other_engine():
    pattern = re.compile(r"^\s*(import|from) (torch|dezero|autograd|micrograd)", re.MULTILINE)
    assert not [name for name, source in CELLS.items() if pattern.search(source)]
