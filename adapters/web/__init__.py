"""The web page and its JSON API: https://docs.aiohttp.org/en/stable/web.html."""

from typing import TYPE_CHECKING

from adapters.web.settings import WebSettings
from bot.ports import Bot

if TYPE_CHECKING:
    from adapters.web.server import Web


def create(bot: Bot) -> "Web":
    """The adapter for the platform ``web``."""
    from adapters.web.server import Web

    return Web(bot, WebSettings())


def configured() -> bool:
    """The page is always served, unless other platforms alone are named."""
    WebSettings()  # what is wrong with them is said at once
    return True


__all__ = ["configured", "create"]
