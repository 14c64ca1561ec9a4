"""Attacks that are not on the list, at the gates of the kernel: whatever it lets through is won."""

# ruff: noqa: E501

from __future__ import annotations

from typing import Any

from harness import Entry, entry, handin


def calls(number: str, title: str, code: str, **more: Any) -> Entry:
    """System calls: whatever the kernel lets through is won."""
    return entry(number, handin(top=code), title=title, **more)


calls(
    "X001",
    "memfd_create: an unlinked program of one's own, executed",
    """
fd = errno_of("memfd_create", b"x", 0)
def own():
    n = os.memfd_create("x")
    os.write(n, open(sys.executable, "rb").read(4096))
    os.execve(f"/proc/self/fd/{n}", ["x"], {})
if T.confined: tried(own)
""",
)
calls("X002", "userfaultfd, to stop a copy in the kernel half-way", 'syscall("userfaultfd", 0o2004000)', needs="proof")
calls(
    "X003",
    "io_uring, which opens and connects past a filter of system calls",
    """
buffer = ctypes.create_string_buffer(120)
syscall("io_uring_setup", 4, buffer)
""",
    needs="proof",
)
calls(
    "X004",
    "a namespace of users, and with it all capabilities",
    """
pid = os.fork() if not T.confined else 0
if pid: os.waitpid(pid, 0)
else:
    for flags in (0x10000000, 0x10000000 | 0x20000, 0x10000000 | 0x40000000):
        if errno_of("unshare", flags) == 0: won(f"unshare {flags:#x}")
    if not T.confined: os._exit(0)
clone = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
result = LIBC.syscall(435, clone, ctypes.c_size_t(88)) if T.confined else -1   # clone3
if result == 0: os._exit(0)
if result > 0: won("clone3 with CLONE_NEWUSER")
""",
    needs="proof",
)
calls(
    "X005",
    "mounting: mount, umount, pivot_root, the new calls, bind over the libraries",
    """
for name, a in (("mount", (b"/", os.getcwd().encode(), None, 4096, None)), ("mount", (b"proc", b"/proc", b"proc", 0, None)),
                ("mount", (None, b"/", None, 32, None)), ("umount2", (b"/proc", 2)), ("pivot_root", (b".", b".")), ("chroot", (b".",)),
                ("fsopen", (b"tmpfs", 0)), ("open_tree", (-100, b"/", 1)), ("move_mount", (-1, b"", -1, b"", 0))):
    if T.confined: syscall(name, *a)
""",
)
calls(
    "X006",
    "out of a chroot: mkdir, chroot, climb",
    """
def climb():
    os.mkdir("jail")
    os.chroot("jail")
    for _ in range(64): os.chdir("..")
    os.chroot(".")
    won("chroot")
    leak("".join(os.listdir("/")))
    read(T.home + "/.bashrc")
if T.confined: tried(climb)
for fd in range(3, 256):
    def through():
        os.fchdir(fd)
        won(f"descriptor {fd} is a folder")
    tried(through)
""",
)
calls(
    "X007",
    "the namespaces of others: setns by /proc and by pidfd",
    """
for pid in {1, os.getppid(), T.canary} - {0, os.getpid()}:
    for kind in ("mnt", "net", "pid", "user", "ipc"):
        def enter():
            fd = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
            if errno_of("setns", fd, 0) == 0: won("setns " + kind)
        if T.confined: tried(enter)
    fd = errno_of("pidfd_open", pid, 0) if pid == T.canary else None
    if fd == 0: won("pidfd_open of the canary")
""",
    needs="proof",
)
calls(
    "X008",
    "kcmp, process_vm, pidfd_getfd on the parent",
    """
for pid in (os.getppid(), T.canary):
    if pid and errno_of("kcmp", os.getpid(), pid, 0, 0, 0) == 0: won("kcmp")
fd = LIBC.syscall(434, T.canary, 0)
if fd >= 0:
    for n in range(3):
        if LIBC.syscall(438, fd, n, 0) >= 0: won("took a descriptor of the canary")
""",
    needs="proof",
)
calls(
    "X009",
    "kernel modules, kexec, reboot, swap, the clock, the host's name",
    """
for name, a in (("kexec_load", (0, 0, None, 0)), ("init_module", (None, 0, b"")), ("finit_module", (-1, b"", 0)), ("reboot", (1, 2, 3)),
                ("swapon", (b"/nowhere", 0)), ("settimeofday", (None, None)), ("sethostname", (None, 0)), ("acct", (b"/nowhere",)),
                ("quotactl", (0x80000100, None, 0, None)), ("iopl", (0,)), ("syslog", (10, None, 0))):
    if T.confined: syscall(name, *a)
""",
)
calls(
    "X010",
    "eBPF and performance events",
    """
attr = ctypes.create_string_buffer(128)
syscall("bpf", 0, attr, 128)
ctypes.memset(attr, 0, 128)
syscall("perf_event_open", attr, 0, -1, -1, 0)
""",
    needs="proof",
)
calls(
    "X011",
    "keyrings: leave a key for the next, read what others left",
    """
for ring in (-1, -2, -3, -4, -5):
    if LIBC.syscall(248, b"user", T.name.encode(), b"secret", 6, ring) > 0: won(f"add_key to {ring}")
syscall("keyctl", 0, -3, 1)
syscall("request_key", b"user", T.name.encode(), None, 0)
""",
    needs=("proof", "stray"),
)
calls(
    "X012",
    "file handles, which go round every path",
    """
buffer = (ctypes.c_uint32 * 34)(128)
mount = ctypes.c_int()
syscall("open_by_handle_at", -100, buffer, 0)
""",
    needs="proof",
)
calls(
    "X013",
    "a debugger's calls: ptrace to oneself, to the parent; personality without randomisation",
    """
if T.confined and errno_of("ptrace", 0, 0, 0, 0) == 0: won("PTRACE_TRACEME")
if errno_of("ptrace", 0x4206, os.getppid() or 1, 0, 0) == 0: won("seized the parent")
if errno_of("personality", 0x0040000) == 0: won("personality")
""",
    needs="proof",
)
calls(
    "X014",
    "prctl: dumpable again, another parent's death signal, a subreaper, seccomp undone",
    """
if T.confined:
    LIBC.prctl(4, 1, 0, 0, 0)           # dumpable: no harm where nobody of the same user is there to look
    LIBC.prctl(1, 0, 0, 0, 0)           # no death with the parent: the judge must end it by itself
    LIBC.prctl(36, 1, 0, 0, 0)
    if LIBC.prctl(24, 21, 0, 0, 0) == 0 and LIBC.prctl(23, 21, 0, 0, 0) == 1: won("CAP_SYS_ADMIN is in the bounding set")
    if LIBC.prctl(47, 2, 21, 0, 0) == 0: won("an ambient capability")
    if LIBC.prctl(38, 0, 0, 0, 0) == 0: won("no_new_privs undone")
""",
)
calls(
    "X015",
    "netlink, vsock, packet and other odd sockets; inherited ones",
    """
for family in (*range(3, 46),):
    for kind in (1, 2, 3, 5):
        try: s = socket.socket(family, kind)
        except OSError: continue
        won(f"socket of family {family}, kind {kind}")
        s.close()
""",
    needs="proof",
)
calls(
    "X016",
    "kernel settings: core_pattern, sysrq, cgroup's release_agent, uevent_helper",
    """
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger", "/sys/fs/cgroup/release_agent",
             "/sys/kernel/uevent_helper", "/proc/sys/kernel/hostname", "/proc/self/oom_score_adj", "/proc/self/uid_map", "/dev/mem", "/dev/kmsg"):
    def touch():
        os.close(os.open(path, os.O_WRONLY))
        if path != "/proc/self/oom_score_adj": won("opened " + path)
    if T.confined: tried(touch)
def own():
    os.mkdir("/sys/fs/cgroup/" + T.name)
    won("made a cgroup")
if T.confined: tried(own)
""",
)
calls(
    "X017",
    "device nodes, hard links to others' files, file capabilities",
    """
import stat
for f, a in ((os.mknod, ("disk", 0o666 | stat.S_IFBLK, os.makedev(8, 0))), (os.mknod, ("mem", 0o666 | stat.S_IFCHR, os.makedev(1, 1))),
             (os.link, (T.home + "/.bashrc", "linked")), (os.setxattr, ("made", "security.capability", b"x" * 20)), (os.chown, ("made", 0, 0))):
    def make():
        open("made", "w").close()
        f(*a)
        if os.getuid() == 0 or f in (os.link,): won(f.__name__)
    tried(make)
""",
    needs="proof",
)
