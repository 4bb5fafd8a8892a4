"""Many requests while the platform fails at random: each one ends in exactly one final card."""

import asyncio
import random
from typing import Any

import pytest

from adapters.feishu.api.client import Api
from adapters.feishu.delivery.outbound import FeishuDelivery
from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures
from bot.settings import Settings
from messages import Cost
from tests.adapters.feishu.scene import Scene, scene, until
from tests.emulators.process import Remote
from tests.support.scripted import Scripted, png

REQUESTS = 60
LIMITS = {"chat_per_second": 1_000, "api_per_second": 10_000, "api_per_minute": 100_000}
LIMITS["message_per_second"] = 1_000


def fault(choose: random.Random) -> dict[str, Any]:
    """Something that goes wrong once or a few times."""
    frequency = {"code": 99991400, "msg": "request trigger frequency limit"}
    revoked = {"code": 99991663, "msg": "Invalid access token for authorization."}
    card = {"code": 230099, "msg": "Failed to create card content, ext=ErrCode: 200621; "}
    image = {"code": 234011, "msg": "Can't recognize the image format."}
    kinds: list[dict[str, Any]] = [
        {"reset": True},
        {"reset": True, "after": True},
        {"status": 502, "body": "<html>Bad Gateway</html>"},
        {"status": 500, "body": {"code": 1, "msg": "internal error"}},
        {"status": 429, "body": frequency, "headers": {"x-ogw-ratelimit-reset": "1"}},
        {"status": 400, "body": revoked},
        {"delay": 0.3},
        {"method": "PATCH", "status": 400, "body": card},
        {"path": "reply", "status": 400, "body": card},
        {"path": "/images", "status": 400, "body": image},
    ]
    made = {"path": "/im/", "times": choose.choice((1, 1, 2, 3)), **choose.choice(kinds)}
    return made


async def test_each_request_ends_in_one_final_card(
    platform: Remote,
    settings: Settings,
    provider: Scripted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adapters.feishu.api.rate_limits.PER_CHAT", (100, 0.1))
    monkeypatch.setattr("adapters.feishu.api.rate_limits.PER_MESSAGE", (100, 0.1))
    choose = random.Random(20261121)
    failing = choose.sample(range(REQUESTS), 10)
    async with scene(platform, settings) as here:
        await platform.set(limits=LIMITS)
        for number in range(REQUESTS):
            refused = Failure(Reason.REFUSED)
            made = Pictures((png(),), Cost(5, "points"))
            provider.outcomes.append(refused if number in failing else made)
        jobs = []
        for number in range(REQUESTS):
            await platform.fault(*(fault(choose) for _ in range(choose.randrange(3))))
            jobs.append(await here.ask(requester=f"ou_{number % 20}", event_id=f"event-{number}"))
        for job_id in jobs:
            await here.done(job_id, 100)
        await platform.fault()
        finals = [message for message in await here.cards() if final(message)]
        assert len({message["parent_id"] for message in finals}) == REQUESTS
        assert len(finals) == REQUESTS, [message["parent_id"] for message in finals]
        assert len(await here.cards()) == REQUESTS
        assert (await platform.ask("violations"))["violations"] == []


def final(message: dict[str, Any]) -> bool:
    content = message["content"]
    if message["msg_type"] == "post":
        return True
    return content["header"]["template"] in ("green", "red")


async def test_a_token_is_revoked_while_many_cards_change(here: Scene) -> None:
    jobs = [await here.ask(requester=f"ou_{n}", event_id=f"event-{n}") for n in range(6)]
    await here.remote.ask("tokens", {"revoke": True})
    for job_id in jobs:
        await here.done(job_id)
    assert len(await here.cards()) == 6


async def test_a_scope_that_is_granted_in_time(here: Scene) -> None:
    sending = ["im:message", "im:message:send_as_bot"]
    await here.remote.ask("scopes", {"remove": sending})
    job_id = await here.ask()

    async def refused() -> bool:
        return any("99991672" in str(error) for error in here.adapter.errors)

    await until(refused)
    await here.remote.ask("scopes", {"add": sending})
    await here.done(job_id)
    (card,) = await here.cards()
    assert final(card)


async def test_another_process_takes_over_in_the_middle(here: Scene) -> None:
    """Another process that never saw the card before changes it, and calls and files come once."""
    gate = asyncio.Event()
    here_provider = here.app.providers.first
    assert isinstance(here_provider, Scripted)
    here_provider.outcomes.append(gate)
    job_id = await here.ask()

    async def begun() -> bool:
        return len(await here.cards()) == 1

    await until(begun)
    await here.delivery.close()
    here.adapter.delivery = FeishuDelivery(
        here.app.bot, here.settings, Api(here.settings, pause=0.01)
    )
    gate.set()
    await here.done(job_id)
    (card,) = await here.cards()
    assert final(card)


@pytest.fixture
async def here(platform: Remote, settings: Settings, provider: Scripted) -> Any:
    async with scene(platform, settings) as made:
        yield made
        assert (await platform.ask("violations"))["violations"] == []
