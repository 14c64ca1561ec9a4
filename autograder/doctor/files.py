"""Attacks on files: what lies on the machine, what can be written, how much."""

# ruff: noqa: PTH108, PTH112, PTH113, PTH116, PTH123, PTH208

from __future__ import annotations

import ctypes
import os
import stat
import tempfile

from autograder.doctor.system import LIBC, apart, checked, reads, system_call

SHARED = ("/tmp", "/var/tmp", "/dev/shm")
MEGABYTE = 2**20


def course_folder(told: dict) -> bool:
    """Read a file of the course folder."""
    return reads_any(told["course"])


def gradebook(told: dict) -> bool:
    """Read the gradebook."""
    return reads(told["planted"] + "/gradebook.db")


def write_marks(told: dict) -> bool:
    """Write into the gradebook."""
    with open(told["planted"] + "/gradebook.db", "ab") as file:
        return file.write(b"x") == 1


def course_secret(told: dict) -> bool:
    """Read the secret that hidden inputs hang on."""
    return reads(told["planted"] + "/.autograder/secret")


def classmate(told: dict) -> bool:
    """Read another student's submission."""
    return reads(told["planted"] + "/submitted/bob/it/it.ipynb")


def home(told: dict) -> bool:
    """Read a file in the home of whoever grades."""
    return reads_any(told["home"])


def reads_any(folder: str) -> bool:
    """Whether any file of a folder can be read; that the folder is there may be no secret (Python may lie below it)."""
    return any(os.path.isfile(f"{folder}/{name}") and reads(f"{folder}/{name}") for name in os.listdir(folder))


def passwords(told: dict) -> bool:
    """Read /etc/shadow."""
    return reads("/etc/shadow")


def checks(told: dict) -> bool:
    """Read the source of the judge."""
    return reads(told["judging"])


def reference(told: dict) -> bool:
    """Read the source of the reference, gradus."""
    return reads(told["reference"])


def environments(told: dict) -> bool:
    """Find a secret in the environment of another process, in /proc."""
    for name in os.listdir("/proc"):
        try:
            if name.isdecimal() and int(name) != os.getpid():
                with open(f"/proc/{name}/environ", "rb") as file:
                    if told["marker"].encode() in file.read():
                        return True
        except OSError:
            continue
    return False


def command_lines(told: dict) -> bool:
    """Read the judge's command line in /proc."""
    return reads(f"/proc/{told['judge']}/cmdline")


def devices(told: dict) -> bool:
    """Read a disk, or the memory of the machine."""
    for name in os.listdir("/dev"):
        path = f"/dev/{name}"
        try:
            if name in ("mem", "kmsg", "port") or stat.S_ISBLK(os.stat(path).st_mode):
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
                return True
        except OSError:
            continue
    return False


def outside(told: dict) -> bool:
    """Write into a folder that everybody may write in."""
    return leaves(told["planted"] + "/open", told)


def system_folders(told: dict) -> bool:
    """Write into /, /etc, /usr or /var."""
    return any(leaves(folder, told) for folder in ("/", "/etc", "/usr", "/var"))


def libraries(told: dict) -> bool:
    """Write into the folder that Python imports from."""
    return leaves(told["libraries"], told)


def leaves(folder: str, told: dict) -> bool:
    """Whether a file can be made in a folder; it is removed at once."""
    path = f"{folder}/{told['marker']}.tmp"
    try:
        with open(path, "w") as file:
            file.write("x")
        os.unlink(path)
    except OSError:
        return False
    return True


def hard_link(told: dict) -> bool:
    """Make a hard link on the gradebook."""
    os.link(told["planted"] + "/gradebook.db", "link")
    os.unlink("link")
    return True


def change_root(told: dict) -> bool:
    """Change the root folder, the first step out of one."""
    return apart(lambda: os.chroot("/") is None)


def device_file(told: dict) -> bool:
    """Make a device file for the first disk."""
    os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(8, 0))
    os.unlink("disk")
    return True


def by_handle(told: dict) -> bool:
    """Open a file by its number, around all folders."""
    handle, mount = ctypes.create_string_buffer((128).to_bytes(4, "little"), 136), ctypes.c_int()
    system_call("name_to_handle_at", -100, b"/", handle, ctypes.byref(mount), 0)
    root = os.open("/", os.O_RDONLY)
    try:
        os.close(system_call("open_by_handle_at", root, handle, os.O_RDONLY))
    finally:
        os.close(root)
    return True


def mount(told: dict) -> bool:
    """Mount a file system."""

    def attack() -> bool:
        place = told["planted"] + "/open"
        place = place if os.path.isdir(place) else tempfile.mkdtemp(dir=".")
        checked(LIBC.mount(b"none", place.encode(), b"tmpfs", 0, None))
        checked(LIBC.umount2(place.encode(), 2))
        return True

    return apart(attack)


def disk(told: dict) -> bool:
    """Fill the disk: half a gigabyte in many files."""
    room = os.statvfs(".")
    if 0 < room.f_blocks * room.f_frsize < 2**29:
        return False
    made = []
    try:
        for i in range(32):
            made.append(f"part{i}")
            with open(made[-1], "wb") as file:
                os.posix_fallocate(file.fileno(), 0, 16 * MEGABYTE)
        return True
    finally:
        remove(made)


def inodes(told: dict) -> bool:
    """Make files until there is no room for more: there must be room for 5,000 at most."""
    if 0 < os.statvfs(".").f_files < 5000:
        return False
    made = []
    try:
        for i in range(1000):
            os.close(os.open(f"file{i}", os.O_WRONLY | os.O_CREAT, 0o600))
            made.append(f"file{i}")
        return True
    finally:
        remove(made)


def large_file(told: dict) -> bool:
    """Write a file beyond the limit of a file's size."""
    try:
        with open("large", "wb") as file:
            file.seek(told["file"])
            return file.write(b"x") == 1
    finally:
        remove(["large"])


def remove(names: list) -> None:
    for name in names:
        try:
            os.unlink(name)
        except OSError:
            continue


def leave_file(told: dict) -> list:
    """Leave a file wherever that is possible, for whoever comes after."""
    left = []
    for folder in (*SHARED, ".", os.environ.get("HOME", "."), tempfile.gettempdir()):
        try:
            with open(f"{folder}/{told['marker']}.left", "w") as file:
                file.write("x")
            left.append(folder)
        except OSError:
            continue
    return left


def found_file(told: dict) -> bool:
    """Find a file that another submission has left."""
    for top in (*SHARED, "."):
        for folder, folders, names in os.walk(top):
            if f"{told['marker']}.left" in names:
                return True
            if folder.count("/") - top.count("/") >= 2:
                folders.clear()
    return False
