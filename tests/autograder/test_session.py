"""A notebook in a process of its own: calls across the boundary, limits, and what is left afterwards."""

from __future__ import annotations

import numpy as np
import pytest
import toy
from toy import failure_of, session_of

from autograder.handle import LocalHandle, Seed
from autograder.intake.notebook import Cell
from autograder.probes import drain
from autograder.sandbox.provided import sources
from autograder.sandbox.remote import NotStarted, Session

HONEST = """
%matplotlib inline
import os, sys, gc
import numpy as np
from autograder import check

def double(x, *, times=2):
    return times * x

def normal(shape, rng):
    return rng.normal(size=shape)

def zero(x):
    x[:] = 0

def divide(x):
    return np.ones(2) / x

def call(f, *args):
    return f(*args)

def called(f, *args):
    try:
        return f(*args)
    except ValueError as error:
        return f"caught {error}"

def upwards(n):
    yield from range(n)

class Net:
    depth = 3
    def __init__(self, w):
        self.w = w
    def forward(self, x):
        return x @ self.w

def forward(net, x):
    return net.forward(x)

def third(values):
    return values[3]

def unfinished(x):
    raise NotImplementedError

def leave():
    sys.exit(0)

def ask():
    return input("name? ")

def large():
    return np.broadcast_to(0.0, (10**6, 10**6))

def endless_list():
    loop = []
    loop.append(loop)
    return loop

def masked():
    return np.ma.masked_array([1.0], [True])

def environment():
    return dict(os.environ), os.getcwd(), sorted(n for n in sys.modules if n.startswith(("autograder", "gradus")))

def importable(name):
    try:
        __import__(name)
    except ImportError as error:
        return str(error)
    return True

def kinds():
    return sorted({type(o).__name__ for o in gc.get_objects() if str(type(o).__module__).startswith("autograder")})
"""


@pytest.fixture(scope="module")
def student():
    """Names -> handles on what the honest notebook defines."""
    with session_of(HONEST, ("gradus.clipping",)) as session:

        class Names:
            def __getattr__(self, name):
                return session.ask(session.process, "bind", names=[name])["objects"][name]

        session.objects("it", [])
        yield Names()


def test_a_call_gives_the_value_and_the_arguments_after_it(student):
    reply = student.double.call(np.arange(3.0), times=3)
    assert reply.value.tolist() == [0, 3, 6]
    assert (reply.args[0].tolist(), reply.kwargs, reply.warnings) == ([0, 1, 2], {"times": 3}, [])
    given = np.arange(3.0)
    assert student.zero.call(given).args[0].tolist() == [0, 0, 0]
    assert given.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "value", [3, 2.5, 1j, True, None, "ö", (1, [2]), {"a": np.ones(2)}, np.float32(3), np.zeros((0, 2))]
)
def test_a_value_comes_back_as_a_handle_in_one_process_gives_it(student, value):
    here, there = LocalHandle(lambda values: values[3])([0, 0, 0, value]), student.third([0, 0, 0, value])
    assert type(here) is type(there)
    assert repr(here) == repr(there)


def test_a_seed_is_the_same_generator_on_both_sides(student):
    expected = np.random.default_rng(5).normal(size=3)
    assert student.normal(3, Seed(5)).tolist() == expected.tolist() == student.normal(3, Seed(5)).tolist()


def test_floating_point_warnings_are_reported_with_the_call(student):
    assert student.divide.call(np.zeros(2)).warnings == ["divide by zero"]


def test_objects_stay_on_their_side_behind_handles(student):
    net = student.Net(np.eye(2))
    assert net.get("depth") == 3
    assert net.get("forward")(np.array([1.0, 2.0])).tolist() == [1, 2]
    net.set("w", 3 * np.eye(2))
    assert student.forward(net, np.array([1.0, 2.0])).tolist() == [3, 6]
    assert repr(net) == "an object of type Net"
    assert failure_of(net.get, "width").kind == "AttributeError"


def test_a_generator_is_drained_through_its_handle(student):
    assert drain(student.upwards(4), 10) == [0, 1, 2, 3]
    assert len(drain(student.upwards(10**9), 10)) == 11


