"""Names that processes hold: on files, and on sessions of PostgreSQL that are watched."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.runtime import executor_lock
from bot.runtime.executor_lock import AlreadyRunning, ExecutorLock, abandoned
from bot.storage.database import Database
from tests.support import postgres

ROOT = Path(__file__).parents[3]
LEASE = 1.5
PATIENCE = 120.0

HOLDER = f"""
import sys
from bot.runtime import executor_lock
from bot.storage.database import Database
executor_lock.LEASE_SECONDS, executor_lock.BEAT_SECONDS = {LEASE}, 0.3
lock = executor_lock.ExecutorLock(Database(sys.argv[1]), "one")
lock.take()
print("held", flush=True)
for line in sys.stdin:
    print(lock.held, lock.taken, flush=True)
"""


class Holder:
    """A process that has taken the name "one"."""

    def __init__(self, url: str) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", HOLDER, url]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        assert self._said() == "held"

    def _said(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def says(self) -> str:
        """Whether it holds the name, and whether another has taken it."""
        assert self.process.stdin
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return self._said()


@contextmanager
def connected(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.engine.dispose()


@contextmanager
def holder(url: str) -> Iterator[Holder]:
    held = Holder(url)
    with held.process:
        try:
            yield held
        finally:
            held.process.kill()


def until(condition: Callable[[], object]) -> float:
    """Wait for it; says for how many seconds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.01)
    return time.monotonic() - began


def taken(lock: ExecutorLock) -> bool:
    try:
        lock.take()
    except AlreadyRunning:
        return False
    return True


def sessions(database: Database) -> int:
    """How many sessions have a lock of ours."""
    query = "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory'"
    with database.engine.connect() as connection:
        return int(connection.execute(sa.text(query)).scalar_one())


def test_a_name_that_the_database_took_back_is_taken_again(
    own_cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor_lock, "BEAT_SECONDS", 60.0)
    with connected(own_cluster.url) as database:
        first, second = ExecutorLock(database, "one"), ExecutorLock(database, "one")
        first.take()
        own_cluster.stop()
        until(lambda: not first.held)  # at once, and not when it is next asked
        own_cluster.start()
        until(lambda: first.held)
        assert not taken(second)
        assert sessions(database) == 1
        first.release()
        assert taken(second)
        second.release()
        assert sessions(database) == 0


def test_a_session_that_is_ended_is_noticed_at_once(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor_lock, "BEAT_SECONDS", 60.0)
    with connected(postgres_url) as database:
        lock, other = ExecutorLock(database, "one"), ExecutorLock(database, "one")
        lock.take()
        with database.engine.begin() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                )
            )
        until(lambda: not lock.held)
        until(lambda: lock.held)
        assert not taken(other)
        lock.release()


def test_one_that_is_stopped_loses_its_name_and_knows_it_when_it_wakes(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor_lock, "LEASE_SECONDS", LEASE)
    monkeypatch.setattr(executor_lock, "BEAT_SECONDS", 0.3)
    with connected(postgres_url) as database:
        with holder(postgres_url) as one:
            time.sleep(2 * LEASE)
            assert one.says() == "True False"
            assert abandoned(database, ["one", "two"]) == {"two"}
            lock = ExecutorLock(database, "one")
            one.process.send_signal(signal.SIGSTOP)
            assert until(lambda: taken(lock)) > LEASE / 2
            one.process.send_signal(signal.SIGCONT)
            for _ in range(5):  # before anything could have told it
                assert one.says().startswith("False")
            until(lambda: one.says() == "False True")
            lock.release()
            until(lambda: one.says() == "True False")


def test_a_peer_that_takes_over_takes_no_name(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it has the lock on the id: whose name it was works on when it is back."""
    for name, seconds in (("LEASE_SECONDS", LEASE), ("BEAT_SECONDS", 0.3)):
        monkeypatch.setattr(executor_lock, name, seconds)
    with connected(postgres_url) as database:
        lock, peer = ExecutorLock(database, "one-1234", "one"), ExecutorLock(database, "one-1234")
        lock.take()
        with database.engine.begin() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                )
            )
        until(lambda: taken(peer))
        until(lambda: lock.lost)
        time.sleep(2 * LEASE)
        assert (lock.held, lock.taken) == (False, False)
        peer.release()
        until(lambda: lock.held)
        assert not lock.lost
        lock.release()


def test_one_that_is_stopped_for_a_moment_keeps_it(postgres_url: str) -> None:
    with holder(postgres_url) as one:
        one.process.send_signal(signal.SIGSTOP)
        time.sleep(LEASE / 3)
        one.process.send_signal(signal.SIGCONT)
        assert one.says() == "True False"
        time.sleep(LEASE)
        assert one.says() == "True False"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_name_is_free_once_its_process_is_killed(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
    with connected(url) as database:
        with holder(url) as one:
            lock = ExecutorLock(database, "two", "one")
            assert not taken(lock)
            assert abandoned(database, ["one", "two"]) == {"two"}
            one.process.kill()
            until(lambda: taken(lock))
            assert lock.held
            lock.release()
            assert not lock.held
        assert abandoned(database, ["one", "two"]) == {"one", "two"}


def test_a_lock_file_goes_with_its_process(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'db'}")
    lock = ExecutorLock(database, "one")
    lock.take()
    assert len(list(tmp_path.glob("*.lock"))) == 1
    assert not taken(ExecutorLock(database, "one"))
    assert len(list(tmp_path.glob("*.lock"))) == 1
    lock.release()
    assert not list(tmp_path.glob("*.lock"))
    assert taken(lock)
    lock.release()
