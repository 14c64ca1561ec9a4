"""E. Resource exhaustion: code that never ends, or takes all there is of something.

What is tried stands in `double`, before an answer that would be right: it must not count, because it comes too late or never.
All other exercises are answered rightly and must pass. Bombs are bounded, should nothing stop them: `won` says so then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness import Handin, entry, handin

__all__: list[str] = []

NO_POINTS = (
    "raised",
    "memory-limit",
    "output-limit",
    "process-limit",
    "time-limit",
    "crashed",
    "wrong",
    "protocol-violation",
)


def called(name: str, body: str, *verdicts: str) -> Handin:
    """The attack happens whenever `double` is called."""
    lines = "\n    ".join(body.split("\n"))
    return handin(
        name, double=f"def double(x):\n    {lines}\n    return 2 * x", right=True, verdicts={"double": verdicts}
    )


def calls(verdicts: str | Sequence[str], bodies: Mapping[str, str]) -> list[Handin]:
    told = (verdicts,) if isinstance(verdicts, str) else verdicts
    return [called(name, body, *told) for name, body in bodies.items()]


def defined(name: str, code: str, *verdicts: str) -> Handin:
    """The attack happens when the cell of `double` runs."""
    return handin(name, double=f"{code}\ndef double(x):\n    return 2 * x", right=True, verdicts={"double": verdicts})


# ------------------------------------------------------------------ time

entry(
    "A092",
    *calls("time-limit", {
        "loop": "while True: pass",
        "sleep": "import time; time.sleep(10**6)",
        "nothing is yielded": "list(y for y in iter(int, 1) if y)",
        "lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "pipe": "import os; os.read(os.pipe()[0], 1)",

        "threads, too": "import threading\ndef busy():\n    while True: pass\n"
        "for _ in range(9): threading.Thread(target=busy, daemon=True).start()\nbusy()",
        "finally": "try:\n    while True: pass\nfinally:\n    while True: pass",
    }),
    handin("generator", countdown="def countdown(n):\n    while True: pass\n    yield n", right=True,
           verdicts={"countdown": "time-limit"}),
    handin("class", Tally="class Tally:\n    def __init__(self, start): self.total = start\n    def add(self, x):\n"
    "        while True: pass",
           right=True, verdicts={"Tally": "time-limit"}),
    handin("attribute", Tally="class Tally:\n    def __init__(self, start): self.add = lambda x: 0\n"
           "    def __getattr__(self, name):\n        while True: pass", right=True, verdicts={"Tally": "time-limit"}),
    defined("cell", "while True: pass", "time-limit"),
    seconds=90,
)  # fmt: skip

entry(
    "A094",
    *calls("time-limit", {
        "swallowed": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "answered": "try:\n    while True: pass\nexcept BaseException: return 2 * x",
        "own alarm": "import signal, time\ndef late(*a): raise TimeoutError\nsignal.signal(signal.SIGALRM, late)\n"
        "signal.alarm(3600)\ntry: time.sleep(10**6)\nexcept TimeoutError: return 2 * x",
        "blocked": "import signal\nfor n in signal.valid_signals() - {9, 19}:\n"
        "    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\nwhile True: pass",
    }),
)  # fmt: skip

entry(
    "A095",
    *calls("time-limit", {
        "regex": "import re; re.match(r'(a+)+b', 'a' * 60)",
        "sum": "sum(range(10**13))",
        "power": "import sys; sys.set_int_max_str_digits(0); str(7 ** (3 * 10**7))",
        "product": "import itertools; (-1,) in itertools.product(range(10), repeat=30)",
        "comparison": "a = [0]\nfor _ in range(60): a = [a, a]\nb = [0]\nfor _ in range(60): b = [b, b]\na == b",
    }),
    *calls(("time-limit", "memory-limit", "raised"), {
        "factorial": "import math; math.factorial(10**9)",
        "tower": "10 ** 10 ** 8",
        "sort": "np.sort(np.random.default_rng(0).random(10**8)); np.sort(np.arange(2 * 10**8)[::-1])",
        "einsum": "a = np.ones((300,) * 2); np.einsum('ab,bc,cd,de,ef->af', a, a, a, a, a)\nwhile True: pass",
    }),
)  # fmt: skip

entry(
    "A106",
    handin("just in time", double="import time\ndef double(x):\n    time.sleep(2.5)\n    return 2 * x",
           mirror="import time\ndef mirror(text):\n    time.sleep(2.5)\n    return text[::-1]",
           right=True, verdicts={"double": "pass", "mirror": "pass"}),
    seconds=60,
    elsewhere=("tests/autograder/test_limits.py::test_the_time_of_all_calls_together_is_limited",),
)  # fmt: skip

# ------------------------------------------------------------------ processes and threads

FORKS = """import os, time
children = 0
while children < 400:
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    children += 1
won("400 processes")"""

entry(
    "A096",
    *calls(("process-limit", "protocol-violation"), {
        "forks": FORKS,
        "programs": "import subprocess, sys\nfor _ in range(300): subprocess.Popen([sys.executable, '-Sc', 'input()'])\n"
        "won('300 programs')",
    }),
    *calls(NO_POINTS, {
        "bomb": "import os\nfor _ in range(10**5 * T.confined):\n    try: os.fork()\n    except OSError: pass\nraise ValueError",
        "shell": "import os\nif T.confined: os.system('b() { b | b & }; b')\nraise ValueError",
        "workers": "import multiprocessing as m\nm.get_context('fork').Pool(200); won('200 workers')",
    }),
    needs="proof", seconds=90,
)  # fmt: skip

entry(
    "A097",
    *calls("process-limit", {
        "threads": "import threading, time\nthreading.stack_size(32768)\nfor _ in range(3000):\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nwon('3,000 threads')",
    }),
    *calls(NO_POINTS, {
        "low level": "import _thread, time\n_thread.stack_size(32768)\nstarted = 0\nwhile started < 3000:\n"
        "    _thread.start_new_thread(time.sleep, (60,)); started += 1\nwon('3,000 threads')",
        "pools": "import concurrent.futures as c, time\nfor _ in range(300):\n    p = c.ThreadPoolExecutor(10)\n"
        "    for _ in range(10): p.submit(time.sleep, 60)\nwon('3,000 threads')",
    }),
    quick=True,
)  # fmt: skip

# ------------------------------------------------------------------ memory

entry(
    "A098",
    *calls("memory-limit", {
        "array": "np.ones(10**10)",
        "zeros": "np.zeros(10**10)",
        "bytes": "b'x' * 10**12",
    }),
    *calls(("memory-limit", "time-limit"), {  # whichever comes first: to touch gigabytes takes a busy machine seconds
        "list": "y = [0]\nwhile True: y = y + y",
        "text": "y = 'x'\nwhile True: y += y",
        "touched bit by bit": "keep = []\nwhile True: keep.append(np.ones(10**6))",
        "dict": "y = {}\nfor i in iter(lambda: len(y), -1): y[i] = bytes(10**5)",
    }),
    *calls(("memory-limit", "raised", "output-limit", "crashed", "time-limit"), {
        "mapped": "import mmap\nkeep = []\nfor _ in range(40):\n"
        "    m = mmap.mmap(-1, 10**8); m.write(b'x' * 10**8); keep.append(m)\n"
        "won('4 GB')",
        "file in memory": "import os\nkeep, total = [], 0\nwhile total < 4 * 10**9:\n"
        "    fd = os.memfd_create('x'); keep.append(fd)\n"
        "    for _ in range(6): total += os.write(fd, bytes(10**7))\nwon('4 GB')",
        "shared": "from multiprocessing import shared_memory as s\nkeep = []\nfor i in range(80):\n"
        "    m = s.SharedMemory(f'{T.name}-{i}', create=True, size=5 * 10**7); m.buf[:] = bytes(5 * 10**7); keep.append(m)\n"
        "won('4 GB')",
    }),
    *calls(NO_POINTS, {
        "decompressed": "import zlib\nd = zlib.compress(bytes(10**8))\nkeep = [zlib.decompress(d) for _ in range(100)]\n"
        "won('10 GB')",
        "many processes": "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        keep = bytearray(b'x') * 10**9\n"
        "        time.sleep(60); os._exit(0)\ntime.sleep(2); won('8 GB in 8 processes')",
    }),
    defined("cell", "y = [0]\nwhile True: y = y + y", "memory-limit"),
    needs="proof", seconds=120,
)  # fmt: skip

# ------------------------------------------------------------------ disk

entry(
    "A100",
    *calls(("output-limit", "memory-limit"), {
        "one big file": "with open('big', 'wb') as file:\n    for _ in range(3000): file.write(bytes(2**20)); file.flush()\n"
        "won('3 GB')",
        "files of 30 MB": "for i in range(100):\n    with open(f'f{i}', 'wb') as file: file.write(bytes(30 * 2**20))\n"
        "won('3 GB')",
        "reserved": "import os\nfor i in range(100):\n    fd = os.open(f'r{i}', os.O_CREAT | os.O_RDWR)\n"
        "    os.posix_fallocate(fd, 0, 30 * 2**20)\nwon('3 GB')",
    }),
    *calls(("output-limit", "memory-limit", "time-limit"), {
        "small files": "for i in range(100_000):\n    with open(f's{i}', 'w') as file: file.write('x')\nwon('100,000 files')",
        "empty folders": "import os\nfor i in range(100_000): os.mkdir(f'd{i}')\nwon('100,000 folders')",
    }),
    *calls(NO_POINTS, {
        "sparse": "import os\nfd = os.open('sparse', os.O_CREAT | os.O_RDWR)\nos.ftruncate(fd, 2**40); won('1 TB')",
        "links": "import os\nopen('one', 'w').close()\nfor i in range(60_000): os.link('one', f'l{i}')\nraise ValueError",
        "deep": "import os\nfor i in range(2_000): os.mkdir('d'); os.chdir('d')\nraise ValueError",
        "temporary": "import tempfile\nkeep = []\nfor _ in range(60):\n"
        "    f = tempfile.TemporaryFile(); f.write(bytes(5 * 10**7)); f.flush()\n"
        "    keep.append(f)\nwon('3 GB')",
    }),
    needs="proof", seconds=90,
)  # fmt: skip

# ------------------------------------------------------------------ output

entry(
    "A101",
    *calls("output-limit", {
        "prints": "while True: print('x' * 1000)",
        "letters": "import sys\nwhile True: sys.stdout.write('x'); sys.stdout.flush()",
        "below Python": "import os\nwhile True: os.write(2, b'x' * 10_000)",
        "at once": "import os; os.write(1, bytes(10**8))",
        "one text": "import sys; sys.stdout.write('x' * 10**8); sys.stdout.flush()",
        "log": "import logging\nwhile True: logging.error('x' * 1000)",
        "thread": "import threading, time\ndef flood():\n    while True: print('x' * 1000, flush=True)\n"
        "threading.Thread(target=flood, daemon=True).start(); time.sleep(60)",
    }),
    *calls(NO_POINTS, {
        "yes": "import os; os.system('yes'); raise ValueError",
        "warnings": "import warnings\nwhile True: warnings.warn('x' * 1000)",
    }),
    defined("cell", "while True: print('x' * 1000)", "output-limit"),
)  # fmt: skip

entry(
    "A103",
    *calls("raised", {
        "long message": "raise ValueError('x' * 10**8)",
        "long name": "raise type('N' * 10**7, (Exception,), {})",
        "chain": "error = None\nfor i in range(100_000):\n    new = ValueError(i); new.__cause__ = error; error = new\n"
        "raise error",
        "group": "raise ExceptionGroup('x', [ValueError()] * 10**6)",
        "deep trace": "def f(n): return f(n + 1)\nf(0)",
        "recursive repr": "class R:\n    def __repr__(self): return repr(self)\n    __str__ = __repr__\nraise ValueError(R())",
        "text that raises": "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
        "text that is none": "class E(Exception):\n    def __str__(self): return 1\nraise E",
        "markup": "raise ValueError('<script>alert(1)</script>\\x1b[2J\\x1b]0;owned\\x07' * 100)",
    }),
    *calls(("raised", "crashed", "time-limit", "memory-limit"), {
        "endless text": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
        "text that is huge": "class S(str):\n    def __getitem__(self, i): return S('x' * 10**8)\n"
        "class E(Exception):\n    def __str__(self): return S('x')\nraise E",
        "name that raises": "class M(type):\n    __name__ = property(lambda c: 1 / 0)\n"
        "class E(Exception, metaclass=M): pass\nraise E",
        "raises in raising": "class E(BaseException):\n    def __str__(self): raise E\nraise E",
        "lines that lie": "import linecache\nlinecache.getline = lambda *a: 'x' * 10**8\nraise ValueError",
    }),
    *calls("wrong", {"recursive value": "y = []\ny.append(y)\nreturn y"}),
)  # fmt: skip

# ------------------------------------------------------------------ crashes

entry(
    "A104",
    *calls("crashed", {
        "segfault": "import ctypes; ctypes.string_at(0)",
        "abort": "import os; os.abort()",


        "segfault ignored": "import ctypes, signal; signal.signal(11, signal.SIG_IGN); ctypes.string_at(0)",
        "bus error": "import mmap, os\nwith open('f', 'w+b') as f:\n    f.write(bytes(10**5)); f.flush()\n"
        "    m = mmap.mmap(f.fileno(), 10**5); f.truncate(0); m[50_000]",
        "beyond the end": "np.lib.stride_tricks.as_strided(x, (10**9,), (10**6,)).sum()",
        "memory trampled": "import ctypes; ctypes.memset(id(x) - 4096, 255, 2**20)",
        "exit": "import os; os._exit(0)",
        "hung up": "import os; os.closerange(3, 256)",
    }),
    *calls(("raised", "crashed", "memory-limit", "time-limit"), {
        "recursion": "import sys; sys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1) + 1\nf(0)",
        "recursion in C": "import sys; sys.setrecursionlimit(10**9)\ndef f(n): return list(map(f, [n]))\nf(0)",
        "recursion in the decoder": "import json, sys; sys.setrecursionlimit(10**9); json.loads('[' * 10**7)",
    }),
    *calls("raised", {"exit 0": "raise SystemExit(0)", "interrupt": "raise KeyboardInterrupt",
                      "end of a generator": "raise StopIteration(2 * x)", "exit of a generator": "raise GeneratorExit"}),
    *calls(("crashed", "raised", "time-limit"), {  # where the process is the first of its namespace, it outlives these
        "killed": "import os; os.kill(os.getpid(), 9); raise ValueError",
        "terminated": "import os, signal; signal.signal(15, signal.SIG_DFL); os.kill(os.getpid(), 15); raise ValueError",
        "stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP); raise ValueError"}),
)  # fmt: skip

# ------------------------------------------------------------------ compiling

entry(
    "A107",
    *(defined(name, code, *told) for name, code, *told in (
        ("parentheses", "y = " + "(" * 10**5 + "1" + ")" * 10**5, "raised", "memory-limit"),
        ("signs", "y = " + "-" * 10**5 + "1", "raised", "memory-limit", "crashed"),
        ("sum", "y = 1" + "+1" * 10**5, "raised", "memory-limit", "crashed", "pass"),
        ("lambdas", "y = " + "lambda: " * 10**4 + "1", "raised", "memory-limit", "crashed"),
        ("dots", "def f(): return np" + ".a" * 10**5, "raised", "memory-limit", "crashed", "pass"),
        ("blocks", "\n".join(" " * i + "while 1:" for i in range(99)) + "\n" + " " * 99 + "pass", "raised"),
        ("digits", "y = " + "9" * 10**6, "raised", "time-limit"),
        ("folded", "y = ((1,) * 10**6) * 10**6 * 10**6", "memory-limit", "raised"),
        ("magics", "\n".join(f"%magic {i}" for i in range(50_000)), "raised", "time-limit"),
        ("blanks", "if 1:\n" + " " * 500_000 + "!ls\n" + " " * 400_000 + "? ?", "raised", "time-limit"),
    )),
    handin("5 MB of text", double="y = '" + "x" * 5 * 10**6 + "'\ndef double(x):\n    return 2 * x", right=True,
           verdicts={"double": ("missing", "raised")}),
    handin("100 MB of text", raw=lambda trap: b'{"cells": [{"cell_type": "code", "metadata": {}, "source": "' + b"x" * 10**8
           + b'"}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
           verdicts=dict.fromkeys(("double", "noise", "Tally", "apply_twice", "countdown", "mirror", "plot_line"), "malformed")),
    seconds=120,
)  # fmt: skip

# ------------------------------------------------------------------ the end

entry(
    "A109",
    *calls("pass", {
        "thread": "import threading, time; threading.Thread(target=time.sleep, args=(10**6,)).start()",
        "at exit": "import atexit, time; atexit.register(time.sleep, 10**6)",
        "finalizer": "import weakref, time\nclass C: pass\nc = C(); weakref.finalize(c, time.sleep, 10**6)\n"
        "sys.keep = [*getattr(sys, 'keep', []), c]",
        "deleted": "import time\nclass C:\n    def __del__(self): time.sleep(10**6)\nsys.keep = [*getattr(sys, 'keep', []), C()]",
        "deaf": "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)",
        "threads' end": "import threading, time; threading._register_atexit(time.sleep, 10**6)",
    }),
)  # fmt: skip

entry(
    "A110",
    *calls("pass", {
        "zombies": "import os\nfor _ in range(30):\n    try:\n        if os.fork() == 0: os._exit(0)\n    except OSError: break",
        "sleepers": "import subprocess\nfor _ in range(10):\n"
        "    try: subprocess.Popen(['sleep', '3600'], start_new_session=True)\n"
        "    except OSError: break",
        "daemons": "import os, time\ntry:\n    if os.fork() == 0:\n        os.setsid()\n"
        "        if os.fork() == 0: time.sleep(3600)\n"
        "        os._exit(0)\nexcept OSError: pass",
    }),
    quick=True,
    elsewhere=("tests/autograder/test_executors.py::test_a_judge_that_dies_or_hangs_or_raises_costs_only_its_own_submission",),
)  # fmt: skip
