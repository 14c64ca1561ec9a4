"""Section D: files, persistence, the host."""

# ruff: noqa: E501

from __future__ import annotations

from harness import entry, handin

entry("A071", handin(top="""
import sqlite3
def forge(path):
    with sqlite3.connect(path) as db:
        db.execute("update grade set manual_score = 99, auto_score = 99, needs_manual_grade = 0")
        db.execute("update student set last_name = 'forged'")
for path in (T.course + "/gradebook.db", "../gradebook.db"):
    if os.path.exists(path): tried(forge, path)
tried(write, T.course + "/.autograder/journal.jsonl", '{"entered": ["s0000", "arena", ""]}', "a")
tried(write, T.course + "/.autograder/secret", "0" * 32)
"""), needs=("proof", "book", "files", "judge"), quick=True)  # fmt: skip

entry("A072", handin(top="""
for folder in (T.home, T.course, T.scratch, T.course + "/submitted/victim/arena", T.course + "/solutions/assignments/arena", T.course + "/../checks",
               *(("/etc", "/usr/local", "/", "/opt", "/run", "/var/tmp", "/root", sys.prefix, os.path.dirname(np.__file__)) if T.confined else ())):
    tried(write, folder + "/" + T.name)          # whether it arrives outside is seen outside
for i in range(1, 12): tried(write, "../" * i + T.name)
for f in (os.remove, lambda p: os.rename(p, p + ".away"), lambda p: os.chmod(p, 0), lambda p: os.truncate(p, 0), lambda p: os.symlink("/", p + ".link")):
    for path in (T.home + "/.bashrc", T.course + "/submitted/victim/arena/arena.ipynb", T.course + "/nbgrader_config.py"): tried(f, path)
"""), needs=("files", "proof", "judge"), quick=True)  # fmt: skip

PERSIST = """
for folder in dict.fromkeys((T.home, os.environ.get("HOME", "."), os.path.expanduser("~"), ".")):
    for name in (".ipython/profile_default/startup/000.py", ".jupyter/jupyter_config.py", ".jupyter/jupyter_nbconvert_config.py",
                 ".local/share/jupyter/kernels/python3/kernel.json", ".config/matplotlib/matplotlibrc", ".bashrc", ".profile",
                 ".local/lib/python3.{}/site-packages/usercustomize.py".format(sys.version_info[1]), ".pdbrc", ".pythonrc",
                 ".local/lib/python3.{}/site-packages/evil.pth".format(sys.version_info[1]), "sitecustomize.py", "matplotlibrc"):
        tried(write, folder + "/" + name, "import builtins; builtins.attacked = 1\\n" + T.token)
"""
FINDS = """
import builtins
if hasattr(builtins, "attacked"): won("the code of another submission ran")
for folder in dict.fromkeys((os.environ.get("HOME", "."), ".", *(("/tmp", "/dev/shm") if T.confined else ()))):
    for path, _, files in os.walk(folder):
        for name in files:
            try: text = open(path + "/" + name, "rb").read(10**6)
            except OSError: continue
            if b"attacked " in text or b"builtins.attacked" in text: won("found " + path + "/" + name)
"""
entry("A073", handin("leaves", top=PERSIST), handin("finds", top=FINDS), needs=("files", "proof"), quick=True)
entry("A079", handin("leaves", top=PERSIST + """
for path in os.environ.get("JUPYTER_PATH", "").split(":") + [sys.prefix + "/share/jupyter", sys.prefix + "/etc/jupyter"]:
    if path and T.confined: tried(write, path + "/" + T.name)
"""), handin("finds", top=FINDS), needs=("files", "proof"))  # fmt: skip

entry("A074", handin("leaves", top=PERSIST + """
import site
places = [*sys.path, *site.getsitepackages()] if T.confined else []
for folder in places:
    for name in (T.name + ".pth", "usercustomize_" + T.name + ".py"):
        def put():
            write(folder + "/" + name, "import os")
            won("wrote " + folder + "/" + name)
        if folder not in ("", os.getcwd()): tried(put)  # its own folder is a submission's own
"""), handin("finds", top=FINDS), needs=("files", "proof"))  # fmt: skip


def shadows(folder, trap):
    """Modules that stand for installed ones, beside the notebook."""
    for name in (
        "numpy",
        "random",
        "otter",
        "autograder",
        "json",
        "matplotlib",
        "usercustomize",
        "sitecustomize",
        "encodings",
    ):
        (folder / f"{name}.py").write_text("array_equal = allclose = check = lambda *a, **k: True\n")
    (folder / "numpy").mkdir()
    (folder / "numpy" / "__init__.py").write_text("raise SystemExit")


entry("A076", handin("right", right=True, place=shadows, top="import random, json\nassert np.__version__ and random.random"),
      handin("own", top="for name in ('numpy', 'random', 'json', 'socket', 'arena'):\n    write(name + '.py', 'array_equal = lambda *a: True')\n"
             "sys.path.insert(0, os.getcwd())"), quick=True)  # fmt: skip

