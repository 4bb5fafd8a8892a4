"""Answers that are not pictures: preferences, settings, models, history, help."""

from collections.abc import Sequence

from bot import catalog
from bot.catalog import Model
from bot.choices import named
from bot.failures import Failure
from bot.history import History
from bot.ports import Incoming, Options
from bot.preferences import Preferences
from bot.wording import Action, Reading
from messages import Notice, Status

HISTORY_ENTRIES = 10
"""How many pictures the history lists in a chat."""


class Answers:
    """Answers questions, and notes what people prefer."""

    def __init__(self, history: History, preferences: Preferences, usual: Options) -> None:
        self._history = history
        self._preferences = preferences
        self._usual = usual

    async def answer(
        self, reading: Reading, incoming: Incoming, models: Sequence[Model], *, apply: bool
    ) -> Notice | Failure:
        """Answer a request; with ``apply`` false it changes nothing, as it did so before."""
        who = (incoming.platform, incoming.requester)
        match incoming.action or reading.action:
            case Action.PREFER:
                return await self._prefer(reading, incoming, models, apply=apply)
            case Action.FORGET_PREFERENCE:
                if apply:
                    await self._preferences.forget(*who)
                return Notice("forgotten")
            case Action.SETTINGS:
                return await self._settings(incoming, models)
            case Action.MODELS:
                return Notice("models", {"entries": [_described(model) for model in models]})
            case Action.HISTORY:
                return await self._recent(incoming)
            case _:
                return Notice("help")

    async def _prefer(
        self, reading: Reading, incoming: Incoming, models: Sequence[Model], *, apply: bool
    ) -> Notice | Failure:
        chosen = {
            "model": incoming.options.model or reading.model,
            "size": incoming.options.size or reading.size,
            "aspect_ratio": incoming.options.aspect_ratio or reading.aspect_ratio,
        }
        choices = {name: value for name, value in chosen.items() if value}
        names = dict(choices)
        if "model" in choices:
            model = named(choices["model"], models)
            if isinstance(model, Failure):
                return model
            choices["model"], names["model"] = model.id, model.name
        if apply:
            await self._preferences.change(incoming.platform, incoming.requester, **choices)
        return Notice("preferred", {"choices": list(names.values())})

    async def _settings(self, incoming: Incoming, models: Sequence[Model]) -> Notice:
        liked = await self._preferences.of(incoming.platform, incoming.requester)
        model = catalog.find(liked.model, models) if liked.model else None
        facts = {
            "model": (model or models[0]).name,
            "size": liked.size or self._usual.size,
            "aspect_ratio": liked.aspect_ratio or self._usual.aspect_ratio,
        }
        return Notice("settings", facts)

    async def _recent(self, incoming: Incoming) -> Notice:
        jobs = await self._history.jobs_of(
            incoming.platform, incoming.requester, limit=HISTORY_ENTRIES * 5
        )
        made = [job for job in jobs if job.status is Status.SUCCEEDED][:HISTORY_ENTRIES]
        if not made:
            return Notice("history_empty")
        entries = [f"{job.prompt[:80]} ({job.model_name})" for job in made]
        return Notice("history", {"entries": entries})


def _described(model: Model) -> str:
    sizes = ", ".join(model.sizes)
    return f"{model.name} ({sizes})" if sizes else model.name
