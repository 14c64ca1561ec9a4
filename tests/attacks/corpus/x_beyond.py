"""Attacks of the same kinds that are not on the list: in the process, between the frames, in values that add up."""

# ruff: noqa: E501

from __future__ import annotations

from corpus.a_verdict import FORGE, calling
from corpus.b_values import liar
from harness import entry, handin

ANY = (
    "wrong",
    "raised",
    "crashed",
    "protocol-violation",
    "time-limit",
    "memory-limit",
    "output-limit",
    "process-limit",
)

# ------------------------------------------------------------------ the judge and the warm process

entry("X018", handin(top="""
for pid in {os.getppid(), 1} - {0, os.getpid()}:
    def look():
        maps = open(f"/proc/{pid}/maps").read()
        mem = open(f"/proc/{pid}/mem", "rb", 0)
        for line in maps.splitlines():
            a, b = (int(x, 16) for x in line.split()[0].split("-"))
            if "rw" in line and b - a < 50_000_000:
                mem.seek(a)
                mem.read(64)
                won(f"read the memory of {pid}")
                break
    if pid != 1 or T.confined: tried(look)
"""), title="the memory of the warm process, and of its next forks", needs="proof")  # fmt: skip
entry("X019", handin(top=FORGE + """
import ctypes
c = child()
c.limits = None
for o in gc.get_objects():
    if type(o) is tuple and len(o) and o[0] in ("raised", "missing", "wrong") and len(o) < 6:
        base = id(o) + tuple.__basicsize__
        tried(lambda: ctypes.cast(base, ctypes.POINTER(ctypes.py_object)).__setitem__(0, "pass"))
"""), title="ctypes writes into the objects of the process that serves the judge")  # fmt: skip
entry("X020", handin(top=FORGE + """
for o in gc.get_objects():
    if isinstance(o, (bytes, str)) and type(o).__name__ in ("bytes", "str"): leak(o)
for line in open("/proc/self/maps") if os.path.exists("/proc/self/maps") else []:
    part = line.split()
    a, b = (int(x, 16) for x in part[0].split("-"))
    if part[1].startswith("rw") and b - a < 64 * 2**20 and len(part) < 6 or line.rstrip().endswith(("[heap]", "[stack]")):
        leak(ctypes.string_at(a, b - a).replace(b"MARK" + b"-[A-Z]", b""))
"""), title="every byte of its own memory, for what the warm process has left in it")  # fmt: skip
entry("X021", handin(top=FORGE, double=calling("""
import array
for line in lines():
    try: line.sendmsg([b'\\0\\0\\0\\2\\0\\0\\0\\0{}'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))])
    except OSError: pass
"""), verdicts={"double": ANY}), title="descriptors sent along with an answer (SCM_RIGHTS)")  # fmt: skip

ODD = {
    "huge keys": "send({'x' * 4_000_000: 1, 'op': 'reply', 'id': child().request, 'value': 2.0})",
    "many keys": "send({'op': 'reply', 'id': child().request, **{str(i): 0 for i in range(100_000)}})",
    "duplicate keys": 'send(None, head=b\'{"op":"failed","op":"reply","id":%d,"value":1,"value":2.0}\' % child().request)',
    "a dict's key twice": "reply(['d', ['a', 1], ['a', 2]])",
    "a key that is a list": "reply(['d', [['l'], 1]])",
    "NaN": 'send(None, head=b\'{"op":"reply","id":%d,"value":NaN,"args":Infinity}\' % child().request)',
    "a huge number": 'send(None, head=b\'{"op":"reply","id":%d,"value":1e999999}\' % child().request)',
    "a long number": 'send(None, head=b\'{"op":"reply","id":%d,"value":\' % child().request + b\'9\' * 1_000_000 + b\'}\')',
    "a true id": "send({'op': 'reply', 'id': True, 'value': 2.0})",
    "a float id": "send({'op': 'reply', 'id': float(child().request), 'value': 2.0})",
    "surrogates": 'send(None, head=b\'{"op":"reply","id":%d,"value":"\\\\ud800"}\' % child().request)',
    "not UTF-8": 'send(None, head=b\'{"op":"reply","value":"\\xff\\xfe"}\')',
    "a handle of none": "reply(['h', 10**9, 'x'])",
    "its own callback": "send({'op': 'callback', 'id': child().request, 'function': 0, 'args': ['l'], 'kwargs': ['d']})",
    "a shape": "reply(['a', 'float64', [2**40, 2**40]])",
    "a negative shape": "reply(['a', 'float64', [-1, -6]])",
    "a nameless dtype": "reply(['a', ',,f8', [1]])",
    "empty": "for line in lines(): line.sendall(struct.pack('>II', 0, 0))",
    "half a frame": "for line in lines(): line.sendall(struct.pack('>II', 100, 0) + b'{')",
    "closed": "for line in lines(): line.shutdown(2)",
    "half closed": "for line in lines(): line.shutdown(1)",
}
entry("X022", *[handin(name, top=FORGE, double=calling(code), verdicts={"double": ANY}) for name, code in ODD.items()],
      title="frames that no honest process sends", quick=True)  # fmt: skip

