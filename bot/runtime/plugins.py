"""Plug-ins by module name, imported only once they are chosen.

A provider is a module ``bot/providers/NAME.py`` with ``create(settings)``, an adapter a package
``adapters/NAME`` with ``create(bot)``. A name with a dot is a module anywhere on the path.
"""

import importlib
import importlib.util
import os
import pkgutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dotenv import dotenv_values

from bot.domain.catalog import Model
from bot.domain.image_models import BadModelsFile, image_models
from bot.ports import Misconfigured, Provider, Refreshable
from bot.runtime import plausibility
from bot.settings import Settings, problems

DEMO = "demo"

_PREFERRED = ("openrouter", "ima", "aihubmix", "gemini")
"""Which provider is taken first where several have a key."""


class UnknownPlugin(Exception):
    """There is no provider or adapter of that name."""


def names(package: str) -> list[str]:
    """The plug-ins in a package (``bot.providers`` or ``adapters``), without importing them."""
    found = importlib.import_module(package)
    return [info.name for info in pkgutil.iter_modules(found.__path__) if info.name[0] != "_"]


def load(package: str, name: str) -> Any:
    """Import a plug-in.

    Raises:
        UnknownPlugin: if there is no module of that name.
    """
    module = name if "." in name else f"{package}.{name}"
    try:
        found = importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # no package that it could be in, or no name of a module
        found = False
    if not found:
        known = ", ".join(names(package))
        raise UnknownPlugin(f"there is no “{name}” in {package}: choose one of {known}")
    return importlib.import_module(module)


def platforms(settings: Settings) -> tuple[str, ...]:
    """The adapters to serve: ``BOT_ADAPTERS``, or all that say that they are configured."""
    if settings.bot_adapters:
        return settings.bot_adapters
    return tuple(name for name in names("adapters") if load("adapters", name).configured())


def with_key(environment: Mapping[str, str | None]) -> list[str]:
    """The providers whose ``NAME_API_KEY`` is set, the preferred ones first."""
    keyed = [name for name in names("bot.providers") if environment.get(f"{name.upper()}_API_KEY")]
    return sorted(keyed, key=lambda name: (name not in _PREFERRED, name))


def configured(settings: Settings) -> str:
    """The provider to use: ``PROVIDER``, else the first with a key, else the demo."""
    if settings.provider:
        return settings.provider
    environment = {**dotenv_values(".env"), **os.environ}
    return next(iter(with_key(environment)), DEMO)


WHOLE = ""
"""In the place of a size: the whole model was refused."""

REFUSED_SECONDS = 600.0
"""For so long a model that a service called unknown is not offered, even if it is listed."""


@dataclass(frozen=True, slots=True)
class _Arranged:
    """What was made of what a provider said it offers, so that it is not made for each request."""

    said: tuple[Model, ...]
    refused: Mapping[tuple[str, str, str], float]
    models: tuple[Model, ...]


class Providers:
    """The providers of a process: the one in use, and those to fall back on.

    ``order`` names their modules, so that a job finds its own when others are configured.
    """

    def __init__(
        self,
        settings: Settings,
        name: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._created: dict[str, Provider] = {}
        self._refused: dict[tuple[str, str, str], float] = {}
        self._arranged: dict[str, _Arranged] = {}
        try:
            self.known = image_models(settings.models_file)
        except BadModelsFile as error:
            raise Misconfigured(f"MODELS_FILE: {error}") from None
        first = name or configured(settings)
        self.order = tuple(dict.fromkeys((first, *settings.fallback_providers)))
        self.first, *_ = [self.get(module) for module in self.order]

    def get(self, module: str) -> Provider:
        """The provider of a module; one that a job began with may not be in use any more.

        Raises:
            UnknownPlugin: there is no such module.
            Misconfigured: its keys are not right.
        """
        if module not in self._created:
            try:
                found = load("bot.providers", module)
                if not hasattr(found, "create"):
                    raise Misconfigured(f"{module} is no provider: it has no create(settings)")
                self._created[module] = found.create(self._settings)
            except RecursionError:
                raise Misconfigured(f"{module}: JSON that is deeper than can be read") from None
            except ValueError as error:
                said = problems(error, f"{module.rpartition('.')[2]}_")
                raise Misconfigured(f"{module}: {'; '.join(said)}") from None
        return self._created[module]

    async def models(self, module: str = "") -> tuple[Model, ...]:
        """What a provider (the one in use) offers, the default first, by all their names.

        One that names no model at all is taken to have all that are known.
        """
        provider = self.get(module) if module else self.first
        said = tuple(await provider.models())
        now = self._clock()
        self._refused = {key: until for key, until in self._refused.items() if until > now}
        before = self._arranged.get(provider.name)
        if before and before.said == said and before.refused == self._refused:
            return before.models
        offered = plausibility.offered(said)
        left = [m for m in (self._left(provider.name, model) for model in offered) if m]
        models = self.known.arrange(left or offered or self.known.available())
        self._arranged[provider.name] = _Arranged(said, dict(self._refused), models)
        return models

    def _left(self, provider: str, model: Model) -> Model | None:
        """A model as it is listed, without what the service has just refused."""

        def refused(size: str) -> bool:
            return (provider, model.id, size) in self._refused

        if refused(WHOLE):
            return None
        return replace(model, sizes=tuple(size for size in model.sizes if not refused(size)))

    async def refused(self, module: str, model: str, size: str = WHOLE) -> tuple[Model, ...]:
        """What a provider offers after it refused a model, or one size of it, as unknown.

        It is asked anew; what it refused is left out for some minutes, whatever the list says.
        """
        provider = self.get(module)
        self._refused[provider.name, model, size] = self._clock() + REFUSED_SECONDS
        if isinstance(provider, Refreshable):
            await provider.refresh()
        return await self.models(module)

    async def close(self) -> None:
        for provider in self._created.values():
            await provider.close()
