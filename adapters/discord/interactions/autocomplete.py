"""What is suggested while a person types an option: models, ratios, their own pictures.

https://discord.com/developers/docs/interactions/application-commands#autocomplete: at most 25
choices, each at most 100 characters.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from discord.app_commands import Choice

from adapters.discord.address import PLATFORM
from adapters.discord.context import Context, Interaction
from adapters.discord.escaping import shorten
from adapters.discord.interactions.requests import options_of
from adapters.discord.interactions.responses import first
from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.image_models import NEWEST
from bot.domain.requests import Viewer

MOST = 25
LONGEST = 100

MODEL_SECONDS = 1.5
"""How long the provider may take to say what it offers; then what is known is suggested."""

_Choices: TypeAlias = Sequence[Choice[str]]


async def suggest(context: Context, interaction: Interaction, data: Mapping[str, Any]) -> None:
    """Answer with what fits what was typed so far."""
    focused: Mapping[str, Any] = next(
        (o for o in data.get("options") or [] if o.get("focused")), {}
    )
    find = _SUGGESTIONS.get(str(focused.get("name")))
    typed = str(focused.get("value") or "").casefold().strip()
    found = await find(context, interaction, typed) if find else ()
    await first(lambda: interaction.response.autocomplete([*found]))


async def offered(context: Context) -> Sequence[Model]:
    """What the provider offers, as far as it says so in time."""
    try:
        async with asyncio.timeout(MODEL_SECONDS):
            return await context.bot.models()
    except Exception:
        return NEWEST


async def _models(context: Context, _asked: Interaction, typed: str) -> _Choices:
    models = await offered(context)
    wanted = catalog.key(typed)
    found = [
        model for model in models if any(wanted in catalog.key(name) for name in _names(model))
    ]
    fitting = [model for model in found if len(model.id) <= LONGEST]
    return [Choice(name=_cut(model.name), value=model.id) for model in fitting[:MOST]]


def _names(model: Model) -> Iterator[str]:
    """What people may type for a model, also for one that it has replaced."""
    yield from (model.name, model.id, *model.aliases)
    for old in model.predecessors:
        yield from (old.name, old.id, *old.aliases)


async def _ratios(context: Context, interaction: Interaction, typed: str) -> _Choices:
    models = await offered(context)
    wanted = catalog.find(str(options_of(interaction).get("model") or ""), models)
    among = (wanted,) if wanted else models
    ratios = dict.fromkeys(ratio for model in among for ratio in model.aspect_ratios)
    return [Choice(name=ratio, value=ratio) for ratio in ratios if typed in ratio][:MOST]


async def _jobs(context: Context, interaction: Interaction, typed: str) -> _Choices:
    alone = Viewer(PLATFORM, str(interaction.user.id), private=True)
    page = await context.bot.history(alone, limit=MOST * 4)
    found = [job for job in page.jobs if typed in job.prompt.casefold() or typed in job.id]
    return [
        Choice(name=_cut(f"{shorten(job.prompt, 70)} · {job.model_name}"), value=job.id)
        for job in found[:MOST]
    ]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


_SUGGESTIONS: Mapping[str, Callable[[Context, Interaction, str], Awaitable[_Choices]]] = {
    "model": _models,
    "ratio": _ratios,
    "id": _jobs,
}
