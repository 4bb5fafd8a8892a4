"""The settings of a bot that is connected to the emulator: the core's, and Feishu's."""

from typing import Any

from adapters.feishu.settings import FeishuSettings
from bot.settings import Settings
from tests.adapters.feishu.stage import APP_ID, APP_SECRET
from tests.emulators.process import Remote


def configured(remote: Remote, **more: Any) -> FeishuSettings:
    """Those of the emulated app; what is no key of Feishu's is passed over."""
    usual = {"feishu_app_id": APP_ID, "feishu_app_secret": APP_SECRET, "feishu_domain": remote.url}
    return FeishuSettings(**{**usual, **more})


def core(settings: Settings, **more: Any) -> Settings:
    """The core's; what is no key of the core's is passed over."""
    return Settings(**{**settings.model_dump(), **more})
