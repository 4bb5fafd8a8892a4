"""What is asked again, and what may have been paid for: for each provider, counted by its emulator.

docs/providers.md has the same table in words.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

from bot import catalog
from bot.failures import Failure, Reason
from bot.ports import Pictures, Provider, Request
from bot.providers._client import Limits
from bot.providers.aihubmix import AIHubMix, AIHubMixSettings
from bot.providers.gemini import Gemini, GeminiSettings
from bot.providers.ima import Ima, ImaSettings
from bot.providers.openrouter import OpenRouter, OpenRouterSettings
from messages import reason
from tests.asking import outcome
from tests.emulators import aihubmix, generate_content, openrouter
from tests.emulators.offered import FLASH, PRO
from tests.emulators.process import Remote, launch

QUICK = Limits(connect=2, silence=20, paying=20, total=40, attempts=4, first_pause=0.001)
ASKED = Request(key="k", prompt="a lighthouse", model=catalog.FLASH, size="1K", aspect_ratio="1:1")
FREE = replace(ASKED, model="gpt-image-2-free")


class Service(NamedTuple):
    """One way to a picture: its emulator, the path that costs money, and a provider for it."""

    emulator: str
    path: str
    build: Callable[[str, Limits], Provider]
    asked: Request = ASKED
    settings: Mapping[str, Any] = MappingProxyType({})


def gemini(url: str, limits: Limits, *, official: bool) -> Provider:
    settings = GeminiSettings(api_key=SecretStr(generate_content.KEY), base_url=f"{url}/v1beta")
    return Gemini(settings, limits=limits, official=official)


def hub(url: str, limits: Limits) -> Provider:
    settings = AIHubMixSettings(api_key=SecretStr(aihubmix.KEY), base_url=f"{url}/v1")
    return AIHubMix(settings, limits=limits)


def router(url: str, limits: Limits, *, endpoint: Any) -> Provider:
    settings = OpenRouterSettings(
        api_key=SecretStr(openrouter.KEY), base_url=f"{url}/api/v1", endpoint=endpoint
    )
    return OpenRouter(settings, limits)


def ima(url: str, limits: Limits) -> Provider:
    key, app_key = SecretStr("ima_emulator"), SecretStr("EMULATOR-TEST-KEY")
    return Ima(ImaSettings(api_key=key, app_key=app_key, base_url=url, upload_url=url), limits)


SERVICES = {
    "Google": Service(
        "gemini", ":generateContent", lambda url, limits: gemini(url, limits, official=True)
    ),
    "a copy of Google": Service(
        "gemini",
        ":generateContent",
        lambda url, limits: gemini(url, limits, official=False),
        settings={"foreign": True},
    ),
    "AIHubMix, Gemini": Service("aihubmix", ":generateContent", hub),
    "AIHubMix, predictions": Service("aihubmix", "/predictions", hub, FREE),
    "OpenRouter, images": Service(
        "openrouter", "/images$", lambda url, limits: router(url, limits, endpoint="images")
    ),
    "OpenRouter, chat": Service(
        "openrouter", "/chat/completions", lambda url, limits: router(url, limits, endpoint="chat")
    ),
    "IMA": Service("ima", "/tasks/create", ima, settings={"eet": "0~1s", "duration": 0.1}),
}
GATEWAY = "<html><h1>Bad Gateway</h1></html>"
BLOCKED = {
    "error": {
        "message": "Gemini image generation blocked [IMAGE_SAFETY]: The image was blocked due "
        "to safety policy violation (request id: 202607111002)",
        "type": "channel_error",
        "param": "",
        "code": "channel:image_generation_failed",
    }
}

# What happens to the paying call, and for whom: how often it is asked, how many of those calls the
# service bills, and why there is no picture (None: there is one), with whether that is in doubt.
Row = tuple[int, int, Reason | None, bool]
DOWN, NET, LATE, ODD, NO = (
    Reason.PROVIDER_DOWN,
    Reason.NETWORK,
    Reason.TIMEOUT,
    Reason.UNUSABLE_ANSWER,
    Reason.REFUSED,
)
ALL = tuple(SERVICES)
TABLE: dict[str, tuple[dict[str, Any], dict[str, Row]]] = {
    "nothing happens": ({"times": 0}, dict.fromkeys(ALL, (1, 1, None, False))),
    "429, twice": ({"status": 429, "times": 2}, dict.fromkeys(ALL, (3, 1, None, False))),
    "503, twice": ({"status": 503, "times": 2}, dict.fromkeys(ALL, (3, 1, None, False))),
    "500 instead of the picture": (
        {"status": 500, "after": True, "body": GATEWAY},
        {
            "Google": (2, 1, None, False),
            "a copy of Google": (1, 1, DOWN, True),
            "AIHubMix, Gemini": (1, 1, DOWN, True),
            "AIHubMix, predictions": (1, 1, DOWN, True),
            "OpenRouter, images": (1, 0, DOWN, False),
            "OpenRouter, chat": (1, 1, DOWN, True),
            "IMA": (1, 1, NET, True),
        },
    ),
    "502 of a gateway instead of the picture": (
        {"status": 502, "after": True, "body": GATEWAY},
        {
            "Google": (1, 1, DOWN, True),
            "a copy of Google": (1, 1, DOWN, True),
            "AIHubMix, Gemini": (1, 1, DOWN, True),
            "AIHubMix, predictions": (1, 1, DOWN, True),
            "OpenRouter, images": (2, 1, None, False),
            "OpenRouter, chat": (1, 1, DOWN, True),
            "IMA": (1, 1, NET, True),
        },
    ),
    "504 of a gateway instead of the picture": (
        {"status": 504, "after": True, "body": GATEWAY},
        {
            **dict.fromkeys(ALL, (1, 1, LATE, True)),
            "OpenRouter, images": (1, 0, LATE, False),
            "IMA": (1, 1, NET, True),
        },
    ),
    "the connection breaks after the picture": (
        {"reset": True, "after": True},
        {**dict.fromkeys(ALL, (1, 1, NET, True)), "OpenRouter, images": (2, 1, None, False)},
    ),
    "the picture comes too late": (
        {"delay": 1.5},
        {**dict.fromkeys(ALL, (1, 1, LATE, True)), "OpenRouter, images": (1, 0, LATE, False),
         "IMA": (1, 1, NET, True)},
    ),
    "half of an answer": (
        {"status": 200, "after": True, "body": '{"candidates": ['},
        {**dict.fromkeys(ALL, (1, 1, ODD, True)), "OpenRouter, images": (1, 0, ODD, False),
         "IMA": (1, 1, NET, True)},
    ),
    "a refusal in a 500": (
        {"status": 500, "body": BLOCKED, "times": 9},
        {**dict.fromkeys(ALL, (1, 0, NO, False)), "IMA": (1, 0, NET, True)},
    ),
    "a refusal in a 502": (
        {"status": 502, "body": BLOCKED, "times": 9},
        {**dict.fromkeys(ALL, (1, 0, NO, False)), "IMA": (1, 0, NET, True)},
    ),
    "a refusal in a 503": (
        {"status": 503, "body": BLOCKED, "times": 9},
        {name: (1, 0, NO, False) for name in ALL if name != "IMA"},
    ),
}  # fmt: skip
CASES = [
    pytest.param(name, fault, *row, id=f"{name}: {what}")
    for what, (fault, rows) in TABLE.items()
    for name, row in rows.items()
]


@pytest.fixture(scope="module")
def emulators() -> Iterator[dict[str, Remote]]:
    offers = [f"{PRO}-preview", PRO, FLASH]
    with (
        launch("gemini", offers=offers) as one,
        launch("aihubmix", offers=offers) as two,
        launch("openrouter", offers=offers) as three,
        launch("ima") as four,
    ):
        yield {"gemini": one, "aihubmix": two, "openrouter": three, "ima": four}


@pytest.fixture
async def providers() -> AsyncIterator[list[Provider]]:
    made: list[Provider] = []
    yield made
    for provider in made:
        await provider.close()


@pytest.mark.parametrize(("name", "fault", "asked", "paid", "why", "doubt"), CASES)
async def test_what_is_asked_again_and_what_is_paid(
    emulators: dict[str, Remote],
    providers: list[Provider],
    name: str,
    fault: dict[str, Any],
    asked: int,
    paid: int,
    why: Reason | None,
    doubt: bool,
) -> None:
    service = SERVICES[name]
    remote = emulators[service.emulator]
    await remote.forget()
    await remote.set(**service.settings)
    limits = replace(QUICK, silence=0.7, paying=0.7) if "delay" in fault else QUICK
    provider = service.build(remote.url, limits)
    providers.append(provider)
    await provider.models()
    if fault.get("times", 1):
        await remote.fault({"method": "POST", "path": service.path, **fault})
    found = await outcome(provider, service.asked)
    if "delay" in fault:
        await asyncio.sleep(1.2)  # until the service has made what nobody waits for
    calls = [
        request
        for request in await remote.requests(service.path.rstrip("$"))
        if request["method"] == "POST"
    ]
    assert (len(calls), len(await remote.paid())) == (asked, paid)
    if why is None:
        assert isinstance(found, Pictures), found
        return
    assert isinstance(found, Failure)
    assert (found.reason, found.maybe_paid) == (why, doubt), found
    # A picture that was billed and never came is told of; and is never made a second time.
    assert found.maybe_paid or not paid
    assert not (found.maybe_paid and found.elsewhere)
    assert not (why is NO and (found.retryable or found.elsewhere))
    for locale, words in (("en", "paid for, all the same"), ("zh_Hans", "可能已经生成并计费")):
        assert (words in reason(found.problem, locale)) is doubt


@pytest.mark.parametrize("code", [500, 6009, 6010])
async def test_ima_orders_again_after_a_code_of_its_own(
    emulators: dict[str, Remote], providers: list[Provider], code: int
) -> None:
    remote = emulators["ima"]
    for style in ("code", "status"):
        await remote.forget()
        await remote.set(eet="0~1s", duration=0.1, style=style)
        await remote.set(fail={"create": {"code": code, "message": "", "times": 1}})
        provider = ima(remote.url, QUICK)
        providers.append(provider)
        assert isinstance(await outcome(provider, replace(ASKED, size="4K")), Pictures)
        assert len(await remote.requests("/tasks/create")) == 2
        assert len(await remote.paid()) == 1


async def test_ima_does_not_order_again_what_it_refused(
    emulators: dict[str, Remote], providers: list[Provider]
) -> None:
    remote = emulators["ima"]
    words = "Image generation blocked [IMAGE_SAFETY]"
    for code in (500, 6009):
        await remote.forget()
        await remote.set(fail={"create": {"code": code, "message": words, "times": 9}})
        provider = ima(remote.url, QUICK)
        providers.append(provider)
        found = await outcome(provider, replace(ASKED, size="4K"))
        assert isinstance(found, Failure)
        assert (found.reason, found.elsewhere, found.maybe_paid) == (NO, False, False)
        assert len(await remote.requests("/tasks/create")) == 1


@pytest.mark.parametrize("status", [500, 502, 520, 524])
async def test_ima_never_orders_again_after_a_status_alone(
    emulators: dict[str, Remote], providers: list[Provider], status: int
) -> None:
    remote = emulators["ima"]
    for body in ("<html>oops</html>", "", {"message": "internal"}, {"code": None}, {"code": 0}):
        await remote.forget()
        await remote.fault(
            {"path": "/tasks/create", "status": status, "body": body, "times": 9, "after": True}
        )
        provider = ima(remote.url, QUICK)
        providers.append(provider)
        found = await outcome(provider, replace(ASKED, size="4K"))
        assert isinstance(found, Failure)
        assert (found.reason, found.maybe_paid) == (Reason.NETWORK, True), body
        assert len(await remote.paid()) == 1


@pytest.mark.parametrize("name", ALL)
async def test_what_never_reached_the_service_was_not_paid(
    providers: list[Provider], name: str
) -> None:
    """Neither a port where nobody is, nor a machine that does not answer to a connection."""
    service = SERVICES[name]
    with socket.socket() as deaf, socket.socket() as waiting:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)  # room for one, who is never let in
        port = deaf.getsockname()[1]
        waiting.connect(("127.0.0.1", port))
        limits = replace(QUICK, connect=0.3, attempts=2)
        for url in ("http://127.0.0.1:9", f"http://127.0.0.1:{port}"):
            provider = service.build(url, limits)
            providers.append(provider)
            found = await outcome(provider, service.asked)
            assert isinstance(found, Failure)
            assert (found.reason, found.maybe_paid) == (DOWN, False), (url, found)
            assert found.elsewhere
