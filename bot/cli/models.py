"""What the configured providers offer, as a table or as data."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values

from bot.domain.catalog import Model
from bot.runtime import plugins
from bot.runtime.plugins import Providers
from bot.runtime.terminal import clean
from bot.settings import Settings

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
            found[providers.first.name] = await providers.models()
        finally:
            await providers.close()
    return found


def configured(settings: Settings) -> list[str]:
    """The modules of the providers that are chosen, to fall back on, or have a key."""
    keyed = plugins.with_key({**dotenv_values(".env"), **os.environ})
    chosen = [plugins.configured(settings), *settings.fallback_providers]
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
    """The models, a row each, within 80 columns."""
    from rich.table import Table
    from rich.text import Text

    result = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("model", "line", "state", "sizes", "price", "seconds"):
        result.add_column(column, no_wrap=column in ("line", "state", "seconds"), overflow="fold")
    for provider, models in found.items():
        result.add_row(f"[bold]{provider}[/bold]")
        for model in models:
            cells = (
                f"{model.name}\n  {model.id}",
                model.line or "–",
                model.state,
                " ".join(model.sizes) or "–",
                "\n".join(_prices(model)) or "–",
                "{}–{}".format(*model.seconds),
            )
            result.add_row(*(Text(clean(cell)) for cell in cells))  # a name is no markup
    return result


def plain(found: Offers) -> list[str]:
    """A line a model, its fields between tabs: for programs, and for output that is no terminal."""
    return [
        "\t".join(
            clean(field)
            for field in (
                *(provider, model.id, model.name, model.line or "–", model.state),
                ",".join(model.sizes) or "–",
                ", ".join(_prices(model)) or "–",
                ",".join(model.aspect_ratios) or "–",
                str(model.max_references),
                "{}-{}".format(*model.seconds),
            )
        )
        for provider, models in found.items()
        for model in models
    ]


def _prices(model: Model) -> list[str]:
    return [f"{size} {cost.amount:g} {cost.unit}".strip() for size, cost in model.costs]
