"""Refusals with every code there is and others that are not: each request ends where it is seen.

``REFUSALS`` is how many requests there are (``REFUSALS=300``).
"""

import asyncio
import os
import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.discord.address import DiscordPlace, expires_at
from bot.domain.actions import Action
from bot.domain.requests import Accepted, Incoming
from tests.adapters.discord.delivering import PATIENCE, Stage, emulator, stage

__all__ = ["emulator", "stage"]

COUNT = int(os.environ.get("REFUSALS", "60"))
SEED = 20_261_129
AT_ONCE = 8
EVER = 1_000_000

# https://discord.com/developers/docs/topics/opcodes-and-status-codes#json, with their status.
DOCUMENTED: dict[int, int] = {
    **dict.fromkeys((10003, 10004, 10008, 10011, 10013, 10015, 10062), 404),
    **dict.fromkeys((20001, 20002, 20009, 20012, 20018, 50001, 50003, 50004, 50007, 50009), 403),
    **dict.fromkeys((50013, 50021, 50278, 150006, 340015), 403),
    **dict.fromkeys((20009, 30013, 30031, 40009, 40041, 50006, 50008, 50014, 50033, 50034), 400),
    **dict.fromkeys((50035, 50045, 50046, 50055, 50068, 50080, 50081, 50083, 50109), 400),
    **dict.fromkeys((50132, 50138, 50146, 50161, 160002, 160005, 180000, 200000), 400),
    **dict.fromkeys((200001, 220003, 240000, 340013, 520001, 530000), 400),
    40005: 413,
}
INVENTED_STATUS = (400, 400, 400, 403, 403, 404, 405, 406, 409, 410, 411, 413, 415, 418, 422, 451)

EDITS = ("webhook edit", "channel edit")
POSTS = ("channel post", "follow-up")
REMOVALS = ("webhook delete", "channel delete")
PRIVATE = ("direct post",)


@dataclass
class Request:
    """One request: where it is, and what is refused there."""

    number: int
    kind: str
    person: str
    place: DiscordPlace
    faults: list[dict[str, Any]] = field(default_factory=list)
    original: str | None = None
    job: str = ""


