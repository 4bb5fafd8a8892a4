"""A PostgreSQL server of the tests' own, on a socket in a temporary folder."""

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tests.support.ports import free_port

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

    def start(self, *, durable: bool = False) -> None:
        """Start it, and wait until it answers; only a ``durable`` one waits for its disk."""
        where = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}'"
        log = str(self._folder / "log")
        safety = f"-c fsync={'on' if durable else 'off'}"
        options = ["-w", "-o", f"{where} {safety} -c max_connections=300", "-l", log]
        self._run("pg_ctl", "-D", str(self._data), *options, "start")

    @property
    def pid(self) -> int:
        """The id of the server's first process."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    @property
    def is_running(self) -> bool:
        """Whether it was started, and not stopped since."""
        return (self._data / "postmaster.pid").exists()

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


@contextmanager
def pooler(url: str, mode: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Run PgBouncer (https://www.pgbouncer.org/config.html) before a server; gives its port, and
    the id of its process."""
    port = free_port()
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\n* = host={sa.make_url(url).query['host']} user={USER}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = 100\n"
        f"logfile = {folder}/log\npidfile = {folder}/pid\n"
    )
    prefix: list[str] = []
    if os.geteuid() == 0:  # as which it refuses to run
        shutil.chown(folder, USER)
        prefix = ["runuser", "-u", USER, "--"]
    command = [*prefix, "pgbouncer", "-q", str(configuration)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        file = folder / "pid"
        while not (file.exists() and file.read_text().strip()):
            time.sleep(0.02)
        pid = int(file.read_text())
        try:
            yield port, pid
        finally:
            for number in (signal.SIGCONT, signal.SIGTERM):
                os.kill(pid, number)
            process.send_signal(signal.SIGCONT)  # runuser stops together with what it runs
            process.wait()