ENVIRONMENT = """
write("evil.py", "import builtins; builtins.attacked = 1")
write("sitecustomize.py", "import builtins; builtins.attacked = 1")
here = os.getcwd()
os.environ.update(PYTHONSTARTUP=here + "/evil.py", PYTHONPATH=here, LD_PRELOAD=here + "/evil.so", LD_LIBRARY_PATH=here, PYTHONHOME=here,
                  PYTHONINSPECT="1", PYTHONBREAKPOINT="os.abort", HOME=here, TMPDIR=here, PATH=here, MPLBACKEND="module://evil", MPLCONFIGDIR=here)
LIBC.setenv(b"LD_PRELOAD", b"evil.so", 1)
"""
entry("A077", handin("leaves", top=ENVIRONMENT, verdicts={"double": "wrong"}),
      handin("finds", top=FINDS + "if 'LD_PRELOAD' in os.environ or 'PYTHONSTARTUP' in os.environ: won('environment of another')"),
      handin("right", right=True))  # fmt: skip

SHARED = """
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/dev/mqueue", "/var/lock"):
    tried(write, folder + "/" + T.name)
libc = LIBC
one = libc.shmget(T.ipc, 4096, 0o1666)
if one >= 0: tried(won, "System V memory") if not T.confined else None
libc.msgget(T.ipc, 0o1666); libc.semget(T.ipc, 1, 0o1666)
from multiprocessing import shared_memory
tried(lambda: shared_memory.SharedMemory(T.name, create=True, size=4096))
libc.syscall(248, b"user", T.name.encode(), b"x", 1, -3)       # add_key, session keyring
libc.syscall(248, b"user", T.name.encode(), b"x", 1, -4)       # user keyring
def abstract():
    s = socket.socket(socket.AF_UNIX)
    s.bind("\\0" + T.name)
    s.listen()
    return s
kept = tried(abstract)
"""
FOUND = """
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/dev/mqueue"):
    for name in tried(os.listdir, folder) or []:
        if name.startswith("attacked-"): won("found " + folder + "/" + name)
if LIBC.shmget(T.ipc, 0, 0o666) >= 0 or LIBC.msgget(T.ipc, 0o666) >= 0 or LIBC.semget(T.ipc, 1, 0o666) >= 0: won("System V objects of another")
"""
entry("A080", handin("leaves", top=SHARED), handin("finds", top=FOUND), needs=("stray", "proof"))

entry("A082", handin(top="""
import subprocess
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 256)
            while True:
                try:
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"still here", ("127.0.0.1", T.udp))
                except OSError: pass
                time.sleep(0.2)
        os._exit(0)
tried(daemon)
tried(lambda: subprocess.Popen([sys.executable, "-Sc", "import time; time.sleep(300)"], start_new_session=True, env={}))
def hidden():
    if os.fork() == 0:
        LIBC.prctl(15, b"kworker/0:1", 0, 0, 0)
        os.setsid()
        os.execve(sys.executable, ["sleep", "-Sc", "import time; time.sleep(300)"], {})
tried(hidden)
"""), needs=("process", "network"), quick=True)  # fmt: skip

LAST = """
import atexit, signal, threading, weakref
class D:
    def __del__(self):
        time.sleep(100)
kept = D()
atexit.register(time.sleep, 100)
weakref.finalize(kept, time.sleep, 100)
threading._register_atexit(time.sleep, 100)
for sign in range(1, 65):
    try: signal.signal(sign, lambda *a: time.sleep(100))
    except (OSError, ValueError): pass
threading.Thread(target=time.sleep, args=(1000,)).start()
"""
entry(
    "A083", handin("wrong", top=LAST, verdicts={"double": "wrong"}), handin("right", top=LAST, right=True), seconds=20.0
)

entry("A085", handin(top="""
CLONE = {"user": 0x10000000, "mount": 0x20000, "net": 0x40000000, "pid": 0x20000000, "ipc": 0x8000000, "uts": 0x4000000, "cgroup": 0x2000000}
pid = os.fork() if not T.confined else 0
if pid: os.waitpid(pid, 0)
else:
    for name, flag in CLONE.items():
        if errno_of("unshare", flag) == 0: won("unshare " + name)
    for name, a in (("mount", (b"none", b"/", b"tmpfs", 0, None)), ("keyctl", (0, -3, 1)), ("bpf", (0, None, 0)), ("userfaultfd", (0,)),
                    ("perf_event_open", (None, 0, -1, -1, 0)), ("io_uring_setup", (1, None)), ("pidfd_getfd", (-1, 0, 0))):
        syscall(name, *a)
    if not T.confined: os._exit(0)
for line in open("/proc/self/status") if os.path.exists("/proc/self/status") else []:
    if line.startswith(("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")) and int(line.split()[1], 16): won(line.strip())
    if line.startswith("NoNewPrivs") and line.split()[1] != "1": won(line.strip())
"""), needs=("proof",), quick=True)  # fmt: skip