def test_a_function_of_the_check_is_called_back(student):
    seen = []

    def square(x):
        seen.append(x)
        return x * x

    assert student.call(square, np.array([3.0])).tolist() == [9]
    assert [x.tolist() for x in seen] == [[3.0]]


def test_a_function_of_the_check_may_itself_use_handles(student):
    net = student.Net(np.eye(2))
    assert student.call(lambda n, x: n.get("forward")(x) + 1, net, np.zeros(2)).tolist() == [1, 1]
    assert student.call(lambda n: n, net).get("depth") == 3
    assert student.call(student.double, 4) == 8


def test_what_a_function_of_the_check_raises_is_raised_in_the_student_s_code(student):
    def refuse(x):
        raise ValueError(f"no {x}")

    assert student.called(refuse, 3) == "caught no 3"
    lost = failure_of(student.call, refuse, 3)
    assert (lost.verdict, lost.kind, lost.text) == ("raised", "ValueError", "no 3")


def test_a_failure_of_a_handle_in_a_function_of_the_check_reaches_the_student_s_code_as_in_one_process(student):
    def both(handle, call):
        return failure_of(call, lambda: handle([1, 2]))

    here = both(LocalHandle(lambda values: values[3]), LocalHandle(lambda f: f()))
    there = both(student.third, student.call)
    assert (there.verdict, there.kind, there.text) == (here.verdict, here.kind, here.text)


def test_handles_let_go_do_not_stay_in_the_other_process():
    with session_of(
        "class A: pass\nimport gc\ndef count(): return sum(type(o) is A for o in gc.get_objects())"
    ) as session:
        make, count = session.objects("it", ["A", "count"])
        kept = [make() for _ in range(5)]
        for _ in range(300):
            make()
        count()
        assert count() == len(kept)


def test_an_exception_comes_with_the_student_s_own_line(student):
    lost = failure_of(student.third, [1, 2])
    assert (lost.verdict, lost.kind, lost.text) == ("raised", "IndexError", "list index out of range")
    line = HONEST.splitlines().index("    return values[3]") + 1
    assert lost.trace == f"line {line} of third: return values[3]"


@pytest.mark.parametrize(
    "name, verdict, kind",
    [("unfinished", "missing", "NotImplementedError"), ("leave", "raised", "SystemExit"), ("ask", "raised", "EOFError"),
     ("large", "wrong", ""), ("endless_list", "wrong", ""), ("masked", "wrong", "")],
)  # fmt: skip
def test_what_is_no_value_is_a_failure(student, name, verdict, kind):
    lost = failure_of(getattr(student, name), *([0] if name == "unfinished" else []))
    assert (lost.verdict, lost.kind) == (verdict, kind)


def test_the_environment_holds_nothing_of_the_judge_s(student, monkeypatch):
    names, folder, modules = student.environment()
    assert set(names) == {
        "PATH", "LANG", "HOME", "TMPDIR", "MPLBACKEND", "MPLCONFIGDIR", "PYTHONHASHSEED", "AUTOGRADER_PROCESS",
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    }  # fmt: skip
    assert names["HOME"] == names["TMPDIR"] == folder == "/submission"
    assert [name for name in modules if not name.startswith("gradus")] == ["autograder"]
    assert set(modules) <= set(sources(("gradus.clipping",))), "what is not provided is not there either"


def test_global_generators_and_the_order_of_sets_are_the_same_in_every_process():
    source = "import random, numpy as np\nx = [random.random(), np.random.rand(), list({'a', 'b', 'c', 'd', 'e'})]"
    seen = []
    for _ in range(2):
        with session_of(source) as session:
            seen.append(session.objects("it", ["x"]))
    assert seen[0] == seen[1]


def test_only_provided_modules_can_be_imported(student):
    assert student.importable("gradus.clipping") is True
    assert student.importable("autograder") is True
    for name in ("gradus.initializers", "gradus.functions", "gradus.none"):
        assert student.importable(name) == f"{name} is not available in this assignment"
    for name in (
        "autograder.checks",
        "autograder.checks.initialization",
        "autograder.judging",
        "autograder.sandbox.wire",
    ):
        assert "autograder" in str(student.importable(name)) and student.importable(name) is not True


