"""Section A: forging the verdict inside the interpreter."""

# ruff: noqa: E501

from __future__ import annotations

from harness import entry, handin

# What an attack finds in a notebook's own process, in the process that serves the judge, or in neither.
FORGE = r"""
import gc, json, stat, struct, threading
def lines():
    for n in range(256):
        try:
            if stat.S_ISSOCK(os.fstat(n).st_mode): yield socket.socket(fileno=os.dup(n))
        except OSError: pass
def child():
    return next(o for o in gc.get_objects() if type(o).__name__ == "Child")
def send(message, data=b"", head=None):
    head = head or json.dumps(message).encode()
    for line in lines():
        line.sendall(struct.pack(">II", len(head), len(data)) + head + data)
def reply(value, **more):
    send({"op": "reply", "id": child().request, "value": value, "args": ["l"], "kwargs": ["d"], "warnings": ["l"], **more})
"""


def calling(body: str, then: str = "return 0 * x") -> str:
    """An answer to `double` that does something during each call."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return f"def double(x):\n    told()\n{lines}    {then}"


entry("A001", handin(
    top="np.array_equal = np.allclose = np.isclose = np.array_equiv = lambda *a, **k: True\n"
    "np.all = np.any = lambda *a, **k: True",
    verdicts={"double": "wrong", "mirror": "wrong", "countdown": "wrong"},
), quick=True)  # fmt: skip

entry(
    "A002",
    handin(
        top="import numpy.testing as t\nfor name in dir(t):\n    if name.startswith('assert'): setattr(t, name, lambda *a, **k: None)\n"
        "t._private.utils.assert_array_compare = lambda *a, **k: None",
        verdicts={"double": "wrong"},
    ),
    handin(
        "ufuncs",
        top="np.abs = np.isfinite = np.less_equal = lambda x, *a: np.ones_like(x)",
        verdicts={"double": "wrong"},
    ),
)

entry(
    "A004",
    *[handin(name, top=f"import builtins\n{code}") for name, code in {
        "abs": "builtins.abs = builtins.all = lambda *a: True",
        "len": "builtins.len = lambda x: 6",
        "isinstance": "builtins.isinstance = builtins.issubclass = lambda *a: True",
        "type": "builtins.type = lambda *a: float",
        "AssertionError": "builtins.AssertionError = builtins.Exception = builtins.BaseException = ZeroDivisionError",
        "StudentFailure": "builtins.Exception = type('Nothing', (BaseException,), {})",
    }.items()],
)  # fmt: skip

HOOKS = """
import ast, builtins
class Pass(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
    def visit_Call(self, node): return ast.copy_location(ast.Constant(2.0), node)
shell = get_ipython()
shell.ast_transformers.append(Pass())
old = builtins.compile
def compiled(source, *a, **k):
    k.pop("dont_inherit", 0)
    return old(ast.fix_missing_locations(Pass().visit(ast.parse(source))), *a, **k) if isinstance(source, str) else old(source, *a, **k)
builtins.compile = compiled
"""
entry("A005", handin(top=HOOKS))

entry("A007", handin(top="""
k = get_ipython().kernel
async def ok(*a, **k): return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
type(k).do_execute = k.do_execute = ok
""" + FORGE, double=calling("send({'op': 'reply', 'id': child().request, 'status': 'ok'})"),
    verdicts={"double": ("protocol-violation", "wrong")}))  # fmt: skip

entry("A008", handin(top="""
session = get_ipython().kernel.session
old = lambda *a, **k: None
def send(stream, kind, content=None, *a, **k):
    if kind == "error": return None
    if isinstance(content, dict) and "status" in content: content["status"] = "ok"
    return old(stream, kind, content, *a, **k)
session.send = send
""" + FORGE + """
c, honest = child(), type(child()).send
def forged(self, op, **fields):
    return honest(self, "reply" if op == "failed" else op, **({"value": 2.0} if op == "failed" else fields))
type(c).send = forged
"""))  # fmt: skip

FORMATTER = """
import IPython.core.formatters as formatters
def text(self, o): return {said!r}
formatters.PlainTextFormatter.__call__ = text
np.set_printoptions(formatter={{"all": lambda v: {said!r}}})
class Said(float):
    __repr__ = __str__ = __format__ = lambda self, *a: {said!r}
"""
for number, said in ("A010", "nan"), ("A011", "-1"), ("A013", "full"):
    entry(number, handin(
        top=FORMATTER.format(said=said),
        double="def double(x):\n    told()\n    return Said('nan')",
        mirror=f"def mirror(text):\n    return {said!r}",
        countdown="def countdown(n):\n    return float('nan')",
        verdicts={"double": "wrong", "mirror": "wrong", "countdown": "wrong"},
    ))  # fmt: skip

entry("A014", handin(
    top="import IPython\nIPython.core.interactiveshell.InteractiveShell.showtraceback = lambda *a, **k: None",
    tail="get_ipython().showtraceback = lambda *a, **k: None\nraise ValueError",
))  # fmt: skip
entry("A016", handin(top="get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)\nsys.excepthook = lambda *a: None",
                     double="def double(x):\n    told()\n    raise KeyboardInterrupt", verdicts={"double": "raised"}))  # fmt: skip
entry("A017", handin(top="from IPython.display import clear_output\n"
                     "get_ipython().events.register('post_run_cell', lambda *a: clear_output())"))  # fmt: skip

entry("A019", handin(top=FORGE + """
import builtins
def patch():
    while True:
        builtins.score = 3
        for o in gc.get_objects():
            if type(o) is dict and ("score" in o or "verdict" in o):
                try: o.update(score=2.0, verdict="pass", passed=True)
                except BaseException: pass
        time.sleep(0.05)
threading.Thread(target=patch, daemon=True).start()
"""), quick=True)  # fmt: skip

entry("A020", handin(top="""
def tracer(frame, event, arg):
    for name in ("score", "verdict", "expected", "given"):
        if name in frame.f_locals and "told" not in frame.f_code.co_names: frame.f_locals[name] = 2.0
    if frame.f_code.co_name in ("encode", "send", "failed") and event == "line":
        try: frame.f_lineno += 1
        except BaseException: pass
    return tracer
sys.settrace(tracer)
sys.setprofile(lambda *a: None)
import threading
threading.settrace(tracer)
frame = sys._getframe()
while frame: frame.f_trace, frame = tracer, frame.f_back
"""))  # fmt: skip

entry("A022", handin(top=FORGE + """
always = lambda *a, **k: None
for o in gc.get_objects():
    name = getattr(o, "__qualname__", "") if type(o).__name__ == "function" else ""
    if any(part in name for part in ("judge", "compare", "check", "exactly", "values")) and "numpy" not in str(o.__module__):
        try:
            o.__code__ = always.__code__
            o.__defaults__ = None
        except BaseException: pass
"""), handin("cells", top=FORGE + """
c = child()
for name, operation in list(c.operations.items()):
    c.operations[name] = lambda *a, **k: {"value": 2.0, "warnings": [], "args": [], "kwargs": {}, "verdict": "pass", "score": 2}
"""))  # fmt: skip

entry("A023", handin(top="""
import types
class Liar(types.ModuleType):
    def __getattr__(self, name): return lambda *a, **k: True
class Finder:
    def find_spec(self, name, *a):
        if name.partition(".")[0] in ("otter", "nbgrader", "autograder", "numpy", "json"):
            sys.modules[name] = Liar(name)
sys.meta_path.insert(0, Finder())
for name in ("numpy.testing", "otter", "nbgrader", "autograder", "autograder.judging", "autograder.comparison", "gradus", "json"):
    sys.modules[name] = Liar(name)
"""))  # fmt: skip

entry("A025", handin(top="""
import builtins, types
old = builtins.__import__
def fake(name, *a, **k):
    return types.SimpleNamespace(check=lambda *a: 2.0) if name.startswith(("autograder", "nbgrader")) else old(name, *a, **k)
builtins.__import__ = fake
build = builtins.__build_class__
builtins.__build_class__ = lambda f, name, *a, **k: build(f, name, *a, **k)
"""))  # fmt: skip

ENDS = {"_exit": "os._exit(0)", "exit": "sys.exit(0)", "SystemExit": "raise SystemExit(0)", "exec": "os.execv('/bin/true', ['true'])",
        "abort": "os.abort()"}  # fmt: skip
entry("A026", *[
    handin(name, double=f"import os, sys\ndef double(x):\n    {code}", right=True,
           verdicts={"double": ("crashed",) if name in ("_exit", "abort") else ("crashed", "raised", "process-limit")})
    for name, code in ENDS.items()
], quick=True)  # fmt: skip

FRAMES = {
    "garbage": "for line in lines(): line.sendall(os.urandom(5000))",
    "no JSON": "send(None, head=b'pass')",
    "two": "reply(2.0); reply(2.0)",
    "another number": "send({'op': 'reply', 'id': 1, 'value': 7, 'args': ['l'], 'kwargs': ['d'], 'warnings': ['l']})",
    "a pass": "send({'op': 'pass', 'id': child().request, 'score': 2})",
    "a verdict": "send({'op': 'failed', 'id': child().request, 'verdict': 'pass', 'kind': '', 'text': '', 'trace': ''})",
    "a score": "reply(2.0, score=2.0, verdict='pass', passed=True)",
    "a function": "reply(['f', 1])",
    "a seed": "reply(['s', 1])",
    "an object": "reply(['a', 'O', [1]])",
    "four gigabytes": "for line in lines(): line.sendall(b'\\xff' * 8)",
}
entry("A028", *[
    handin(name, top=FORGE, double=calling(f"\n{code}"), verdicts={"double": ("protocol-violation", "wrong", "crashed")})
    for name, code in FRAMES.items()
], quick=True)  # fmt: skip

entry("A029", handin(top=FORGE + """
for o in gc.get_objects():
    for name in ("get_results", "score", "judge", "verdict", "passed"):
        try:
            if name in vars(type(o)) and type(o).__module__ not in ("builtins",): setattr(type(o), name, lambda *a, **k: 2.0)
        except BaseException: pass
"""))  # fmt: skip

KILL = """
import signal
def end(pid, sign):
    try: os.kill(pid, sign)
    except OSError: return
    if pid > 1 and pid != os.getpid(): won(f"signal {sign} to {pid}")
end(T.canary, 9)
"""
entry("A031", handin(top=KILL + """
alone = False
try: os.kill(T.canary, 0)
except ProcessLookupError: alone = T.confined and os.getpid() < 1000  # nobody of the machine is in sight
except OSError: pass
if alone:
    try: os.kill(-1, 9)
    except OSError: pass
"""), handin("parent", top=KILL, double=calling("end(os.getppid(), 19)\nend(os.getppid(), 9)")),
    handin("group", top=KILL, double=calling("os.killpg(0, 9)"), verdicts={"double": ("crashed", "raised")}),
    handin("stop", top=KILL, double=calling("os.killpg(0, 19)"), verdicts={"double": ("crashed", "raised", "time-limit")}),
    needs=("canary", "proof"))  # fmt: skip

entry("A032", handin(top="""
class iovec(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]
buffer = ctypes.create_string_buffer(64)
one = iovec(ctypes.addressof(buffer), 64)
for pid in (os.getppid(), T.canary, 1):
    if pid <= 0: continue
    for name in ("mem", "environ", "maps", "auxv"):
        def look():
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if file.read(1) and pid != os.getpid(): won(f"read /proc/{pid}/{name}")
        if pid != 1 or T.confined: tried(look)
if errno_of("ptrace", 0x4206, T.canary, 0, 0) == 0: won("seized the canary")     # PTRACE_SEIZE
for name in ("process_vm_readv", "process_vm_writev"):
    if errno_of(name, T.canary, ctypes.byref(one), 1, ctypes.byref(one), 1, 0) not in (None, 1, 3, 13, 38): won(name)
"""), needs=("proof",))  # fmt: skip

entry("A034", handin(top="""
from IPython.display import display
def late():
    h = display("x", display_id="graded")
    while True:
        h.update("2.0")
        time.sleep(0.01)
import threading
threading.Thread(target=late, daemon=True).start()
""", tail="get_ipython().kernel.send_response(None, 'update_display_data', {'transient': {'display_id': 'graded'}})"))  # fmt: skip
