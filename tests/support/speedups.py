"""What all tests of a process share, because it costs each of them as much as what it tests."""

import os
import shutil
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

MEMORY = Path("/dev/shm")
"""The folder in memory that Linux has."""

ENOUGH_BYTES = 2**30
"""So much has to be free there; a container often has only 64 MB."""

STATEMENTS = 5000
"""So many compiled statements are kept; a bot has some hundreds."""


def use_memory_for_files(folder: Path = MEMORY) -> bool:
    """Have pytest make its temporary folders in memory, unless the environment says where.

    A test makes and removes some dozens of folders and files, and a database in them: on a disk
    that takes 20 times as long. Where programs cannot be run from the memory, it is left alone.
    """
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    if shutil.disk_usage(folder).free < ENOUGH_BYTES:
        return False
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))
    return True


def compile_statements_once() -> None:
    """Compile a statement for SQLite once in a process, not once for each bot that is started.

    An engine keeps what it has compiled under its own dialect, and each bot has engines of its
    own. SQLite is the same for all of them: its dialects count as equal, and the engines keep what
    they have compiled in one place.
    """
    compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS)

    def created(_dialect: object, engine: sa.Engine) -> None:
        engine.update_execution_options(compiled_cache=compiled)

    SQLiteDialect_pysqlite.engine_created = classmethod(created)  # type: ignore[assignment]
    SQLiteDialect_pysqlite.__eq__ = _same  # type: ignore[method-assign]
    SQLiteDialect_pysqlite.__hash__ = _hash  # type: ignore[method-assign]


def _same(dialect: Any, other: object) -> bool:
    return type(dialect) is type(other)


def _hash(dialect: Any) -> int:
    return hash(type(dialect))
