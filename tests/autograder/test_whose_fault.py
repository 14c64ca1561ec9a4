"""Which class a check is given where a cell that was to define it anew went wrong."""

from dataclasses import replace

import pytest
import toy
from toy import failure_of

from autograder.intake.notebook import Cell
from autograder.sandbox.provided import sources
from autograder.sandbox.remote import Session

ABOVE = "class Box:\n    size = 1\nclass Lid:\n    size = 1"
BOX, LID = "class Box:\n    size = 2\n", "class Lid:\n    size = 2\n"
BROKEN_LID = "class Lid(Missing):\n    size = 2\n"
ONE_MORE = "raise ValueError('not yet')\nclass Box:\n    size = 3\n"
CHILD = """import sys
frame = sys._getframe()
while "operations" not in dir(frame.f_locals.get("self")):
    frame = frame.f_back
child = frame.f_locals["self"]
"""
TOLD = "b-code raised an exception; what it had defined before was judged."


def session_of(*between: Cell) -> Session:
    """Exercise "a" has defined a box and a lid; the cells between it and exercise "b" are given."""
    cells = [Cell("solution", "a-code", ABOVE), Cell("check", "a", ""), *between, Cell("check", "b", "")]
    return Session(cells, sources(()), replace(toy.QUICK, cell=3.0))


def solution(source: str) -> Cell:
    return Cell("solution", "b-code", source)


def extra(source: str, number: int = 9) -> Cell:
    return Cell("extra", f"extra {number}", source)


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
    cells = [Cell("solution", f"b-code {i}", source) for i, source in enumerate(between)]
    with session_of(*cells) as session:
        assert session.objects("a", ["Box"])[0].get("size") == 1
        if isinstance(found, str):
            assert failure_of(session.objects, "b", ["Box"]).kind == found
        else:
            assert session.objects("b", ["Box"])[0].get("size") == found


@pytest.mark.parametrize(
    ("cells", "kind", "trace"),
    [
        ([solution(BOX + BROKEN_LID)], "NameError", "line 3 of <module>: class Lid(Missing):"),
        ([solution(BROKEN_LID + BOX)], "NameError", "line 1 of <module>: class Lid(Missing):"),
        (
            [solution(BOX + "1 / 0\nif True:\n    class Lid:\n        size = 2")],
            "ZeroDivisionError",
            "line 3 of <module>: 1 / 0",
        ),
        ([solution(BOX + "1 / 0\n(other, Lid) = 1, 2")], "ZeroDivisionError", "line 3 of <module>: 1 / 0"),
        ([solution(BOX + "1 / 0\nimport math as Lid")], "ZeroDivisionError", "line 3 of <module>: 1 / 0"),
        ([solution(""), extra(BOX + BROKEN_LID)], "NameError", "line 3 of <module>: class Lid(Missing):"),
        ([extra(BOX + LID), solution(ONE_MORE)], "ValueError", "line 1 of <module>: raise ValueError('not yet')"),
        (
            [extra("1 / 0\n" + BOX), solution(ONE_MORE)],
            "ValueError",
            "line 1 of <module>: raise ValueError('not yet')",
        ),
    ],
    ids=[
        "half-way",
        "at once",
        "if",
        "tuple",
        "import",
        "another cell",
        "above it a draft",
        "above it a broken draft",
    ],
)
def test_an_exercise_is_not_judged_on_new_and_old_classes_together(cells, kind, trace):
    with session_of(*cells) as session:
        assert [box.get("size") for box in session.objects("a", ["Box", "Lid"])] == [1, 1]
        lost = failure_of(session.objects, "b", ["Box", "Lid"])
        assert session.notes == {}
    assert (lost.verdict, lost.kind, lost.trace) == ("raised", kind, trace)


@pytest.mark.parametrize(
    ("cells", "sizes", "notes"),
    [
        ([solution(BOX + LID + "print(Box().width)")], [2, 2], [TOLD]),
        ([solution(BOX + "if True:\n    class Lid:\n        size = 4\n    1 / 0")], [2, 4], [TOLD]),
        ([solution(BOX + BROKEN_LID), extra(LID)], [2, 2], [TOLD]),  # mended in a cell below
        ([solution(BOX + LID + "raise NotImplementedError")], [2, 2], []),  # as it was released, it may be
        ([solution(BOX + LID), extra(ONE_MORE)], [2, 2], []),  # a trial that costs nothing
        ([solution(BOX + LID), extra("while True:\n    Box = 3")], [2, 2], []),
        ([extra(BOX + LID), solution("while True:\n    print(Box, end='')")], [2, 2], []),
        ([extra(BOX + LID), solution("Box.depth = (")], [2, 2], []),
        ([solution("def box():\n    Box = 3\nBox.depth = [Box for Lid in ()]\n1 / 0")], [1, 1], []),  # binds neither
        # Beside a solution that leaves the names to the exercise before: prose, and trials that fail.
        ([solution("other = 2"), extra("The Box holds x = 3 here, so Box, Lid = 2.")], [1, 1], []),
        ([solution("other = 2"), extra("assert False\nBox = Box")], [1, 1], []),
        ([solution("other = 2"), extra("from somewhere import Box, Lid")], [1, 1], []),
        ([solution("print Box, x = 2\nThe Box holds x = 3\n{Box: 1}; y = 3 +")], [1, 1], []),
    ],
    ids=[
        "after all",
        "if",
        "mended below",
        "not begun",
        "a trial",
        "a trial without an end",
        "called without an end",
        "an attribute",
        "neither",
        "prose",
        "a failed trial",
        "a failed import",
        "not Python",
    ],
)
def test_what_a_cell_had_defined_before_it_raised_is_judged_and_the_student_is_told(cells, sizes, notes):
    with session_of(*cells) as session:
        assert [box.get("size") for box in session.objects("b", ["Box", "Lid"])] == sizes
        assert list(session.notes) == notes


def test_a_cell_that_never_ends_does_not_leave_the_class_of_the_exercise_before():
    """It is not run again in the next process, where only the old class is there."""
    with session_of(solution(f"{BOX}while True:\n    pass")) as session:
        assert session.objects("a", ["Box"])[0].get("size") == 1
        assert failure_of(session.objects, "b", ["Box"]).verdict == "time-limit"
        assert session.objects("a", ["Box"])[0].get("size") == 1


def test_what_a_cell_lets_go_of_is_gone_at_once():
    made = "import weakref\nclass Box:\n    size = 1\nclass Lid(Box):\n    pass\nthing = Box()\ngone = weakref.ref(thing)"
    with session_of(extra(made), solution("del thing\nBox.size = 2 if gone() is None else 3")) as session:
        assert session.objects("b", ["Box"])[0].get("size") == 2


@pytest.mark.parametrize(
    "reply",
    [
        {"objects": {}, "makers": {"Box": []}, "unfinished": {}},
        {"objects": {}, "makers": [], "unfinished": {}},
        {"objects": {}, "makers": {}, "unfinished": []},
        {"objects": {}, "makers": {}, "unfinished": {"b-code": 1}},
        {"objects": {}, "makers": {}, "unfinished": {"b-code": [[1, 2]]}},
        "{'objects': {}, 'makers': {}, 'unfinished': {'b-code': [np.ones(2)]}}",
        {},
    ],
)
def test_a_cell_that_answers_in_place_of_its_process_wins_nothing(reply):
    source = f"{CHILD}import numpy as np\nchild.operations['bind'] = lambda names: {reply}\nraise ValueError"
    with session_of(solution(source)) as session:
        assert failure_of(session.objects, "b", ["Box", "Lid"]).verdict == "protocol-violation"
