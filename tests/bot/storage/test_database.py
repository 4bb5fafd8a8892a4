"""The database, on SQLite and on PostgreSQL."""

import asyncio
import json
import multiprocessing
import socket
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

import bot.storage.jobs  # its tables belong to the metadata
import bot.storage.preferences
from bot.runtime.executor_lock import AlreadyRunning, ExecutorLock
from bot.storage import postgresql, sqlite
from bot.storage.database import MIGRATIONS, VERSION_TABLE, Database, metadata
from bot.storage.database_url import DatabaseUnusable
from tests.support.ports import free_port


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder' / 'db.sqlite3'}"
    return str(request.getfixturevalue("postgres_url"))


def _at_first(database: Database) -> None:
    """The tables as they were at the first release."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")


@pytest.mark.parametrize("old", [False, True])
async def test_new_and_old_databases_become_what_the_code_expects(url: str, old: bool) -> None:
    database = Database(url)
    if old:
        await asyncio.to_thread(_at_first, database)
    await asyncio.to_thread(database.migrate)
    await asyncio.to_thread(database.migrate)
    names = set(metadata.tables)

    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name in names

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours})
        assert compare_metadata(context, metadata) == []
    await database.close()


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    asyncio.run(database.close())


def test_several_processes_may_migrate_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_migrate, [url] * 3))


async def test_a_secret_is_made_once(url: str) -> None:
    first, second = Database(url), Database(url)
    await asyncio.to_thread(first.migrate)
    secrets = await asyncio.gather(*(db.secret("s") for db in (first, second) for _ in range(3)))
    assert len(set(secrets)) == 1
    assert len(secrets[0]) == 64
    assert await first.secret("other") != secrets[0]
    await first.close()
    await second.close()


async def test_one_process_has_a_name(url: str) -> None:
    first, second = Database(url), Database(url)
    claim, other, namesake = (
        ExecutorLock(first, "a"),
        ExecutorLock(second, "b"),
        ExecutorLock(second, "a"),
    )
    claim.take()
    other.take()
    with pytest.raises(AlreadyRunning, match="EXECUTOR_ID"):
        namesake.take()
    claim.release()
    namesake.take()
    namesake.release()
    other.release()
    other.release()
    await first.close()
    await second.close()


def test_a_claim_on_memory_is_nobody_elses() -> None:
    claim = ExecutorLock(Database("sqlite://"), "a")
    claim.take()
    claim.release()


async def test_readers_do_not_wait_for_a_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 600)
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    await asyncio.to_thread(database.migrate)
    with database.engine.begin() as writing:
        writing.execute(sa.text("INSERT INTO secrets VALUES ('a', 'b')"))
        async with asyncio.timeout(60):
            assert await database.read(sa.select(sa.text("* FROM secrets"))) == []
    await database.close()


PROMPT, TOKEN = "a hat of straw", "aW50ZXJhY3Rpb24"


async def test_an_error_names_the_table_and_none_of_the_values(url: str) -> None:
    database = Database(url)
    table = sa.Table(
        "notes",
        sa.MetaData(),
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, sa.CheckConstraint("number < 5")),
    )
    table.create(database.engine)
    row = {"name": TOKEN, "text": PROMPT, "number": 1}
    await database.write(sa.insert(table), **row)
    wrong = [
        row,
        {**row, "name": "b", "text": None},
        {**row, "name": "b", "number": 9},
        {**row, "name": "b", "number": PROMPT},
        {**row, "name": "b" + PROMPT * 9, "number": 9},
        {**row, "name": "b", "number": object()},
    ]
    for values in wrong:
        with pytest.raises(sa.exc.StatementError) as caught:
            await database.write(sa.insert(table), **values)
        said = "".join(traceback.format_exception(caught.value))
        assert "notes" in said
        assert PROMPT not in said
        assert TOKEN not in said
    await database.close()


async def _unusable(url: str) -> str:
    """What is said of a database when the bot would begin with it."""
    with pytest.raises(DatabaseUnusable) as caught:  # noqa: PT012
        database = Database(url)
        try:
            await asyncio.to_thread(database.migrate)
        finally:
            await database.close()
    said = str(caught.value)
    assert "\n" not in said
    return said


async def test_a_file_that_is_no_database_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("Dear diary, " * 100)
    assert "not a database" in await _unusable(f"sqlite:///{tmp_path}/db")
    (tmp_path / "folder").mkdir()
    assert "unable to open" in await _unusable(f"sqlite:///{tmp_path}/folder")
    assert "DATA_DIR" in await _unusable(f"sqlite:///{tmp_path}/db/inside/it.sqlite3")


async def test_a_file_that_cannot_be_written_to_is_found_at_the_start(tmp_path: Path) -> None:
    await asyncio.to_thread(_migrate, f"sqlite:///{tmp_path}/db")
    url = f"sqlite:///file:{tmp_path}/db?mode=ro&uri=true"
    assert "readonly" in await _unusable(url)


async def test_a_server_that_takes_no_changes_is_found_at_the_start(postgres_url: str) -> None:
    await asyncio.to_thread(_migrate, postgres_url)
    standing_by = sa.make_url(postgres_url).update_query_dict(
        {"options": "-c default_transaction_read_only=on"}
    )
    assert "takes no changes" in await _unusable(standing_by.render_as_string(hide_password=False))


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    said = await _unusable(f"postgresql://u:hunter2@127.0.0.1:{free_port()}/d")
    assert "nothing answers there" in said
    assert "hunter2" not in said


async def test_a_database_of_a_newer_version_is_left_alone(url: str) -> None:
    await asyncio.to_thread(_migrate, url)
    database = Database(url)
    with database.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    await database.close()
    assert "newer version" in await _unusable(url)


async def test_what_was_private_before_stays_private(tmp_path: Path) -> None:
    """Where an answer went says whether others could read it; and events lose their names."""
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    await asyncio.to_thread(_at_first, database)
    addresses = {
        "ephemeral": ("discord", {"channel": "1", "guild": "2", "token": "t", "private": True}),
        "direct": ("discord", {"channel": "1"}),
        "direct command": ("discord", {"channel": "1", "token": "t"}),
        "channel": ("discord", {"channel": "1", "guild": "2"}),
        "group of friends": ("discord", {"channel": "1", "token": "t", "reachable": False}),
        "alone": ("feishu", {"chat": "1", "p2p": True}),
        "group": ("feishu", {"chat": "1", "p2p": False}),
        "page": ("web", {}),
        "erased": ("discord", {}),
    }
    empty = {"requester": "ada", "conversation": "1", "locale": "en", "text": "", "prompt": ""}
    empty |= {"provider": "", "model": "", "model_name": "", "count": 1, "attachments": "[]"}
    empty |= {"references": "[]", "extra": "{}", "notes": "[]", "seconds_min": 1, "seconds_max": 2}
    empty |= {"progress_every": 1, "status": "succeeded", "created_at": 1.0, "deleted": 0}
    rows = [
        empty | {"id": name, "platform": platform, "address": json.dumps(address)}
        for name, (platform, address) in addresses.items()
    ]
    columns = [*rows[0]]
    quoted = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(f":{column}" for column in columns)
    with database.engine.begin() as connection:
        connection.execute(sa.text(f"INSERT INTO jobs ({quoted}) VALUES ({values})"), rows)
        connection.execute(sa.text("INSERT INTO events VALUES ('web', 'ada:1', 1.0)"))
    await asyncio.to_thread(database.migrate)
    history = bot.storage.jobs.JobStore(database)
    found = {name: await history.job(name) for name in addresses}
    shared = {name for name, job in found.items() if job and not job.private}
    assert shared == {"channel", "group of friends", "group"}
    assert await history.answered("web", "ada:1")
    assert "ada" not in str(await database.read(sa.select(bot.storage.jobs.events)))
    await database.close()


async def test_whether_it_answers(url: str) -> None:
    database = Database(url)
    assert await database.answers(60)
    await database.close()


async def test_a_server_that_is_away_or_silent_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database(f"postgresql://127.0.0.1:{port}/d?connect_timeout=2")
        assert not await database.answers(0.2)
    away = Database(f"postgresql://127.0.0.1:{free_port()}/d")
    assert not await away.answers(60)
    await asyncio.gather(database.close(), away.close())


async def test_a_process_that_is_stopped_in_a_transaction_keeps_nobody_waiting(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "SILENT_SECONDS", 0.5)
    stopped, other = Database(postgres_url), Database(postgres_url)
    await asyncio.to_thread(other.migrate)
    await other.secret("contested")
    change = sa.text("UPDATE secrets SET value = :value WHERE name = 'contested'")
    for engine in (stopped.engine, stopped._ours):  # DBOS has its own transactions
        with engine.connect() as connection:
            connection.execute(change, {"value": "stopped"})
            async with asyncio.timeout(60):
                await other.write(change, value="other")
            with pytest.raises(sa.exc.DBAPIError):
                connection.commit()
    assert await other.known_secret("contested") == "other"
    for database in (stopped, other):
        await database.close()
