"""The data folder is its owner's alone: it holds prompts, pictures, and the key of the cookies.

On Windows, files have no modes; there a folder in one's own profile is one's own.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bot.settings import Settings
from bot.storage.database_url import file

log = structlog.get_logger(__name__)

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""What group and others may do with a file, all of which is taken from them."""

_OURS = ("banana-bot.sqlite3*", "inbox", "media")
"""What the bot makes in its data folder; anything else there is somebody else's."""


@contextmanager
def private(settings: Settings) -> Iterator[int]:
    """Meanwhile, what this process makes is for its owner alone; gives what the umask was before.

    What an earlier version made readable in the data folder is taken from others first, and so is
    an SQLite file elsewhere, with those that SQLite keeps beside it. Anything else in the folder is
    left as it is, and with it the mode of a folder that holds such things: it may be a home
    directory. Symbolic links are not followed. Where a mode cannot be changed, the log says so.

    Raises:
        OSError: the folder is needed and cannot be made; the message says what to do.
    """
    before = os.umask(OTHERS)
    try:
        if not (settings.database_url and settings.media_url):
            _make(settings.data_dir)
        _secure(settings.data_dir, file(settings.database))
        yield before
    finally:
        os.umask(before)


def readable(path: Path) -> bool:
    """Whether users other than its owner may do anything with a file or folder."""
    try:
        return os.name != "nt" and bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"the data folder {folder} cannot be made: {error.strerror}. "
            "Set DATA_DIR to a folder that can be written to"
        ) from None


def _secure(folder: Path, database: str) -> None:
    if database and os.name != "nt":
        for path in Path(database).parent.glob(f"{Path(database).name}*"):
            _close(path)
    if not readable(folder):
        return
    for path in _ours(folder):
        for each in (*_inside(path), path):
            _close(each)
    if set(folder.iterdir()) == set(_ours(folder)):
        _close(folder)  # the last: after a crash in between, the rest is done at the next start


def _ours(folder: Path) -> Iterator[Path]:
    for pattern in _OURS:
        yield from folder.glob(pattern)


def _inside(path: Path) -> Iterator[Path]:
    """Everything below a folder, the deepest first."""
    if path.is_symlink():
        return
    for parent, folders, files in os.walk(path, topdown=False):
        yield from (Path(parent, name) for name in (*files, *folders))


def _close(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    except FileNotFoundError:  # a running bot removes files
        return
    except OSError as error:
        log.warning("other users can read this", path=str(path), error=error.strerror)