def test_no_object_of_the_judge_is_in_the_process(student):
    known = {"Child", "Inbox", "LocalHandle", "Provided", "Quiet", "Reply", "NotPlain", "StudentFailure"}
    assert "Child" in student.kinds()
    assert set(student.kinds()) <= known


# ------------------------------------------------------------------ cells


def test_jupyter_s_own_lines_do_not_make_a_cell_a_syntax_error():
    source = """
%matplotlib inline
!pip install numpy
files = !ls
?len
len?
%time x = 5
text = '''
%matplotlib
!ls
'''
if True:
    %timeit x
y = (7
     % 4)
display(x); get_ipython().run_line_magic("time", "")
"""
    with session_of(source) as session:
        assert session.objects("it", ["x", "y", "files", "text"]) == (5, 3, None, "\n%matplotlib\n!ls\n")
        assert "it-code: Line 3 has no effect here: !pip install numpy" in session.notes


@pytest.mark.parametrize("source", ["%%time\nx = 1", "\n%%timeit -n 1\nx = 1", "%%capture\nx = 1"])
def test_a_cell_magic_around_python_is_left_out(source):
    with session_of(source) as session:
        assert session.objects("it", ["x"]) == (1,)


@pytest.mark.parametrize("source", ["%%bash\nrm -rf x = 1", "\n%%html\n<b>x = 1</b>", "%%writefile x.py\nx = 1"])
def test_a_cell_in_another_language_does_not_run(source):
    with session_of(source) as session:
        assert failure_of(session.objects, "it", ["x"]).verdict == "missing"
        assert len(session.notes) == 1


def test_a_syntax_error_names_the_student_s_line():
    with session_of("def f(x):\n    return (x\n\ndef g(x): return x") as session:
        lost = failure_of(session.objects, "it", ["f"])
    assert (lost.verdict, lost.kind, lost.text) == ("raised", "SyntaxError", "'(' was never closed")
    assert lost.trace == "line 2: return (x"


def test_a_syntax_error_on_a_line_that_ends_in_a_question_is_the_student_s_own():
    with session_of("def f(x)  # why?\n    return x") as session:
        assert failure_of(session.objects, "it", ["f"]).text == "expected ':'"


def test_names_defined_before_a_cell_raised_are_there():
    with session_of("def f(x): return x\nf(1, 2)") as session:
        assert session.objects("it", ["f"])[0](3) == 3
        assert list(session.notes) == ["it-code raised an exception; what it had defined before was judged."]


def test_an_exception_in_the_defining_cell_is_why_a_name_is_missing():
    with session_of("import nonsense_module\ndef f(x): return x") as session:
        lost = failure_of(session.objects, "it", ["f"])
    assert (lost.verdict, lost.kind) == ("raised", "ModuleNotFoundError")
    assert lost.trace == "line 1 of <module>: import nonsense_module"


def test_a_name_nobody_wrote_is_missing():
    with session_of("x = 1") as session:
        lost = failure_of(session.objects, "it", ["f"])
    assert (lost.verdict, lost.text) == ("missing", "There is no f in your notebook.")


def test_names_are_bound_where_the_check_stands():
    cells = [Cell("solution", "a-code", "def f(): return 1"), Cell("check", "a", ""),
             Cell("extra", "extra 3", "def f(): return 2"), Cell("check", "b", "")]  # fmt: skip
    with Session(cells, sources(()), toy.QUICK) as session:
        first = session.objects("a", ["f"])[0]
        assert first() == 1
        assert session.objects("b", ["f"])[0]() == 2
        assert first() == 1
        assert session.objects("a", ["f"])[0]() == 1
        session.close()
        assert session.objects("b", ["f"])[0]() == 2
        assert session.objects("a", ["f"])[0]() == 1, "asked out of order, the notebook is run again"


def test_a_session_that_must_be_confined_does_not_start_where_it_cannot_be():
    cells = [Cell("solution", "it-code", "ran = open('ran', 'w')"), Cell("check", "it", "")]
    with Session(cells, sources(()), toy.QUICK, layers=("rlimits",), unsafe=False) as session:
        with pytest.raises(NotStarted, match="cannot confine"):
            session.objects("it", ["ran"])
        assert session.process is None
