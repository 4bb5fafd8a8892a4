"""A bot that delivers to the emulator: real delivery and a real engine, and nobody who listens.

What people ask goes straight to the engine, with the address of a message that a person of the
emulated tenant has really sent.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.api.client import Api
from adapters.feishu.delivery.outbound import FeishuDelivery
from adapters.feishu.settings import FeishuSettings
from bot.app import App
from bot.domain.failures import Failure
from bot.domain.requests import Accepted, Address, Attachment, Incoming, Viewer
from bot.ports import Receive
from bot.settings import Settings
from messages import Message, Picture, Status, Step
from tests.adapters.feishu.configuration import configured, core
from tests.emulators.process import Remote
from tests.support.scripted import png


class Adapter:
    """The platform for the engine: delivery, and nobody who listens."""

    platform = PLATFORM

    def __init__(self, delivery: FeishuDelivery) -> None:
        self.delivery = delivery
        self.errors: list[Exception] = []

    async def listen(self, receive: Receive) -> None:
        await asyncio.Event().wait()

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        try:
            return await self.delivery.show(address, message, locale)
        except Exception as error:
            self.errors.append(error)
            raise

    async def remove(self, address: Address) -> None:
        await self.delivery.remove(address)

    async def close(self) -> None:
        await self.delivery.close()

    async def read(self, attachment: Attachment) -> bytes | Failure:
        return await self.delivery.read(attachment)


class Scene:
    """A group with Alice (Chinese) and the bot, and what a test does there."""

    def __init__(
        self,
        remote: Remote,
        app: App,
        settings: FeishuSettings,
        delivery: FeishuDelivery,
        adapter: Adapter,
    ) -> None:
        self.remote = remote
        self.app = app
        self.settings = settings
        self.delivery = delivery
        self.adapter = adapter
        self.alice: dict[str, str] = {}
        self.chat = ""
        self._asked = 0

    async def begin(self, kind: str = "group") -> None:
        self.alice = await self.remote.ask("people", {"name": "Alice", "locale": "zh_cn"})
        made = await self.remote.ask("chats", {"type": kind, "people": ["Alice"]})
        self.chat = made["chat_id"]

    async def place(self, text: str = "画一只猫", **more: Any) -> FeishuPlace:
        """Where to answer a message that Alice has just sent."""
        sent = await self.remote.ask(
            "send", {"chat": self.chat, "from": "Alice", "text": f"<@bot> {text}", "deliver": False}
        )
        place = FeishuPlace(self.chat, self.alice["open_id"], asked=sent["message_id"])
        return replace(place, **more)

    async def ask(self, text: str = "画一只猫", **more: Any) -> str:
        """Ask for a picture through the engine; gives the job's id."""
        place = await self.place(text)
        self._asked += 1
        incoming = Incoming(
            platform=PLATFORM,
            event_id=f"{place.asked}",
            requester=place.user,
            conversation=place.chat,
            address=place.address(),
            text=text,
            locale="zh-CN",
        )
        accepted = await self.app.engine.receive(replace(incoming, **more))
        assert isinstance(accepted, Accepted), accepted
        return accepted.job_id

    async def done(self, job_id: str, seconds: float = 60) -> Any:
        """The job, once its result has been shown."""

        async def shown() -> Any:
            job = await self.app.history.job(job_id)
            assert job is not None
            if not job.status.final or job.shown is None:
                return None
            message = await self.app.engine.message(job)
            return job if _digest(message) == job.shown else None

        return await until(shown, seconds)

    async def picture(self, color: str = "orange", size: tuple[int, int] = (64, 48)) -> Picture:
        """A picture of Alice's in the media store."""
        viewer = Viewer(PLATFORM, self.alice["open_id"])
        kept = await self.app.bot.keep_upload(viewer, png(color, size))
        assert isinstance(kept, Picture)
        return kept

    async def cards(self, chat: str = "") -> list[dict[str, Any]]:
        """The bot's messages that are there, oldest first."""
        found = await self.remote.ask(f"messages?chat={chat or self.chat}&bot=1")
        return [message for message in found if not message["deleted"]]

    async def calls(self, path: str = "/open-apis/im/") -> list[str]:
        """The requests so far, as METHOD path."""
        return [f"{r['method']} {r['path']}" for r in await self.remote.requests(path)]

    async def private(self) -> list[dict[str, Any]]:
        """The bot's messages to Alice alone."""
        chat = await self.remote.ask("chats", {"type": "p2p", "people": ["Alice"]})
        return await self.cards(chat["chat_id"])


def _digest(message: Message) -> str:
    import hashlib

    return hashlib.sha256(repr(message).encode()).hexdigest()[:32]


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
    """What ``condition`` gives once it is true."""
    async with asyncio.timeout(seconds):
        while not (found := await condition()):
            await asyncio.sleep(0.02)
    return found


@asynccontextmanager
async def scene(remote: Remote, settings: Settings, **more: Any) -> AsyncIterator[Scene]:
    """A running bot in a group; afterwards nothing wrong was sent to Feishu."""
    await remote.forget()
    app = App(core(settings, **more))
    feishu = configured(remote, **more)
    delivery = FeishuDelivery(app.bot, feishu, Api(feishu, pause=0.01))
    adapter = Adapter(delivery)
    app.adapters = [adapter]
    await app.start()
    app.engine.delivery.pause = 0.01
    made = Scene(remote, app, feishu, delivery, adapter)
    try:
        await made.begin()
        yield made
    finally:
        await app.close()


def message(step: Step, job_id: str = "job-1", **facts: Any) -> Message:
    """A message of a step, with the facts that belong to it."""
    status = {
        Step.ACKNOWLEDGE: Status.QUEUED,
        Step.START: Status.RUNNING,
        Step.PROGRESS: Status.RUNNING,
        Step.SUCCESS: Status.SUCCEEDED,
        Step.FAILURE: Status.FAILED,
    }[step]
    usual: dict[str, Any] = {"status": status, "prompt": "画一只猫", "model": "Nano Banana 2"}
    usual |= {"size": "1K", "aspect_ratio": "1:1", "expected": (20, 40)}
    return Message(job_id=job_id, step=step, **(usual | facts))


def words(card: Any) -> str:
    """Every text in a card or other content, one a line."""
    if isinstance(card, dict):
        own = [card["content"]] if isinstance(card.get("content"), str) else []
        own += [card["text"]] if isinstance(card.get("text"), str) else []
        return "\n".join(filter(None, [*own, *(words(each) for each in card.values())]))
    return "\n".join(filter(None, map(words, card))) if isinstance(card, list) else ""