class Chaos:
    """Draws requests and what is refused of them."""

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self.stage = stage
        self.chance = chance

    def code(self) -> dict[str, int]:
        """A documented refusal, or one that nobody has seen yet."""
        if self.chance.random() < 0.5:
            code = self.chance.choice(sorted(DOCUMENTED))
            return {"error": code, "status": DOCUMENTED[code]}
        code = self.chance.choice((0, self.chance.randrange(11_000, 999_999)))
        return {"error": code, "status": self.chance.choice(INVENTED_STATUS)}

    async def begin(self, number: int) -> Request:
        """A person in a place of their own, who asks."""
        stage, chance = self.stage, self.chance
        person = (await stage.discord.ask("user", {"name": f"p{number}", "installed": True}))["id"]
        await stage.discord.ask("member", {"guild": stage.guild, "user": person})
        kind = chance.choice(("slash", "slash", "private", "mention", "thread", "dm", "elsewhere"))
        where = {"guild": stage.guild, "name": f"room{number}"}
        channel = (await stage.discord.ask("channel", where))["id"]
        if kind == "thread":
            channel = (await stage.discord.ask("thread", {"parent": channel, "as": person}))["id"]
        if kind == "dm":
            channel = "dm"
        if kind == "elsewhere":
            other = await stage.discord.ask("guild", {"members": [person], "bot": False})
            channel = other["channel"]
        if kind in ("mention", "thread", "dm"):
            act = {"as": person, "channel": channel, "content": "a cat", "mention": kind != "dm"}
            said = await stage.discord.ask("type", act)
            guild = None if kind == "dm" else stage.guild
            place = DiscordPlace(said["channel"], person, guild, asked=said["message"])
            return Request(number, kind, person, place)
        asked = await stage.discord.ask("slash", {"as": person, "channel": channel, "name": "draw"})
        answer: dict[str, Any] = {"type": 5} | (
            {"data": {"flags": 64}} if kind == "private" else {}
        )
        await stage.rest("POST", f"/interactions/{asked['id']}/{asked['token']}/callback", answer)
        known = await stage.discord.ask(f"interaction?id={asked['id']}")
        place = DiscordPlace(
            *(asked["channel"], person, stage.guild),
            application=stage.application,
            token=asked["token"],
            expires=expires_at(asked["id"]),
            private=kind == "private",
            reachable=kind != "elsewhere",
        )
        return Request(number, kind, person, place, original=known["original_id"])

    async def refuse(self, request: Request) -> None:
        """Have some of the calls about it refused; one way is always left."""
        place, chance = request.place, self.chance
        direct = (await self.stage.discord.ask("channel", self._dm(request.person)))["id"]
        hooks = f"/webhooks/{place.application}/{place.token}"
        paths = {
            "webhook edit": ("PATCH", f"{hooks}/messages/"),
            "webhook delete": ("DELETE", f"{hooks}/messages/"),
            "follow-up": ("POST", f"{hooks}$"),
            "channel edit": ("PATCH", f"/channels/{place.channel}/messages/"),
            "channel delete": ("DELETE", f"/channels/{place.channel}/messages/"),
            "channel post": ("POST", f"/channels/{place.channel}/messages$"),
            "direct post": ("POST", f"/channels/{direct}/messages$"),
        }
        in_dm = request.kind == "dm"
        plan = chance.choice(("files", "files", "once", "edits", "edits", "all here", "private"))
        if plan == "files":  # whatever it is, wherever it is sent
            calls, more = [*EDITS, *POSTS, "direct post"], {"files": True, "times": EVER}
        elif plan == "once":
            # What can be neither changed nor removed stays, whatever a program does.
            calls = chance.sample([*POSTS, *chance.choice((EDITS, REMOVALS))], 2)
            more = {"times": chance.randrange(1, 6)}
        elif plan == "edits":
            calls, more = [*EDITS], {"times": EVER}
        elif plan == "all here" and not in_dm:
            calls, more = [*EDITS, *POSTS], {"times": EVER}
        else:
            calls, more = [*([] if in_dm else PRIVATE), chance.choice(EDITS)], {"times": 4}
        if in_dm and "direct post" in calls and plan != "files":
            calls.remove("direct post")
        for call in calls:
            method, path = paths[call]
            code = self.code()
            request.faults.append({"method": method, "path": path, **code, **more})
        await self.stage.discord.fault(*request.faults)

    def _dm(self, person: str) -> dict[str, Any]:
        return {"type": "dm", "people": [self.stage.application, person]}

    async def ask(self, request: Request) -> None:
        """Have the picture made, and wait until it is shown."""
        stage, place = self.stage, request.place
        pictures = request.number % 7 == 0
        incoming = Incoming(
            platform="discord",
            event_id=f"refused-{request.number}",
            requester=request.person,
            conversation=place.channel,
            address=place.address(request.original),
            text=f"a cat, number {request.number}" + (", 2 pictures" if pictures else ""),
            action=Action.DRAW,
            locale=self.chance.choice(("en-US", "zh-CN")),
        )
        accepted = await stage.app.engine.receive(incoming)
        assert isinstance(accepted, Accepted), accepted
        request.job = accepted.job_id
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._settled(request.job):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(told(request, await self.seen(request))) from None

    async def _settled(self, job_id: str) -> bool:
        job = await self.stage.job(job_id)
        return job.status.final and await self.stage.settled(job)

    async def seen(self, request: Request) -> list[dict[str, Any]]:
        """What the bot has written that the person sees."""
        found: list[dict[str, Any]] = []
        for channel in dict.fromkeys((request.place.channel, "dm")):
            query = f"messages?channel={channel}&as={request.person}"
            found += await self.stage.discord.ask(query)
        unique = {one["id"]: one for one in found if one["by_bot"]}
        return [*unique.values()]


def unfinished(message: dict[str, Any]) -> bool:
    """Whether it says that the work goes on."""
    texts = ("OK, generating", "In your queue", "Generating", "收到", "已排队", "正在", "⏳", "🎨")
    return message["loading"] or any(text in message["content"] for text in texts)


def told(request: Request, seen: list[dict[str, Any]]) -> str:
    lines = [f"{one['content']!r} {len(one['attachments'])} {one['loading']}" for one in seen]
    return "\n".join([f"{request.number} {request.kind}: {request.faults}", *lines])


@pytest.mark.timeout(600)
async def test_every_request_ends_in_one_message_that_is_seen(stage: Stage) -> None:
    chaos = Chaos(stage, random.Random(SEED))
    await stage.discord.set(validate=True)
    door = asyncio.Semaphore(AT_ONCE)
    requests = []
    for number in range(COUNT):
        request = await chaos.begin(number)
        await chaos.refuse(request)
        requests.append(request)

    async def go(request: Request) -> None:
        async with door:
            await chaos.ask(request)

    await asyncio.gather(*map(go, requests))
    forms = {"with pictures": 0, "in words": 0, "anew or elsewhere": 0}
    for request in requests:
        seen = await chaos.seen(request)
        final = [one for one in seen if "-# Nano Banana" in one["content"]]
        assert len(final) == 1, told(request, seen)
        assert not [one for one in seen if unfinished(one)], told(request, seen)
        [last] = final
        if last["attachments"]:
            forms["with pictures"] += 1
        else:
            forms["in words"] += 1
            assert (
                "could not be shown here" in last["content"]
                or "没能发到这里" in last["content"]
                or "too large" in last["content"]
                or "图片太大" in last["content"]
            ), told(request, seen)
        forms["anew or elsewhere"] += last["channel_id"] != request.place.channel
        assert "I lack" not in "".join(one["content"] for one in seen), told(request, seen)
        assert "缺少" not in "".join(one["content"] for one in seen), told(request, seen)
    assert len(stage.provider.submitted) == COUNT
    assert min(forms.values()) > 0, forms
