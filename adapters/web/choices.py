"""What can be chosen, and what a person likes: ``/api/models`` and ``/api/preferences``."""

from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from adapters.web import views
from adapters.web.body import Likes, read_json
from adapters.web.context import BOT, PERSON, PLATFORM, json_response, locale, preference
from adapters.web.errors import RefusedRequest, refusal
from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.preferences import Preference
from bot.domain.requests import JSON
from bot.engine.options import ratio_offered, size_offered, today
from messages import LOCALES


async def models(request: web.Request) -> web.Response:
    """``GET /api/models``: what the provider offers, and what is used when nothing is chosen."""
    bot = request.app[BOT]
    found = await bot.engine.models()
    default = catalog.find(bot.settings.default_model, found) or found[0]
    premium = catalog.premium(found)
    return json_response(
        {
            "models": [views.model(model) for model in found],
            "default": {
                "model": default.id,
                "size": bot.settings.default_size,
                "aspect_ratio": bot.settings.default_aspect_ratio,
            },
            "premium": premium.id if premium else None,
            "max_count": bot.settings.max_images_per_request,
        }
    )


async def show(request: web.Request) -> web.Response:
    """``GET /api/preferences``; ``null`` is "no choice"."""
    models = await request.app[BOT].engine.models()
    return json_response(_shown(await preference(request), models))


async def change(request: web.Request) -> web.Response:
    """``PUT /api/preferences``: 422 for what no model ever offered.

    What is not offered any more becomes what takes its place, as the answer says.
    """
    sent = (await read_json(request, Likes)).model_dump(exclude_unset=True)
    models = await request.app[BOT].engine.models()
    stored: dict[str, str | None] = {}
    for name, value in sent.items():
        found = _CHECKS[name](value, models) if value is not None else None
        if isinstance(found, Failure):
            raise refusal(found, await locale(request))
        stored[name] = found
    changed = await request.app[BOT].preferences.change(PLATFORM, request[PERSON], **stored)
    return json_response(_shown(changed, models))


def _shown(found: Preference, models: Sequence[Model]) -> dict[str, JSON]:
    """The preferences by what is offered now: a model that was replaced is its successor."""
    now = today(found, models)
    return {name: getattr(now, name) for name in _CHECKS}


def _model(value: str, models: Sequence[Model]) -> str | Failure:
    found = catalog.find(value, models)
    facts = {"model": value, "models": _names(models)}
    return found.id if found else Failure(Reason.UNKNOWN_MODEL, facts)


def _size(value: str, models: Sequence[Model]) -> str | Failure:
    offered = [size for size in catalog.SIZES if any(size in model.sizes for model in models)]
    facts = {"model": _names(models), "size": value, "sizes": ", ".join(offered)}
    size = size_offered(catalog.size_of(value), models[0], models)
    return size or Failure(Reason.UNSUPPORTED_SIZE, facts)


def _aspect_ratio(value: str, models: Sequence[Model]) -> str | Failure:
    offered = dict.fromkeys(ratio for model in models for ratio in model.aspect_ratios)
    facts = {"model": _names(models), "ratio": value, "ratios": ", ".join(offered)}
    known = value in offered or value in catalog.RATIOS
    ratio = ratio_offered(value, models[0], models) if known else None
    return ratio or Failure(Reason.UNSUPPORTED_RATIO, facts)


def _language(value: str, _models: Sequence[Model]) -> str | Failure:
    if (name := value.replace("-", "_")) in LOCALES:
        return name
    raise RefusedRequest(422, "unknown_language", f"language: one of {', '.join(LOCALES)}")


def _names(models: Sequence[Model]) -> str:
    return ", ".join(model.name for model in models)


_CHECKS: Mapping[str, Callable[[str, Sequence[Model]], str | Failure]] = {
    "model": _model,
    "size": _size,
    "aspect_ratio": _aspect_ratio,
    "language": _language,
}
"""How each preference is checked; gives the spelling in which it is stored."""
