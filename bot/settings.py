"""Configuration: environment variables, or a ``.env`` file in the working directory.

Every key is listed with its default in ``.env.example``; the names there are the names here.
"""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

BAD_SETTINGS = (ValidationError, SettingsError)
"""What making settings raises."""


def listed(value: object) -> object:
    """A comma-separated text as a tuple; anything else as it is."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
"""A comma-separated list."""


class EnvironmentSettings(BaseSettings):
    """What the settings of the core and of all platforms have in common: where they are read."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _in_utf_8(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError("is not in UTF-8") from None
        return value


class PageAddress(EnvironmentSettings):
    """Where the web page is: where it listens, and under which address people reach it."""

    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8080, ge=0, le=65535)
    web_public_url: str = ""

    @field_validator("web_public_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        parts = _split(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must be an address such as https://pictures.example.org")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("must be an address without a user, a query or a fragment")
        return value

    @property
    def web_is_local(self) -> bool:
        return self.web_host in ("127.0.0.1", "::1", "localhost")

    @property
    def public_url(self) -> str:
        """The address under which a person reaches the web page, without a closing slash."""
        if self.web_public_url:
            return self.web_public_url.rstrip("/")
        host = f"[{self.web_host}]" if ":" in self.web_host else self.web_host
        return f"http://{host}:{self.web_port}"


class Settings(PageAddress):
    """The whole configuration, checked at start-up."""

    data_dir: Path = Path("data")
    database_url: str = ""
    media_url: str = ""
    media_retention_days: int = Field(default=0, ge=0)
    upload_mb_per_day: int = Field(default=500, ge=0)

    provider: str = ""
    fallback_providers: Names = ()
    default_model: str = ""
    models_file: Path | None = None
    default_size: Literal["512", "1K", "2K", "4K"] = "1K"
    default_aspect_ratio: str = "1:1"
    max_images_per_request: int = Field(default=4, ge=1, le=8)
    label_pictures: bool = False
    confirm_above: float = Field(default=0.0, ge=0)
    demo_seconds: float = Field(default=4.0, ge=0, le=600)

    bot_adapters: Names = ()
    bot_role: Literal["all", "gateway", "worker"] = "all"
    executor_id: str = ""
    stop_seconds: float = Field(default=90.0, ge=0, le=3600)
    pay_again: Literal["ask", "always"] = "ask"

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _lasting(cls, value: str) -> str:
        if re.fullmatch(r"sqlite[^:]*://(/|/:memory:)?", value):
            raise ValueError("names no file: write sqlite:////folder/file.sqlite3")
        return value

    @field_validator("media_url")
    @classmethod
    def _a_store(cls, value: str) -> str:
        parts = _split(value)
        folder = parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path > "/"
        bucket = parts.scheme == "s3" and bool(parts.netloc)
        if value and not folder and not bucket:
            raise ValueError("must be of the form file:///folder or s3://bucket/prefix")
        if "@" in parts.netloc:
            raise ValueError("must be without keys: they come from AWS_ACCESS_KEY_ID and the like")
        return value

    @property
    def database(self) -> str:
        """The SQLAlchemy URL: ``DATABASE_URL``, or an SQLite file under ``DATA_DIR``."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{(self.data_dir / 'banana-bot.sqlite3').absolute()}"

    @property
    def media(self) -> str:
        """Where pictures are kept: ``MEDIA_URL``, or the folder ``DATA_DIR/media``."""
        return self.media_url or (self.data_dir / "media").absolute().as_uri()


def _split(url: str) -> SplitResult:
    """The parts of an address.

    Raises:
        ValueError: it has none, without quoting it.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is no address") from None
    return parts


def problems(error: ValueError, prefix: str = "") -> list[str]:
    """What is wrong with a configuration, a sentence for each key, without any value.

    ``prefix`` is that of the keys, such as ``OPENROUTER_``. ``error`` is what making the settings
    has raised.
    """
    if isinstance(error, SettingsError):  # it names the field, which is to be JSON, in quotes
        field = re.search(r'field "(\w+)"', str(error))
        return [f"{prefix}{field[1] if field else ''}".upper() + " must be JSON"]
    if not isinstance(error, ValidationError):
        return [str(error)]
    said = []
    for problem in error.errors(include_input=False, include_url=False):
        name = f"{prefix}{problem['loc'][0]}".upper() if problem["loc"] else ""
        words = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "dict_type":
            words = 'must be a JSON object, such as {"name": "value"}'
        elif len(problem["loc"]) > 1:
            words = f"has a value of another type in it: {words}"
        said.append(f"{name} {words}".strip())
    return list(dict.fromkeys(said))
