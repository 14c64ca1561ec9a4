"""Every assignment in ``solutions/assignments``: its cells agree with its exercises, its solution earns everything,
and what students receive earns nothing.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from autograder.checks import of_topic
from autograder.notebook import CheckFailed

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "solutions" / "assignments"
NAMES = sorted(p.name for p in FOLDER.iterdir() if p.is_dir())
STUB = "raise NotImplementedError  # your code here"

each = pytest.mark.parametrize("name", NAMES)


def notebook(name: str) -> dict:
    return json.loads((FOLDER / name / f"{name}.ipynb").read_text(encoding="utf-8"))


def text(cell: dict) -> str:
    return "".join(cell["source"])


def graded(name: str, *, grade: bool, solution: bool) -> dict[str, dict]:
    """The cells with these two flags of nbgrader, by grade_id, in their order."""
    found = {}
    for cell in notebook(name)["cells"]:
        meta = cell["metadata"].get("nbgrader")
        if meta and (meta["grade"], meta["solution"]) == (grade, solution):
            assert meta["grade_id"] not in found, f"{meta['grade_id']} is used twice"
            found[meta["grade_id"]] = cell
    return found


def points(cell: dict) -> float:
    return cell["metadata"]["nbgrader"]["points"]


def test_there_are_assignments():
    assert {"initialization", "network_by_hand"} <= set(NAMES)


# ---------------------------------------------------------------- the cells agree with the exercises


@each
def test_every_exercise_of_the_topic_has_its_check_cell_in_the_order_of_declaration(name):
    assert list(graded(name, grade=True, solution=False)) == list(of_topic(name))


@each
def test_a_check_cell_holds_one_statement_that_passes_the_objects_asked_for(name):
    for grade_id, cell in graded(name, grade=True, solution=False).items():
        ex = of_topic(name)[grade_id]
        assert text(cell) == f'check("{ex.id}", {", ".join(ex.names)})'
        assert len(ast.parse(text(cell)).body) == 1
        assert cell["metadata"]["nbgrader"]["locked"] is True


@each
def test_the_points_of_a_check_cell_are_those_of_its_exercise(name):
    for grade_id, cell in graded(name, grade=True, solution=False).items():
        assert points(cell) == of_topic(name)[grade_id].points, grade_id


@each
def test_before_each_check_stand_its_task_and_a_cell_to_write_in(name):
    cells = notebook(name)["cells"]
    ids = [cell["id"] for cell in cells]
    for ex in of_topic(name).values():
        code = cells[ids.index(ex.id) - 1]
        assert code["id"] == f"{ex.id}-code" == code["metadata"]["nbgrader"]["grade_id"]
        assert code["metadata"]["nbgrader"]["solution"] and not code["metadata"]["nbgrader"]["locked"]
        before = [text(c) for c in cells[: ids.index(code["id"])] if c["cell_type"] == "markdown"]
        head = [t for t in before if t.startswith("## ")][-1]
        assert f"*{ex.points} points, about {ex.minutes} minutes*" in head, ex.id


@each
def test_the_code_to_write_defines_the_names_that_the_check_passes(name):
    for ex in of_topic(name).values():
        cell = graded(name, grade=False, solution=True)[f"{ex.id}-code"]
        defined = set()
        for node in ast.parse(text(cell)).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                defined.add(node.name)
            elif isinstance(node, ast.Assign):
                defined |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        assert set(ex.names) <= defined, ex.id


@each
def test_the_opening_names_all_the_points(name):
    total = sum(points(c) for s in (True, False) for c in graded(name, grade=True, solution=s).values())
    said = re.search(r"\*\*(\d+) points, about", text(notebook(name)["cells"][0]))
    assert said and int(said[1]) == total


@each
def test_cells_are_stored_without_outputs_under_the_ids_nbgrader_knows_them_by(name):
    cells = notebook(name)["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None, cell["id"]
        meta = cell["metadata"].get("nbgrader")
        if meta:
            assert meta["grade_id"] == cell["id"] and meta["schema_version"] == 3 and not meta["task"]
        elif cell["cell_type"] == "code":
            pytest.fail(f"the code cell {cell['id']} is not known to nbgrader")


@each
def test_a_question_graded_by_hand_carries_its_answer_and_what_earns_points(name):
    for grade_id, cell in graded(name, grade=True, solution=True).items():
        assert (grade_id, points(cell)) in ((f"explain_{name}", 4), (f"report_{name}", 10))
        assert cell["cell_type"] == "markdown"
        lines = text(cell).splitlines()
        assert (lines[0], lines[-1]) == ("### BEGIN SOLUTION", "### END SOLUTION")
        assert "**Points.**" in text(cell)


@each
def test_cells_import_only_what_the_grader_provides(name):
    told = notebook(name)["metadata"]["autograder"]
    provided = set(told["provides"])
    for cell in notebook(name)["cells"]:
        if cell["cell_type"] == "code":
            modules = imported(text(cell))
            assert not [m for m in modules if m.startswith("autograder.")], cell["id"]
            assert {m for m in modules if m.split(".")[0] == "gradus"} <= provided, cell["id"]
        if cell["id"] == last_of_the_first_stage(name):  # from here on in a process of its own
            provided = set(told.get("training", {"provides": provided})["provides"])


def last_of_the_first_stage(name: str) -> str:
    """The last check that is not judged in the training's process."""
    trained = notebook(name)["metadata"]["autograder"].get("training", {}).get("exercises", [])
    return [id for id in graded(name, grade=True, solution=False) if id not in trained][-1]


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
    return found


