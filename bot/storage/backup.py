"""A copy of an SQLite database that is in use, as it was at one moment."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from bot.storage import sqlite


class BackupFailed(Exception):
    """There is no copy; the message says why and what to do, in one line."""


def back_up(source: Path, target: Path) -> int:
    """Copy the database ``source`` to the new file ``target``; gives its size in bytes.

    The copy is what one reading transaction sees, whatever is written meanwhile, and nobody waits
    for it (https://www.sqlite.org/lang_vacuum.html#vacuuminto). Its mode is 0600.

    Raises:
        BackupFailed: there is no such database, it cannot be read, or ``target`` is there already
            or cannot be written.
    """
    if not source.is_file():
        raise BackupFailed(f"there is no database {source} yet: nothing to back up")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise BackupFailed(f"{target} is there already: name a new file") from None
    except OSError as error:
        raise BackupFailed(f"{target} cannot be written: {error.strerror}") from None
    try:
        with closing(sqlite3.connect(source, timeout=sqlite.BUSY_SECONDS)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        with closing(sqlite3.connect(target)) as copy:
            found = copy.execute("PRAGMA quick_check").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)
    except sqlite3.Error as error:
        with suppress(OSError):
            target.unlink()
        raise BackupFailed(f"{source} cannot be copied: {error}") from None
    return target.stat().st_size
