"""How platforms try again what fails: their policies of :mod:`bot.runtime.retries`."""

from bot.runtime.retries import (
    DISCORD_ANSWER,
    DISCORD_CALL,
    DISCORD_COMMANDS,
    DISCORD_DOWNLOAD,
    FEISHU_CALL_SECONDS,
    FEISHU_IDENTITY,
    discord_response,
    feishu_call,
)

__all__ = [
    "DISCORD_ANSWER",
    "DISCORD_CALL",
    "DISCORD_COMMANDS",
    "DISCORD_DOWNLOAD",
    "FEISHU_CALL_SECONDS",
    "FEISHU_IDENTITY",
    "discord_response",
    "feishu_call",
]
