"""A notebook in a process of its own: calls across the boundary, limits, and what is left afterwards."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import toy

from autograder.handle import LocalHandle, Seed, StudentFailure
from autograder.intake.notebook import Cell
from autograder.probes import drain
from autograder.sandbox.process import Process
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


def session_of(source: str, provides: tuple[str, ...] = (), **limits) -> Session:
    """A session of a notebook with one cell and one check, "it"."""
    cells = [Cell("solution", "it-code", source), Cell("check", "it", "")]
    return Session(cells, sources(provides), replace(toy.QUICK, **limits))


def failure_of(function, *args) -> StudentFailure:
    with pytest.raises(StudentFailure) as caught:
        function(*args)
    return caught.value


@pytest.fixture(scope="module")
def student():
    """Names -> handles on what the honest notebook defines."""
    with session_of(HONEST, ("gradus.clipping",), call=10.0) as session:

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


def test_ten_thousand_handles_let_go_do_not_stay_in_the_other_process():
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
    assert names["HOME"] == folder != str(Path.cwd())
    assert modules == ["autograder"]


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


def test_names_defined_before_a_cell_raised_are_there():
    with session_of("def f(x): return x\nf(1, 2)") as session:
        assert session.objects("it", ["f"])[0](3) == 3
        assert session.notes == {}


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


# ------------------------------------------------------------------ limits

BAD_CALLS = {
    "loop": ("while True: pass", "time-limit", "Stopped after 1 s"),
    "sleep": ("import time; time.sleep(100)", "time-limit", "Stopped after 1 s"),
    "loop in C": ("import re; re.match(r'(a+)+b', 'a' * 60)", "time-limit", "Stopped after 1 s"),
    "swallows": ("""
    while True:
        try:
            while True: pass
        except BaseException: pass""", "time-limit", "Stopped after 1 s"),
    "8 GB": ("import numpy as np; return np.ones(10**9).sum()", "memory-limit", "Unable to allocate"),
    "list": ("x = [0]\n    while True: x = x + x", "memory-limit", ""),
    "exit": ("import os; os._exit(0)", "crashed", "exit code 0"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "crashed", "Segmentation fault"),
    "deep": ("import sys; sys.setrecursionlimit(10**9)\n    def f(x): return list(map(f, [x]))\n    f(1)", "", ""),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", "crashed", "Killed"),
    "prints": ("while True: print('x' * 1000)", "output-limit", "more than 64 KB"),
    "prints below Python": ("import os\n    while True: os.write(2, b'x' * 10000)", "output-limit", "more than 64 KB"),
    "closes the line": ("import os; os.closerange(3, 100)", "crashed", ""),
    "endless length": ("return type('L', (list,), {'__len__': lambda s: 1, '__iter__': lambda s: iter(int, 1)})()", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CALLS)
def test_a_call_that_runs_into_a_limit_is_ended_and_the_notebook_runs_again(name):
    body, verdict, text = BAD_CALLS[name]
    call = 10.0 if verdict == "memory-limit" else 1.0
    with session_of(f"def bad():\n    {body}\ndef good(): return 1", memory=600 * 2**20, call=call) as session:
        start = time.monotonic()
        lost = failure_of(session.objects("it", ["bad", "good"])[0])
        assert lost.verdict == verdict or (not verdict and lost.verdict in ("time-limit", "memory-limit", "crashed"))
        assert text in lost.text
        assert session.objects("it", ["bad", "good"])[1]() == 1
        assert time.monotonic() - start < 8


def test_handles_of_an_ended_process_give_its_end_again():
    with session_of("def bad():\n    while True: pass\ndef good(): return 1") as session:
        bad, good = session.objects("it", ["bad", "good"])
        first = failure_of(bad)
        assert failure_of(good) is first
        assert failure_of(session.objects("it", ["bad", "good"])[1], good) is first


def test_a_cell_that_runs_into_a_limit_is_not_run_again():
    cells = [Cell("solution", "a-code", "x = 1\nwhile True: pass"), Cell("check", "a", ""),
             Cell("solution", "b-code", "def f(): return 2"), Cell("check", "b", "")]  # fmt: skip
    with Session(cells, sources(()), replace(toy.QUICK, cell=0.5)) as session:
        assert failure_of(session.objects, "a", ["x"]).verdict == "time-limit"
        spent = session.spent
        assert session.objects("b", ["f"])[0]() == 2
        assert failure_of(session.objects, "a", ["x"]).verdict == "time-limit"
        assert session.spent < spent + 0.4, "the endless cell ran again"


def test_the_time_of_all_calls_together_is_limited():
    with session_of("import time\ndef slow(): time.sleep(0.3)", call=0.5, total=1.0) as session:
        (slow,) = session.objects("it", ["slow"])
        lost = None
        while lost is None:
            try:
                slow()
            except StudentFailure as failure:
                lost = failure
        assert (lost.verdict, lost.text) == ("time-limit", "Stopped: the notebook took more than 1 s in all.")
        assert failure_of(session.objects, "it", ["slow"]).text == lost.text


def test_a_limit_inside_a_function_of_the_check_ends_the_outer_call_too():
    with session_of("def outer(f): return f()\ndef loop():\n    while True: pass") as session:
        outer, loop = session.objects("it", ["outer", "loop"])
        start = time.monotonic()
        assert failure_of(outer, lambda: loop()).verdict == "time-limit"
        assert time.monotonic() - start < 3


def test_output_below_the_limit_is_dropped_and_counted_for_each_call_anew():
    with session_of("def talk(): print('x' * 40_000)") as session:
        (talk,) = session.objects("it", ["talk"])
        assert [talk(), talk(), talk()] == [None] * 3


# ------------------------------------------------------------------ forged frames

FORGE = """
import gc, json, os, socket, stat, struct, sys, threading
def sock():
    for n in map(int, os.listdir("/proc/self/fd")):
        try:
            if stat.S_ISSOCK(os.fstat(n).st_mode): return socket.socket(fileno=os.dup(n))
        except OSError: pass
