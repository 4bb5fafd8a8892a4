"""The keys of the web page."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from bot.chat import PageAddress, PlatformSettings, listed

Network: TypeAlias = IPv4Network | IPv6Network


class WebSettings(PlatformSettings, PageAddress):
    """``WEB_HOST`` and the like: see ``.env.example``."""

    web_password: SecretStr = SecretStr("")
    web_trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(listed)] = ()

    @field_validator("web_password")
    @classmethod
    def _no_blank(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().strip():
            raise ValueError("is blank: write a password, or leave the line out")
        return value

    @model_validator(mode="after")
    def _protect_the_page(self) -> "WebSettings":
        if not self.web_is_local and not self.web_password.get_secret_value():
            raise ValueError(
                f"WEB_HOST={self.web_host} can be reached from other machines: set WEB_PASSWORD, "
                "or use WEB_HOST=127.0.0.1"
            )
        return self
