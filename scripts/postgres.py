"""A PostgreSQL of one's own, to try a course's gradebook on it or to test that it works there.

    python scripts/postgres.py          make sure that there is a server program: install Debian's where that is possible
    python scripts/postgres.py run      start a server in a temporary folder, print its address, stop it at Ctrl-C

The server listens on a socket in its folder and nowhere else. It refuses to run as root; for root it runs as the user
`postgres`, or `nobody`. With CI=true it is a failure to have none.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["Server", "find", "running"]

NAME = "course"  # of the database and of its user
START = 60.0  # seconds


def find() -> Path | None:
    """The folder of a PostgreSQL's programs, the newest one; or None."""
    on_path = shutil.which("postgres")
    if on_path and shutil.which("initdb"):
        return Path(on_path).resolve().parent
    found = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/postgres") if (p.parent / "initdb").exists()]
    return max(found, key=lambda p: [int(n) for n in re.findall(r"\d+", p.parent.name)] or [0], default=None)


def install() -> None:
    """Install Debian's PostgreSQL, where that is possible."""
    print("No PostgreSQL here: installing Debian's with apt-get", flush=True)
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"], check=False, **quiet)


class Server:
    """A running server. Made by `running`.

    Attributes:
        url: of an empty database, for SQLAlchemy: ``--db URL``.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.url = f"postgresql+psycopg://{NAME}@/{NAME}?host={folder}"
        self.process: subprocess.Popen[bytes] | None = None
        self.run(
            "initdb",
            "--pgdata=data",
            f"--username={NAME}",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        self.start()
        self.run("createdb", f"--host={folder}", f"--username={NAME}", NAME)

    def told(self) -> dict[str, Any]:
        """As whom, where and with which environment the programs run."""
        own: dict[str, Any] = {"cwd": self.folder, "env": {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(self.folder)}}
        if os.geteuid() == 0:
            entry = unprivileged()
            own |= {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        return own

    def run(self, program: str, *words: str) -> None:
        ran = subprocess.run(
            [self.programs / program, *words], capture_output=True, text=True, check=False, timeout=START, **self.told()
        )
        if ran.returncode:
            raise RuntimeError(f"{program} failed: {ran.stderr.strip()}")

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: it does not; with what it said.
        """
        with (self.folder / "log").open("ab") as log:
            command = [self.programs / "postgres", "-D", "data", "-k", self.folder, "-c", "listen_addresses="]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                            **self.told())  # fmt: skip
        until = time.monotonic() + START
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(RuntimeError):
                return self.run("pg_isready", "--quiet", f"--host={self.folder}", f"--username={NAME}")
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends connections in good order, SIGQUIT is a crash."""
        if self.process is not None:
            self.process.send_signal(how)
            try:
                self.process.wait(START)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(START)
            self.process = None


def unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server with an empty database, gone at the end.

    Raises:
        RuntimeError: there is no PostgreSQL here, or it does not start.
    """
    programs = find()
    if programs is None:
        raise RuntimeError("no PostgreSQL was found; Debian and Ubuntu: apt install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))  # the path of a socket must be short
    try:
        if os.geteuid() == 0:
            os.chown(folder, unprivileged().pw_uid, unprivileged().pw_gid)
        server = Server(programs, folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(words: list[str]) -> int:
    if words not in ([], ["run"]):
        print(__doc__)
        return 2
    if not find() and shutil.which("apt-get") and os.geteuid() == 0:
        install()
    programs = find()
    if programs is None:
        print("No PostgreSQL was found and none could be installed: the tests that need one are left out. "
              "Debian and Ubuntu: apt install postgresql")  # fmt: skip
        return 1 if words or os.environ.get("CI") == "true" else 0
    if not words:
        print(f"Tests of the gradebook use the PostgreSQL in {programs}")
        return 0
    with running() as server:
        print(f"{server.url}\nUse it with --db, or as c.CourseDirectory.db_url; stop it with Ctrl-C.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while server.process and server.process.poll() is None:
                time.sleep(0.5)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
