"""What is suggested while a person types an option: models, ratios, their own pictures.

https://discord.com/developers/docs/interactions/application-commands#autocomplete: at most 25
choices, each at most 100 characters.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from discord.app_commands import Choice

import messages
from adapters.discord.address import PLATFORM
from adapters.discord.context import Context, Interaction
from adapters.discord.escaping import cut, shorten
from adapters.discord.interactions.requests import options_of
from adapters.discord.interactions.responses import first
from bot.domain import NEWEST, Model, Viewer, catalog
from messages import about, negotiate, ratio_name

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


async def _models(context: Context, interaction: Interaction, typed: str) -> _Choices:
    models = await offered(context)
    locale = negotiate(interaction.locale.value)
    wanted = catalog.key(typed)
    found = [
        model for model in models if any(wanted in catalog.key(name) for name in _names(model))
    ]
    fitting = [model for model in found if len(model.id) <= LONGEST]
    return [
        Choice(name=cut(_told(model, locale), LONGEST), value=model.id) for model in fitting[:MOST]
    ]


def _told(model: Model, locale: str) -> str:
    """A model with what is to be known before it is chosen."""
    price = catalog.price(model, catalog.fit_size(model, "1K"), 1)
    known = about(messages.Choice(model.id, model.name, model.seconds, price, model.role), locale)
    return f"{model.name} · {known}" if known else model.name


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
    locale = negotiate(interaction.locale.value)
    named = {ratio: ratio_name(ratio, locale) for ratio in catalog.common_first([*ratios])}
    fitting = [(ratio, name) for ratio, name in named.items() if typed in name.casefold()]
    return [Choice(name=cut(name, LONGEST), value=ratio) for ratio, name in fitting[:MOST]]


async def _jobs(context: Context, interaction: Interaction, typed: str) -> _Choices:
    alone = Viewer(PLATFORM, str(interaction.user.id), private=True)
    page = await context.bot.history(alone, limit=MOST * 4)
    said = {job.id: job.text or job.prompt for job in page.jobs}
    found = [job for job in page.jobs if typed in said[job.id].casefold() or typed in job.id]
    return [
        Choice(name=cut(f"{shorten(said[job.id], 70)} · {job.model_name}", LONGEST), value=job.id)
        for job in found[:MOST]
    ]


_SUGGESTIONS: Mapping[str, Callable[[Context, Interaction, str], Awaitable[_Choices]]] = {
    "model": _models,
    "ratio": _ratios,
    "id": _jobs,
}
