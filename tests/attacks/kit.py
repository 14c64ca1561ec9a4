"""What every attack has at hand: where the canaries are, how to try something, and how to tell that it was won.

`Trap` is what the harness has laid out for one run. Its `kit()` is Python text, the first cell of an attacking notebook:

    T              the trap's addresses: T.home, T.course, T.tcp, T.canary, T.confined, …
    won(what)      something that must not be possible was possible: told by file, by packet, and by the next answer
    leak(data)     won, if there is a marker of the harness in the text or bytes
    attempt(f, *a) calls f; what it raises is swallowed; a value other than None is won
    told()         raises what has been won (the first line of every wrong answer)
    syscall(name, *a)  a raw system call; won where the kernel let it through (any errno but EPERM, EACCES, ENOSYS)

An attack that could hurt the machine of the tests (signals to everybody, system folders) looks at ``T.confined`` first; what is
done without confinement touches only what the harness has made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

__all__ = ["KIT", "Trap"]


@dataclass(frozen=True)
class Trap:
    """Addresses of one run.

    Attributes:
        token: in the name of everything that an attack makes.
        home: HOME of the grader. course: the course folder. scratch: the grader's TMPDIR. proofs: a folder nobody needs.
        tcp, tcp6, udp: ports of 127.0.0.1 and ::1 that must stay silent. unix: path of a socket, abstract: name of one.
        canary: pid of an innocent process. ipc: key of System V objects.
        confined: whether the run claims to be confined.
    """

    token: str
    home: str
    course: str
    scratch: str
    proofs: str
    tcp: int
    tcp6: int
    udp: int
    unix: str
    abstract: str
    canary: int
    ipc: int
    confined: bool

    def kit(self) -> str:
        """The first cell of an attacking notebook."""
        return KIT.replace("@T@", repr(asdict(self)))


KIT = r'''
import ctypes, os, platform, re, socket, sys, time, types
T = types.SimpleNamespace(**@T@)
T.name = "attacked-" + T.token
PROOF = "PRO" + "OF-" + T.token
WON, FINISHED = [], []

def won(what):
    text = (PROOF + " " + str(what))[:200]
    WON.append(text)
    try:
        with open(T.proofs + "/" + T.name, "a") as file:
            file.write(text + "\n")
    except BaseException:
        pass
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(text.encode(), ("127.0.0.1", T.udp))
    except BaseException:
        pass

def told(keep=WON, finished=FINISHED):
    if keep:
        raise RuntimeError(" ".join(keep[:3]))
    if not finished:
        raise RuntimeError("the attack did not run to its end")

def leak(data):
    data = data.encode(errors="replace") if isinstance(data, str) else bytes(data)
    for found in sorted(set(re.findall(rb"MARK-[A-Z]+-[0-9a-f]+|[0-9a-f]+-[A-Z]+-KRAM", data))):
        won(found.decode())

def attempt(f, *a, **k):
    try:
        value = f(*a, **k)
    except Exception:
        return None
    if value is not None:
        won(getattr(f, "__name__", f))
    return value

def read(path):
    with open(path, "rb") as file:
        leak(file.read(20_000_000))

def write(path, text="", mode="w"):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, mode) as file:
        file.write(text or "attacked " + T.token)

def tried(f, *a, **k):
    """Like attempt, but only what `won` or `leak` say counts."""
    try:
        return f(*a, **k)
    except Exception:
        return None

LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = dict(zip(
    "ptrace process_vm_readv process_vm_writev mount umount2 pivot_root chroot unshare setns bpf perf_event_open keyctl add_key "
    "request_key userfaultfd kexec_load init_module finit_module reboot swapon io_uring_setup kcmp personality "
    "open_by_handle_at name_to_handle_at pidfd_getfd pidfd_open clone3 memfd_create quotactl acct settimeofday sethostname "
    "fsopen open_tree move_mount iopl syslog fanotify_init lookup_dcookie move_pages mbind set_mempolicy vmsplice".split(),
    (101, 310, 311, 165, 166, 155, 161, 272, 308, 321, 298, 250, 248, 249, 323, 246, 175, 313, 169, 167, 425, 312, 135, 304, 303,
     438, 434, 435, 319, 179, 163, 164, 170, 430, 428, 429, 172, 103, 300, 212, 279, 237, 238, 278)))

def errno_of(name, *a):
    """errno of a raw system call, 0 where it succeeded, None on another architecture."""
    if platform.machine() != "x86_64":
        return None
    ctypes.set_errno(0)
    LIBC.syscall.restype = ctypes.c_long
    result = LIBC.syscall(ctypes.c_long(NUMBERS[name]), *[ctypes.c_long(x) if isinstance(x, int) else x for x in a])
    return ctypes.get_errno() if result < 0 else 0

def syscall(name, *a):
    if errno_of(name, *a) not in (None, 1, 13, 38):
        won("syscall " + name)
'''
