"""The student's kit: no solution in it, the same answers as in the open package, the same marks in the end."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import subprocess
import sys
import textwrap
import zipfile
from functools import cache
from pathlib import Path

import pytest
import toy
from small_course import NAME, POINTS, RIGHT, command, released_course

from autograder.assignment import load_assignment
from autograder.checks import of_topic
from autograder.closed import bundle
from autograder.closed.bundle import Kit, assemble, client_modules, lay_out, make_kit, write_kit, zipped
from autograder.grading.course import UsageError

ASSIGNMENTS = Path(__file__).parents[2] / "solutions" / "assignments"
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)
each_assignment = pytest.mark.parametrize(
    "topic", ["network_by_hand", pytest.param("initialization", marks=pytest.mark.slow)]
)


def source_of(topic: str) -> dict:
    return json.loads((ASSIGNMENTS / topic / f"{topic}.ipynb").read_text(encoding="utf-8"))


def code_of(notebook: dict) -> list[str]:
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def students_version(topic: str) -> dict:
    """The source notebook with its solutions cut out."""
    notebook = source_of(topic)
    for cell in notebook["cells"]:
        cell["source"] = SOLUTION.sub("raise NotImplementedError\n", "".join(cell["source"]))
    return notebook


@cache
def kit_of(topic: str) -> Kit:
    files = {f"{topic}.ipynb": json.dumps(students_version(topic)).encode()}
    return assemble(load_assignment(topic, ASSIGNMENTS), files)


def texts(kit: Kit) -> dict[str, str]:
    return {name: content.decode() for name, content in kit.files.items() if not name.endswith(".npz")}


def parts(tree: ast.AST) -> set[str]:
    """All statements and lambdas of a source, and what is returned or assigned, where it is more than a word or two."""
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.stmt | ast.Lambda) and not isinstance(n, ast.Expr | ast.Import
             | ast.ImportFrom)]  # fmt: skip
    nodes += [n.value for n in nodes if isinstance(n, ast.Return | ast.Assign | ast.AugAssign) and n.value]
    nodes += [n.body for n in nodes if isinstance(n, ast.Lambda)]
    return {ast.dump(n) for n in nodes if sum(1 for _ in ast.walk(n)) >= 8}


def declared_mistakes(topic: str) -> list[ast.AST]:
    """The wrong versions as they stand in the checks: modules of them, and what stands in calls of `mistake`."""
    folder = Path(bundle.__file__).parents[1] / "checks"
    found: list[ast.AST] = [ast.parse(f.read_text(encoding="utf-8")) for f in folder.glob(f"_{topic}_wrong*.py")]
    calls = [
        n for n in ast.walk(ast.parse((folder / f"{topic}.py").read_text(encoding="utf-8"))) if isinstance(n, ast.Call)
    ]
    return found + [a for n in calls if getattr(n.func, "id", "") == "mistake" for a in (*n.args[2:], *n.keywords)]


@each_assignment
def test_nothing_of_a_reference_a_solution_or_a_wrong_version_is_in_a_kit(topic):
    kit = kit_of(topic)
    solutions = [s for cell in code_of(source_of(topic)) for s in SOLUTION.findall(cell)]
    references = [inspect.getsource(r) for ex in of_topic(topic).values() for r in ex.reference if callable(r)]
    secret_sources = [textwrap.dedent(s) for s in solutions + references]
    given = [source for name, source in texts(kit).items() if name.endswith(".py") and "checks/" not in name]
    given += code_of(students_version(topic))  # what students are shown is no secret
    held = [source for name, source in texts(kit).items() if name.endswith(".py")] + code_of(students_version(topic))
    trees = [ast.parse(s) for s in secret_sources] + declared_mistakes(topic)
    secret = set().union(*map(parts, trees)) - set().union(*(parts(ast.parse(s)) for s in given))
    assert len(secret) > 40, "the test has something to look for"
    assert not secret & set().union(*(parts(ast.parse(s)) for s in held))

    shown = {line.strip() for source in given for line in source.splitlines()}
    lines = {line.strip() for s in secret_sources for line in s.splitlines()} - shown
    lines = {line for line in lines if len(line) > 15}
    assert len(lines) > 20
    assert not lines & {line.strip() for text in texts(kit).values() for line in text.splitlines()}
    assert not any("BEGIN SOLUTION" in text for text in texts(kit).values())


@each_assignment
def test_a_kit_holds_of_gradus_what_the_assignment_provides_and_of_autograder_what_check_needs(topic):
    kit = kit_of(topic)
    assert kit.waiting == {}, "every case that a student may see is in the kit"
    of_gradus = {n for n, text in texts(kit).items() if n.startswith("gradus/") and text}
    absent = {"network_by_hand": "gradus/network.py", "initialization": "gradus/initializers.py"}[topic]
    assert absent not in of_gradus and {"network_by_hand": "gradus/data.py", "initialization": "gradus/network.py"}[
        topic] in of_gradus  # fmt: skip
    assert not any(part in n for n in kit.files for part in ("grading", "sandbox", "intake", "reports", "_wrong"))


CLEAN = """
import json, sys
sys.path.insert(0, "")
from autograder import check
from autograder.notebook import CheckFailed
names, found = {}, {}
for id, wanted, source in json.load(sys.stdin):
    names = {}
    exec(compile(source, "<cell>", "exec"), names)
    try:
        value = check(id, *(names[n] for n in wanted))
    except CheckFailed as error:
        value = error
    answer = value.answer
    found[id] = {"repr": repr(value), "text": str(value), "verdict": answer.verdict,
                 "html": value._repr_html_() if hasattr(value, "_repr_html_") else "",
                 "results": [vars(r) for r in answer.results], "misconception": answer.misconception}
