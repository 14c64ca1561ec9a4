"""The student's version: what is in it, when it is made again, what is said when it cannot be made."""

from __future__ import annotations

import json

import pytest
from small_course import (
    MODEL_ANSWER,
    NAME,
    POINTS,
    answered,
    command,
    find,
    make_course,
    released_course,
    source_notebook,
    submit,
)

from autograder.grading.course import Course, UsageError
from autograder.grading.gradebook import Marks, write_marks
from autograder.grading.release import release, student_version


@pytest.fixture
def course(tmp_path):
    return released_course(tmp_path)


def made(course: Course) -> bool:
    [only] = release(course, [NAME])
    return only.made


def edit_source(course: Course, change) -> None:
    notebook = source_notebook()
    change(notebook)
    course.source(NAME).write_text(json.dumps(notebook))


def test_the_students_version_holds_stubs_and_no_solution_no_output_and_no_model_answer(course):
    text = course.notebook("release", ".", NAME).read_text()
    notebook = json.loads(text)
    assert "".join(find(notebook, "compute_fans-code")["source"]).endswith(
        '"""Connections into a unit, and out of one."""\n    raise NotImplementedError  # your code here'
    )
    assert "".join(find(notebook, f"explain_{NAME}")["source"]) == "*Your answer here.*"
    assert all(cell["outputs"] == [] for cell in notebook["cells"] if cell["cell_type"] == "code")
    for secret in ("receptive", "SOLUTION", "left by the author", MODEL_ANSWER.split("$")[0]):
        assert secret not in text
    locked = {cell["id"]: cell["metadata"].get("editable", True) for cell in notebook["cells"]}
    assert [id for id, editable in locked.items() if not editable] == ["imports", "compute_fans"]


def test_the_files_that_go_with_the_notebook_are_released_too(course):
    [only] = release(course, [NAME])
    assert only.files == ("figure.txt", f"{NAME}.ipynb")
    assert (only.folder / "figure.txt").read_text() == "a companion file"


def test_the_gradebook_knows_the_released_cells_and_their_points(course):
    with course.gradebook() as gradebook:
        notebook = gradebook.find_notebook(NAME, NAME)
        assert {c.name: c.max_score for c in notebook.grade_cells} == {"compute_fans": POINTS, f"explain_{NAME}": 4}
        assert {c.name for c in notebook.solution_cells} == {"compute_fans-code", f"explain_{NAME}"}


def test_the_version_in_memory_is_the_released_one(course):
    released = json.loads(course.notebook("release", ".", NAME).read_text())["cells"]
    in_memory = json.loads(json.dumps(student_version(course, NAME)))["cells"]
    assert [cell | {"source": "".join(cell["source"])} for cell in released] == in_memory


def test_nothing_is_made_again_where_nothing_changed(course):
    before = course.notebook("release", ".", NAME).stat().st_mtime_ns
    assert not made(course)
    assert course.notebook("release", ".", NAME).stat().st_mtime_ns == before


@pytest.mark.parametrize("what", ["source", "companion", "configuration", "released notebook", "gradebook"])
def test_a_change_of_anything_makes_the_version_again(course, what):
    if what == "source":
        edit_source(course, lambda nb: find(nb, "welcome").update(source="# Another title"))
    elif what == "companion":
        (course.folder("source", ".", NAME) / "figure.txt").write_text("another figure")
    elif what == "configuration":
        path = course.root / "nbgrader_config.py"
        path.write_text(path.read_text() + "\n# another word\n")
    elif what == "released notebook":
        course.notebook("release", ".", NAME).write_text("{}")
    else:
        (course.root / "gradebook.db").unlink()
    assert made(course)
    assert not made(course)


def test_a_cell_that_goes_while_there_are_submissions_is_refused_and_the_old_version_stays(course):
    with course.gradebook() as gradebook:
        assert write_marks(course, gradebook, [Marks("anna", NAME, "", (), frozenset())]) == []
    before = course.notebook("release", ".", NAME).read_bytes()
    edit_source(course, lambda nb: nb["cells"].remove(find(nb, f"explain_{NAME}")))
    with pytest.raises(UsageError, match=rf"cells have changed \(gone: explain_{NAME}\).*holds submissions"):
        made(course)
    assert course.notebook("release", ".", NAME).read_bytes() == before


def test_a_check_with_other_points_than_its_exercise_is_refused(course):
    def cheaper(notebook):
        find(notebook, "compute_fans")["metadata"]["nbgrader"]["points"] = POINTS + 1

    edit_source(course, cheaper)
    with pytest.raises(UsageError, match=f"{NAME} cannot be released: .*{POINTS + 1} points"):
        made(course)


def test_a_solution_without_an_end_is_reported_in_nbgraders_words(course):
    edit_source(course, lambda nb: find(nb, "compute_fans-code").update(source="### BEGIN SOLUTION\nx = 1"))
    with pytest.raises(UsageError, match=r"cannot be released: .*no end solution statement found"):
        made(course)


def test_a_new_gradebook_is_made_without_the_environments_commands_on_the_path(tmp_path, monkeypatch):
    """nbgrader calls `alembic` by name; ``.venv/bin/autograder`` must work in a shell that knows nothing of ``.venv``."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    course = Course.open(make_course(tmp_path))
    with course.gradebook() as gradebook:
        assert gradebook.assignments == []
    (course.root / "gradebook.db").unlink()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    command(course.root, "nbgrader", "generate_assignment", NAME)
    assert (course.root / "gradebook.db").exists()


@pytest.mark.parametrize(
    "url, words",
    [
        ("nonsense", "cannot be opened"),
        ("sqlite:////nowhere/at/all/gradebook.db", "unable to open"),
        ("strange+driver://user:sesame@host/db", "Can't load plugin|cannot be opened"),
    ],
)
def test_a_gradebook_that_cannot_be_opened_is_named_without_its_password(tmp_path, url, words):
    course = Course.open(make_course(tmp_path), url)
    with pytest.raises(UsageError, match=words) as error, course.gradebook():
        pass
    assert "sesame" not in str(error.value)


def test_an_unknown_assignment_is_refused_with_the_nearest_name(course):
    with pytest.raises(UsageError, match=f"no assignment 'initialisation'.*{NAME}"):
        course.assignments(["initialisation"])


def test_a_folder_without_configuration_is_no_course(tmp_path):
    with pytest.raises(UsageError, match=r"no nbgrader_config\.py"):
        Course.open(tmp_path)


def test_nbgrader_validate_passes_a_solved_notebook_and_explains_an_empty_one(course):
    solved = submit(course.root, "anna", answered(words="It falls."))
    assert "Success" in command(course.root, "nbgrader", "validate", str(solved)).stdout
    empty = command(course.root, "nbgrader", "validate", str(course.notebook("release", ".", NAME)), code=None).stdout
    assert "Not started yet" in empty
    assert "Traceback" not in empty


def test_the_secret_is_made_once_and_kept_from_others(course):
    (course.state / "secret").unlink(missing_ok=True)
    first = course.secret()
    assert len(first) == 32
    assert course.secret() == first
    assert (course.state / "secret").stat().st_mode & 0o777 == 0o600
    (course.state / "secret").write_bytes(b"short")
    with pytest.raises(UsageError, match="damaged: 5 bytes"):
        course.secret()
