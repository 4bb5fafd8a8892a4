"""A platform that takes every message, and shows it to nobody: what is measured is the rest.

``BOT_ADAPTERS=bench.wall``; whoever asks in the same process does so by ``receive``.
"""

import asyncio
import time
from dataclasses import replace

from bot.domain.requests import Address, Attachment
from bot.ports import Bot, Receive
from messages import Message


class Wall:
    """``told`` is given the ids of jobs that have ended; ``shown`` says when each was shown first,
    by :func:`time.perf_counter`. ``receive`` is there once ``listening`` is set."""

    platform = "wall"
    receive: Receive

    def __init__(self) -> None:
        self.listening = asyncio.Event()
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.shown: dict[str, float] = {}
        self._news = asyncio.Event()

    async def listen(self, receive: Receive) -> None:
        self.receive = receive
        self.listening.set()
        await asyncio.Event().wait()

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        self.shown.setdefault(message.job_id, time.perf_counter())
        self._news.set()
        self._news = asyncio.Event()
        if message.status.final:
            self.told.put_nowait(message.job_id)
        return replace(address, message=message.job_id)

    async def until_shown(self, job_id: str) -> float:
        """When a job was shown first."""
        while job_id not in self.shown:
            await self._news.wait()
        return self.shown[job_id]

    async def remove(self, address: Address) -> None:
        """What is on the wall stays."""

    async def read(self, attachment: Attachment) -> None:
        return None

    async def close(self) -> None:
        """Nothing to release."""


def create(bot: Bot) -> Wall:
    """The adapter."""
    return Wall()
