"""What to do when a database does not take what it is given: wait a little and try again, or say clearly why not.

SQLite lets one connection write at a time, and another program may hold it; a database server may be restarted. Both pass.
A disk that is full does not.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from autograder.grading.course import Course, printable
from autograder.grading.journal import StorageFailure

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

__all__ = ["PATIENCE", "reason", "stubbornly"]

T = TypeVar("T")
PATIENCE = 120.0  # seconds: a database server may take that long to be restarted
FIRST, LONGEST = 0.05, 5.0  # seconds between two tries
PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
LASTING = (
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM,
)  # fmt: skip

log = logging.getLogger("autograder.grading")


def stubbornly(course: Course, gradebook: Gradebook, work: Callable[[], T], patience: float = PATIENCE) -> T:
    """Do something with the gradebook, from its beginning again when the database is locked or the connection is lost.

    Args:
        work: one transaction that reads whatever it needs, so that it can be repeated; it commits at its end.
        patience: seconds after which a database that stays away is given up.

    Raises:
        StorageFailure: the database cannot be written, or stayed away too long.
        Exception: whatever else `work` raises; nothing of it is in the database.
    """
    until, pause = time.monotonic() + patience, FIRST
    while True:
        try:
            return work()
        except BaseException as error:
            with contextlib.suppress(Exception):  # a lost connection cannot be rolled back
                gradebook.db.rollback()
            gradebook.db.remove()  # the next try reads everything anew, by another connection if need be
            kind = kind_of(error)
            if kind == "other":
                raise
            if kind == "lasting" or time.monotonic() + pause > until:
                waited = f", and stayed so for {patience:g} s" if kind == "passing" else ""
                raise StorageFailure(
                    f"the gradebook {course.db_shown} cannot be written: {reason(error)}{waited}"
                ) from error
            log.warning("gradebook: %s; trying again", reason(error))
            time.sleep(pause)
            pause = min(2 * pause, LONGEST)


def kind_of(error: BaseException) -> str:
    """ "passing" (worth another try), "lasting" (the database is at fault, for good) or "other" (what was written is)."""
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

    if isinstance(error, TimeoutError):
        return "passing"
    if not isinstance(error, DBAPIError):
        return "other"
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return "passing" if code & 0xFF in PASSING else "lasting" if code & 0xFF in LASTING else "other"
    passing = error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    return "passing" if passing else "other"


def reason(error: BaseException) -> str:
    """The first line of what an error says, fit for a terminal."""
    said = str(getattr(error, "orig", None) or error).strip()
    return printable(said.splitlines()[0] if said else repr(error))
