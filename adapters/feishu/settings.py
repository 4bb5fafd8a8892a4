"""The keys of Feishu and Lark."""

from typing import Literal

from pydantic import Field, SecretStr

from bot.chat import Names, PageAddress, PlatformSettings


class FeishuSettings(PlatformSettings, PageAddress):
    """``FEISHU_APP_ID`` and the like: see ``.env.example``. Lists hold Feishu's ids.

    ``feishu_domain`` is ``feishu``, ``lark`` or a URL; ``feishu_event_max_age`` is in seconds;
    ``feishu_uploads`` is how many pictures are uploaded at the same time. The address of the web
    page is where events arrive in ``FEISHU_MODE=webhook``.
    """

    feishu_app_id: str = ""
    feishu_app_secret: SecretStr = SecretStr("")
    feishu_domain: str = "feishu"
    feishu_mode: Literal["websocket", "webhook"] = "websocket"
    feishu_encrypt_key: SecretStr = SecretStr("")
    feishu_verification_token: SecretStr = SecretStr("")
    feishu_allowed_chats: Names = ()
    feishu_allowed_people: Names = ()
    feishu_event_max_age: int = Field(default=8 * 3600, ge=60)
    feishu_uploads: int = Field(default=4, ge=1, le=64)

    @property
    def is_lark(self) -> bool:
        """Whether the platform is Lark."""
        return "lark" in self.feishu_domain

    @property
    def usual_locale(self) -> str:
        """The language where nothing tells: that of the platform's home."""
        return "en" if self.is_lark else "zh-CN"
