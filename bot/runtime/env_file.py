"""The ``.env`` file, before anything reads it: what is wrong with it, in words."""

import codecs
from pathlib import Path

NAME = ".env"

_MARKS = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""What a file in another encoding begins with; editors on Windows write it."""

LARGEST = 2**18
"""Bytes."""

_SAVE = "save it as UTF-8 (in Notepad: Save as, Encoding: UTF-8)"


class BadEnvFile(Exception):
    """The file cannot be read as it is; the message says why and what to do, and quotes nothing."""


def check(path: Path = Path(NAME)) -> None:
    """Find out whether ``path`` is a text in UTF-8. None at all is fine, and so is a named pipe.

    Raises:
        BadEnvFile: it is a folder, may not be read, or is in another encoding.
    """
    if path.is_dir():
        raise BadEnvFile(
            f"{path} is a folder, and the configuration is read from a file of that name: "
            "rename or remove it (a container that mounts a missing file makes such a folder)"
        )
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise BadEnvFile(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise BadEnvFile(f"{path} is larger than {LARGEST >> 10} kB, which no configuration is")
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            raise BadEnvFile(f"{path} is in {name}: {_SAVE}")
    if b"\0" in data:
        raise BadEnvFile(f"{path} is no text, or one in UTF-16: {_SAVE}")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadEnvFile(f"{path} is not in UTF-8, see line {line}: {_SAVE}") from None
