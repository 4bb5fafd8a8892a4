"""The web page and its JSON API: https://docs.aiohttp.org/en/stable/web.html."""

from adapters.web.server import Web
from bot.app import App


def create(app: App) -> Web:
    """The adapter for the platform ``web``."""
    return Web(app)


__all__ = ["Web", "create"]
