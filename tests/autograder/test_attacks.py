"""Submissions that attack the grader from inside the interpreter, or hand it objects that lie.

The numbers are those of the list of attacks that the grader must survive. Whatever is tried, two laws hold: silence, crash or
absence is never a pass; one submission never changes another's result.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest
import toy

from autograder.judging import VERDICTS


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    with toy.declared_exercises():
        yield toy.toy_assignment(tmp_path_factory.mktemp("source"))


@pytest.fixture
def grade(assignment, tmp_path):
    return lambda made=None, **more: toy.graded(toy.notebook() if made is None else made, assignment, tmp_path, **more)


def marks(results):
    return {id: (r.verdict, r.score) for id, r in results.items()}


ATTACKS = {
    "A001 array_equal": "import numpy as np\nnp.array_equal = np.allclose = lambda *a, **k: True",
    "A002 numpy.testing": "import numpy.testing as t\nt.assert_allclose = t._private.utils.assert_array_compare = print",
    "A002 comparisons": "import numpy as np\nnp.abs = np.isfinite = lambda x: np.zeros_like(x)\nnp.ndarray.all = 1",
    "A004 builtins": "import builtins\nbuiltins.abs = builtins.all = builtins.len = lambda *a: True",
    "A004 isinstance": "import builtins\nbuiltins.isinstance = lambda *a: True",
    "A004 AssertionError": "import builtins\nbuiltins.AssertionError = builtins.Exception = ZeroDivisionError",
    "A019 thread": "import threading, builtins\nthreading.Thread(target=lambda: [setattr(builtins, 'score', 2) "
    "for _ in iter(int, 1)], daemon=True).start()",
    "A020 trace": "import sys\nsys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)",
    "A022 handle": "import gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'Child':\n"
    "        o.call = lambda **k: {'value': 0, 'verdict': 'pass', 'score': 2}\n        o.operations['call'] = o.call",
    "A023 modules": "import sys, types\nsys.modules['autograder'] = sys.modules['numpy.testing'] = types.ModuleType('x')",
    "A025 import hook": "import builtins\nold = builtins.__import__\nbuiltins.__import__ = lambda *a: old(*a)",
    "A028 frames": "import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'\\0\\0\\0\\2\\0\\0\\0\\0{}')\n"
    "    except OSError: pass",
    "A048 redirection": "import importlib\ntry: from autograder.checks import exercises\nexcept ImportError: pass\n"
    "try: reference = importlib.import_module('gradus')\nexcept ImportError: pass",
    "A073 files": "import os\nfor p in ('sitecustomize.py', 'numpy.py', '.ipython/profile_default/startup/0.py'):\n"
    "    os.makedirs(os.path.dirname(p) or '.', exist_ok=True)\n    open(p, 'w').write('raise SystemExit')",
    "A077 environment": "import os\nos.environ.update(PYTHONPATH=os.getcwd(), PYTHONSTARTUP='numpy.py', LD_PRELOAD='x.so')",
    "A083 atexit": "import atexit, time\natexit.register(time.sleep, 100)",
    "A176 clock": "import time\ntime.time = time.monotonic = time.perf_counter = lambda: 0",
    "stdout": "import sys, io\nsys.stdout = sys.stderr = io.StringIO(); sys.stdout.flush = None",
    "stack": "import sys\nfor i in range(9):\n    try: sys._getframe(i).f_locals.update(verdict='pass', score=2)\n"
    "    except ValueError: pass",
}
LIARS = {
    "A035 __eq__": "class L:\n    def __eq__(self, o): return True\n    __lt__ = __le__ = __gt__ = __ge__ = __eq__",
    "A036 __array__": "class L:\n    __array__ = lambda s, *a, **k: x\n    __array_function__ = lambda s, *a, **k: True\n"
    "    __array_ufunc__ = lambda s, *a, **k: True\n    __array_priority__ = 1e9",
    "A037 lying shape": "class S(np.ndarray):\n    __eq__ = __le__ = all = lambda s, *a, **k: True\n"
    "    __sub__ = __rsub__ = lambda s, o: 0 * o\n    shape = property(lambda s: (2, 3))\nL = lambda: np.zeros(6).view(S)",
    "A037 right shape": "class S(np.ndarray):\n    __eq__ = __le__ = all = lambda s, *a, **k: True\n"
    "    __sub__ = __rsub__ = lambda s, o: 0 * o\nL = lambda: np.zeros((2, 3)).view(S)",
    "A038 float": "class F(float):\n    __eq__ = lambda s, o: True\n    __float__ = lambda s: 1.0\n"
    "    __hash__ = float.__hash__\nL = lambda: F(3)",
    "A038 str": "class T(str):\n    __eq__ = lambda s, o: True\n    __hash__ = str.__hash__\nL = lambda: T('x')",
    "A040 empty": "L = lambda: np.empty(0)",
    "A040 empty rows": "L = lambda: np.empty((0, 3))",
    "A041 nan": "L = lambda: np.full((2, 3), np.nan)",
    "A041 inf": "L = lambda: np.full((2, 3), np.inf)",
    "A043 masked": "L = lambda: np.ma.masked_all((2, 3))",
    "A043 matrix": "L = lambda: np.matrix(np.zeros((2, 3)))",
    "A043 objects": "class E:\n    __eq__ = __le__ = lambda s, o: True\nL = lambda: np.array([[E()] * 3] * 2)",
    "A043 records": "L = lambda: np.zeros((2, 3), [('a', float)])",
    "A044 length": "class L(list):\n    def __len__(self): return 10**18",
    "A044 endless": "class L(list):\n    def __iter__(self): return iter(int, 1)",
    "A044 recursive": "def L():\n    l = []\n    l.append(l)\n    return l",
    "A044 broadcast": "L = lambda: np.broadcast_to(0.0, (10**6, 10**6))",
    "a class": "class L: pass\nL.__name__ = 'pass'",
    "a metaclass": "class M(type):\n    __name__ = property(lambda c: 1 / 0)\nclass L(metaclass=M): pass",
    "a huge number": "L = lambda: 10**1000",
    "numbers that overflow": "L = lambda: [2**64 - 1, -2**63 - 1, 1e308 * 10]",
    "longdouble": "L = lambda: np.zeros((2, 3), np.longdouble)",
    "a dict of everything": "L = lambda: {'a': np.zeros((2, 3)), 1: None, True: 'x'}",
}  # fmt: skip


@pytest.mark.parametrize("name", [*ATTACKS, *LIARS])
def test_an_attack_earns_nothing(grade, name, caplog):
    wrong = "import numpy as np\ndef double(x):\n    return "
    answer = f"{ATTACKS[name]}\n{wrong}0 * x" if name in ATTACKS else f"{wrong}L()\n{LIARS[name]}"
    with caplog.at_level(logging.ERROR):
        got = grade(toy.notebook({"double": answer}))
    assert got["double"].score == 0.0
    assert all(r.verdict in VERDICTS and 0 <= r.score <= 2 for r in got.values())
    assert not [r for r in got.values() if r.verdict == "grader-fault"], caplog.text
    assert not caplog.records


def test_a_table_of_the_visible_answers_earns_nothing(grade):
    """A function that is right for the public inputs alone [A047]."""
    answer = "seen = []\ndef double(x):\n    seen.append(x)\n    return 2 * x if len(seen) == 1 else x"
    got = grade(toy.notebook({"double": answer}))["double"]
    assert (got.verdict, got.score) == ("wrong", 0.0)
    assert got.answer.results[0].passed, "the public case is the one it was right for"


def test_hidden_inputs_do_not_come_back_in_what_a_student_reads(grade):
    """Printed, raised, as an exception's name, in a return value [A065-A067]."""
    leak = (
        "n = 0\ndef double(x):\n    global n\n    n += 1\n    if n < 2: return 2 * x\n    print('SECRET', x)\n"
        "    raise type('SECRET_' + str(abs(x[0, 0]))[2:9], (Exception,), {})(f'SECRET {x}')"
    )
    for source in (leak, leak.replace("raise type", "return type").replace("(f'SECRET {x}')", "")):
        got = grade(toy.notebook({"double": source}))["double"]
        hidden = [r for r in got.answer.results if r.group == "hidden"]
        assert hidden and "SECRET" not in json.dumps([vars(r) for r in hidden])


# ------------------------------------------------------------------ the two laws


def test_no_submission_changes_the_result_of_another(grade):
    """Law 2: an honest submission before, between and after every attack has the very same result."""

    def honest():
        return {id: replace(r, seconds=0.0) for id, r in grade(toy.notebook(HONEST)).items()}

    first = honest()
    for name in ("A004 builtins", "A019 thread", "A073 files", "A077 environment"):
        grade(toy.notebook({"double": ATTACKS[name] + "\nwhile True: pass"}), limits=replace(toy.QUICK, cell=0.3))
        assert honest() == first, name


HONEST = {"countdown": "def countdown(n): return list(range(n))", "Tally": "class Tally: pass"}
