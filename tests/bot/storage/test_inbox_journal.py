"""Events that have just come are in a file until they are stored."""

import json
import os
import random
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.ports import Event
from bot.storage import inbox_journal
from bot.storage.inbox_journal import InboxJournal, executor_of


def event(number: int, text: str = "a cat") -> Event:
    return Event(str(number), "MESSAGE_CREATE", "ada", json.dumps({"content": text}), float(number))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db.sqlite3-inbox"


def left(path: Path) -> list[str]:
    """What another process would find."""
    return [found.id for _, found in inbox_journal.left(path)]


def test_what_is_noted_is_found_as_it_was_until_it_is_struck(path: Path) -> None:
    journal = InboxJournal(path, "one")
    for number in (1, 2, 3):
        assert journal.note("discord", event(number, "猫\n\ud800"))
    journal.strike("discord", "2")
    journal.strike("discord", "2")
    journal.strike("feishu", "1")
    expected = [("discord", event(1, "猫\n\ud800")), ("discord", event(3, "猫\n\ud800"))]
    assert inbox_journal.left(path) == expected
    assert path.stat().st_mode & 0o077 == 0
    journal.close()


def test_any_order_of_notes_and_strikes_leaves_what_is_not_struck(path: Path) -> None:
    chance = random.Random(20261130)
    journal, expected = InboxJournal(path, "one"), list[str]()
    for number in range(500):
        if expected and chance.random() < 0.5:
            journal.strike("discord", expected.pop(chance.randrange(len(expected))))
        else:
            assert journal.note("discord", event(number))
            expected.append(str(number))
        if not number % 25:
            assert left(path) == expected
    for id in expected:
        journal.strike("discord", id)
    assert path.read_bytes() == b'{"executor": "one"}\n'
    journal.close()
    assert not path.exists()


def test_a_file_says_whose_it_is(path: Path) -> None:
    journal = InboxJournal(path, "one 💡")
    journal.note("discord", event(1))
    journal.close()
    assert left(path) == ["1"]
    assert executor_of(path) == "one 💡"
    for head in (b"", b"{}", b"[]", b"7", b'{"platform": "discord", "id": "1"}', b"\xff"):
        path.write_bytes(head)
        assert executor_of(path) == path.name


def test_a_line_that_was_cut_off_is_skipped(path: Path) -> None:
    journal = InboxJournal(path, "one")
    for number in (1, 2):
        journal.note("discord", event(number))
    journal.close()
    whole = path.read_bytes()
    head, first, _ = whole.splitlines(keepends=True)
    for end in range(len(head + first), len(whole) - 1):
        path.write_bytes(whole[:end])
        assert left(path) == ["1"]
    path.write_bytes(b"[1]\n7\n{}\n\xff\n" + whole)
    with capture_logs() as logs:
        assert left(path) == ["1", "2"]
    assert len(logs) == 4
    assert "cat" not in str(logs)


def test_it_does_not_grow_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_journal, "MOST_BYTES", 1000)
    journal = InboxJournal(path, "one")
    noted = [journal.note("discord", event(number)) for number in range(50)]
    assert noted == sorted(noted, reverse=True)
    assert 5 < sum(noted) < 20
    journal.close()


def test_a_disk_that_is_full_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = InboxJournal(path, "one")
    assert journal.note("discord", event(1))
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:10]))
    assert not journal.note("discord", event(2))
    monkeypatch.undo()
    assert journal.note("discord", event(3))
    assert left(path) == ["1", "3"]
    journal.close()


def test_a_folder_that_is_away_is_told(tmp_path: Path) -> None:
    journal = InboxJournal(tmp_path / "none" / "inbox", "one")
    with capture_logs() as logs:
        assert not journal.note("discord", event(1))
    assert logs[0]["error"] == "No such file or directory"
    journal.strike("discord", "1")
