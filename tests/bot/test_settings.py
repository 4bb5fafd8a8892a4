"""Configuration."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.web.settings import WebSettings
from bot.chat.settings import PlatformSettings
from bot.providers._http.client import ProviderSettings
from bot.runtime import plugins, proxies
from bot.settings import Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_the_example_lists_every_key_with_its_default() -> None:
    listed = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    for name in plugins.names("bot.providers"):
        plugins.load("bot.providers", name)
    for name in plugins.names("adapters"):
        plugins.load("adapters", name)
    every = [Settings, *ProviderSettings.__subclasses__(), *PlatformSettings.__subclasses__()]
    names = {
        f"{settings.model_config.get('env_prefix', '')}{field}".upper()
        for settings in every
        for field in settings.model_fields
    }
    assert set(listed) == names | set(proxies.VARIABLES)
    Path(".env").write_text("\n".join(f"{name}={value}" for name, value in listed.items()))
    for settings in every:
        assert settings.model_config["env_file"] == ".env"
        assert settings() == settings(_env_file=None)  # type: ignore[call-arg]


def test_every_group_of_keys_is_explained() -> None:
    for group in re.split(r"\n(?=# )|\n\n", EXAMPLE.read_text()):
        assert group.startswith("# "), group


def test_names_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_ADAPTERS", " web, discord ,,")
    assert Settings().bot_adapters == ("web", "discord")
    assert Settings(bot_adapters=("feishu",)).bot_adapters == ("feishu",)


def test_a_page_for_others_needs_a_password() -> None:
    with pytest.raises(ValidationError, match="WEB_PASSWORD"):
        WebSettings(web_host="0.0.0.0")
    settings = WebSettings(web_host="::", web_password="hunter2")  # type: ignore[arg-type]
    assert "hunter2" not in repr(settings)
    assert settings.public_url == "http://[::]:8080"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_PORT", "99999"),
        ("MAX_IMAGES_PER_REQUEST", "9"),
        ("MAX_IMAGES_PER_REQUEST", "0"),
        ("DEFAULT_SIZE", "8K"),
        ("DEMO_SECONDS", "-1"),
        ("LOG_LEVEL", "loud"),
        ("BOT_ROLE", "boss"),
    ],
)
def test_what_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


def test_places_follow_from_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/banana-bot.sqlite3"
    assert settings.media == f"file://{tmp_path}/media"
    assert settings.public_url == "http://127.0.0.1:8080"
    other = Settings(
        database_url="postgresql://h/d", media_url="s3://b", web_public_url="https://x/"
    )
    assert (other.database, other.media, other.public_url) == (
        "postgresql://h/d",
        "s3://b",
        "https://x",
    )


def test_the_log_level_may_shout() -> None:
    assert Settings(log_level="DEBUG").log_level == "debug"  # type: ignore[arg-type]
