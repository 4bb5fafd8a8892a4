"""Nobody but its owner reads the data folder, and nobody else's files are touched."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.draw import Order, carry_out
from bot.settings import Settings
from bot.storage.data_folder import private, readable

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")


@pytest.fixture(autouse=True)
def _generous() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def readable_in(folder: Path) -> list[str]:
    """What others could read, if they came so far."""
    every = [folder, *folder.rglob("*")]
    return [str(path) for path in every if not path.is_symlink() and mode(path) & 0o077]


def draw(settings: Settings, output: str = "") -> None:
    from bot.domain.requests import Options

    assert carry_out(settings, Order("a cat", Options(), output=output, as_json=True)) == 0


def test_what_drawing_makes_is_its_owners_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", demo_seconds=0)
    draw(settings)
    assert readable_in(tmp_path / "data") == []
    assert len(list((tmp_path / "data").rglob("*.png"))) == 1


def test_a_copy_has_the_modes_that_the_person_is_used_to(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", demo_seconds=0)
    draw(settings, f"{tmp_path}/new/one.png")
    assert [mode(tmp_path / "new"), mode(tmp_path / "new" / "one.png")] == [0o755, 0o644]
    (tmp_path / "new" / "one.png").chmod(0o640)
    draw(settings, f"{tmp_path}/new/one.png")
    assert mode(tmp_path / "new" / "one.png") == 0o640
    assert readable_in(tmp_path / "data") == []


def _old(folder: Path) -> None:
    """A data folder as versions before this one made it."""
    (folder / "media" / "generated" / "2026-11-21").mkdir(parents=True)
    (folder / "inbox" / "local").mkdir(parents=True)
    for name in (
        "banana-bot.sqlite3",
        "banana-bot.sqlite3-wal",
        "banana-bot.sqlite3.0123456789abcdef.lock",
        "media/generated/2026-11-21/img_0123456789ab.png",
        "media/generated/2026-11-21/img_0123456789ab.json",
        "inbox/local/1.json",
    ):
        (folder / name).write_text("private")


def test_an_old_folder_is_mended_and_the_umask_comes_back(tmp_path: Path) -> None:
    _old(tmp_path / "data")
    assert len(readable_in(tmp_path / "data")) == 12
    with private(Settings(data_dir=tmp_path / "data")) as before:
        assert before == 0o022
        (tmp_path / "data" / "media" / "new").touch()
    assert readable_in(tmp_path / "data") == []
    assert mode(tmp_path / "data") == 0o700
    (tmp_path / "other").touch()
    assert mode(tmp_path / "other") == 0o644


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _old(home)
    (home / "letters").mkdir()
    (home / "letters" / "one.txt").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "theirs").touch()
    (home / "media" / "link").symlink_to(tmp_path / "elsewhere")
    with private(Settings(data_dir=home)):
        pass
    assert readable_in(home) == [
        str(home),
        str(home / "letters"),
        str(home / "letters" / "one.txt"),
    ]
    assert mode(tmp_path / "elsewhere" / "theirs") == 0o644


def test_a_database_elsewhere_is_mended_too(tmp_path: Path) -> None:
    for name in ("db", "db-wal", "other"):
        (tmp_path / name).touch()
    with private(Settings(data_dir=tmp_path / "data", database_url=f"sqlite:///{tmp_path}/db")):
        pass
    assert [mode(tmp_path / name) for name in ("db", "db-wal", "other")] == [0o600, 0o600, 0o644]


def test_a_folder_that_nothing_is_kept_in_is_not_needed() -> None:
    elsewhere = {"database_url": "postgresql://h/d", "media_url": "s3://bucket"}
    with private(Settings(data_dir=Path("/proc/none"), **elsewhere)):  # type: ignore[arg-type]
        pass
    with pytest.raises(OSError, match="DATA_DIR"), private(Settings(data_dir=Path("/proc/none"))):
        pass


def test_readable_is_about_others(tmp_path: Path) -> None:
    assert not readable(tmp_path / "none")
    for bits, expected in ((0o600, False), (0o640, True), (0o604, True), (0o700, False)):
        (tmp_path / "file").touch()
        (tmp_path / "file").chmod(bits)
        assert readable(tmp_path / "file") is expected
