"""The web page and its JSON API: https://docs.aiohttp.org/en/stable/web.html."""

from adapters.web.server import Web
from bot.app import App


def create(app: App) -> Web:
    """The adapter for the platform ``web``."""
    return Web(app)


def configured() -> bool:
    """The page is always served, unless other platforms alone are named."""
    return True


__all__ = ["Web", "configured", "create"]
