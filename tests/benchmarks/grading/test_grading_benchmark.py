"""The grading benchmark compares like with like: honest answers, the same marks. How fast it is, is not tested."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PAGE = ROOT / "book" / "back" / "grading_a_large_course.md"


@pytest.fixture(scope="module")
def benchmark():
    """The benchmark's own modules, by name, for as long as they are needed."""
    names = ("answers", "course", "contest", "class_sizes", "said")
    sys.path.insert(0, str(HERE))
    try:
        yield {name: __import__(name) for name in names}
    finally:
        sys.path.remove(str(HERE))
        for name in names:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def exercises():
    """The exercises of the benchmark's course, declared for as long as they are needed."""
    from autograder import checks
    from autograder.exercise import REGISTRY

    before, path = dict(REGISTRY), list(checks.__path__)
    checks.__path__.append(str(HERE / "checks"))
    try:
        yield checks.of_topic("six_tasks")
    finally:
        checks.__path__[:] = path
        REGISTRY.clear()
        REGISTRY.update(before)
        sys.modules.pop("autograder.checks.six_tasks", None)


def test_both_graders_give_the_same_marks(tmp_path):
    path = tmp_path / "measured.json"
    command = [sys.executable, HERE, "six_tasks", "--students", "4", "--runs", "1", "--json", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(path.read_text())["six_tasks"]
    assert found["submissions"] == 4 and found["marks"] == 24 and found["differ"] == []
    assert 0 < found["points"] < 4 * 30
    assert "different: 0" in done.stdout


def test_answers_are_what_they_say(benchmark, exercises):
    import matplotlib as mpl

    from autograder.handle import local
    from autograder.judging import judge
    from autograder.sandbox import cells

    mpl.use("agg")
    course, answers = benchmark["course"], benchmark["answers"]
    for name, known in answers.ANSWERS.items():
        ex = exercises[name]
        for kind, source in known:
            names = cells.namespace()
            cells.run(course.GIVEN.replace("from autograder import check", ""), "given", names)
            cells.run(source, name, names)
            given = [local(names[n]) for n in ex.names]
            answer, *others = [judge(ex, lambda given=given: given, seed=seed) for seed in range(20)]
            assert {other.score for other in others} == {answer.score}, f"{name}: luck decides on\n{source}"
            full, some = answer.score == course.POINTS, 0 < answer.score < course.POINTS
            recognised = answer.misconception is not None or name == "loss_plot"
            right = {answers.RIGHT: full, answers.PARTLY: some, answers.WRONG: recognised and not full}
            assert right[kind], f"{name}: {source}\n{answer.score} {answer.misconception} {answer.message}"
        names["plt"].close("all")


def test_a_class_of_any_size_has_no_two_alike(benchmark):
    made = dict(benchmark["course"].students(300))
    sources = {json.dumps(notebook) for notebook in made.values()}
    assert len(made) == len(sources) == 300
    assert dict(benchmark["course"].students(20)) == {
        k: made[k] for k in list(made)[:20]
    }  # a larger class begins alike


def test_marks_are_compared_one_by_one(benchmark):
    differ = benchmark["contest"].disagreements
    a = {"ada": {"softmax": 5.0, "plot": 0.0}, "ben": {"softmax": 1.0}}
    assert differ(a, a) == []
    assert differ(a, {**a, "ada": {"softmax": 5.0, "plot": 1.0}}) == ["ada, plot: 0.0 and 1.0"]
    assert differ(a, {"ada": a["ada"]}) == ["ben, softmax: 1.0 and None"]
    assert differ({"ada": {"softmax": None}}, {"ada": {"softmax": None}}) == [
        "ada, softmax: None and None"
    ]  # no mark at all


def test_growth_is_a_start_and_so_much_a_submission(benchmark):
    points = [
        {"submissions": n, "seconds": 2.0 + 0.01 * n, "memory": 2**28, "disk": 2**10 * n} for n in (10, 100, 3000)
    ]
    start, each = benchmark["class_sizes"].line_through(points)
    assert abs(start - 2.0) < 1e-9 and abs(each - 0.01) < 1e-12
    stock = [{"submissions": n, "seconds": 3.0 + 1.5 * n, "memory": 2**28, "disk": 0} for n in (10, 50)]
    said = benchmark["said"].of_growth({"ours": points, "stock": stock}, cores=2)
    assert said["each core ms"] == "20" and said["a minute"] == "6,000" and said["largest"] == "3,000"
    assert said["large core hours"] == "0.6"  # 100,000 · 20 ms = 2,000 s
    assert said["large minutes 2 cores"] == "17" and said["large minutes 8 cores"] == "4"  # 1,002 s and 252 s
    assert said["large stock hours"] == "42" and said["class 3 stock seconds"] == "4,503"
    assert said["disk each KB"] == "1" and said["large disk GB"] == "0.1"


def test_the_page_prints_what_was_measured(benchmark):
    measured = json.loads((HERE / "measured.json").read_text())
    assert measured["said"] == benchmark["said"].said(measured)
    used = set(re.findall(r"\{measured\}`([^`]+)`", PAGE.read_text()))
    assert used and used <= measured["said"].keys(), used - measured["said"].keys()
    assert not measured["six_tasks"]["differ"] and not measured["initialization"]["differ"]


def test_the_page_says_under_which_load_it_was_measured_and_measures_whole_classes(benchmark):
    measured = json.loads((HERE / "measured.json").read_text())
    assert set(measured["load"]) >= {"six_tasks", "growth", "initialization", "memory", "cluster"}
    assert "{measured}`load`" in PAGE.read_text()
    assert benchmark["said"].said({"load": {"a": 0.3, "b": 2.5}})["load"] == "0.3 to 2.5"
    assert measured["six_tasks"]["submissions"] >= 100 and measured["growth"]["ours"][-1]["submissions"] >= 1000
