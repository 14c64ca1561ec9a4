"""Section B: objects that lie, and answers that are nearly right."""

# ruff: noqa: E501

from __future__ import annotations

from harness import entry, handin


def liar(code: str, verdict: str | tuple[str, ...] = "wrong", name: str = "", **more: str):
    """A submission whose `double` gives back ``L(x)``."""
    source = f"import numpy as np\n{code}\ndef double(x):\n    told()\n    return L(x)"
    return handin(name, double=source, verdicts={"double": verdict}, **more)


LIES = "__eq__ = __le__ = __lt__ = __ge__ = __gt__ = lambda s, *o: True\n    __ne__ = lambda s, o: False\n    __hash__ = object.__hash__\n"

entry("A035",
      liar(f"class L:\n    {LIES}\n    def __init__(self, x): pass"),
      handin("class", Tally=f"class Tally:\n    {LIES}\n    def __init__(self, start): self.total = self\n    add = lambda s, x: s",
             verdicts={"Tally": "wrong"}), quick=True)  # fmt: skip

entry("A036",
      liar("class L:\n    __init__ = lambda s, x: None\n    __array__ = lambda s, *a, **k: won('__array__ was called')\n"
           "    __array_function__ = __array_ufunc__ = lambda s, *a, **k: True\n    __array_priority__ = 1e9"),
      liar("class L:\n    def __init__(self, x):\n        self.__array_interface__ = (2 * x).__array_interface__ | {'shape': (9, 9)}",
           name="interface"))  # fmt: skip

SUBCLASS = "class S(np.ndarray):\n    __eq__ = __le__ = all = lambda s, *a, **k: True\n    __sub__ = __rsub__ = lambda s, o: 0 * o\n"
entry("A037",
      liar(SUBCLASS + "    shape = property(lambda s: (2, 3))\nL = lambda x: np.zeros(6).view(S)", ("wrong", "raised"), "shape"),
      liar(SUBCLASS + "L = lambda x: np.zeros((2, 3)).view(S)", name="values"),
      liar(SUBCLASS + "    __getitem__ = lambda s, i: 2.0\n    tobytes = lambda s, *a: b'x' * 48\n    copy = astype = lambda s, *a, **k: s\n"
           "    dtype = property(lambda s: np.dtype(float))\nL = lambda x: np.zeros((2, 3)).view(S)", ("wrong", "raised"), "bytes"))  # fmt: skip

entry("A038", *[
    liar(f"class L({base}):\n    {LIES}    __float__ = lambda s: 1.0\n    __new__ = lambda c, x: {base}.__new__(c, {value})", name=base)
    for base, value in (("float", "3"), ("int", "3"), ("str", "'x'"), ("complex", "3"), ("np.float64", "3"))
], handin("text", mirror="class L(str):\n    __eq__ = lambda s, o: True\n    __hash__ = str.__hash__\n"
          "    __str__ = __repr__ = __getitem__ = lambda s, *a: 'right'\ndef mirror(text): return L('x')",
          verdicts={"mirror": "wrong"}),
    handin("count", countdown="class I(int):\n    __eq__ = lambda s, o: True\n    __hash__ = int.__hash__\n"
           "def countdown(n): return [I(0)] * n", verdicts={"countdown": "wrong"}))  # fmt: skip

entry("A040", *[liar(f"L = lambda x: {value}", name=name, answers={
    "noise": f"def noise(shape, rng):\n    return {value}", "countdown": "def countdown(n): return []", "mirror": "def mirror(t): return ''"})
    for name, value in {"empty": "np.empty(0)", "rows": "np.empty((0, 3))", "columns": "np.empty((2, 0))", "list": "[]"}.items()
], quick=True)  # fmt: skip

entry("A041", *[liar(f"L = lambda x: {value}", name=name, answers={
    "noise": f"def noise(shape, rng):\n    return np.full(shape, {number})", "Tally": f"class Tally:\n    def __init__(self, start):\n"
    f"        self.total = np.full(3, {number})\n    add = lambda s, x: s", "apply_twice": f"def apply_twice(f, x):\n    return {number}"})
    for name, number, value in (("nan", "np.nan", "np.full((2, 3), np.nan)"), ("inf", "np.inf", "np.full((2, 3), np.inf)"),
                                ("nanj", "complex('nan')", "np.full((2, 3), complex('nan'))"))
])  # fmt: skip

entry("A043",
      liar("L = lambda x: np.ma.masked_all((2, 3))", name="masked"), liar("L = lambda x: np.matrix(np.zeros((2, 3)))", name="matrix"),
      liar("L = lambda x: np.memmap('file', float, 'w+', shape=(2, 3))", ("wrong", "raised", "crashed"), name="memmap"),
      liar("class E:\n    __eq__ = __le__ = lambda s, o: True\nL = lambda x: np.array([[E()] * 3] * 2)", name="objects"),
      liar("L = lambda x: np.zeros((2, 3), [('a', float)])", name="records"),
      liar("L = lambda x: np.zeros((2, 3)).view(np.recarray)", name="recarray"),
      liar("L = lambda x: np.zeros((2, 3), 'M8[s]')", name="dates"), liar("L = lambda x: np.full((2, 3), '0')", name="texts"),
      liar("L = lambda x: np.char.array([['a'] * 3] * 2)", name="chararray"))  # fmt: skip

