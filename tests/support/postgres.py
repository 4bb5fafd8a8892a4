"""A PostgreSQL server of the tests' own, on a socket in a temporary folder."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

USER = "postgres"


def binaries() -> Path | None:
    """Where initdb is: on the path, or where Debian's packages put it."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return installed[-1] if installed else None


def create(url: str) -> str:
    """Create a new database on a server; gives its URL."""
    name = f"test_{uuid.uuid4().hex}"
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.replace("/postgres?", f"/{name}?")


class Cluster:
    """A server that can be stopped and started; it keeps its data in ``folder``."""

    def __init__(self, folder: Path) -> None:
        programs = binaries()
        assert programs is not None
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        # The server refuses to run as root; Debian's package brings the user it runs as instead.
        self._prefix = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        if self._prefix:
            shutil.chown(folder, USER)
        self._run("initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "--no-sync")

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of its own database, ``postgres``."""
        return f"postgresql://{USER}@/postgres?host={self._folder}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        where = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}'"
        log = str(self._folder / "log")
        options = ["-w", "-o", f"{where} -c fsync=off", "-l", log]
        self._run("pg_ctl", "-D", str(self._data), *options, "start")

    def stop(self) -> None:
        """Stop it as a power cut does, and wait until it is gone."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._prefix, str(self._programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server that keeps its data in ``folder``; gives the SQLAlchemy URL of its own
    database, ``postgres``."""
    cluster = Cluster(folder)
    cluster.start()
    try:
        yield cluster.url
    finally:
        cluster.stop()
