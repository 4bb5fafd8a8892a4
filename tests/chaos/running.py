"""The real program with a clock that a file moves, and less patience, so that a run is short.

The file ``clock`` in ``CHAOS_FOLDER`` holds by how many seconds the clock is wrong. Everything else
is ``banana-bot run``; with ``CHAOS_PATIENCE=real`` its pauses are too. ``CHAOS_VERSION`` is the
version of its workflows, and with ``CHAOS_DIES=begin`` it kills itself when it has stored a job and
is about to start it, with ``follow`` when one has ended and it is about to begin what waits for its
picture. With ``CHAOS_FREEZES`` it stops itself, once, when it is about to tell Discord
of that step of a job, and has made sure that the job is its own; with ``OWN`` when it is about to
make one its own. With ``CHAOS_ACCEPTS=late`` it accepts what Feishu brings however long it takes.
"""

import asyncio
import os
import signal
import time
from typing import Any

from stamina import AsyncRetryingCaller

from adapters.discord.adapter import Discord
from bot import app
from bot.domain import protocol
from bot.domain.jobs import Job
from bot.domain.requests import Address
from bot.engine import delivery, engine, supervisor, takeover
from bot.engine.engine import Engine
from bot.runtime import executor_lock, logs, partition_locks, retries, workflows
from bot.runtime.workflows import Workflows
from bot.settings import Settings
from bot.storage import executors, postgresql, sqlite
from messages import Message, Step
from tests.chaos.counting import folder
from tests.support import patience


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
    executor_lock.LEASE_SECONDS = workflows.LEASE_SECONDS = 4.0
    executor_lock.BEAT_SECONDS = 0.5
    postgresql.SILENT_SECONDS = 4.0
    executors.GRACE_SECONDS = 1.5
    takeover.LOOK_SECONDS = 0.5
    partition_locks.FREE_SECONDS = 1.0


async def die(_engine: Engine, _job: Job | str) -> None:
    """Die as a process does that is killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def freeze_before_owning() -> None:
    """Have the process stop itself before it makes a job its own for the first time."""
    owned, left = Workflows.owned, [True]

    async def frozen(*arguments: Any) -> Any:
        if left:
            left.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
        return await owned(*arguments)

    Workflows.owned = frozen  # type: ignore[method-assign]


def freeze_before_showing(step: Step) -> None:
    """Have the process stop itself before it shows that step for the first time."""
    show, left = Discord.show, [step]

    async def frozen(discord: Discord, address: Address, message: Message, locale: str) -> Address:
        if message.step in left:
            left.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
        return await show(discord, address, message, locale)

    Discord.show = frozen  # type: ignore[method-assign]


if __name__ == "__main__":
    if os.environ.get("CHAOS_PATIENCE") != "real":
        hurry()
    if version := os.environ.get("CHAOS_VERSION"):
        app.APPLICATION_VERSION = workflows.APPLICATION_VERSION = version
    if os.environ.get("CHAOS_DIES") == "begin":
        Engine._begin = die  # type: ignore[method-assign]
    if os.environ.get("CHAOS_DIES") == "follow":
        Engine._begin_following = die  # type: ignore[method-assign]
    if (moment := os.environ.get("CHAOS_FREEZES")) == "OWN":
        freeze_before_owning()
    elif moment:
        freeze_before_showing(Step[moment])
    if os.environ.get("CHAOS_ACCEPTS") == "late":
        patience.on_feishu()
    settings = Settings()
    logs.configure(settings)
    asyncio.run(app.App(settings, clock=clock).run())
