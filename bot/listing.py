"""What the configured providers offer, as a table or as data."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values

from bot import registry
from bot.catalog import Model
from bot.registry import Providers
from bot.settings import Settings
from bot.terminal import clean
from messages import Cost

if TYPE_CHECKING:
    from rich.table import Table

Offers = Mapping[str, tuple[Model, ...]]
"""The models of each provider, by its name."""


async def offers(settings: Settings, name: str = "") -> Offers:
    """Ask one provider, or each that is chosen or has a key."""
    found = {}
    for module in [name] if name else configured(settings):
        providers = Providers(settings.model_copy(update={"fallback_providers": ()}), module)
        try:
            found[providers.first.name] = tuple(await providers.first.models())
        finally:
            await providers.close()
    return found


def configured(settings: Settings) -> list[str]:
    """The modules of the providers that are chosen, to fall back on, or have a key."""
    keyed = registry.with_key({**dotenv_values(".env"), **os.environ})
    chosen = [registry.configured(settings), *settings.fallback_providers]
    return list(dict.fromkeys([*chosen, *keyed]))


def as_json(found: Offers) -> list[dict[str, Any]]:
    """One object a model; ``prices`` are by size, each ``{"amount", "unit"}``."""
    rows = []
    for provider, models in found.items():
        for model in models:
            row = {"provider": provider, **asdict(model)}
            row["prices"] = {size: asdict(cost) for size, cost in model.costs}
            del row["costs"]
            rows.append(row)
    return rows


def table(found: Offers) -> "Table":
    """The models, a row each."""
    from rich.table import Table
    from rich.text import Text

    result = Table(show_lines=True)
    for column in ("provider", "id", "name", "sizes", "aspect ratios", "price", "refs", "seconds"):
        result.add_column(column, no_wrap=column in ("provider", "id"))
    for provider, models in found.items():
        for model in models:
            cells = (
                provider,
                model.id,
                model.name,
                " ".join(model.sizes),
                " ".join(model.aspect_ratios),
                "\n".join(_price(size, cost) for size, cost in model.costs),
                str(model.max_references),
                "{}–{}".format(*model.seconds),
            )
            result.add_row(*(Text(clean(cell)) for cell in cells))  # a name is no markup
    return result


def _price(size: str, cost: Cost) -> str:
    return f"{size} {cost.amount:g} {cost.unit}".strip()
