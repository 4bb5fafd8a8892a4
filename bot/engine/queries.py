"""Answers that are not pictures: preferences, settings, models, history, help."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.domain import catalog, protocol
from bot.domain.actions import Action
from bot.domain.catalog import Match, Model
from bot.domain.failures import Failure
from bot.domain.image_models import ImageModels
from bot.domain.jobs import Job, summary
from bot.domain.preferences import AUTOMATIC, SWITCHES, Switch
from bot.domain.questions import OPEN_SECONDS, Question, question_id
from bot.domain.requests import Incoming, Options, Viewer
from bot.engine.options import named, preferred, ratio_offered, size_offered
from bot.engine.permissions import may_list, may_see
from bot.engine.targets import where
from bot.images.library import MEGABYTE
from bot.language.wording import Reading
from bot.storage.jobs import JobStore
from bot.storage.preferences import Preferences
from bot.storage.questions import QuestionStore
from messages import Choice, Note, Notice, Status, negotiate
from messages.locales import babel_locale
from messages.texts import ANSWERS

HISTORY_ENTRIES = 5
"""How many pictures a page of the history lists in words; no platform's own page has fewer."""


LONGEST_ENTRY = 80
"""Characters of a request in the history."""

SHORT_TEXT = 60
"""Characters of a request that tell which one it is."""

JUST_NOW_SECONDS = 900.0
"""So long a picture that is done is what somebody means who asks whether it is."""

DAY_SECONDS = 24 * 3600.0

LONGEST_TEXT = 1_500
"""Characters of a request that its details quote."""