entry("X023", handin(top=FORGE, double=FORGE + """
def double(x):
    told()
    number = child().request
    for i in range(-3, 4): send({'op': 'reply', 'id': number + i, 'value': 0.0, 'args': ['l'], 'kwargs': ['d'], 'warnings': ['l']})
    return 0 * x""", verdicts={"double": "protocol-violation"}), title="an answer to the request before, and to the one after")  # fmt: skip

entry("X024", handin(top=FORGE, apply_twice="""
def apply_twice(f, x):
    told()
    c = child()
    y = f(x)
    send({'op': 'callback', 'id': c.request, 'function': 0, 'args': ['l', 1.0], 'kwargs': ['d']})
    send({'op': 'callback', 'id': c.request, 'function': 0, 'args': ['l', 2.0], 'kwargs': ['d']})
    return f(y) - 1""", verdicts={"apply_twice": ANY}),
    handin("threads", apply_twice="""
import threading
def apply_twice(f, x):
    told()
    for _ in range(20): threading.Thread(target=f, args=(x,)).start()
    return f(x)""", verdicts={"apply_twice": ANY}),
    handin("endless", apply_twice="def apply_twice(f, x):\n    while True: f(x)", verdicts={"apply_twice": ("time-limit",)}),
    handin("inside", apply_twice="def apply_twice(f, x):\n    return f(f)", verdicts={"apply_twice": ("raised", "wrong")}),
    handin("kept", double="kept = []\ndef double(x):\n    told()\n    return kept[0](x) if kept else 0 * x",
           apply_twice="def apply_twice(f, x):\n    kept.append(f)\n    return f(x)"),
    title="callbacks: answered twice, from many threads, without end, with each other, after the call")  # fmt: skip

# ------------------------------------------------------------------ objects

entry("X025",
      liar("class K(str):\n    __hash__ = lambda s: 0\n    __eq__ = lambda s, o: True\nL = lambda x: {K('a'): 0.0, K('b'): 1}", ANY, "keys"),
      liar("class F(float):\n    __hash__ = lambda s: 0\n    __eq__ = lambda s, o: True\nL = lambda x: {F(1): 0.0}", ANY, "float keys"),
      liar("class I(int):\n    bit_length = lambda s: 1\n    __index__ = __int__ = lambda s: 2**200\nL = lambda x: I(2**200)", ANY, "bits"),
      liar("class S(str):\n    __len__ = lambda s: 1\nL = lambda x: S('x' * 10**7)", ANY, "length"),
      liar("class D(dict):\n    items = lambda s: [(object(), 1)]\n    __iter__ = lambda s: iter([object()])\nL = lambda x: D(a=1)", ANY, "items"),
      title="subclasses of plain types in the places where only plain ones are expected")  # fmt: skip
entry("X026", liar("class L:\n    __init__ = lambda s, x: None\n    __reduce__ = __reduce_ex__ = lambda s, *a: (os.system, ('touch ' + T.proofs + '/' + T.name,))\n"
                   "    __getstate__ = __getnewargs__ = lambda s: (won('pickled'),)"), title="__reduce__: code that runs where it is unpickled")  # fmt: skip
entry("X027", liar("class L:\n    __init__ = lambda s, x: None\n    def __del__(self):\n        send({'op': 'reply', 'id': child().request, 'value': 2.0})",
                   ANY, top=FORGE), title="a finalizer that runs while an answer is on its way")  # fmt: skip
entry("X028", handin(Tally="""
class Tally:
    def __init__(self, start): self.calls = 0
    def add(self, x): return self
    @property
    def total(self):
        self.calls += 1
        told()
        return float(self.calls)
    @total.setter
    def total(self, value): self.calls = 0
    def __getattribute__(self, name):
        return object.__getattribute__(self, name)
    __class__ = property(lambda s: float)
    __float__ = lambda s: 1.0""", verdicts={"Tally": "wrong"}),
    handin("every attribute", Tally="class Tally:\n    def __init__(self, *a): pass\n    def __getattr__(self, name): return self\n"
           "    def __call__(self, *a, **k): return self\n    __iter__ = lambda s: iter([s] * 3)"),
    title="an object that is another one at every look")  # fmt: skip
entry("X029", handin(countdown="""
def countdown(n):
    def again():
        yield from again()
    g = again()
    def self_next():
        it = countdown(n)
        for v in it: yield next(it)
    yield from self_next()""", verdicts={"countdown": ANY}),
    handin("next", countdown="class C:\n    def __iter__(self): return self\n    def __next__(self): return C()\n"
           "def countdown(n): return C()"),
    handin("stop", countdown="class C:\n    def __iter__(self): return self\n    def __next__(self): raise type('StopIteration', (Exception,), {})\n"
           "def countdown(n): return C()", verdicts={"countdown": "wrong"}),
    title="generators that call themselves, iterators of iterators, a forged end")  # fmt: skip
