"""The outbound half of the adapter: shows, removes and reads, in any process, without a gateway."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace

import aiohttp
import structlog

from adapters.discord.address import PLATFORM, DiscordPlace
from adapters.discord.delivery import originals, pings, token_expiry
from adapters.discord.delivery.message_delivery import MessageDelivery
from adapters.discord.delivery.questions import Questions
from adapters.discord.delivery.removal import remove
from adapters.discord.downloads import AttachmentReader
from adapters.discord.rest import Rest, point
from adapters.discord.settings import DiscordSettings
from bot.domain import Address, Attachment, Failure, Reason
from bot.ports import Bot
from messages import Message, Notice, negotiate

log = structlog.get_logger(__name__)

PROGRESS_SECONDS = 6.0
"""A step that takes longer to be shown is left to itself, and those after it are not shown."""

LATE_SECONDS = 30.0
"""So long a result waits for a step that is still being shown, to come after it."""


class DiscordDelivery:
    """What :class:`bot.ports.Adapter` asks for, but for listening. Opened by its first use."""

    def __init__(self, bot: Bot, settings: DiscordSettings) -> None:
        self._bot = bot
        self._settings = settings
        self.rest = Rest(settings, bot.clock)
        self.reader = AttachmentReader(settings, self.rest)
        self.questions = Questions(self.rest, bot.clock)
        self._uploads = asyncio.Semaphore(settings.discord_uploads)
        self._late: dict[str, asyncio.Task[Address]] = {}
        self._watch: asyncio.Task[None] | None = None

    @property
    def connector(self) -> Callable[[], aiohttp.BaseConnector] | None:
        """What makes the connections of a session, where they are to be other than usual."""
        return self.rest.connector

    @connector.setter
    def connector(self, factory: Callable[[], aiohttp.BaseConnector] | None) -> None:
        self.rest.connector = factory

    async def open(self) -> None:
        """Begin to watch for tokens that die; connections are opened when they are needed."""
        point(self._settings)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(token_expiry.watch(self._bot))

    async def close(self) -> None:
        """Stop, and close the connections."""
        tasks = [*self._late.values(), *([self._watch] if self._watch else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._watch = None
        await self.rest.close()

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        """See :meth:`bot.ports.Adapter.show`. A step before the last may be left out."""
        await self.open()
        late = self._late.get(message.job_id)
        if late and message.status.final:
            await asyncio.wait({late}, timeout=LATE_SECONDS)
            late.cancel()
        elif late and not late.done():
            return address
        address = self._after(message.job_id) or address
        if message.status.final:
            return await self._result(address, message, negotiate(locale))
        answer = MessageDelivery(
            self._bot, self._settings, self.rest, address, message, negotiate(locale)
        )
        task = asyncio.create_task(answer.step())
        try:
            await asyncio.wait({task}, timeout=PROGRESS_SECONDS)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            return task.result()
        self._late[message.job_id] = task
        return address

    def _after(self, job_id: str) -> Address | None:
        """The address after a step that took long, if it was shown in the end."""
        late = self._late.pop(job_id, None)
        if late is None or not late.done() or late.cancelled():
            return None
        if error := late.exception():
            log.warning("step not shown", job_id=job_id, error=repr(error))
            return None
        return late.result()

    async def _result(self, address: Address, message: Message, locale: str) -> Address:
        answer = MessageDelivery(self._bot, self._settings, self.rest, address, message, locale)
        async with self._upload(message):
            shown = await answer.result()
        if answer.moved:
            return shown
        return await pings.call(self.rest, shown, message, locale, self._bot.clock())

    async def present(self, place: DiscordPlace, notice: Notice, locale: str) -> Failure | None:
        """Answer with what a notice shows beside its words: a finished job again, or files.

        Returns:
            Why that is not possible.

        Raises:
            Undeliverable: the place cannot be answered any more.
        """
        await self.open()
        if notice.originals:
            async with self._uploads:
                covered = place.spoiler or self._settings.discord_spoiler
                return await originals.send(
                    self._bot, self.rest, place, notice, negotiate(locale), spoiler=covered
                )
        job = await self._bot.job(notice.shows or "", place.viewer)
        message = await self._bot.message(job, place.viewer) if job else None
        if job is None or message is None:
            return Failure(Reason.NOT_FOUND)
        if job.requester != place.user:
            place = replace(place, author=job.requester)
        shown = await self.show_copy(place, message, locale)
        await self._bot.add_message(str(shown.message), job.id, PLATFORM)
        return None

    async def show_copy(self, place: DiscordPlace, message: Message, locale: str) -> Address:
        """Show a finished job as the answer to another interaction, which was deferred, or in
        reply to a message.

        Raises:
            Undeliverable: its token is dead.
        """
        await self.open()
        answer = MessageDelivery(
            self._bot, self._settings, self.rest, place.address(), message, negotiate(locale)
        )
        async with self._upload(message):
            return await answer.copy()

    def _upload(self, message: Message) -> AbstractAsyncContextManager[object]:
        """A place among those that hold pictures in memory; a message without needs none."""
        return self._uploads if message.pictures else nullcontext()

    async def remove(self, address: Address) -> None:
        """Delete the message at an address, and the one that called the person to it."""
        await self.open()
        place = DiscordPlace.of(address)
        if place.called:
            await remove(self.rest, place, place.called, self._bot.clock())
        await remove(self.rest, place, address.message, self._bot.clock())

    async def read(self, attachment: Attachment) -> bytes | Failure:
        """See :meth:`bot.ports.Adapter.read`."""
        await self.open()
        return await self.reader.read(attachment)
