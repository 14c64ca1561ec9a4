"""Which class a check is given where a cell that was to define it anew went wrong."""

import pytest
import toy
from toy import failure_of

from autograder.intake.notebook import Cell
from autograder.sandbox.provided import sources
from autograder.sandbox.remote import Session


@pytest.mark.parametrize(
    ("between", "found"),
    [
        (["class Box:\n    size = 2"], 2),
        (["class Box:\nsize = 2"], "IndentationError"),
        (["class Box(:\n    size = 2"], "SyntaxError"),
        (["class Box(:\n    size = 2", "class Box:\n    size = 3"], 3),  # written once more below
        (["class Box:\n    size = 2\n1 / 0"], 2),  # it raised after it had defined the class
        (["other = (", "tried = Box()"], 1),  # what is not Python would not have defined it
    ],
)
def test_a_cell_that_is_not_python_does_not_leave_the_class_of_the_exercise_before(between, found):
    cells = [Cell("solution", "a-code", "class Box:\n    size = 1"), Cell("check", "a", "")]
    cells += [Cell("solution", f"b-code {i}", source) for i, source in enumerate(between)] + [Cell("check", "b", "")]
    with Session(cells, sources(()), toy.QUICK) as session:
        assert session.objects("a", ["Box"])[0].get("size") == 1
        if isinstance(found, str):
            assert failure_of(session.objects, "b", ["Box"]).kind == found
        else:
            assert session.objects("b", ["Box"])[0].get("size") == found