entry("X030", handin(plot_line="""
class Axes:
    get_xlabel = lambda s: 'time'
    def get_lines(self): return [self]
    def get_xydata(self): return A()
class A:
    __array__ = lambda s, *a, **k: 1 / 0
    shape, dtype = (4, 2), float
    __eq__ = __le__ = lambda s, o: True
def plot_line(x, y):
    told()
    return Axes()""", verdicts={"plot_line": "wrong"}), title="axes of one's own making")  # fmt: skip

# ------------------------------------------------------------------ randomness, time, traces

entry("X031",
      handin("zero", top="np.random.Generator = np.random.default_rng = lambda *a: type('G', (), {'normal': lambda s, *a: np.zeros(a[-1])})()"),
      handin("known", top="known = np.random.default_rng(0)\nnp.random.default_rng = lambda *a: known",
             noise="def noise(shape, rng):\n    told()\n    return known.normal(0, 0.1, shape)", verdicts={"noise": "wrong"}),
      handin("peek", noise="def noise(shape, rng):\n    state = rng.bit_generator.state\n    told()\n    return np.zeros(shape)"),
      title="NumPy's generators replaced by ones whose draws are known")  # fmt: skip
entry("X032", handin(top="""
import linecache, types
fake = types.ModuleType("numpy")
fake.__dict__.update(np.__dict__)
fake.ndarray = fake.generic = object
sys.modules["numpy"] = fake
for key in list(linecache.cache): linecache.cache[key] = (1, None, ["<script>alert(1)</script>"] * 1000, key)
linecache.getline = lambda *a: "<script>" + PROOF[:3]
""", double="def double(x):\n    raise ValueError('<script>alert(1)</script>')", verdicts={"double": "raised"}),
    title="sys.modules['numpy'] and the lines of tracebacks replaced", quick=True)  # fmt: skip
entry("X033", handin(top="""
import signal
def again(*a):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, again)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.001)
""", stops=True), title="a timer that interrupts the process that serves the judge at every moment")  # fmt: skip
entry("X034", handin(top="""
import gc, sys
sys.setrecursionlimit(60)
gc.set_threshold(1)
gc.callbacks.append(lambda *a: None)
sys.setswitchinterval(1e-6)
""", stops=True), title="an interpreter set so that the serving code fails")  # fmt: skip
entry("X035", handin(top="""
os.closerange(3, 256)
a, b = socket.socketpair()
os.dup2(a.fileno(), 3)
""", stops=True, verdicts={"double": ANY}),
    handin("dup", top=FORGE + "for line in lines(): os.dup2(os.open(os.devnull, os.O_RDWR), 3)", stops=True),
    title="the line to the judge closed, or put in another's place")  # fmt: skip

entry("X036",
      liar("class L:\n    __init__ = lambda s, x: None\nL.__name__ = L.__qualname__ = 'pass'", name="name"),
      liar("class M(type):\n    __name__ = property(lambda c: 1 / 0)\n    __instancecheck__ = lambda c, o: True\n"
           "class L(metaclass=M):\n    __init__ = lambda s, x: None", ANY, "metaclass"),
      liar("L = lambda x: [2**64 - 1, -2**63 - 1, 1e308 * 10]", name="limits"),
      liar("L = lambda x: np.zeros((2, 3), np.longdouble)", name="longdouble"),
      liar("L = lambda x: {'a': np.zeros((2, 3)), 1: None, True: 'x', None: 2}", name="dict"),
      liar("class L:\n    __init__ = lambda s, x: None\n    __class__ = property(lambda s: 1 / 0)\n    __repr__ = lambda s: 1 / 0", ANY, "class"),
      liar("import fractions, decimal\nL = lambda x: [fractions.Fraction(1, 3), decimal.Decimal('NaN')]", name="numbers"),
      title="odd objects: names, classes and numbers that cannot be had")  # fmt: skip
entry("X037",
      handin("stdout", top="import io\nsys.stdout = sys.stderr = io.StringIO()\nsys.stdout.flush = None\nos.close(1); os.close(2)"),
      handin("stack", top="for i in range(9):\n    try: sys._getframe(i).f_locals.update(verdict='pass', score=2)\n    except ValueError: pass"),
      handin("fd", top="for n in (0, 1, 2): os.dup2(os.open(os.devnull, os.O_RDONLY), n)"),
      title="the streams and the frames of the process that serves the judge")  # fmt: skip

BIG = "import numpy as np\nbig = np.zeros((7_000_000,))\n"


def judge_stayed_small(run):
    """The grader's processes together never held much more than one answer."""
    return [f"judge: its processes grew to {run.peak / 2**20:.0f} MB"] if run.peak > 1500 * 2**20 else []


entry("X038",
      handin("generator", countdown=BIG + "def countdown(n):\n    while True: yield big", verdicts={"countdown": ANY}),
      handin("lines", plot_line=BIG + "class L:\n    get_xydata = lambda s: big\nclass A:\n    get_xlabel = lambda s: 'time'\n"
             "    get_lines = lambda s: [L() for _ in range(30)]\ndef plot_line(x, y): return A()", verdicts={"plot_line": ANY}),
      title="large answers that add up in the judge's memory", after=judge_stayed_small)  # fmt: skip
