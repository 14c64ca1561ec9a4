"""Make sure that there is a Chromium for the browser tests, or say plainly that there is none.

One that is there is used; otherwise Debian's is installed where apt-get is there and may be used. With CI=true it is a
failure to have none; elsewhere the tests that need it are left out and named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """Path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> None:
    """Install Debian's Chromium, where that is possible."""
    print("No Chromium here: installing Debian's with apt-get", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=False, **quiet)


def main() -> int:
    if not find() and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        install()
    path = find()
    if path:
        print(f"Browser tests use {path}")
        return 0
    print(
        "No Chromium was found and none could be installed: the tests marked `browser` (pages opened from disk, math, "
        "search, accessibility, phone width) are left out. Install Chromium, or set CHROMIUM to its path."
    )
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
