"""The layers that confine a student's code: what each refuses, which are tried, and how they are named."""

from __future__ import annotations

import errno
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from toy import failure_of, session_of

from autograder.sandbox import jail, seccomp, starting
from autograder.sandbox.jail import LAYERS, confined, name_of

ALL = starting.best() if sys.platform == "linux" else ()
NAMESPACES = pytest.mark.skipif("namespaces" not in ALL, reason="this machine allows no namespaces")
FULL = pytest.mark.skipif(not confined(ALL), reason="this machine cannot confine: autograder doctor says why")

# ------------------------------------------------------------------ names and levels


def test_the_name_lists_the_layers_in_their_order_and_limits_alone_are_a_plain_process():
    assert name_of(["rlimits", "seccomp", "namespaces"]) == "namespaces+seccomp+rlimits"
    assert name_of([]) == name_of(["rlimits"]) == "process"


@pytest.mark.parametrize(
    ("layers", "user", "enough"),
    [
        (LAYERS, 0, True),
        (("landlock", "seccomp", "rlimits"), 1000, True),
        (("namespaces", "seccomp", "rlimits"), 1000, True),
        (("landlock", "seccomp", "rlimits"), 0, False),
        (("uid", "seccomp", "rlimits"), 0, False),
        (("namespaces", "uid", "landlock", "rlimits"), 0, False),
        (("namespaces", "uid", "landlock", "seccomp"), 0, False),
        ((), 1000, False),
    ],
)
def test_confined_means_no_files_no_calls_limits_and_never_root(monkeypatch, layers, user, enough):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert confined(layers) is enough


def test_a_layer_that_fails_when_tried_is_left_out_and_the_reason_kept(tmp_path):
    made = jail.Jail(["landlock", "seccomp", "rlimits"], str(tmp_path), {})

    def impossible() -> None:
        raise OSError(errno.ENOSYS, "no such thing here")

    made.trial("landlock", impossible)
    made.trial("seccomp", lambda: None)
    made.trial("rlimits", lambda: os._exit(3))
    assert made.layers == ["seccomp"]
    assert "no such thing here" in made.refused["landlock"] and "was ended" in made.refused["rlimits"]


# ------------------------------------------------------------------ what is refused

TRIES = """
import ctypes, os, socket
def outside(): return os.listdir("/proc")
def write_outside(): open("/usr/lib/x", "w")
def network(): return socket.socket()
def fork(): return os.fork() or os._exit(0)
def user(): return os.getuid()
def big(): return len(bytearray(10**9))
def raw(number):
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(number, 0, 0, 0, 0, 0, 0), ctypes.get_errno()
"""
NAMES = ["outside", "write_outside", "network", "fork", "user", "big"]
REFUSES = {  # layer -> what it refuses when it stands alone
    (): {"write_outside"} if os.geteuid() else set(),
    ("namespaces",): {"outside", "write_outside"},
    ("landlock",): {"outside", "write_outside"},
    ("seccomp",): {"network", "fork"} | ({"write_outside"} if os.geteuid() else set()),
    ("rlimits",): {"big"} | ({"write_outside"} if os.geteuid() else set()),
}


@pytest.mark.parametrize("layers", REFUSES, ids=lambda layers: "+".join(layers) or "none")
def test_each_layer_alone_refuses_its_own_things_and_no_others(layers):
    if not set(layers) <= set(ALL):
        pytest.skip("this machine does not have the layer")
    refused = set()
    with session_of(TRIES, layers=layers, memory=600 * 2**20) as session:
        for name, handle in zip(NAMES, session.objects("it", NAMES), strict=True):
            try:
                handle()
            except Exception:
                refused.add(name)
    Path("/usr/lib/x").unlink(missing_ok=True)
    assert refused == REFUSES[layers]


@FULL
def test_together_they_refuse_all_of_it_and_name_limits_as_such():
    with session_of(TRIES, memory=600 * 2**20) as session:
        verdicts = {
            n: failure_of(h).verdict for n, h in zip(NAMES, session.objects("it", NAMES), strict=True) if n != "user"
        }
        assert session.layers == ALL
    assert verdicts == {"outside": "raised", "write_outside": "raised", "network": "raised", "fork": "process-limit",
                        "big": "memory-limit"}  # fmt: skip


@pytest.mark.skipif(os.geteuid() != 0 or "uid" not in ALL, reason="only root has users to choose from")
def test_each_warm_process_has_a_user_of_its_own_that_owns_nothing():
    with session_of(TRIES) as one, session_of(TRIES) as other:
        users = [session.objects("it", ["user"])[0]() for session in (one, other)]
    assert users[0] != users[1]
    assert all(user >= jail.FIRST_UID for user in users)