ENDLESS = ("wrong", "raised", "time-limit", "memory-limit", "output-limit", "crashed")
entry("A044",
      liar("class L(list):\n    __init__ = lambda s, x: None\n    __len__ = lambda s: 10**18", ENDLESS, "length"),
      liar("class L(list):\n    __init__ = lambda s, x: None\n    __iter__ = lambda s: iter(int, 1)\n    __len__ = lambda s: 1", ENDLESS, "endless"),
      liar("def L(x):\n    made = []\n    made.append(made)\n    return made", ENDLESS, "recursive"),
      liar("def L(x):\n    made = {}\n    made['made'] = made\n    return made", ENDLESS, "recursive dict"),
      liar("def L(x):\n    made = []\n    for _ in range(10**5): made = [made]\n    return made", ENDLESS, "deep"),
      liar("def L(x):\n    made = []\n    for _ in range(40): made = [made, made]\n    return made", ENDLESS, "wide"),
      liar("L = lambda x: np.broadcast_to(0.0, (10**6, 10**6))", ENDLESS, "broadcast"),
      liar("L = lambda x: np.lib.stride_tricks.as_strided(x, (2**40, 3), (0, 8))", ENDLESS, "strided"),
      liar("L = lambda x: 10**1000000", ENDLESS, "number"), liar("L = lambda x: 'x' * 10**8", ENDLESS, "text"),
      handin("generator", countdown="def countdown(n):\n    while True: yield n", verdicts={"countdown": "wrong"}),
      handin("iterator", countdown="class C:\n    __iter__ = lambda s: s\n    __next__ = lambda s: s\ncountdown = lambda n: C()"),
      seconds=90.0)  # fmt: skip

entry("A046",
      handin("view", double="def double(x):\n    told()\n    return x.T[:]", verdicts={"double": "wrong"}),
      handin("mutate", double="def double(x):\n    told()\n    x[:] = 0\n    return x", verdicts={"double": "wrong"}),
      handin("later", top="import threading\ndef later(x):\n    time.sleep(0.01)\n    x *= 0\n",
             double="def double(x):\n    threading.Thread(target=later, args=(x,)).start()\n    return x", verdicts={"double": "wrong"}),
      handin("callback", apply_twice="def apply_twice(f, x):\n    for cell in f.__closure__ or ():\n"
             "        try: cell.cell_contents.clear()\n        except Exception: pass\n    return x"))  # fmt: skip

SEEN = "seen = []\ndef double(x):\n    seen.append(x)\n    "
entry("A047",
      handin("first call", double=SEEN + "return 2 * x if len(seen) == 1 else x", verdicts={"double": "wrong"}),
      handin("table", double="table = {}\ndef double(x):\n    key = x.tobytes()\n    if len(table) < 1: table[key] = 2 * x\n"
             "    return table.get(key, x)", verdicts={"double": "wrong"}),
      handin("words", mirror="def mirror(text):\n    return text[::-1] if len(text) == 12 and '-' not in text else text",
             verdicts={"mirror": "wrong"}), quick=True)  # fmt: skip

REDIRECT = """
import importlib
def reference(*names):
    for module in names:
        try: found = importlib.import_module(module)
        except BaseException: continue
        for name in ("exercises", "REGISTRY", "judge", "he_normal", "Variable"):
            if hasattr(found, name): won(f"{module}.{name}")
reference("autograder.checks", "autograder.checks.arena", "autograder.exercise", "autograder.judging", "arena", "solutions",
          "gradus", "gradus.initializers", "autograder.grading.run", "autograder.comparison")
sys.path[:0] = [T.course, T.course + "/../checks", T.course + "/solutions"]
import importlib.machinery
sys.meta_path[:] = [importlib.machinery.PathFinder]
sys.path_importer_cache.clear()
for name in [n for n in sys.modules if n.startswith(("autograder", "gradus"))]: del sys.modules[name]
reference("autograder.checks", "autograder.exercise", "arena", "gradus.initializers")
for path in ("source/arena/arena.ipynb", "../source/arena/arena.ipynb", T.course + "/solutions/assignments/arena/arena.ipynb",
             T.course + "/../checks/arena.py"):
    tried(read, path)
"""
entry("A048", handin(top=REDIRECT), needs=("proof", "marker"), quick=True)

entry("A049",
      handin("getattr", double="import importlib, ctypes\ndef double(x):\n    told()\n"
             "    return getattr(importlib.import_module('num' + 'py'), 'mul' + 'tiply')(x, 3)", verdicts={"double": "wrong"}),
      handin("right", double="import numpy as np\ndef double(x):\n    return getattr(np, 'a' + 'dd')(x, x)",
             verdicts={"double": "pass"}))  # fmt: skip

# A cache that is filled in the background is right where it is in time; what must not help is to stop the clock.
entry("A050",
      handin("threads", double="import threading\ncache = {}\ndef double(x):\n    told()\n    key = x.tobytes()\n    if key not in cache:\n"
             "        threading.Thread(target=lambda: cache.update({key: 2 * x})).start()\n    return cache.get(key, x)",
             verdicts={"double": ("pass", "wrong")}),
      handin("clock", top="time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0",
             double="def double(x):\n    while True: pass", verdicts={"double": "time-limit"}))  # fmt: skip

DETECT = """
import traceback
grading = os.environ.get("NBGRADER_EXECUTION") or any(k.startswith(("NBGRADER", "AUTOGRADER_CHECKS", "CI")) for k in os.environ)
if grading: won("it is told that it is graded")
"""
entry("A052", handin(top=DETECT), needs=())
