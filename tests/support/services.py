"""The ways to a picture: each provider with its emulator, for tests of what all have in common."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import SecretStr

from bot.domain.generation import Request
from bot.ports import Provider
from bot.providers._http.client import ResponseLimits
from bot.providers.aihubmix import AIHubMix, AIHubMixSettings
from bot.providers.gemini import Gemini, GeminiSettings
from bot.providers.ima import Ima, ImaSettings
from bot.providers.openrouter import OpenRouter, OpenRouterSettings
from tests.emulators import aihubmix, generate_content, openrouter
from tests.emulators.offered import FLASH

QUICK = ResponseLimits(connect=20, silence=60, paying=60, total=90, attempts=4, first_pause=0.001)
ASKED = Request(key="k", prompt="a lighthouse", model=FLASH, size="1K", aspect_ratio="1:1")
FREE = replace(ASKED, model="gpt-image-2-free")


class Service(NamedTuple):
    """One way to a picture: its emulator, the path that costs money, and a provider for it."""

    emulator: str
    path: str
    build: Callable[[str, ResponseLimits], Provider]
    asked: Request = ASKED
    settings: Mapping[str, Any] = MappingProxyType({})


def gemini(url: str, limits: ResponseLimits, *, official: bool) -> Provider:
    settings = GeminiSettings(api_key=SecretStr(generate_content.KEY), base_url=f"{url}/v1beta")
    return Gemini(settings, limits=limits, official=official)


def hub(url: str, limits: ResponseLimits) -> Provider:
    settings = AIHubMixSettings(api_key=SecretStr(aihubmix.KEY), base_url=f"{url}/v1")
    return AIHubMix(settings, limits=limits)


def router(url: str, limits: ResponseLimits, *, endpoint: Any) -> Provider:
    settings = OpenRouterSettings(
        api_key=SecretStr(openrouter.KEY), base_url=f"{url}/api/v1", endpoint=endpoint
    )
    return OpenRouter(settings, limits)


async def hurry(seconds: float) -> None:
    """Between two looks at a picture, a tenth of the time."""
    await asyncio.sleep(seconds / 10)


def ima(url: str, limits: ResponseLimits) -> Provider:
    key, app_key = SecretStr("ima_emulator"), SecretStr("EMULATOR-TEST-KEY")
    settings = ImaSettings(api_key=key, app_key=app_key, base_url=url, upload_url=url)
    return Ima(settings, limits, sleep=hurry)


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
