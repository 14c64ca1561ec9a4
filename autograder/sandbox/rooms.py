"""What a confined process sees of the file system: Python and its libraries, read-only, and a small folder of its own.

Nothing else is there: no home, no course, no /proc, no devices but the harmless ones. The course's own packages are
hidden even where they are installed among the libraries.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox.kernel import (
    MNT_DETACH,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    mount,
    pivot_root,
    read_only,
    umount,
)

__all__ = ["HOME", "fresh_home", "hidden_parts", "libraries", "move_in"]

HOME = "/submission"  # the only place that can be written to; also called /tmp, where no library lies there
DEVICES = ("null", "zero", "full", "random", "urandom")
SHARED = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/fonts", "/usr/share/zoneinfo", "/lib", "/lib64",
          "/etc/ld.so.cache", "/etc/fonts")  # fmt: skip
OURS = ("gradus", "autograder")


def libraries() -> list[str]:
    """Files and folders that Python, NumPy and matplotlib are loaded from, none inside another, links left as they are."""
    scheme = sysconfig.get_paths()
    wanted = [scheme[k] for k in ("stdlib", "platstdlib", "purelib", "platlib")] + [
        str(Path(prefix, "lib")) for prefix in (sys.base_prefix, sys.prefix)
    ]
    wanted += [p for p in sys.path if "site-packages" in p or "dist-packages" in p or "lib-dynload" in p]
    spelled = [
        p for p in (*wanted, *SHARED) if os.path.lexists(p)
    ]  # under the names that Python knows, and their true ones
    places = sorted({*spelled, *map(os.path.realpath, spelled)})
    kept: list[str] = []
    for place in places:
        if not any(place.startswith(f"{k}/") for k in kept if not Path(k).is_symlink()):
            kept.append(place)
    return kept


def hidden_parts(places: Iterable[str]) -> list[str]:
    """Folders of this project that lie inside the libraries, where it is installed among them."""
    sites = [p for p in {*sys.path, *sysconfig.get_paths().values()} if p]
    return [
        found
        for site in sites
        for name in OURS
        if Path(found := os.path.realpath(Path(site, name))).is_dir() and any(found.startswith(f"{p}/") for p in places)
    ]


def move_in(folder: str, size: int, files: int, owner: int) -> None:
    """Make a root of its own for this process and all it starts, and go there; `folder` is any empty one.

    Needs a mount namespace of its own. Sizes as for `fresh_home`.
    """
    places, hidden = libraries(), hidden_parts(libraries())
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m,nr_inodes=4096")
    for place in places:
        target = folder + place
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        if Path(place).is_symlink():
            Path(target).symlink_to(Path(place).readlink())
        else:
            bind(place, target)
            read_only(target)
    Path(f"{folder}/dev").mkdir()
    for name in DEVICES:
        bind(f"/dev/{name}", f"{folder}/dev/{name}")
    for place in hidden:
        mount("tmpfs", folder + place, "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, "mode=755,size=4k,nr_inodes=2")
    Path(folder + HOME).mkdir()
    if not Path(folder, "tmp").exists():
        Path(folder, "tmp").symlink_to(HOME)
    os.chdir(folder)
    pivot_root(".", ".")
    umount(".", MNT_DETACH)
    os.chdir("/")
    mount("tmpfs", "/", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    fresh_home(size, files, owner, replace=False)


def bind(place: str, target: str) -> None:
    """Show a file or a folder at another place."""
    if Path(place).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).touch()
    mount(place, target, None, MS_BIND | MS_REC)


def fresh_home(size: int, files: int, owner: int, *, replace: bool = True) -> None:
    """An empty folder in memory at `HOME`, in place of the last one.

    Args:
        size: bytes that it holds at most; files: how many files and folders.
        owner: the user it belongs to.
    """
    if replace:
        umount(HOME, MNT_DETACH)
    told = f"mode=700,size={size},nr_inodes={files},uid={owner},gid={owner}"
    mount("tmpfs", HOME, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, told)
