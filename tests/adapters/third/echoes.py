"""A whole chat adapter: what somebody adds for a platform that nobody here has heard of.

The platform delivers events at ``GET /events`` and takes messages at ``POST /messages`` and
``PUT /messages/{id}``, as JSON. The file imports nothing of the bot but its doors.
"""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.chat.settings import PlatformSettings
from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Accepted, Address, Attachment, Incoming, Viewer
from bot.ports import Bot, Receive
from messages import Message, label, render, render_notice, render_problem

PLATFORM = "echo"


class EchoSettings(PlatformSettings):
    """Where the platform is."""

    echo_url: str = "http://127.0.0.1:1"


class Echo:
    """People write, press and reply on the platform, and are answered there."""

    platform = PLATFORM

    def __init__(self, bot: Bot, settings: EchoSettings) -> None:
        self._bot = bot
        self._url = settings.echo_url
        self._session: aiohttp.ClientSession | None = None

    async def listen(self, receive: Receive) -> None:
        while True:
            for event in await self._call("GET", "/events"):
                incoming = _incoming(event)
                answer: Any = await self._looked_up(event, incoming.viewer)
                if answer is None:
                    answer = await receive(incoming)
                if not isinstance(answer, Accepted):
                    text = await self._said(answer, incoming)
                    await self._call("POST", "/messages", key=event["id"], text=text, chat="-")
                await self._call("DELETE", f"/events/{event['id']}")
            await asyncio.sleep(0.05)

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        shown: dict[str, Any] = {
            "text": render(message, locale),
            "buttons": [
                [str(each), label(each, locale), message.job_id] for each in message.buttons
            ],
            "pictures": [await self._picture(one.image_id, address) for one in message.pictures],
            "ids": [one.image_id for one in message.pictures],
            "chat": address.data["chat"],
        }
        if address.message:
            await self._call("PUT", f"/messages/{address.message}", **shown)
            return address
        made = await self._call("POST", "/messages", key=message.job_id, **shown)
        return Address(PLATFORM, address.data, str(made["id"]))

    async def remove(self, address: Address) -> None:
        if address.message:
            await self._call("DELETE", f"/messages/{address.message}")

    async def read(self, attachment: Attachment) -> bytes | Failure:
        return Failure(Reason.REFERENCE_MISSING)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _picture(self, image_id: str, address: Address) -> str:
        viewer = Viewer(PLATFORM, str(address.data["person"]), str(address.data["chat"]))
        kept = await self._bot.picture(image_id, viewer)
        data = await self._bot.read_picture(kept) if kept else None
        return base64.b64encode(data or b"").decode()

    async def _looked_up(self, event: Mapping[str, Any], viewer: Viewer) -> str | None:
        """Panels, and what the platform would like to see of other people."""
        match event.get("panel"):
            case "settings":
                panel = await self._bot.settings(viewer)
                return f"{panel.chosen.size or 'auto'} of {', '.join(panel.sizes)}"
            case "history":
                page = await self._bot.history(viewer)
                return " | ".join(job.prompt for job in page.jobs) or "nothing"
            case "picture":
                found = await self._bot.picture(event["wanted"], viewer)
                return "seen" if found else "not there"
            case "job":
                job = await self._bot.job(event["wanted"], viewer)
                message = await self._bot.message(event["wanted"], viewer)
                return "seen" if job or message else "not there"
            case _:
                return None

    async def _said(self, answer: Any, incoming: Incoming) -> str:
        if isinstance(answer, str):
            return answer
        locale = await self._bot.locale(incoming)
        if isinstance(answer, Failure):
            return render_problem(answer.problem, locale)
        return render_notice(answer, locale)

    async def _call(self, method: str, path: str, **body: Any) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession(self._url)
        async with self._session.request(method, path, json=body) as answer:
            return await answer.json()


def _incoming(event: Mapping[str, Any]) -> Incoming:
    person, chat = str(event["person"]), str(event["chat"])
    return Incoming(
        platform=PLATFORM,
        event_id=str(event["id"]),
        requester=person,
        conversation=chat,
        address=Address(PLATFORM, {"person": person, "chat": chat}),
        text=str(event.get("text", "")),
        action=Action(event["action"]) if event.get("action") else None,
        target=event.get("job"),
        replied_to=event.get("reply_to"),
        private=bool(event.get("private")),
        locale="en",
    )


def create(bot: Bot) -> Echo:
    """The adapter, by whatever name of a module it is put into ``BOT_ADAPTERS``."""
    return Echo(bot, EchoSettings())
