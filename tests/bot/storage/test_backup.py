"""A copy of a database that is written meanwhile is one of a single moment."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.main import app
from bot.storage.backup import BackupFailed, back_up
from bot.storage.database import Database

WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30)
number = 0
while True:
    number += 1
    with connection:
        connection.execute("INSERT INTO a VALUES (?, randomblob(2000))", (number,))
        connection.execute("INSERT INTO b VALUES (?, randomblob(2000))", (number,))
    if number == 50:
        print("under way", flush=True)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "banana-bot.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.engine.dispose()
    return path


def test_it_is_of_one_moment_while_another_process_writes(source: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("CREATE TABLE a (number, data)")
        connection.execute("CREATE TABLE b (number, data)")
        connection.commit()
    command = [sys.executable, "-c", WRITER, str(source)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"under way\n"
        sizes = [back_up(source, tmp_path / f"copy-{number}") for number in range(5)]
        assert writer.poll() is None  # nobody had to wait until it gave up
        writer.kill()
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"copy-{number}")) as copy:
            of_a = copy.execute("SELECT number FROM a ORDER BY number").fetchall()
            assert of_a == copy.execute("SELECT number FROM b ORDER BY number").fetchall()
            assert of_a[:50] == [(each,) for each in range(1, 51)]


def test_it_is_for_its_owner_alone(source: Path, tmp_path: Path) -> None:
    back_up(source, tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600


def test_a_copy_can_be_started_from(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(source.parent))
    result = CliRunner().invoke(app, ["backup", str(tmp_path / "copy")])
    assert result.exit_code == 0, result.output
    assert "the pictures in" in result.output
    assert ".env" in result.output
    database = Database(f"sqlite:///{tmp_path / 'copy'}")
    database.migrate()
    database.engine.dispose()


def test_nothing_is_replaced(source: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("the one of yesterday")
    with pytest.raises(BackupFailed, match="is there already"):
        back_up(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "the one of yesterday"


def test_what_is_no_database_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("dear diary " * 1000)
    with pytest.raises(BackupFailed, match="file is not a database"):
        back_up(tmp_path / "notes", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_folder_that_is_not_there_is_named(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="No such file or directory"):
        back_up(source, tmp_path / "none" / "copy")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"DATABASE_URL": "postgresql://u:hunter2@h/d"}, "pg_dump"),
        ({"DATA_DIR": "/nonexistent"}, "nothing to back up"),
        ({"DATABASE_URL": "mysql://u:hunter2@h/d"}, "“mysql”"),
    ],
)
def test_what_cannot_be_copied_is_a_sentence(
    variables: dict[str, str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["backup", str(tmp_path / "copy")])
    assert result.exit_code == 1
    assert words in result.output
    assert "hunter2" not in result.output
    assert len(result.output.splitlines()) == 1
    assert not os.path.exists(tmp_path / "copy")
