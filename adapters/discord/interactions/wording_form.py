"""The form of a whole request, filled in as it was asked for: its words and every choice.

https://discord.com/developers/docs/components/reference#label: a form has at most five fields.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.context import Context, Interaction
from adapters.discord.delivery.components import LONGEST_CHOICE, MOST_CHOICES
from adapters.discord.escaping import shorten
from adapters.discord.interactions.autocomplete import offered
from adapters.discord.interactions.drawing import draw, is_for_one
from adapters.discord.interactions.requests import incoming, place_of
from adapters.discord.texts import word
from bot.chat import Press, changed
from bot.domain import AUTOMATIC, Action, Failure, Incoming, Job, Model, Reason, catalog
from messages import Choice, Cost, about, negotiate, ratio_name

log = structlog.get_logger(__name__)

LONGEST_WORDS = 4000
"""Characters of a field: https://discord.com/developers/docs/components/reference#text-input."""

LOOKING_SECONDS = 1.0
"""How long the form may wait for what was asked."""

CUSTOM_ID = re.compile(r"ask:words:([\w-]{1,64}):([01])")
_LABEL, _TEXT, _SELECT, _PARAGRAPH = 18, 4, 3, 2


async def payload_of(
    context: Context, interaction: Interaction, pressed: Press, *, private: bool
) -> dict[str, Any] | None:
    """The form for a job, or ``None`` where there is no such job, or it is not known in time."""
    try:
        async with asyncio.timeout(LOOKING_SECONDS):
            job = await context.bot.job(pressed.job_id, place_of(interaction).viewer)
    except Exception as error:
        log.warning("not known what was asked", error=repr(error))
        return None
    if job is None:
        return None
    models = await offered(context)
    custom_id = f"ask:words:{job.id}:{int(private)}"
    locale = negotiate(interaction.locale.value)
    fields = _fields(job, models, context.bot.max_images, locale)
    return {"custom_id": custom_id, "title": word("words_title", locale), "components": fields}


async def submit(
    context: Context, interaction: Interaction, custom_id: str, fields: Mapping[str, Any]
) -> None:
    """Ask for what the form says now."""
    found = CUSTOM_ID.fullmatch(custom_id)
    assert found is not None  # who calls this has looked
    job_id, private = found[1], found[2] == "1"

    async def make(place: DiscordPlace) -> Incoming | Failure:
        job = await context.bot.job(job_id, place.viewer)
        if job is None:
            return Failure(Reason.NOT_FOUND)
        return incoming(
            *(interaction, place, Action.WORDS),
            text=str(fields.get("words") or ""),
            options=changed(job, await offered(context), _chosen(fields)),
            target=job_id,
        )

    async def plain() -> Incoming:
        return incoming(interaction, place_of(interaction), Action.WORDS, target=job_id)

    private = private or await is_for_one(context, plain)
    await draw(context, interaction, make, private=private)


def _fields(job: Job, models: Sequence[Model], most: int, locale: str) -> list[dict[str, Any]]:
    made = catalog.find(job.model, models)
    automatic = [(AUTOMATIC, word("automatic", locale), "")]
    ratios = catalog.common_first(made.aspect_ratios if made else catalog.RATIOS)
    sizes = made.sizes if made else catalog.SIZES
    named = [
        (each.id, each.name, about(Choice("", "", each.seconds, _price(each, job)), locale))
        for each in models
    ]
    sized = [(size, size, "") for size in sizes]
    shaped = [(ratio, ratio_name(ratio, locale), "") for ratio in ratios]
    return [
        _field("words", word("words_words", locale), _text(job)),
        _field(
            "model", word("words_model", locale), _menu("model", named, made.id if made else None)
        ),
        _field(
            "ratio",
            word("words_ratio", locale),
            _menu("ratio", shaped if job.aspect_ratio else automatic + shaped, job.aspect_ratio),
        ),
        _field(
            "size",
            word("words_size", locale),
            _menu("size", sized if job.size else automatic + sized, job.size),
        ),
        _field(
            "count",
            word("words_count", locale),
            _menu("count", [(str(n), str(n), "") for n in range(1, most + 1)], str(job.count)),
        ),
    ]


def _price(model: Model, job: Job) -> Cost | None:
    return catalog.price(model, catalog.fit_size(model, job.size), 1)


def _field(name: str, label: str, component: dict[str, Any]) -> dict[str, Any]:
    return {"type": _LABEL, "label": label, "component": {"custom_id": name, **component}}


def _text(job: Job) -> dict[str, Any]:
    words = (job.text or job.prompt)[:LONGEST_WORDS]
    look = {"type": _TEXT, "style": _PARAGRAPH, "required": True, "max_length": LONGEST_WORDS}
    return look | ({"value": words} if words else {})


def _menu(name: str, entries: Sequence[tuple[str, str, str]], now: str | None) -> dict[str, Any]:
    options = [
        {"label": shorten(label, LONGEST_CHOICE) or value, "value": value}
        | ({"description": shorten(known, LONGEST_CHOICE)} if known else {})
        | ({"default": True} if value == (now or AUTOMATIC) else {})
        for value, label, known in entries
        if 0 < len(value) <= LONGEST_CHOICE
    ]
    return {"type": _SELECT, "required": False, "options": options[:MOST_CHOICES]}


def _chosen(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: _value(fields.get(name)) for name in ("model", "ratio", "size", "count")}


def _value(given: Any) -> str:
    value = given[0] if isinstance(given, list) and given else given
    return str(value or "")
