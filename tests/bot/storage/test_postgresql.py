"""A PostgreSQL that cannot be used says at the start what is wrong, and what to do."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.storage import postgresql
from bot.storage.database import Database
from bot.storage.database_url import DatabaseUnusable
from tests.support import postgres
from tests.support.ports import free_port

SECRET = "hunter2"
OWNER = postgres.USER


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    """A server with an owner whom it trusts, and with a guest who needs a password."""
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        Path(folder).chmod(0o755)
        made = postgres.Cluster(Path(folder))
        rules = Path(folder) / "data" / "pg_hba.conf"
        rules.write_text(f"local all {OWNER} trust\nlocal all guest scram-sha-256\n")
        made.start()
        _run(made.url, f"CREATE ROLE guest LOGIN PASSWORD '{SECRET}'")
        yield made
        made.stop()


def _run(url: str, *statements: str) -> None:
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def refusal(url: str) -> str:
    """What is said at the start."""
    database = Database(url)
    try:
        database.migrate()
        said = ""
    except DatabaseUnusable as error:
        said = str(error)
    finally:
        asyncio.run(database.close())
    assert SECRET not in said
    assert "\n" not in said
    return said


def as_guest(url: str, password: str = SECRET) -> str:
    return url.replace(f"{OWNER}@", f"guest:{password}@")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("/test_", "/no_such_"), "no database of that name"),
        ((f"{OWNER}@", f"guest:{SECRET}no@"), "that user with that password"),
        ((f"{OWNER}@", "stranger@"), "that user with that password"),
        (("host=", "host=/no/such/folder"), "nothing answers there"),
    ],
)
def test_what_is_wrong_with_the_address(
    cluster: postgres.Cluster, change: tuple[str, str], said: str
) -> None:
    url = postgres.create(cluster.url)
    assert refusal(url) == ""
    assert said in refusal(url.replace(*change))


@pytest.mark.parametrize(
    ("host", "said"),
    [("127.0.0.1", "nothing answers there"), ("no-such-host.invalid", "no computer has the name")],
)
def test_what_is_wrong_with_the_host(host: str, said: str) -> None:
    url = f"postgresql://guest:{SECRET}@{host}:{free_port()}/banana"
    assert said in refusal(url)


def test_which_right_is_missing(cluster: postgres.Cluster) -> None:
    url = postgres.create(cluster.url)
    name = sa.make_url(url).database
    assert "GRANT CREATE ON SCHEMA" in refusal(as_guest(url))
    _run(url, "GRANT CREATE ON SCHEMA public TO guest")
    assert "GRANT CREATE ON DATABASE" in refusal(as_guest(url))
    _run(url, f"GRANT CREATE ON DATABASE {name} TO guest")
    assert refusal(as_guest(url)) == ""
    _run(url, f"REVOKE CREATE ON DATABASE {name} FROM guest", "CREATE SCHEMA dbos")
    _run(url, "REVOKE CREATE ON SCHEMA public FROM guest")
    assert refusal(as_guest(url)) == ""  # all that is needed is there
    _run(url, "ALTER TABLE secrets OWNER TO postgres")
    assert "may not be used" in refusal(as_guest(url))


def test_a_copy_that_takes_no_changes(cluster: postgres.Cluster) -> None:
    url = postgres.create(cluster.url)
    name = sa.make_url(url).database
    _run(url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "it takes no changes" in refusal(url)


def test_a_version_that_is_too_old(
    cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "OLDEST_VERSION", 990_000)
    assert "at least 99 is needed" in refusal(postgres.create(cluster.url))


@pytest.mark.parametrize("mode", ["transaction", "statement", "session"])
def test_a_pooler(cluster: postgres.Cluster, mode: str) -> None:
    if shutil.which("pgbouncer") is None:
        pytest.skip("PgBouncer is not installed")
    name = sa.make_url(postgres.create(cluster.url)).database
    with tempfile.TemporaryDirectory(prefix="pool") as folder:
        Path(folder).chmod(0o755)
        with postgres.pooler(cluster.url, mode, Path(folder)) as (port, _):
            said = refusal(f"postgresql://{OWNER}@127.0.0.1:{port}/{name}")
    assert ("a pooler in transaction mode" in said) == (mode != "session")
    assert bool(said) == (mode != "session")


def test_a_server_is_asked_only_whether_a_connection_is_good_that_has_news(
    cluster: postgres.Cluster,
) -> None:
    url = sa.make_url(cluster.url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, pool_pre_ping=True)
    usual, asked = engine.dialect.do_ping, list[object]()

    def ask(connection: Any) -> bool:
        asked.append(connection)
        return bool(usual(connection))

    engine.dialect.do_ping = ask
    postgresql.set_up(engine)
    sessions = []
    for _ in range(3):
        with engine.connect() as connection:
            sessions.append(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())
    assert len(set(sessions)) == 1
    assert asked == []
    _run(cluster.url, f"SELECT pg_terminate_backend({sessions[0]}, 5000)")
    with engine.connect() as connection:  # nobody notices
        assert connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one() != sessions[0]
    assert len(asked) == 1
    engine.dispose()
