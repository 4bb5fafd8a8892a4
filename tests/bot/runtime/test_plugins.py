"""Plug-ins by name."""

import sys
from pathlib import Path

import pytest

from bot.ports import Provider
from bot.runtime import plugins
from bot.runtime.plugins import Providers, UnknownPlugin
from bot.settings import Settings
from tests.support import scripted


def test_plugins_are_listed_without_importing_them() -> None:
    sys.modules.pop("bot.providers.demo", None)
    assert "demo" in plugins.names("bot.providers")
    assert "web" in plugins.names("adapters")
    assert "bot.providers.demo" not in sys.modules


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(UnknownPlugin, match=r"“nope” in bot.providers: choose one of .*demo"):
        plugins.load("bot.providers", "nope")
    with pytest.raises(UnknownPlugin):
        plugins.load("bot.providers", "no.such.module")


def test_without_a_key_the_demo_draws() -> None:
    assert plugins.configured(Settings()) == "demo"
    assert plugins.configured(Settings(provider="x")) == "x"


def test_a_key_chooses_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "names", lambda _: ["alpha", "demo", "gemini", "ima"])
    assert plugins.with_key({}) == []
    keys = {"ALPHA_API_KEY": "k", "GEMINI_API_KEY": "k", "IMA_API_KEY": "", "X_API_KEY": "k"}
    assert plugins.with_key(keys) == ["gemini", "alpha"]
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    assert plugins.configured(Settings()) == "gemini"
    monkeypatch.delenv("GEMINI_API_KEY")
    Path(".env").write_text("ALPHA_API_KEY=k\n")
    assert plugins.configured(Settings()) == "alpha"


async def test_a_provider_is_created_once_and_closed() -> None:
    providers = Providers(Settings(), scripted.NAME)
    assert providers.first is providers.get(scripted.NAME)
    await providers.close()


@pytest.mark.parametrize("name", plugins.names("bot.providers"))
async def test_every_provider_is_one(name: str) -> None:
    provider = Providers(Settings(), name).first
    assert isinstance(provider, Provider)
    assert provider.name == name
    assert provider.title.lower() == name
    await provider.close()
