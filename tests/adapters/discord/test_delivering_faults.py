"""Many answers while everything goes wrong that can: each ends in one message that is final."""

import asyncio
import random
from typing import Any

from adapters.discord.address import DiscordPlace
from tests.adapters.discord.delivering import Stage, emulator, stage

__all__ = ["emulator", "stage"]

SEED = 20_260_807
REQUESTS = 40
AT_ONCE = 5
PATH = "/messages"

FAULTS: tuple[dict[str, Any], ...] = (
    {"path": PATH, "reset": True},
    {"path": PATH, "reset": True, "after": True},
    *({"path": PATH, "status": status} for status in (500, 502, 503, 504)),
    {"path": PATH, "limited": {"retry_after": 0.1, "scope": "user"}},
    {"path": PATH, "limited": {"retry_after": 0.1, "scope": "shared"}},
    {"path": PATH, "limited": {"retry_after": 0.1, "scope": "global"}},
    {"path": PATH, "cloudflare": True},
    {"path": PATH, "error": 40005},
    {"path": PATH, "delay": 0.3},
)


async def one(stage: Stage, chance: random.Random, door: asyncio.Semaphore) -> None:
    """One request with its trouble."""
    kind = chance.choice(("slash", "private", "mention", "direct"))
    trouble = chance.choice(("", "", "expire", "delete"))
    fault = chance.choice(FAULTS)
    async with door:
        place: DiscordPlace
        if kind == "slash":
            place = await stage.interaction()
        elif kind == "private":
            place = await stage.interaction(private=True)
        else:
            place = await stage.mention("dm" if kind == "direct" else None)
        await stage.discord.fault(dict(fault))
        job_id = await stage.ask(place, f"{kind} {trouble}", known=True)
        if trouble == "expire":
            await stage.discord.ask("expire", {})
        job = await stage.job(job_id)
        if trouble == "delete" and kind != "private" and job.address.message:
            await stage.discord.ask("delete_message", {"message": job.address.message})
        await stage.shown(job_id)


async def test_every_request_ends_in_one_message(stage: Stage) -> None:
    chance = random.Random(SEED)
    door = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(one(stage, chance, door) for _ in range(REQUESTS)))
    seen = [*await stage.messages(), *await stage.direct()]
    final = [m for m in seen if "✅" in m["content"] and m["buttons"]]
    assert len(final) == REQUESTS
    # A private answer whose token dies early cannot be edited: the result is a direct message.
    assert all(m["only"] for m in seen if m not in final)
    for message in final:
        assert len(message["attachments"]) == 1 or "too large" in message["content"]
        assert message["pings"] == []
