"""``banana-bot run``: what serves is loaded, and nothing that only the other commands need."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from bot import heap
from bot.settings import Settings


def serve() -> None:
    """Start the bot: every platform that is configured, and the web page."""
    # structlog loads rich, which is never used while serving, wherever it is installed: 5 MB.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    heap.use_one()
    from bot import logs
    from bot.app import App

    settings = read_settings()
    logs.configure(settings)
    with explained_errors():
        asyncio.run(App(settings).run(_bounded))


def _bounded(seconds: float) -> None:
    """End the process after so many seconds whatever still waits for a database that is away."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()


def read_settings() -> Settings:
    """The configuration; one that is wrong ends the program with words."""
    with explained_errors():
        return Settings()


@contextmanager
def explained_errors() -> Iterator[None]:
    """Say what is wrong with the configuration instead of showing a traceback.

    Raises:
        SystemExit: 2 for a configuration that cannot be read, 1 for one that does not work.
    """
    from bot.claim import AlreadyRunning
    from bot.registry import Misconfigured, UnknownPlugin

    try:
        yield
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(map(str, problem["loc"])).upper()
            said = f"Configuration: {name} {problem['msg']}".replace("  ", " ")
            sys.stderr.write(said + "\n")
        raise SystemExit(2) from None
    except (AlreadyRunning, Misconfigured, UnknownPlugin, OSError) as error:
        sys.stderr.write(f"banana-bot: {error}\n")
        raise SystemExit(1) from None
