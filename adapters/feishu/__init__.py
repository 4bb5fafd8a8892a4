"""Feishu and Lark: https://open.feishu.cn/document and https://open.larksuite.com/document."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from bot.app import App
from bot.ports import Finding
from bot.settings import Settings

if TYPE_CHECKING:
    from adapters.feishu.adapter import Feishu


def create(app: App) -> "Feishu":
    """The adapter for the platform ``feishu``; it may be an app of Lark.

    Raises:
        Misconfigured: credentials are missing.
    """
    from adapters.feishu import adapter

    adapter.checked(app.settings, app.bot.platforms)
    made = adapter.Feishu(app)
    if app.settings.feishu_mode == "webhook":
        app.webhooks[made.platform] = adapter.webhook(app, made)
    return made


def configured() -> bool:
    """Whether there are credentials, so that the platform is served without being named."""
    return bool(Settings().feishu_app_id)


async def check(_max_images: int) -> AsyncIterator[Finding]:
    """What ``banana-bot doctor`` says about Feishu."""
    from adapters.feishu import doctor

    async for finding in doctor.check(Settings()):
        yield finding


__all__ = ["check", "configured", "create"]
