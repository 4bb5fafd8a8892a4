"""Running lists of sayings on a platform, from the start of its emulator to the verdicts."""

import os
from collections.abc import Sequence

import aiohttp

from bot.settings import Settings
from tests.emulators.process import launch
from tests.manners.chats import Chats, Counting
from tests.manners.discord_chats import DiscordChats
from tests.manners.feishu_chats import FeishuChats
from tests.manners.sayings import Result, Saying
from tests.support import scripted

PLATFORMS: dict[str, type[Chats]] = {"discord": DiscordChats, "feishu": FeishuChats}

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def past_proxies() -> None:
    """The emulators are on this machine, whatever stands before the internet."""
    for name in PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)


async def dealt_with(
    platform: str, sayings: Sequence[Saying], settings: Settings
) -> tuple[list[Result], list[dict[str, object]]]:
    """Have sayings said on a platform; the results, and what was against its rules.

    ``settings`` name :mod:`tests.support.scripted` as the provider.
    """
    provider = scripted.provider = Counting()
    with launch(platform) as remote:
        async with aiohttp.ClientSession() as session:
            chats = PLATFORMS[platform](remote.over(session), provider)
            await chats.start(settings)
            try:
                results = await chats.ask(sayings)
            finally:
                await chats.stop()
            return results, await chats.violations()
