"""Answers that are not pictures: preferences, settings, models, history, help."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Match, Model
from bot.domain.failures import Failure
from bot.domain.image_models import ImageModels
from bot.domain.jobs import Job
from bot.domain.preferences import AUTOMATIC
from bot.domain.requests import Incoming, Options
from bot.engine.options import named, preferred, ratio_offered, size_offered
from bot.engine.permissions import may_list
from bot.language.wording import Reading
from bot.storage.jobs import JobStore
from bot.storage.preferences import Preferences
from messages import Note, Notice, Status, negotiate
from messages.locales import babel_locale

HISTORY_ENTRIES = 10
"""How many pictures the history lists in a chat."""


LONGEST_TEXT = 1_500
"""Characters of a request that its details quote."""


class Queries:
    """Answers questions, and notes what people prefer."""

    def __init__(
        self, history: JobStore, preferences: Preferences, usual: Options, known: ImageModels
    ) -> None:
        self._known = known
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

    async def details(self, job: Job) -> Notice:
        """Everything about one job."""
        asked = datetime.fromtimestamp(job.created_at, UTC)
        ran = job.started_at is not None and job.finished_at is not None
        facts = {
            "text": job.text[:LONGEST_TEXT],
            "model": job.model_name,
            "provider": job.provider,
            "size": job.size,
            "aspect_ratio": job.aspect_ratio,
            "count": job.count,
            "references": len(job.references),
            "took": round((job.finished_at or 0) - (job.started_at or 0)) if ran else "–",
            "cost": job.cost or "–",
            "when": f"{asked:%Y-%m-%d %H:%M} UTC",
            "job_id": job.id,
        }
        return Notice("details", facts)

    async def _prefer(
        self, reading: Reading, incoming: Incoming, models: Sequence[Model], *, apply: bool
    ) -> Notice | Failure:
        options = incoming.options
        chosen = {
            "model": options.model or _said(reading),
            "size": options.size or reading.size,
            "aspect_ratio": options.aspect_ratio or reading.aspect_ratio,
            "language": options.language,
        }
        choices = {k: None if v == AUTOMATIC else v for k, v in chosen.items() if v}
        names = dict(choices)
        usual, notes = models[0], tuple[Note, ...]()
        if wanted := choices.get("model"):
            match = named(wanted, models)
            if isinstance(match, Failure):
                return match
            choices["model"], names["model"] = match.model.id, match.model.name
            usual, notes = match.model, _instead(match)
        if size := choices.get("size"):
            made = size_offered(size, usual, models) or size
            choices["size"] = names["size"] = made
            notes += _adjusted("size", usual, size, made)
        if ratio := choices.get("aspect_ratio"):
            made = ratio_offered(ratio, usual, models) or ratio
            choices["aspect_ratio"] = names["aspect_ratio"] = made
            notes += _adjusted("ratio", usual, ratio, made)
        if wanted := choices.get("language"):
            names["language"] = babel_locale(negotiate(wanted)).get_language_name()
        switched = {"notify": options.notify, "spoiler": options.spoiler}
        switches = {k: v for k, v in switched.items() if v is not None}
        if not (choices or switches):
            return await self._settings(incoming, models)
        if apply:
            changes: dict[str, str | bool | None] = {**choices, **switches}
            await self._preferences.change(incoming.platform, incoming.requester, **changes)
        facts = {"choices": list(names.values())} if names else {}
        return Notice("preferred", {**facts, **switches}, notes=notes)

    async def _settings(self, incoming: Incoming, models: Sequence[Model]) -> Notice:
        liked = await self._preferences.of(incoming.platform, incoming.requester)
        wanted = liked.model or self._usual.model
        match = preferred(wanted, models, self._known) if wanted else Match(models[0])
        size, ratio = liked.size or self._usual.size, liked.aspect_ratio or self._usual.aspect_ratio
        facts = {
            "model": match.model.name,
            "size": catalog.fit_size(match.model, size) or size,
            "aspect_ratio": catalog.fit_aspect_ratio(match.model, ratio) or ratio,
        }
        return Notice("settings", facts, notes=_instead(match))

    async def _recent(self, incoming: Incoming) -> Notice:
        jobs = await self._history.jobs_of(
            incoming.platform, incoming.requester, limit=HISTORY_ENTRIES * 5
        )
        made = [job for job in jobs if job.status is Status.SUCCEEDED and may_list(job, incoming)]
        if not made:
            return Notice("history_empty")
        entries = [f"{job.prompt[:80]} ({job.model_name})" for job in made[:HISTORY_ENTRIES]]
        return Notice("history", {"entries": entries})


def _said(reading: Reading) -> str | None:
    """The model that the words name, in those words, or ask for by its quality."""
    return (reading.named_model or reading.model) if reading.explicit_model else None


def _adjusted(what: str, model: Model, asked: str, made: str) -> tuple[Note, ...]:
    """That a size or a ratio is not offered any more, if it is not."""
    if asked == made:
        return ()
    return (Note(f"{what}_adjusted", {"model": model.name, "asked": asked, what: made}),)


def _instead(match: Match) -> tuple[Note, ...]:
    """What takes the place of a model, said of what is to come and not of a picture."""
    keys = {"model_replaced": "preference_replaced", "model_not_offered": "preference_not_offered"}
    return tuple(replace(note, key=keys[note.key]) for note in match.notes)


def _described(model: Model) -> str:
    sizes = ", ".join(model.sizes)
    return f"{model.name} ({sizes})" if sizes else model.name
