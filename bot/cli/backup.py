"""``banana-bot backup``: a copy of the database, and what else is to be kept."""

from pathlib import Path

from bot.settings import Settings
from bot.storage import database_url
from bot.storage.backup import BackupFailed, back_up


def carry_out(settings: Settings, target: Path) -> list[str]:
    """Copy the database to the new file ``target``; gives the lines that say so.

    Raises:
        BackupFailed: there is no copy; its message says why and what to do.
        DatabaseUnusable: ``DATABASE_URL`` is no address that can be used.
    """
    database_url.parse(settings.database)
    source = database_url.file(settings.database)
    if not source:
        raise BackupFailed(
            "the database is a PostgreSQL server: back it up with pg_dump --format=custom, which "
            "also copies it while it is used"
        )
    size = back_up(Path(source), target)
    pictures = settings.media.removeprefix("file://")
    return [
        f"{target}: {size / 1e6:.1f} MB, the database as it was a moment ago.",
        f"Keep with it, copied after it: the pictures in {pictures}, and your .env.",
        f"To restore, stop the bot and put the copy in the place of {source}, without the files "
        "beside it whose names go on with -wal, -shm or -inbox.",
    ]