# ---------------------------------------------------------------- the solution and what students receive


@each
def test_the_solution_earns_all_points_and_writes_nothing_to_stderr(name):
    """In a kernel, as in JupyterLab. nbgrader gives 0 for a cell with a single line on stderr."""
    executed = in_kernel(FOLDER / name / f"{name}.ipynb")
    earned = {}
    for cell in executed["cells"]:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error", f"{cell['id']}: {output.get('evalue')}"
            assert output.get("name") != "stderr", f"{cell['id']}: {output['text']}"
            if output["output_type"] == "execute_result" and cell["id"] in of_topic(name):
                earned[cell["id"]] = float("".join(output["data"]["text/plain"]))
    assert earned == {id: ex.points for id, ex in of_topic(name).items()}


def in_kernel(path: Path) -> dict:
    """The notebook, executed from top to bottom by a process of its own."""
    import subprocess
    import sys

    run = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--stdout",
         "--ExecutePreprocessor.kernel_name=python3", "--ExecutePreprocessor.timeout=120", str(path)],
        capture_output=True, text=True, timeout=280, check=True,
    )  # fmt: skip
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def released():
    """The student's version of each assignment, made by nbgrader with the course's own configuration."""
    import nbformat
    from nbgrader import preprocessors
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    steps = [preprocessors.LockCells, preprocessors.ClearSolutions, preprocessors.ClearOutput]
    made = {}
    for name in NAMES:
        cells, resources = nbformat.read(FOLDER / name / f"{name}.ipynb", as_version=4), {}
        for step in steps:
            cells, resources = step(config=config).preprocess(cells, resources)
        made[name] = cells
    return made


@each
def test_the_student_version_has_stubs_and_no_line_of_a_solution(name, released):
    shown = {cell["id"]: cell["source"] for cell in released[name]["cells"]}
    for grade_id, cell in graded(name, grade=False, solution=True).items():
        regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", text(cell), re.DOTALL)
        assert regions, f"{grade_id}: nothing is left to write"
        assert shown[grade_id].count(STUB) == len(regions)
        for line in {line.strip() for region in regions for line in region.splitlines()} - {""}:
            assert line not in shown[grade_id], f"{grade_id} still shows: {line}"
    for grade_id in graded(name, grade=True, solution=True):
        assert shown[grade_id] == "*Your answer here.*"


@each
def test_the_student_version_earns_nothing(name, released, monkeypatch):
    """Every check says that its exercise is not started; none fails for another reason."""
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    names: dict = {}
    refused = {}
    for cell in released[name]["cells"]:
        if cell["cell_type"] != "code":
            continue
        try:
            exec(compile(cell["source"], cell["id"], "exec"), names)
        except CheckFailed as failed:
            refused[cell["id"]] = (failed.answer.score, failed.answer.verdict)
        except NotImplementedError:
            assert cell["id"] not in of_topic(name)
    plt.close("all")
    assert refused == dict.fromkeys(of_topic(name), (0.0, "missing"))
