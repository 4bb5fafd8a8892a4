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


async def one(
    stage: Stage,
    number: int,
    chance: random.Random,
    door: asyncio.Semaphore,
    acknowledging: asyncio.Lock,
) -> str:
    """One request with its trouble; no token ends before its interaction is acknowledged.

    Returns:
        Its prompt, which says what kind of request it is.
    """
    kind = chance.choice(("slash", "private", "mention", "direct"))
    trouble = chance.choice(("", "", "expire", "delete"))
    fault = chance.choice(FAULTS)
    async with door:
        place: DiscordPlace
        if kind in ("slash", "private"):
            async with acknowledging:
                place = await stage.interaction(private=kind == "private")
        else:
            place = await stage.mention("dm" if kind == "direct" else None)
        await stage.discord.fault(dict(fault))
        prompt = f"no. {number}: {kind} {trouble}".strip()
        job_id = await stage.ask(place, prompt, known=True)
        if trouble == "expire":
            async with acknowledging:
                await stage.discord.ask("expire", {})
        job = await stage.job(job_id)
        if trouble == "delete" and kind != "private" and job.address.message:
            await stage.discord.ask("delete_message", {"message": job.address.message})
        await stage.shown(job_id)
        return prompt


async def test_every_request_ends_in_one_message(stage: Stage) -> None:
    chance = random.Random(SEED)
    door, acknowledging = asyncio.Semaphore(AT_ONCE), asyncio.Lock()
    asking = [one(stage, number, chance, door, acknowledging) for number in range(REQUESTS)]
    prompts = await asyncio.gather(*asking)
    seen = [*await stage.messages(), *await stage.direct()]
    final = [m for m in seen if "AI-generated" in m["content"] and m["buttons"]]
    for prompt in prompts:
        theirs = [bool(message["only"]) for message in final if prompt in message["content"]]
        # Where a private edit's answer is lost, and its token is dead when it is made again, nobody
        # can tell that it has arrived: the person has it in the direct messages as well.
        unknown = "private" in prompt and sorted(theirs) == [False, True]
        assert len(theirs) == 1 or unknown, prompt
    # A private answer whose token dies early cannot be edited: the result is a direct message. Who
    # has waited for long is called.
    assert all(m["only"] or m["pings"] for m in seen if m not in final)
    for message in final:
        assert len(message["attachments"]) == 1 or "too large" in message["content"]
        assert message["pings"] == []