ours = {n: m.__file__ for n, m in sys.modules.items() if n.partition(".")[0] in ("autograder", "gradus")}
print(json.dumps({"found": found, "ours": ours, "all": sorted(sys.modules)}))
"""


def in_clean_process(folder: Path, answers: list, **environment: str) -> dict:
    """What `check` says in a process that has the kit and NumPy."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AUTOGRADER", "PYTHON", "NBGRADER"))}
    ran = subprocess.run([sys.executable, "-I", "-c", CLEAN], cwd=folder, input=json.dumps(answers), text=True,
                         capture_output=True, timeout=100, check=False, env={**kept, **environment})  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


SUM = "def dense_forward(X, W, b):\n    return X @ W + b, (X, W)\ndef dense_backward(dz, cache):\n    X, W = cache\n"
ANSWERS = {
    "right": f"{SUM}    return dz @ W.T, X.T @ dz, dz.sum(axis=0)\n",
    "mean": f"{SUM}    return dz @ W.T, X.T @ dz, dz.mean(axis=0)\n",
    "raises": f"{SUM}    return dz @ W.T, X.T @ dz, db\n",
    "stub": "def dense_forward(X, W, b):\n    raise NotImplementedError\ndense_backward = dense_forward\n",
}
LAYER = ("dense_forward", "dense_backward")


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kit")
    lay_out(kit_of("network_by_hand").files, folder)
    return folder


def tried(folder: Path, answer: str, **environment: str) -> dict:
    got = in_clean_process(folder, [("dense_forward", LAYER, ANSWERS[answer])], **environment)
    return got["found"]["dense_forward"]


def test_check_works_with_nothing_but_the_kit_and_numpy(laid_out):
    got = in_clean_process(laid_out, [("dense_forward", LAYER, ANSWERS["right"])])
    assert all(file.startswith(str(laid_out)) for file in got["ours"].values()), got["ours"]
    assert not {"matplotlib", "nbgrader", "IPython", "sqlalchemy", "scipy"} & set(got["all"])
    assert got["found"]["dense_forward"]["verdict"] == "pass"


def test_check_says_what_it_knows_and_that_the_grader_decides(laid_out):
    got = tried(laid_out, "mean")
    assert got["repr"] == "4.5", "half of 2/3 for public cases and all of 1/3 for manners, of 7, in steps of one half"
    for page in (got["text"], got["html"]):
        assert "public cases: 3 of 4; points are decided by the grader" in page
        assert "4 hidden cases wait for the grader" in page
        assert "Your db is a mean over the batch" in page, "the mistake is recognised by what it did"
    assert "of 7 points" not in got["html"]


def test_nothing_right_raises_and_so_do_missing_points_under_validate(laid_out):
    assert tried(laid_out, "stub")["repr"].startswith("CheckFailed")
    assert tried(laid_out, "mean", NBGRADER_EXECUTION="validate")["repr"].startswith("CheckFailed")
    assert tried(laid_out, "right", NBGRADER_EXECUTION="validate")["repr"] == "7.0", "nbgrader takes less for a failure"


