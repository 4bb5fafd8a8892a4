"""Keeping the bot connected: a new client whenever one ends, until nothing can help.

discord.py resumes a lost session by itself. What ends a client all the same is a refused first
connection, an error in it, or Discord's own decision
(https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import discord
import structlog

from adapters.discord import private_api
from adapters.discord.gateway.client import Gateway, IdentifiesUsedUp, NeedsShards
from bot.chat import reconnecting
from bot.ports import Misconfigured

log = structlog.get_logger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds: the pause doubles after every client that did not live long."""

STABLE_SECONDS = 60.0
"""A client that was connected so long worked; the next pause is the first one again."""

LOST_SECONDS = 30.0
"""After so long without connection a new client is quicker: discord.py waits ever longer."""

WATCH_SECONDS = 2.0

CLOSING_SECONDS = 15.0

CANCELLING_SECONDS = 5.0
AGAIN_SECONDS = 0.1
"""How long a client is told to end, and after how long without an end it is told again."""

_PORTAL = "https://discord.com/developers/applications"

FATAL: Mapping[int, str] = {
    4004: "Authentication failed (4004): DISCORD_TOKEN is not valid. Reset it in the developer "
    f"portal ({_PORTAL}) under Bot, and copy it again.",
    4010: "Invalid shard (4010): a number in DISCORD_SHARD_IDS is not below DISCORD_SHARD_COUNT.",
    4011: "Sharding required (4011): this bot is in too many servers for so few connections. "
    "Raise DISCORD_SHARD_COUNT, or remove it and let Discord say how many.",
    4012: "Invalid API version (4012): Discord no longer speaks this version. Update banana-bot.",
    4013: "Invalid intents (4013): Discord no longer knows what is asked for. Update banana-bot.",
    4014: "Disallowed intents (4014): Discord does not let this bot see what it asks for. Look "
    f"under Bot, Privileged Gateway Intents in the developer portal ({_PORTAL}); banana-bot needs "
    "none of them, so another program may be running with this token.",
}
"""Why Discord closes a connection for good, and what to do about it."""


pause_for = asyncio.sleep


class Reassigned(Exception):
    """The shards have been divided anew among the processes."""


async def supervise(create: Callable[[int], Awaitable[Gateway]], token: str) -> None:
    """Run clients that ``create`` makes for a number of shards, until cancelled; 0 is whatever is
    usual.

    Raises:
        Misconfigured: trying again cannot help; the message says what does.
    """
    loop = asyncio.get_running_loop()
    failures = shards = 0
    while True:
        client: Gateway | None = None
        pause: float | None = None
        try:
            client = await create(shards)
            await _run(client, token)
        except Reassigned:
            pause = 0.0
        except NeedsShards as error:
            log.info("Discord asks for more connections", shards=error.count)
            shards, pause = error.count, 0.0
        except IdentifiesUsedUp as error:
            log.error("no session may be begun now", seconds=error.seconds)
            pause = error.seconds
        except Misconfigured:
            raise
        except Exception as error:
            if (sentence := hopeless(error)) is not None:
                raise Misconfigured(f"Discord: {sentence}") from None
            log.warning("Discord client ended", error=f"{type(error).__name__}: {error}")
        ready = client.ready_at if client else None
        if ready is not None and loop.time() - ready >= STABLE_SECONDS:
            failures = 0
        if pause is None:
            pause = reconnecting.pause(failures, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
            failures += 1
        await pause_for(pause)


def hopeless(error: Exception) -> str | None:
    """What to do about an error that trying again cannot mend, or ``None`` for any other."""
    match error:
        case discord.LoginFailure():
            return FATAL[4004]
        case discord.PrivilegedIntentsRequired():
            return FATAL[4014]
        case discord.ConnectionClosed(code=code):
            return FATAL.get(code)
        case _:
            return None


async def _run(client: Gateway, token: str) -> None:
    """Run one client until it ends; one that stays without connection is ended.

    Raises:
        Reassigned: its shards are not this process's any more, or others are too.
    """
    running = asyncio.create_task(client.start(token))
    try:
        while not running.done():
            await asyncio.wait({running}, timeout=WATCH_SECONDS)
            if await client.is_reassigned():
                log.info("shards are divided anew", before=sorted(client.ids))
                raise Reassigned
            lost = client.disconnected_at
            if lost is not None and asyncio.get_running_loop().time() - lost > LOST_SECONDS:
                log.warning("no connection to Discord for too long")
                return
        running.result()
    finally:
        await _end(client, running)


async def _end(client: Gateway, running: "asyncio.Task[None]") -> None:
    """Take nothing new, then close a client, whatever state it is in.

    That is finished also when whoever waits for it is cancelled meanwhile.
    """
    ending = asyncio.create_task(_close(client, running))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await asyncio.wait({ending})
        raise


async def _close(client: Gateway, running: "asyncio.Task[None]") -> None:
    """Cancel a client until it ends, and close it.

    It may miss being cancelled while it connects again: ``asyncio.wait_for``, before Python 3.12,
    when what it waits for is done at the same time (https://github.com/python/cpython/issues/86296),
    and discord.py's ``Shard``, always.
    """
    try:
        async with asyncio.timeout(CANCELLING_SECONDS):
            while not running.done():
                running.cancel()
                await asyncio.wait({running}, timeout=AGAIN_SECONDS)
    except TimeoutError:
        log.warning("client did not end")
    try:
        async with asyncio.timeout(CLOSING_SECONDS):
            [error] = await asyncio.gather(client.close(), return_exceptions=True)
    except TimeoutError as late:
        error = late
    if error is not None:
        log.info("client did not close well", error=f"{type(error).__name__}: {error}")
    await private_api.hang_up(client)
    if running.done() and not running.cancelled():
        running.exception()  # asked for, so that nobody is told that it was not