@FULL
@pytest.mark.parametrize("layers", [LAYERS, ("landlock", "seccomp", "rlimits")], ids=["all", "light"])
def test_output_may_be_thrown_away_as_people_do(layers):
    source = "import os, contextlib\ndef quiet():\n    with open(os.devnull, 'w') as f, contextlib.redirect_stdout(f): print(1)"
    with session_of(source, layers=layers) as session:
        assert session.objects("it", ["quiet"])[0]() is None


@NAMESPACES
def test_the_process_sees_libraries_a_few_devices_and_an_empty_folder():
    source = "import os\ndef see(path): return sorted(os.listdir(path))"
    with session_of(source) as session:
        (see,) = session.objects("it", ["see"])
        assert see(".") == see("/submission") == []
        assert see("/dev") == sorted(["full", "null", "random", "urandom", "zero"])
        assert not {"home", "proc", "sys", "var", "run"} & set(see("/"))
        course = Path(__file__).parents[2]
        try:
            shown = see(str(course))
        except Exception:
            shown = []
    assert set(shown) <= {".venv"}, "only the environment, where it lies in the course's folder"


INSTALLED = """
import sys
from autograder.sandbox.remote import Session
from autograder.sandbox.provided import sources
from autograder.intake.notebook import Cell
source = "import os\\ndef see(path): return sorted(os.listdir(path))"
layers = sys.argv[1].split("+")
with Session([Cell("solution", "code", source), Cell("check", "it", "")], sources(()), layers=layers) as session:
    (see,) = session.objects("it", ["see"])
    for place in sys.argv[2:]:
        try:
            print(",".join(see(place)))
        except Exception as error:
            print(type(error).__name__)
"""


@FULL
@pytest.mark.parametrize("layers", ["+".join(LAYERS), "landlock+seccomp+rlimits"])
def test_the_project_s_own_packages_are_hidden_where_they_are_installed_among_the_libraries(tmp_path, layers):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    site = next((tmp_path / "env" / "lib").glob("python*")) / "site-packages"
    root = Path(__file__).parents[2]
    libraries = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "own.pth").write_text(f"{root}\n{root}/solutions\n{libraries}\n")
    for name in ("gradus", "autograder", "other"):
        (site / name).mkdir()
        (site / name / "secret.py").write_text("answer = 42")
    ran = subprocess.run([tmp_path / "env" / "bin" / "python", "-c", INSTALLED, layers, *(site / n for n in
                          ("gradus", "autograder", "other"))], capture_output=True, text=True, check=False)  # fmt: skip
    nothing = "" if layers.startswith("namespaces") else "StudentFailure"
    assert ran.stdout.split("\n")[:3] == [nothing, nothing, "secret.py"], ran.stderr


