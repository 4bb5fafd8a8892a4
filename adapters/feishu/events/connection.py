"""The long connection: in a thread and on a loop of its own, made anew whenever it is gone.

The loop of lark-oapi's client is a global of its module, and whatever the client does there must
not wait for the rest of the bot, nor the other way round. Events are handed to the bot's own loop;
the platform is answered when that has accepted them, or refuses, or is too slow.
"""

import asyncio
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import structlog

from adapters.feishu.api import sdk
from adapters.feishu.events.connection_errors import ConnectionRefused
from adapters.feishu.events.dispatcher import ACCEPT_SECONDS, Answer, NotAccepted, Take
from adapters.feishu.events.session import Lost, Session
from bot.chat import reconnecting
from bot.ports import Misconfigured

log = structlog.get_logger(__name__)

JOIN_SECONDS = 2.0
"""How long the thread may take to end."""

LASTING_SECONDS = 5.0
"""A connection that lasted so long was a good one: the next attempt is made at once."""

RENEWED_SECONDS = 3 * 3600.0
"""How old a connection gets: some are known to stay up, to answer pings and to bring no event any
more. The new one is there before the old one goes."""

OVERLAP_SECONDS = 5.0
"""How long the old one still answers what has come over it."""

LONGEST_PAUSE = 15.0
"""Seconds between two attempts, at most. The platform wishes for 120; but who clicks meanwhile is
told that the bot cannot be reached, and a click is never delivered again."""


class LongConnection:
    """Runs until cancelled; ``take`` is called on the loop of whoever runs it."""

    def __init__(
        self,
        app_id: str,
        secret: str,
        domain: str,
        take: Take,
        *,
        renewed: float = RENEWED_SECONDS,
        overlap: float = OVERLAP_SECONDS,
    ) -> None:
        self._credentials = (app_id, secret, domain)
        self._take = take
        self._renewed = renewed
        self._overlap = overlap
        self._last_event = time.monotonic()
        self._connected = False
        self._bot: asyncio.AbstractEventLoop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: asyncio.Task[None] | None = None
        self._stopping = threading.Event()

    async def run(self) -> None:
        """Keep a connection.

        Raises:
            Misconfigured: the platform refused the credentials at the first attempt.
        """
        self._bot = asyncio.get_running_loop()
        module = await asyncio.to_thread(sdk.socket)
        ended: asyncio.Future[None] = self._bot.create_future()
        thread = threading.Thread(
            target=self._thread, args=(module, ended), name="feishu-connection", daemon=True
        )
        thread.start()
        try:
            await ended
        finally:
            self._stop()
            await asyncio.to_thread(thread.join, JOIN_SECONDS)
            if thread.is_alive():
                log.warning("the long connection does not end; it is left behind")

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._connected

    @property
    def quiet(self) -> float:
        """Seconds since the last event, or since the start."""
        return time.monotonic() - self._last_event

    def _stop(self) -> None:
        self._stopping.set()
        loop, serving = self._loop, self._serving
        if loop is not None and serving is not None:
            try:
                loop.call_soon_threadsafe(serving.cancel)
            except RuntimeError:  # it has ended by itself
                return

    # In the thread

    def _thread(self, module: Any, ended: "asyncio.Future[None]") -> None:
        failed: BaseException | None = None
        try:
            asyncio.run(self._serve(module))
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            failed = error
        finally:
            module.loop = None

        def tell() -> None:
            if not ended.done():
                ended.set_exception(failed or Lost("the long connection has ended"))

        try:
            self._bot.call_soon_threadsafe(tell)
        except RuntimeError:  # the bot has ended
            return

    async def _serve(self, module: Any) -> None:
        """One session after another, with growing pauses while there is no connection."""
        module.loop = self._loop = asyncio.get_running_loop()
        self._serving = asyncio.current_task()
        failures, ever = 0, False
        while not self._stopping.is_set():
            session = self._session(module)
            began: float | None = None

            def connected() -> None:
                nonlocal began, ever
                began, ever = time.monotonic(), True
                self._connected = True
                log.info("connected", domain=self._credentials[2])

            try:
                await self._keep(module, session, connected)
            except ConnectionRefused as error:
                if error.hopeless and not ever:
                    raise Misconfigured(f"feishu: {error}: {error.hint}") from None
                log.error("connection refused", reason=str(error), hint=error.hint)
            except Lost as error:
                log.warning("connection lost", reason=str(error))
            except Exception:
                log.exception("connection broke")
            finally:
                self._connected = False
            if began is None:
                failures += 1
            else:
                failures = 0 if time.monotonic() - began > LASTING_SECONDS else 1
            await asyncio.sleep(_pause(failures, session.interval))

    def _session(self, module: Any) -> Session:
        return Session(module, *self._credentials, self._pass_on)

    async def _keep(self, module: Any, session: Session, connected: Callable[[], None]) -> None:
        """Run a session, and from time to time put a new one in its place.

        Raises:
            ConnectionRefused: the platform refused the first one.
            Lost: the last one is gone.
        """
        running = asyncio.create_task(session.run(connected))
        newer: asyncio.Task[None] | None = None
        try:
            while True:
                age = self._renewed * random.uniform(0.9, 1.1)
                await asyncio.wait((running,), timeout=age)
                if running.done():
                    await running
                opened = asyncio.Event()
                newer = asyncio.create_task(self._session(module).run(opened.set))
                if await _either(opened, newer):
                    await asyncio.wait((running, newer), timeout=self._overlap)
                    running, newer = newer, running
                    log.info("connection renewed", seconds_without_event=round(self.quiet))
                else:
                    log.warning("connection not renewed, the old one is kept")
                await _ended(newer)
        finally:
            await _ended(running, newer)

    async def _pass_on(self, payload: bytes) -> Answer:
        """Have an event accepted on the bot's loop; one that takes longer goes on there."""
        self._last_event = time.monotonic()
        if self._stopping.is_set():
            raise NotAccepted("stopping")
        work: Future[Answer] = asyncio.run_coroutine_threadsafe(self._take(payload), self._bot)
        try:
            async with asyncio.timeout(ACCEPT_SECONDS):
                return await asyncio.shield(asyncio.wrap_future(work))
        except TimeoutError:
            work.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise NotAccepted("too slow") from None


async def _either(opened: asyncio.Event, session: "asyncio.Task[None]") -> bool:
    """Wait until a session has a connection, or has failed; says whether it has one."""
    waiting = asyncio.create_task(opened.wait())
    await asyncio.wait((waiting, session), return_when=asyncio.FIRST_COMPLETED)
    await _ended(waiting)
    return opened.is_set()


async def _ended(*tasks: "asyncio.Task[Any] | None") -> None:
    """Stop tasks, and see that they have stopped, however they ended."""
    there = [task for task in tasks if task is not None]
    for task in there:
        task.cancel()
    await asyncio.gather(*there, return_exceptions=True)


def _pause(failures: int, interval: float) -> float:
    """Seconds until the next attempt: at once after a good connection, then ever longer."""
    if failures == 0:
        return random.random()
    return reconnecting.pause(failures - 1, longest=min(LONGEST_PAUSE, interval))
