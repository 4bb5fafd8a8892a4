"""Discord, through discord.py: https://discordpy.readthedocs.io/en/stable/.

The library takes a fifth of a second to load, so it is loaded only where it is used.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from bot.app import App
from bot.ports import Finding
from bot.settings import Settings

if TYPE_CHECKING:
    from adapters.discord.adapter import Discord


def create(app: App) -> "Discord":
    """The adapter for the platform ``discord``."""
    from adapters.discord.adapter import Discord

    return Discord(app)


async def check(settings: Settings) -> AsyncIterator[Finding]:
    """What ``banana-bot doctor`` finds about Discord."""
    from adapters.discord.doctor import check as examine

    async for finding in examine(settings):
        yield finding


__all__ = ["check", "create"]
