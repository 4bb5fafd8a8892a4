"""What can be chosen, what a person likes, and what they have used: ``/api/models``,
``/api/preferences`` and ``/api/usage``."""

from aiohttp import web

from adapters.web import views
from adapters.web.body import Likes, read_json
from adapters.web.context import BOT, json_response, locale, viewer
from adapters.web.errors import RefusedRequest, refusal
from bot.domain import JSON, Failure, catalog
from bot.ports import SettingsPanel
from messages import LOCALES, ratio_name, render_notice

_NAMES = ("model", "size", "aspect_ratio", "language")
"""The preferences that the page knows."""


async def models(request: web.Request) -> web.Response:
    """``GET /api/models``: what the provider offers, and what is used when nothing is chosen."""
    bot = request.app[BOT]
    panel = await bot.settings(viewer(request))
    default, *_ = panel.models
    premium = catalog.premium(panel.models)
    return json_response(
        {
            "models": [views.model(model) for model in panel.models],
            "default": {
                "model": default.id,
                "size": panel.default.size,
                "aspect_ratio": panel.default.aspect_ratio,
            },
            "premium": premium.id if premium else None,
            "max_count": bot.max_images,
            "ratios": {
                ratio: ratio_name(ratio, await locale(request)) for ratio in panel.aspect_ratios
            },
            "common_ratios": list(catalog.FAVOURITE_RATIOS),
        }
    )


async def show(request: web.Request) -> web.Response:
    """``GET /api/preferences``; ``null`` is "no choice"."""
    return json_response(_shown(await request.app[BOT].settings(viewer(request))))


async def change(request: web.Request) -> web.Response:
    """``PUT /api/preferences``: 422 for what no model ever offered.

    What is not offered any more becomes what takes its place, as the answer says.
    """
    sent = (await read_json(request, Likes)).model_dump(exclude_unset=True)
    if sent.get("language") is not None:
        sent["language"] = _language(sent["language"])
    changed = await request.app[BOT].change_settings(viewer(request), **sent)
    if isinstance(changed, Failure):
        raise refusal(changed, await locale(request))
    return json_response(_shown(changed))


async def usage(request: web.Request) -> web.Response:
    """``GET /api/usage``: what the person has used, and what they may, in words."""
    notice = await request.app[BOT].usage(viewer(request))
    return json_response({"text": render_notice(notice, await locale(request))})


def _shown(panel: SettingsPanel) -> dict[str, JSON]:
    """The preferences by what is offered now: a model that was replaced is its successor."""
    return {name: getattr(panel.chosen, name) for name in _NAMES}


def _language(value: str) -> str:
    if (name := value.replace("-", "_")) in LOCALES:
        return name
    raise RefusedRequest(422, "unknown_language", f"language: one of {', '.join(LOCALES)}")
