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
from right_answers.autodiff_11_to_16 import RIGHT

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "book" / "autodiff" / "from_step_16_to_a_training_engine.py"
CHAPTER = SCRIPT.with_suffix(".ipynb")
SOURCES = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
CELLS = {cell["id"]: "".join(cell["source"]) for cell in SOURCES if cell["cell_type"] == "code"}
TEXTS = {cell["id"]: "".join(cell["source"]) for cell in SOURCES if cell["cell_type"] == "markdown"}
ENGINES = {"gradus": None, "step 16": None, "DeZero": "dezero", "micrograd": "micrograd", "PyTorch": "torch"}
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


@pytest.fixture(scope="module")
def counted():
    """Engine → what is counted in it now, in a process of its own; of those engines that are installed."""
    there = [engine for engine, module in ENGINES.items() if module is None or importlib.util.find_spec(module)]
    code = f"import importlib.util as u, json; s = u.spec_from_file_location('m', {str(SCRIPT)!r}); "
    code += "m = u.module_from_spec(s); s.loader.exec_module(m); "
    code += f"print(json.dumps({{e: m.counted_in_engines.facts(m.GRAPHS, [e]) for e in {there!r}}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_can_be_counted_is_what_was_stored(engine, counted, stored):
    if engine not in counted:
        pytest.skip(f"{engine} not installed: pip install '.[bench]'")
    assert counted[engine]["second_backward"]
    for fact, found in counted[engine].items():
        if fact == "longest_chain":  # Python's versions count frames differently
            assert found < 1000 and stored["facts"][fact] < 1000
        elif isinstance(found, dict):
            assert found == {name: stored["facts"][fact][name] for name in found}
        else:
            assert found == stored["facts"][fact]


def classifier(engine, **classes):
    """The losses and the accuracy of the chapter's cells, with a source that says what ENGINE is."""
    names = dict(classes)
    for source in (CELLS["imports"], engine, *(CELLS[name] for name in ("own-functions", "train", "accuracy"))):
        exec(source, names)
    return names["own"][0], names["own_accuracy"]


@pytest.fixture(scope="module")
def by_step_16():
    return classifier(CELLS["engine"])


@pytest.mark.parametrize("name", RIGHT["steps_15_16"])
def test_the_chapters_classifier_trains_on_any_right_engine(name, by_step_16):
    """The classes of an engine other than step 16, in the place where the chapter says that a reader's own go."""
    Variable, Function, *_ = RIGHT["steps_15_16"][name]
    pasted = re.search(r"```python\n(import types.*?)```", TEXTS["own-engine-text"], re.DOTALL)[1]
    losses, accuracy = classifier(pasted, Variable=Variable, Function=Function)
    np.testing.assert_allclose(losses, by_step_16[0], rtol=1e-6)
    assert accuracy == by_step_16[1] > 0.93


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
    assert "gradus leads the engines, hand-tuned NumPy leads gradus" in CELLS["training-figure"]
    assert all(small[name]["quartiles"][0] > 1 for name in OTHERS)
    for case in "batch of 32", "batch of 256", "20 layers":
        assert stored["training"][case]["hand-tuned NumPy"]["quartiles"][1] < 0.95

    growth = stored["growth"]
    assert "Chain: all that do not recurse go on" in CELLS["growth-recorded"]
    assert growth["nodes"] == [100, 1_000, 10_000, 100_000]
    for engine in ("gradus", "step 16", "PyTorch", "HIPS autograd"):
        for kind in ("chain", "wide"):
            seconds = growth[kind][engine]
            assert seconds[-1] / seconds[1] < 400, "a hundred times the nodes in about a hundred times the time"
    assert growth["chain"]["DeZero"][-1] / growth["chain"]["DeZero"][1] < 400
    assert None in growth["chain"]["micrograd"] and None in growth["wide"]["micrograd"]

    assert "Wide: who sorts at each push falls behind" in CELLS["growth-recorded"]
    chain, wide = growth["chain"]["DeZero"], growth["wide"]["DeZero"]
    assert chain[2] / chain[1] < 20 < wide[2] / wide[1]
    assert all(wide[2] > 3 * growth["wide"][name][2] for name in ("gradus", "step 16", "PyTorch", "HIPS autograd"))


def test_the_text_on_the_engines_is_what_the_record_shows(stored):
    small, large = stored["training"]["batch of 32"], stored["training"]["1,000 units"]
    for name in "PyTorch", "PyTorch, fused Adam":
        assert small[name]["ratio"] > stored["training"]["batch of 256"][name]["ratio"] > large[name]["ratio"]
    for name in "step 16", "hand-tuned NumPy":  # "level with gradus", "about the same"
        assert 0.9 < large[name]["ratio"] < 1.1
    assert small["textbook NumPy"]["quartiles"][0] > 1.05
    for nodes in stored["small_graphs"].values():
        assert nodes["micrograd"]["quartiles"][1] < 0.95, "micrograd is the faster one"
        assert 0.85 < nodes["PyTorch"]["ratio"] < 1.15, "about the same"
    assert stored["network_of_numbers"]["times"]["micrograd"]["ratio"] > 20


def test_the_script_stores_what_it_measured_where_the_chapter_reads_it(script, stored, tmp_path, monkeypatch):
    chapter = tmp_path / "chapter.ipynb"
    chapter.write_text(CHAPTER.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(script, "CHAPTER", chapter)
    script.store(stored)
    assert chapter.read_text(encoding="utf-8") == CHAPTER.read_text(encoding="utf-8")


def test_the_chapter_itself_needs_no_other_engine():
    pattern = re.compile(r"^\s*(import|from) (torch|dezero|autograd|micrograd)", re.MULTILINE)
    assert not [name for name, source in CELLS.items() if pattern.search(source)]
