"""A real bot on an emulated platform, and people who each say one thing to it.

Nothing is waited for by time: what the engine has answered, and that a job's last message has been
shown, is noted where it passes through the doors of :mod:`bot.ports`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.app import App
from bot.domain.failures import Failure
from bot.domain.generation import Pictures, Progress, Request, Ticket
from bot.domain.jobs import Job, job_id
from bot.domain.requests import Accepted, Address, Attachment, Incoming
from bot.ports import Adapter, Bot, Receive
from bot.settings import Settings
from messages import Message, Notice, Status
from tests.emulators.process import Remote
from tests.manners.sayings import Happened, Result, Saying, judge
from tests.support.scripted import Scripted

PATIENCE = 120.0
"""Seconds until something has to have happened that is sure to happen."""

UNSEEN = 5.0
"""Seconds after which an answer that nobody sees is taken not to come."""

AT_ONCE = 12
"""Sayings that are dealt with at the same time."""

LIGHTHOUSE = {
    "en": "a lighthouse at dusk",
    "zh": "黄昏的灯塔",
    "zh_Hant": "黃昏的燈塔",
    "ja": "夕暮れの灯台",
}
FOUR = {
    "en": "a lighthouse at dusk, 4 images",
    "zh": "画四张黄昏的灯塔",
    "zh_Hant": "畫四張黃昏的燈塔",
    "ja": "夕暮れの灯台を4枚描いて",
}
BICYCLE = {"en": "a red bicycle", "zh": "红色自行车", "zh_Hant": "紅色腳踏車", "ja": "赤い自転車"}
FERRY = {
    "en": "a ferry in fog",
    "zh": "雾中的渡船",
    "zh_Hant": "霧中的渡船",
    "ja": "霧の中の渡し船",
}
"""What is still being made while something else is said."""
SNOW = {
    "en": "The old harbour sleeps under the first snow",
    "zh": "老码头在初雪中沉睡",
    "zh_Hant": "老碼頭在初雪中沉睡",
    "ja": "古い港が初雪の下で眠っている",
}
"""What another person has written, unless the saying tells."""

T = TypeVar("T")


class Noted(Generic[T]):
    """What happens to one thing after the other, each once, waited for by its name."""

    def __init__(self) -> None:
        self._found: dict[str, T] = {}
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def put(self, name: str, what: T) -> None:
        self._found[name] = what
        self._news[name].set()

    async def get(self, name: str) -> T:
        """What has happened to it, once something has.

        Raises:
            TimeoutError: nothing happens.
        """
        async with asyncio.timeout(PATIENCE):
            await self._news[name].wait()
        return self._found[name]


class Counting(Scripted):
    """A provider that makes pictures at once, except those that are held until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: Noted[Request] = Noted()
        self._free: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def let_go(self, key: str) -> None:
        """Have the request of that key finished, whether it is held or still to come."""
        self._free[key].set()

    async def collect(
        self, ticket: Ticket, request: Request
    ) -> AsyncGenerator[Progress | Pictures | Failure, None]:
        self.begun.put(request.key, request)
        if request.prompt in FERRY.values():
            yield Progress()
            await self._free[request.key].wait()
        async for each in super().collect(ticket, request):
            yield each


class Watched:
    """An adapter: the engine's answers by event, and the jobs whose last message has been shown."""

    def __init__(self, adapter: Adapter) -> None:
        self.platform = adapter.platform
        self._adapter = adapter
        self.answers: Noted[Accepted | Notice | Failure] = Noted()
        self.ended: Noted[Message] = Noted()

    async def listen(self, receive: Receive) -> None:
        async def noting(incoming: Incoming) -> Accepted | Notice | Failure:
            answer = await receive(incoming)
            self.answers.put(incoming.event_id, answer)
            return answer

        await self._adapter.listen(noting)

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        shown = await self._adapter.show(address, message, locale)
        if message.status.final:
            self.ended.put(message.job_id, message)
        return shown

    async def remove(self, address: Address) -> None:
        await self._adapter.remove(address)

    async def read(self, attachment: Attachment) -> bytes | Failure | None:
        return await self._adapter.read(attachment)

    async def close(self) -> None:
        await self._adapter.close()


