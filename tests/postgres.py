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


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server that keeps its data in ``folder``; gives the SQLAlchemy URL of its own
    database, ``postgres``."""
    programs = binaries()
    assert programs is not None
    # The server refuses to run as root; Debian's package brings the user it runs as instead.
    prefix = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    if prefix:
        shutil.chown(folder, USER)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    run("initdb", "-D", str(data), "-U", USER, "-A", "trust", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    run("pg_ctl", "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://{USER}@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
