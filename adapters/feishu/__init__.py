"""Feishu and Lark: https://open.feishu.cn/document and https://open.larksuite.com/document."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from adapters.feishu.settings import FeishuSettings
from bot.ports import Bot, Finding

if TYPE_CHECKING:
    from adapters.feishu.adapter import Feishu


def create(bot: Bot) -> "Feishu":
    """The adapter for the platform ``feishu``; it may be an app of Lark.

    Raises:
        Misconfigured: credentials are missing.
    """
    from adapters.feishu import adapter

    return adapter.create(bot, FeishuSettings())


def configured() -> bool:
    """Whether there are credentials, so that the platform is served without being named."""
    return bool(FeishuSettings().feishu_app_id)


async def check(_max_images: int) -> AsyncIterator[Finding]:
    """What ``banana-bot doctor`` says about Feishu."""
    from adapters.feishu import doctor

    async for finding in doctor.check(FeishuSettings()):
        yield finding


__all__ = ["check", "configured", "create"]