@dataclass(slots=True)
class Talk:
    """A person of their own, in a chat of their own, who says one thing.

    ``direct`` says that they write to the bot alone. ``before`` are the messages to which the bot
    has replied already, ``earlier`` the jobs of the person's own among them, and ``beside`` those
    of others.
    """

    saying: Saying
    number: int
    direct: bool
    person: str = ""
    chat: str = ""
    before: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    @property
    def lang(self) -> str:
        return self.saying.lang


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of the bot: its id, the one that it replies to, and how many pictures it shows."""

    message: str
    about: str | None
    pictures: int


class Chats(ABC):
    """The bot on one platform; each platform says how one writes there, and what is seen."""

    platform: str

    def __init__(self, remote: Remote, provider: Counting) -> None:
        self.remote = remote
        self.provider = provider
        self.app: App
        self.adapter: Watched
        self._listening: asyncio.Task[None] | None = None

    # What a platform says of itself

    @abstractmethod
    async def build(self) -> None:
        """An empty world."""

    @abstractmethod
    def made(self, bot: Bot) -> Adapter:
        """The real adapter, pointed at the emulator."""

    @abstractmethod
    async def is_connected(self) -> bool:
        """Whether the bot listens."""

    @abstractmethod
    async def furnish(self, talk: Talk) -> None:
        """Make the person, and the chat."""

    @abstractmethod
    async def say(
        self, talk: Talk, text: str, *, reply_to: str | None = None, photo: bool = False
    ) -> str:
        """Say something to the bot; the message's id, which is the event's."""

    @abstractmethod
    async def overhear(self, talk: Talk, text: str) -> str:
        """Have another person write something there that a reply can be about; its id."""

    @abstractmethod
    async def messages(self, talk: Talk) -> list[Seen]:
        """The bot's messages that the person sees."""

    @abstractmethod
    async def reactions(self, talk: Talk, message: str) -> int:
        """How many reactions the bot has put on a message."""

    @abstractmethod
    async def violations(self) -> list[dict[str, object]]:
        """What either side did that the platform does not allow."""

    # The bot

    async def start(self, settings: Settings) -> None:
        """Build the world, and start the bot in it."""
        await self.build()
        self.app = App(settings)
        self.adapter = Watched(self.made(self.app.bot))
        self.app.adapters = [self.adapter]
        await self.app.start()
        self.app.engine.delivery.pause = 0.05
        listen = self.adapter.listen(self.app.engine.receive)
        self._listening = asyncio.create_task(listen)
        await until(self.is_connected)

    async def stop(self) -> None:
        """Stop the bot."""
        assert self._listening is not None
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        await self.app.close()

    # What happens

    async def ask(self, sayings: Iterable[Saying]) -> list[Result]:
        """Have everything said, many at a time, and judge what becomes of it.

        Raises:
            AssertionError: the provider was paid for something that nobody said.
        """
        gate = asyncio.Semaphore(AT_ONCE)
        known: set[str] = set()

        async def one(number: int, saying: Saying) -> Result:
            direct = number % 2 == 0 and saying.context != "reply_text"
            talk = Talk(saying, number, direct)
            async with gate:
                happened = await self._happens(talk)
            known.update(talk.earlier, talk.beside)
            if happened.job is not None:
                known.add(happened.job.id)
            return judge(self.platform, saying, happened)

        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(one(*each)) for each in enumerate(sayings)]
        stray = [each for each in self.provider.submitted if each.key not in known]
        assert not stray, stray
        return [task.result() for task in asked]

    async def _happens(self, talk: Talk) -> Happened:
        """Prepare what there has to be, have it said, and look at what comes of it."""
        await self.furnish(talk)
        about = await self._prepare(talk)
        photo = talk.saying.context == "own_image"
        said = await self.say(talk, talk.saying.text, reply_to=about, photo=photo)
        own = job_id(self.platform, said)
        self.provider.let_go(own)
        answer: Accepted | Notice | Failure | None = None
        with suppress(TimeoutError):
            answer = await self.adapter.answers.get(said)
            if isinstance(answer, Accepted):
                asked = await self.app.history.job(own)
                if asked is not None and asked.parent is not None:  # it may wait for that picture
                    self.provider.let_go(asked.parent.job_id)
                await self.adapter.ended.get(own)
        job = await self.app.history.job(own)
        drawn = job is not None and job.status is Status.SUCCEEDED
        seen, pictured = await self._sees(talk, said, picture=drawn)
        for earlier in talk.earlier:
            self.provider.let_go(earlier)
        for earlier in talk.earlier:
            await self.adapter.ended.get(earlier)
        earlier_jobs = [await self.app.history.job(each) for each in talk.earlier]
        requests = [each for each in self.provider.submitted if each.key == own]
        jobs = [each for each in earlier_jobs if each]
        return Happened(answer, job, requests, jobs, seen, pictured)

    async def _prepare(self, talk: Talk) -> str | None:
        """Make what there is before; the message that is replied to, if one is."""
        lang = talk.lang
        match talk.saying.context:
            case "nothing" | "own_image":
                return None
            case "running":
                said = await self.say(talk, FERRY[lang])
                talk.before.append(said)
                talk.earlier.append(job_id(self.platform, said))
                await self.provider.begun.get(talk.earlier[0])
                return None
            case "reply_text":
                return await self.overhear(talk, talk.saying.quoted or SNOW[lang])
            case "four" | "reply_four":
                shown = await self._draw(talk, FOUR[lang], 4)
            case "two_jobs":
                await self._draw(talk, BICYCLE[lang], 1)
                shown = await self._draw(talk, LIGHTHOUSE[lang], 1)
            case _:
                shown = await self._draw(talk, LIGHTHOUSE[lang], 1)
        return shown if talk.saying.context.startswith("reply") else None

    async def _draw(self, talk: Talk, text: str, count: int) -> str:
        """Ask for pictures, and wait until they are there; the message that shows them."""
        said = await self.say(talk, text)
        talk.before.append(said)
        talk.earlier.append((await self.drawn(said, count)).id)
        shown = [one for one in await self.messages(talk) if one.about == said]
        [message] = [one.message for one in shown if one.pictures]
        return message

    async def drawn(self, said: str, count: int) -> Job:
        """The job of a message, once its pictures are there and its message is known by its id."""
        name = job_id(self.platform, said)
        await self.adapter.ended.get(name)

        async def told() -> Job | None:
            job = await self.app.history.job(name)
            return job if job is not None and not job.untold else None

        job = await until(told)
        assert job is not None
        pictures = (await self.app.history.pictures_of([name]))[name]
        assert len(pictures) == count, (job.text, len(pictures))
        return job

    async def _sees(self, talk: Talk, said: str, *, picture: bool) -> tuple[bool, bool]:
        """Whether the person sees anything new, and whether that is a picture; ``picture`` says
        that one is to be seen."""

        async def look() -> tuple[bool, bool] | None:
            new = [one for one in await self.messages(talk) if one.about not in talk.before]
            pictured = any(one.pictures for one in new)
            seen = bool(new) or await self.reactions(talk, said) > 0
            return (seen, pictured) if (pictured if picture else seen) else None

        with suppress(TimeoutError):
            found = await until(look, UNSEEN)
            assert found is not None
            return found
        return False, False


async def until(look: Callable[[], Awaitable[T]], seconds: float = PATIENCE) -> T:
    """The first true value that ``look`` gives.

    Raises:
        TimeoutError: there is none within so many seconds.
    """
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.02)
        return found
