"""The real program with a clock that a file moves, and less patience, so that a run is short.

The file ``clock`` in ``CHAOS_FOLDER`` holds by how many seconds the clock is wrong. Everything else
is ``banana-bot run``; with ``CHAOS_PATIENCE=real`` its pauses are too.
"""

import asyncio
import os
import time

from stamina import AsyncRetryingCaller

from bot.app import App
from bot.domain import protocol
from bot.engine import delivery, engine, supervisor
from bot.runtime import logs, retries
from bot.settings import Settings
from bot.storage import sqlite
from tests.chaos.counting import folder


def clock() -> float:
    """The time of day, as wrong as the file says."""
    return time.time() + float((folder() / "clock").read_text())


def hurry() -> None:
    """Everything that waits for minutes waits for a second."""
    supervisor.LOOK_SECONDS = engine.LOOK_SECONDS = 1.0
    supervisor.SETTLING_SECONDS = engine.SETTLING_SECONDS = 0.5
    delivery.ROUND_SECONDS = engine.ROUND_SECONDS = 1.0
    retries.OUTAGE = AsyncRetryingCaller(
        attempts=None, timeout=None, wait_initial=0.2, wait_max=1.0, wait_jitter=0.2
    )
    sqlite.BUSY_SECONDS = 1
    protocol.LATE_SECONDS = 0.1


if __name__ == "__main__":
    if os.environ.get("CHAOS_PATIENCE") != "real":
        hurry()
    settings = Settings()
    logs.configure(settings)
    asyncio.run(App(settings, clock=clock).run())
