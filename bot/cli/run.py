"""``banana-bot run``: what serves is loaded, and nothing that only the other commands need."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from bot.runtime import env_file, heap
from bot.runtime.lazy import postponed
from bot.runtime.redaction import Redactor
from bot.runtime.terminal import clean

with postponed("asyncio"):  # pydantic-settings has it for command lines of its own
    from bot.settings import BAD_SETTINGS, Settings, problems


def serve() -> None:
    """Start the bot: every platform that is configured, and the web page."""
    # structlog loads rich, which is never used while serving, wherever it is installed: 5 MB.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    heap.use_one()
    import asyncio

    from bot.app import App
    from bot.runtime import logs
    from bot.storage.data_folder import private

    settings = read_settings()
    logs.configure(settings)
    with explained_errors(), private(settings), _limited() as limit:
        asyncio.run(App(settings).run(limit))


@contextmanager
def _limited() -> Iterator[Callable[[float], None]]:
    """A limit in seconds that is set when ending begins: for a database, say, that is away.

    The process ends then, whatever still waits; what has ended before calls it off.
    """
    timers: list[threading.Timer] = []

    def limit(seconds: float) -> None:
        timer = threading.Timer(seconds, os._exit, (1,))
        timer.daemon = True
        timers.append(timer)
        timer.start()

    try:
        yield limit
    finally:
        for timer in timers:
            timer.cancel()


def read_settings() -> Settings:
    """The configuration; one that is wrong ends the program with words."""
    with explained_errors():
        env_file.check()
        return Settings()


@contextmanager
def explained_errors() -> Iterator[None]:
    """Say what is wrong with the configuration instead of showing a traceback.

    Raises:
        SystemExit: 2 for a configuration that cannot be read, 1 for one that does not work.
    """
    try:
        yield
    except BAD_SETTINGS as error:
        _end([f"Configuration: {said}" for said in problems(error)], 2)
    except env_file.BadEnvFile as error:
        _end([f"Configuration: {error}"], 2)
    except BrokenPipeError:  # whoever reads what is printed has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename and error.strerror else ""
        _end([f"banana-bot: {where}{error.strerror if where else error}"], 1)
    except Exception as error:
        # Imported here: the commands that touch no database and no plug-in answer in a blink.
        from bot.ports import Misconfigured
        from bot.runtime.executor_lock import AlreadyRunning
        from bot.runtime.plugins import UnknownPlugin
        from bot.storage.backup import BackupFailed
        from bot.storage.database_url import DatabaseUnusable

        known = (AlreadyRunning, BackupFailed, Misconfigured, UnknownPlugin, DatabaseUnusable)
        if not isinstance(error, known):
            raise
        _end([f"banana-bot: {error}"], 1)


def _end(lines: list[str], status: int) -> NoReturn:
    redact = Redactor()
    for line in lines:
        sys.stderr.write(f"{clean(redact(line))}\n")
    raise SystemExit(status) from None