def test_the_kit_names_the_versions_of_the_open_package(laid_out):
    from autograder.versions import versions

    assert versions("network_by_hand") in tried(laid_out, "right")["text"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_submission_gets_the_same_verdicts_from_the_kit_and_from_the_grader(laid_out, answer):
    assignment = load_assignment("network_by_hand", ASSIGNMENTS)
    open_way = students_version("network_by_hand")
    with_kit = json.loads(kit_of("network_by_hand").files["network_by_hand.ipynb"])
    in_kit = tried(laid_out, answer)
    for notebook in (open_way, with_kit):
        cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
        cells["dense_forward-code"]["source"] = ANSWERS[answer]
    cells["dense_forward"]["outputs"] = [{"output_type": "execute_result", "execution_count": 1, "metadata": {},
                                          "data": {"text/plain": in_kit["repr"], "text/html": in_kit["html"]}}]  # fmt: skip
    one, other = (toy.graded(n, assignment) for n in (open_way, with_kit))
    assert {id: (r.verdict, r.score, r.misconception) for id, r in one.items()} == {
        id: (r.verdict, r.score, r.misconception) for id, r in other.items()}  # fmt: skip
    shown = [r for r in other["dense_forward"].answer.results if r.group != "hidden"]
    assert [(r.name, r.verdict) for r in shown] == [(r["name"], r["verdict"]) for r in in_kit["results"]]
    assert other["dense_forward"].misconception == in_kit["misconception"]


# -------------------------------------------------------------------- the command


@pytest.fixture
def course(tmp_path):
    return released_course(tmp_path)


def test_the_command_makes_an_archive_that_is_the_same_bytes_each_time(course, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "1")  # of the other process, not of this one
    assert "kit in 1.zip" in command(course.root, "autograder", "bundle", NAME, "--to", "1.zip").stdout
    assert (course.root / "1.zip").read_bytes() == zipped(make_kit(course, NAME))
    with zipfile.ZipFile(course.root / "1.zip") as archive:
        archive.extractall(course.root / "out")
    kit = course.root / "out" / NAME
    assert (kit / f"{NAME}.ipynb").read_bytes() == course.notebook("release", ".", NAME).read_bytes()
    assert (kit / "figure.txt").read_text() == "a companion file"
    pins = (kit / "requirements.txt").read_text().splitlines()
    assert "jupyterlab==" in "".join(pins) and "# Python 3.11 or newer" in pins
    assert "# Weight initialization" in (kit / "README.md").read_text()
    got = in_clean_process(kit, [("compute_fans", ["compute_fans"], RIGHT)])["found"]["compute_fans"]
    assert got["repr"] == f"{POINTS:.1f}" and "1 of 1" in got["text"]


def test_a_kits_own_name_taken_by_a_file_of_the_assignment_is_refused(course):
    (course.folder("source", ".", NAME) / "README.md").write_text("mine")
    with pytest.raises(UsageError, match=r"README\.md has the name of one that every kit has"):
        make_kit(course, NAME)


KIT = Kit("small", {"a.txt": b"a", "b/c.txt": b"c"}, {})


def test_a_folder_gets_the_files_and_an_archive_is_replaced(tmp_path):
    write_kit(KIT, tmp_path / "made" / "kit")
    assert (tmp_path / "made" / "kit" / "b" / "c.txt").read_bytes() == b"c"
    (tmp_path / "kit.zip").write_text("old")
    write_kit(KIT, tmp_path / "kit.zip")
    assert (tmp_path / "kit.zip").read_bytes() == zipped(KIT)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "work.txt").write_text("mine")
    with pytest.raises(UsageError, match="is no empty folder"):
        write_kit(KIT, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["work.txt"]


@pytest.mark.parametrize("to", ["kit.zip", "kit"])
def test_a_kit_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch, to):
    (tmp_path / "kit.zip").write_text("old")

    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError, match="No space left"):
        write_kit(KIT, tmp_path / to)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("kit.zip", "old")]


def test_one_place_for_several_kits_is_refused(course):
    (course.root / "solutions" / "assignments" / "other").mkdir()
    (course.root / "solutions" / "assignments" / "other" / "other.ipynb").write_text("{}")
    ran = command(course.root, "autograder", "bundle", "--to", "x.zip", code=2)
    assert "--to: one place cannot hold the kits of 2 assignments" in ran.stderr


def test_the_client_is_what_check_imports():
    names = set(client_modules())
    assert {"autograder", "autograder.notebook", "autograder.judging", "autograder.closed.replay"} <= names
    assert not names & {"autograder.assignment", "autograder.closed.recording", "autograder.checks.initialization"}