def child():
    return next(o for o in gc.get_objects() if type(o).__name__ == "Child")
def send(message, data=b""):
    head = message if isinstance(message, bytes) else json.dumps(message).encode()
    sock().sendall(struct.pack(">II", len(head), len(data)) + head + data)
"""
FORGED = {
    "garbage": "sock().sendall(os.urandom(5000))",
    "no JSON": "send(b'pass')",
    "another number": "send({'op': 'reply', 'id': 1, 'value': 7})",
    "a verdict": "send({'op': 'failed', 'id': child().request, 'verdict': 'pass', 'kind': '', 'text': '', 'trace': ''})",
    "a pass": "send({'op': 'pass', 'id': child().request, 'score': 2})",
    "an object dtype": "send({'op': 'reply', 'id': child().request, 'value': ['a', 'O', [1]]}, b'12345678')",
    "a function": "send({'op': 'reply', 'id': child().request, 'value': ['f', 1]})",
    "a call of print": "send({'op': 'callback', 'id': child().request, 'function': 1, 'args': ['l'], 'kwargs': ['d']})",
    "no arguments after": "send({'op': 'reply', 'id': child().request, 'value': 7})",
    "warnings of arrays": "send({'op': 'reply', 'id': child().request, 'value': 7, 'args': ['l'], 'kwargs': ['d'],"
    " 'warnings': ['l', ['l']]})",
    "four gigabytes": "sock().sendall(b'\\xff' * 8)",
    "deep": 'send(b\'{"op":"reply","id":1,"value":\' + b\'[\' * 100000)',
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_frame_is_a_protocol_violation(name):
    with session_of(f"{FORGE}\ndef bad():\n    {FORGED[name]}\n    return 1\ndef good(): return 1") as session:
        bad, _ = session.objects("it", ["bad", "good"])
        assert failure_of(bad.call).verdict == "protocol-violation"
        assert session.objects("it", ["bad", "good"])[1]() == 1


def test_a_second_answer_to_one_question_is_a_protocol_violation():
    source = f"{FORGE}\ndef f():\n    send({{'op': 'reply', 'id': child().request, 'value': 7}})\n    return 1"
    with session_of(source) as session:
        (f,) = session.objects("it", ["f"])
        assert f() == 7, "a forged value is a value: it is compared like any other"
        assert failure_of(f).verdict == "protocol-violation"


def test_a_thread_that_floods_the_line_is_a_protocol_violation():
    source = f"""{FORGE}
def flood():
    s = sock()
    while True: s.send(b"x" * 1000)
threading.Thread(target=flood, daemon=True).start()
def f(): return 1"""
    with session_of(source) as session:
        assert failure_of(session.objects, "it", ["f"]).verdict == "protocol-violation"


# ------------------------------------------------------------------ what is left behind


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


LEAVERS = """
import os, subprocess, sys, tempfile, threading, time
threading.Thread(target=lambda: time.sleep(1000)).start()
def child():
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]).pid
def daemon():
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(write, str(os.getpid()).encode())
            time.sleep(1000)
        os._exit(0)
    return int(os.read(read, 100))
def here():
    open("file", "w").write("x")
    return os.getpid(), os.getcwd()
"""


def test_nothing_is_left_when_a_session_is_closed():
    with session_of(LEAVERS) as session:
        child, daemon, here = session.objects("it", ["child", "daemon", "here"])
        pids = [child(), daemon()]
        own, folder = here()
        assert all(map(alive, [*pids, own])) and (Path(folder) / "file").exists()
        start = time.monotonic()
    assert time.monotonic() - start < 5, "somebody waited for a clean exit"
    assert not any(map(alive, [*pids, own]))
    assert not Path(folder).exists()


def test_nothing_is_left_when_a_call_runs_into_a_limit():
    with session_of(LEAVERS + "def loop():\n    while True: pass") as session:
        daemon, loop = session.objects("it", ["daemon", "loop"])
        pid = daemon()
        failure_of(loop)
        assert not alive(pid)


JUDGE = """
from autograder.intake.notebook import Cell
from autograder.sandbox.remote import Session
cells = [Cell("solution", "code", "import os; pid = os.getpid()"), Cell("solution", "loop", "def loop(): [0 for _ in iter(int, 1)]"), Cell("check", "it", "")]
loop, pid = Session(cells, {"autograder": (False, "")}).objects("it", ["loop", "pid"])
print(pid, flush=True)
loop()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at the parent's death is Linux's")
def test_the_process_ends_when_the_judge_is_killed():
    with subprocess.Popen([sys.executable, "-c", JUDGE], stdout=subprocess.PIPE, text=True) as judge:
        pid = int(judge.stdout.readline())
        assert alive(pid)
        judge.kill()
    end = time.monotonic() + 5
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not alive(pid)


def test_a_process_that_does_not_start_is_a_fault_of_ours(monkeypatch):
    monkeypatch.setattr(Process, "environment", lambda self: {"PYTHONHOME": "/nowhere"})
    with session_of("x = 1") as session, pytest.raises(NotStarted, match="did not start"):
        session.objects("it", ["x"])