@NAMESPACES
@pytest.mark.skipif(os.geteuid() != 0 or not Path("/usr/bin/python3").exists(), reason="needs another user's Python")
def test_an_ordinary_user_gets_namespaces_too(tmp_path_factory):
    """Run by the user nobody, with an interpreter that this user can read."""
    folder = Path("/var/tmp") / tmp_path_factory.mktemp("nobody").name
    made = subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", folder], capture_output=True, check=False)
    version = subprocess.run(["/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True,
                             text=True, check=True).stdout.strip()  # fmt: skip
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    root = Path(__file__).parents[2]
    try:
        if made.returncode or version != here or not readable_by_all(root):
            pytest.skip("no interpreter of this version that another user can read")
        libraries = next(p for p in sys.path if p.endswith("site-packages"))
        (folder / "lib" / f"python{version}" / "site-packages" / "own.pth").write_text(
            f"{root}\n{root}/solutions\n{libraries}\n"
        )
        told = ("from autograder.sandbox.starting import best; from autograder.sandbox.jail import confined; "
                "print(*best(), confined(best()))")  # fmt: skip
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", folder / "bin" / "python", "-c", told]
        ran = subprocess.run(nobody, capture_output=True, text=True, cwd="/", env={"HOME": "/var/tmp"}, check=False)
        assert ran.stdout.split()[-1:] == ["True"], ran.stderr
        assert {"namespaces", "uid", "seccomp", "rlimits"} <= set(ran.stdout.split())
    finally:
        subprocess.run(["rm", "-rf", folder], check=True)


def readable_by_all(folder: Path) -> bool:
    return all(p.stat().st_mode & 0o005 == 0o005 for p in (folder, *folder.parents))


# ------------------------------------------------------------------ the filter, carried out here


def carry_out(program: bytes, machine: str, number: int, arguments: tuple[int, ...] = (0,) * 6) -> int:
    """What a filter says to a system call: an interpreter of the instructions that the kernel would run."""
    data = struct.pack("<IIQ6Q", number, seccomp.AUDIT_ARCH[machine], 0, *arguments)
    code = [struct.unpack("HBBI", program[i : i + 8]) for i in range(0, len(program), 8)]
    place, word = 0, 0
    while True:
        operation, yes, no, k = code[place]
        place += 1
        if operation == seccomp.LD:
            word = struct.unpack_from("<I", data, k)[0]
        elif operation == seccomp.RET:
            return k
        else:
            holds = {seccomp.JEQ: word == k, seccomp.JSET: bool(word & k), seccomp.JGE: word >= k}[operation]
            place += yes if holds else no


def refused(number: int) -> int:
    return seccomp.ERRNO | number


@pytest.mark.parametrize("machine", seccomp.AUDIT_ARCH)
def test_the_filter_allows_what_the_table_names_and_refuses_every_other_call(machine):
    program = seccomp.program(machine, 77)
    column = list(seccomp.AUDIT_ARCH).index(machine)
    plain = {numbers[column] for numbers in seccomp.TABLE.values()} - {None}
    special = {
        n[column] for n in (seccomp.CLONE, seccomp.FORK, seccomp.VFORK, seccomp.CLONE3, seccomp.KILL, seccomp.TGKILL)
    }
    special |= {numbers[column] for numbers, _, _ in seccomp.ASKED.values()}
    for number in range(600):
        if number not in special:
            expected = seccomp.ALLOW if number in plain else refused(errno.EPERM)
            assert carry_out(program, machine, number, (99,) * 6) == expected, number
    assert carry_out(program, machine, 0x40000000) == refused(errno.EPERM)


@pytest.mark.parametrize("machine", seccomp.AUDIT_ARCH)
def test_the_filter_looks_at_both_halves_of_an_argument(machine):
    program = seccomp.program(machine, 77)
    column = list(seccomp.AUDIT_ARCH).index(machine)
    for numbers, place, allowed in (*seccomp.ASKED.values(), (seccomp.KILL, 0, (77,)), (seccomp.TGKILL, 0, (77,))):
        for value in allowed:
            arguments = [0xDEAD] * 6
            arguments[place] = value
            assert carry_out(program, machine, numbers[column], tuple(arguments)) == seccomp.ALLOW
            for wrong in (value + 2**32, 2**31 - 1, 0xFFFFFFFFFFFFFFFF):
                arguments[place] = wrong
                assert carry_out(program, machine, numbers[column], tuple(arguments)) == refused(errno.EPERM)


@pytest.mark.parametrize("machine", seccomp.AUDIT_ARCH)
def test_threads_may_be_made_and_processes_not(machine):
    program = seccomp.program(machine, 77)
    column = list(seccomp.AUDIT_ARCH).index(machine)
    of_pthread_create = 0x3D0F00
    assert carry_out(program, machine, seccomp.CLONE[column], (of_pthread_create, 0, 0, 0, 0, 0)) == seccomp.ALLOW
    for flags in (17, 0x4111, 0x10000000 | 17):  # fork, vfork, a user namespace
        assert carry_out(program, machine, seccomp.CLONE[column], (flags, 0, 0, 0, 0, 0)) == refused(errno.EAGAIN)
    assert carry_out(program, machine, seccomp.CLONE3[column]) == refused(errno.ENOSYS)


def test_another_architecture_s_calls_end_the_process():
    assert carry_out(seccomp.program("x86_64", 1), "aarch64", 0) == seccomp.KILL_PROCESS


HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), r"#define __NR_(\w+) (\d+)"),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"), r"#define __NR(?:3264)?_(\w+) (\d+)"),
}


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_of_the_calls_are_the_kernel_s(machine):
    path, pattern = HEADERS[machine]
    if not path.exists():
        pytest.skip("the kernel's headers are not installed")
    known = {name: int(number) for name, number in re.findall(pattern, path.read_text())}
    known |= {"newfstatat": known.get("fstatat", known.get("newfstatat", 0))}
    column = list(seccomp.AUDIT_ARCH).index(machine)
    table = {**seccomp.TABLE, **{name: numbers for name, (numbers, _, _) in seccomp.ASKED.items()}, "clone": seccomp.CLONE,
             "clone3": seccomp.CLONE3, "kill": seccomp.KILL, "tgkill": seccomp.TGKILL}  # fmt: skip
    for name, numbers in table.items():
        assert numbers[column] == known.get(name), name