entry("A086", handin(top="""
import subprocess
for path in ("/bin/su", "/usr/bin/sudo", "/usr/bin/passwd", "/bin/ping", "/usr/bin/chsh", "/bin/mount", "/usr/bin/newgrp"):
    try:
        if os.stat(path).st_mode & 0o6000 and os.access(path, os.X_OK):
            ran = subprocess.run([path, "--help"], capture_output=True, timeout=2, stdin=subprocess.DEVNULL)
            won("ran " + path)
    except Exception: pass
def own():
    write("shell", "#!/bin/sh\\n")
    os.chmod("shell", 0o6755)
    if os.getuid() == 0: won("a set-uid file of root's")
tried(own)
for f, a in ((os.setuid, 0), (os.setgid, 0), (os.seteuid, 0), (os.setgroups, [0])):
    def become():
        f(a)
        won(f"{f.__name__}({a})")
    tried(become)
"""), needs=("proof",))  # fmt: skip

entry("A087", handin(top="""
import struct
def connect(family, kind, address, data=None):
    s = socket.socket(family, kind)
    s.settimeout(1)
    s.connect(address)
    s.send(data or T.token.encode())
    won("reached " + str(address))
query = struct.pack(">6H", 7, 256, 1, 0, 0, 0) + bytes([len(T.token)]) + T.token.encode() + b"\\7invalid\\0" + struct.pack(">2H", 1, 1)
for family, kind, address, data in (
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", T.tcp), b"GET / HTTP/1.0\\r\\n\\r\\n"), (socket.AF_INET6, socket.SOCK_STREAM, ("::1", T.tcp6), None),
    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", T.udp), query), (socket.AF_UNIX, socket.SOCK_STREAM, T.unix, None),
    (socket.AF_UNIX, socket.SOCK_STREAM, "\\0" + T.abstract, None),
):
    tried(connect, family, kind, address, data)
def route(family, address):                     # connecting a UDP socket sends nothing; it succeeds where there is a way out
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.connect((address, 9))
    won("a route to " + address)
for address in ("192.0.2.1", "169.254.169.254", "10.0.0.1"): tried(route, socket.AF_INET, address)
tried(route, socket.AF_INET6, "2001:db8::1")
for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, 1), (17, socket.SOCK_RAW, 768), (16, socket.SOCK_RAW, 0), (40, socket.SOCK_STREAM, 0),
                               (38, socket.SOCK_SEQPACKET, 0), (29, socket.SOCK_RAW, 1), (31, socket.SOCK_RAW, 0), (30, socket.SOCK_DGRAM, 0)):
    def raw():
        socket.socket(family, kind, protocol)
        won(f"a socket of family {family}")
    tried(raw)
import urllib.request
tried(lambda: urllib.request.urlopen(f"http://127.0.0.1:{T.tcp}/", timeout=1))
"""), needs=("network", "proof"), quick=True)  # fmt: skip

entry("A088", handin(top="""
import importlib
for module in ("distributed", "dask", "dask.distributed"):
    try: found = importlib.import_module(module)
    except BaseException: continue
    for name in ("get_worker", "get_client"):
        try: getattr(found, name)(); won(name)
        except BaseException: pass
for name in os.environ:
    if name.startswith("DASK"): won(name)
for module in ("distributed", "autograder.grading", "autograder.grading.cluster", "multiprocessing.connection", "multiprocessing.spawn"):
    if module in sys.modules and module.startswith(("dist", "auto")): won(module + " is loaded")
for n in range(3, 256):
    try: s = socket.socket(fileno=os.dup(n))
    except OSError: continue
    if s.family in (socket.AF_INET, socket.AF_INET6): won("a network socket was inherited")
"""))  # fmt: skip

entry("A089", handin(top="""
for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", T.unix, "/run/dbus/system_bus_socket",
             "/var/run/secrets/kubernetes.io/serviceaccount/token", "/run/systemd/private", "/var/run/postgresql/.s.PGSQL.5432"):
    if not T.confined and path != T.unix: continue
    if os.path.exists(path): won("saw " + path)
    def reach():
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        won("reached " + path)
    tried(reach)
"""), needs=("network", "proof"))  # fmt: skip

WAITS = {
    "input": "input()", "getpass": "__import__('getpass').getpass()", "breakpoint": "breakpoint()", "pdb": "__import__('pdb').set_trace()",
    "stdin": "sys.stdin.read() or 1 / 0", "fd 0": "os.read(0, 100) or 1 / 0", "code": "__import__('code').interact()",
}  # fmt: skip
entry("A091", *[
    handin(name, double=f"import os, sys\ndef double(x):\n    {code}\n    return 0 * x",
           verdicts={"double": ("raised", "wrong", "crashed")})
    for name, code in WAITS.items()
], seconds=15.0)  # fmt: skip