class Queries:
    """Answers questions, and notes what people prefer."""

    def __init__(
        self,
        history: JobStore,
        preferences: Preferences,
        questions: QuestionStore,
        usual: Options,
        known: ImageModels,
        clock: Callable[[], float] = time.time,
        *,
        upload_mb: int = 0,
    ) -> None:
        """``upload_mb``: megabytes that one person may send in 24 hours; 0 is no limit."""
        self._clock = clock
        self._upload_mb = upload_mb
        self._known = known
        self._history = history
        self._preferences = preferences
        self._questions = questions
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
                return Notice("forgotten", {"choices": self._defaults(models)})
            case Action.SETTINGS:
                return await self._settings(incoming, models)
            case Action.MODELS:
                return Notice("models", {"entries": [_described(model) for model in models]})
            case Action.HISTORY:
                return await self._recent(incoming, reading.turn, apply=apply)
            case Action.STATUS:
                return await self._under_way(incoming)
            case Action.USAGE:
                return await self.used(*who)
            case Action.GREETING:
                return Notice("greeting")
            case Action.DECLINE:
                return Notice("smalltalk", answers=ANSWERS["no"])
            case Action.SMALL_TALK | Action.CONFIRM:
                return Notice("smalltalk")
            case _:
                return Notice("help")

    async def details(self, job: Job, viewer: Viewer) -> Notice:
        """Everything about one job, for who may see it."""
        asked = datetime.fromtimestamp(job.created_at, UTC)
        facts: dict[str, object] = {
            "text": job.text[:LONGEST_TEXT],
            "model": job.model_name,
            "provider": job.provider,
            "size": job.size,
            "aspect_ratio": job.aspect_ratio,
            "count": job.count,
            "when": f"{asked:%Y-%m-%d %H:%M} UTC",
            "job_id": job.id,
        }
        if source := await self._source(job, viewer):
            facts["references"] = source
        elif job.references:
            facts["references"] = len(job.references)
        if job.started_at is not None and job.finished_at is not None:
            facts["took"] = round(job.finished_at - job.started_at)
        if job.cost:
            facts["cost"] = job.cost
        return Notice("details", facts)

    async def _source(self, job: Job, viewer: Viewer) -> Note | None:
        """What a job was made from, where that may be told."""
        parent = await self._history.job(job.parent.job_id) if job.parent else None
        if job.parent is None or parent is None or not may_see(parent, viewer):
            return None
        facts = {"words": summary(parent, SHORT_TEXT)}
        if job.parent.count < 2:
            return Note("made_from", facts)
        shape = {"number": job.parent.number, "count": job.parent.count}
        return Note("made_from_one", {**facts, **shape})

    async def _prefer(
        self, reading: Reading, incoming: Incoming, models: Sequence[Model], *, apply: bool
    ) -> Notice | Failure:
        options = incoming.options
        chosen = {
            "model": options.model or _said(reading),
            "size": options.size or reading.size,
            "aspect_ratio": options.aspect_ratio or reading.aspect_ratio,
            "language": options.language or reading.language,
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
        switches = _switched(options, reading)
        if not (choices or switches):
            return await self._settings(incoming, models)
        if apply:
            changes: dict[str, str | bool | None] = dict(choices)
            changes |= {k: None if v == AUTOMATIC else v for k, v in switches.items()}
            await self._preferences.change(incoming.platform, incoming.requester, **changes)
        facts = {"choices": list(names.values())} if names else {}
        return Notice("preferred", {**facts, **switches}, notes=notes)

    def _defaults(self, models: Sequence[Model]) -> list[str]:
        """The model, size and ratio that apply where nothing is chosen."""
        model = models[0]
        size, ratio = self._usual.size, self._usual.aspect_ratio
        fitting = (catalog.fit_size(model, size), catalog.fit_aspect_ratio(model, ratio))
        return [model.name, *filter(None, fitting)]

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

    async def _under_way(self, incoming: Incoming) -> Notice:
        """How far the person's requests here are."""
        now = self._clock()
        found = await self._history.unfinished(
            platform=incoming.platform, requester=incoming.requester
        )
        line = [job.id for job in protocol.in_line(found)]
        entries: list[Note] = []
        for job in (each for each in found if each.conversation == incoming.conversation):
            facts: dict[str, object] = {"words": summary(job, SHORT_TEXT)}
            if protocol.follows(job, found):
                entries.append(Note("status_following", facts))
                continue
            place = protocol.position(job.id, line)
            if place:
                entries.append(Note("status_waiting", {**facts, "position": place}))
                continue
            elapsed = max(0.0, now - (job.started_at or now))
            facts["percent"] = protocol.percent(elapsed, job.seconds[1])
            facts["left"] = max(0, round(job.seconds[1] - elapsed))
            late = elapsed > job.seconds[1]
            entries.append(Note("status_late" if late else "status_running", facts))
        if entries:
            return Notice("status", {"entries": entries})
        last = await self._history.latest(
            incoming.platform, incoming.conversation, requester=incoming.requester
        )
        if last is None or last.finished_at is None or now - last.finished_at > JUST_NOW_SECONDS:
            return Notice("status_none")
        key = "status_ready" if last.status is Status.SUCCEEDED else "status_ended"
        return Notice(key, {"words": summary(last, SHORT_TEXT)})

    async def used(self, platform: str, requester: str) -> Notice:
        """How many pictures a person has made, what they have cost, and what is allowed."""
        who, now = (platform, requester), self._clock()
        facts: dict[str, object] = {
            "most_running": protocol.RUNNING_PER_PERSON,
            "most_waiting": protocol.WAITING_PER_PERSON,
        }
        for name, days in (("today", 1), ("month", 30)):
            made, costs = await self._history.made_since(*who, now - days * DAY_SECONDS)
            facts[name] = [made, *costs]
        for name, status in (("running", Status.RUNNING), ("waiting", Status.QUEUED)):
            facts[name] = len(await self._history.open(*who, status))
        if self._upload_mb:
            sent = await self._history.sent(*who, now - DAY_SECONDS)
            facts |= {"sent_mb": math.ceil(sent / MEGABYTE), "limit_mb": self._upload_mb}
        return Notice("usage", facts)

    async def _recent(self, incoming: Incoming, turn: int, *, apply: bool) -> Notice:
        """A page of the person's pictures: the newest, or ``turn`` pages on from the last one."""
        page = max(1, await self._page(incoming) + turn) if turn else 1
        jobs = await self._history.jobs_of(
            incoming.platform, incoming.requester, limit=HISTORY_ENTRIES * 5 * page
        )
        made = [job for job in jobs if job.status is Status.SUCCEEDED and may_list(job, incoming)]
        here = made[: page * HISTORY_ENTRIES][(page - 1) * HISTORY_ENTRIES :]
        if not here:
            return Notice("history_end" if made else "history_empty")
        if apply:
            await self._remember(incoming, page)
        entries = [f"{summary(job, LONGEST_ENTRY)} · {job.model_name}" for job in here]
        return Notice("history_page" if turn else "history", {"entries": entries, "page": page})

    async def _page(self, incoming: Incoming) -> int:
        """The page of the history that the person has seen last there, from 1."""
        last = await self._questions.of(*where(incoming), self._clock() - OPEN_SECONDS)
        return int(last.words) if last and last.action == Action.HISTORY else 1

    async def _remember(self, incoming: Incoming, page: int) -> None:
        """Keep the page for who wants the next one, unless something else is being asked there."""
        asked = await self._questions.of(*where(incoming), self._clock() - OPEN_SECONDS)
        if asked is None or asked.action == Action.HISTORY:
            id = question_id(incoming.platform, incoming.event_id)
            now, action = self._clock(), Action.HISTORY.value
            page_seen = Question(id, *where(incoming), "", str(page), now, action)
            await self._questions.ask(page_seen)


def _said(reading: Reading) -> str | None:
    """The model that the words name, in those words, or ask for by its quality."""
    return (reading.named_model or reading.model) if reading.explicit_model else None


def _switched(options: Options, reading: Reading) -> dict[str, Switch]:
    """The settings that are switched, and how: as was chosen, else as was said."""
    chosen = {name: getattr(options, name) for name in SWITCHES}
    said = dict([reading.switch] if reading.switch else [])
    return said | {name: how for name, how in chosen.items() if how is not None}


def _adjusted(what: str, model: Model, asked: str, made: str) -> tuple[Note, ...]:
    """That a size or a ratio is not offered any more, if it is not."""
    if asked == made:
        return ()
    return (Note(f"{what}_adjusted", {"model": model.name, "asked": asked, what: made}),)


def _instead(match: Match) -> tuple[Note, ...]:
    """What takes the place of a model, said of what is to come and not of a picture."""
    keys = {"model_replaced": "preference_replaced", "model_not_offered": "preference_not_offered"}
    return tuple(replace(note, key=keys[note.key]) for note in match.notes)


def _described(model: Model) -> Choice:
    sizes = ", ".join(model.sizes)
    name = f"{model.name} ({sizes})" if sizes else model.name
    price = catalog.price(model, catalog.fit_size(model, "1K"), 1)
    return Choice(model.id, name, model.seconds, price, model.role)
