"""Plug-ins by name."""

import sys
from pathlib import Path

import pytest

from bot import registry
from bot.ports import Provider
from bot.registry import Providers, UnknownPlugin
from bot.settings import Settings
from tests import scripted


def test_plugins_are_listed_without_importing_them() -> None:
    sys.modules.pop("bot.providers.demo", None)
    assert "demo" in registry.names("bot.providers")
    assert "web" in registry.names("adapters")
    assert "bot.providers.demo" not in sys.modules


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(UnknownPlugin, match=r"“nope” in bot.providers: choose one of .*demo"):
        registry.load("bot.providers", "nope")
    with pytest.raises(UnknownPlugin):
        registry.load("bot.providers", "no.such.module")


def test_without_a_key_the_demo_draws() -> None:
    assert registry.configured(Settings()) == "demo"
    assert registry.configured(Settings(provider="x")) == "x"


def test_a_key_chooses_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "names", lambda _: ["alpha", "demo", "gemini", "ima"])
    assert registry.with_key({}) == []
    keys = {"ALPHA_API_KEY": "k", "GEMINI_API_KEY": "k", "IMA_API_KEY": "", "X_API_KEY": "k"}
    assert registry.with_key(keys) == ["gemini", "alpha"]
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    assert registry.configured(Settings()) == "gemini"
    monkeypatch.delenv("GEMINI_API_KEY")
    Path(".env").write_text("ALPHA_API_KEY=k\n")
    assert registry.configured(Settings()) == "alpha"


async def test_a_provider_is_created_once_and_closed() -> None:
    providers = Providers(Settings(), scripted.NAME)
    assert providers.first is providers.get(scripted.NAME)
    await providers.close()


@pytest.mark.parametrize("name", registry.names("bot.providers"))
async def test_every_provider_is_one(name: str) -> None:
    provider = Providers(Settings(), name).first
    assert isinstance(provider, Provider)
    assert provider.name == name
    assert provider.title.lower() == name
    await provider.close()
