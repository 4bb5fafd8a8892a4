"""Discord, through discord.py: https://discordpy.readthedocs.io/en/stable/.

The library takes a fifth of a second to load, so it is loaded only where it is used.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from adapters.discord.settings import DiscordSettings
from bot.ports import Bot, Finding

if TYPE_CHECKING:
    from adapters.discord.adapter import Discord


def create(bot: Bot) -> "Discord":
    """The adapter for the platform ``discord``."""
    from adapters.discord.adapter import Discord

    return Discord(bot, DiscordSettings())


def configured() -> bool:
    """Whether there is a token, so that the platform is served without being named."""
    return bool(DiscordSettings().discord_token.get_secret_value())


async def check(max_images: int) -> AsyncIterator[Finding]:
    """What ``banana-bot doctor`` finds; ``max_images`` is how many one request may ask for."""
    from adapters.discord.doctor import check as examine

    async for finding in examine(DiscordSettings(), max_images):
        yield finding


__all__ = ["check", "configured", "create"]
