"""Jobs from readings: what is drawn from words and pictures, with which model, size and ratio."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, Parent, job_id
from bot.domain.preferences import Preference
from bot.domain.protocol import DEMO, price_asked
from bot.domain.requests import HIDDEN, Attachment, Incoming, Options
from bot.engine.options import choose, preferred
from bot.engine.reader import verbatim
from bot.engine.targets import Targets
from bot.language.wording import Reading
from bot.runtime.plugins import Providers
from bot.settings import Settings
from bot.storage.jobs import JobStore
from bot.storage.preferences import Preferences
from messages import Note, Problem, Status, spoken


class Drawing:
    """Makes jobs of readings, for the provider in use."""

    def __init__(
        self,
        *,
        settings: Settings,
        providers: Providers,
        history: JobStore,
        preferences: Preferences,
        targets: Targets,
        default: Options,
        picture_id: Callable[[Job], str],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._history = history
        self._preferences = preferences
        self._targets = targets
        self._default = default
        self._picture_id = picture_id
        self._clock = clock

    async def drawn(
        self,
        incoming: Incoming,
        reading: Reading,
        attachments: tuple[Attachment, ...],
        models: Sequence[Model],
        awaited: Job | None = None,
    ) -> Job | Failure:
        """A picture from the words and from these others; or from the one of the job ``awaited``,
        which is still being made: then it begins when that is there."""
        if reading.action is not Action.DRAW:  # a command that says "draw" draws even "help"
            reading = verbatim(incoming.text, models[0].id)
        if not reading.prompt.strip():
            return Failure(Reason.EMPTY_PROMPT)
        liked = await self.liked(incoming)
        usual = Options(liked.model, liked.size, liked.aspect_ratio)
        default = self._default
        if awaited is not None:
            attachments = (Attachment(image_id=self._picture_id(awaited)),)
            usual = Options(liked.model, awaited.size)
            default = Options(self._default.model)
        elif attachments:  # an edit keeps the shape of its picture
            usual = Options(liked.model, await self._targets.size_of(attachments[0]))
            default = Options(self._default.model)
        made = self.job(incoming, liked, reading, usual, attachments, models, default)
        if isinstance(made, Failure):
            return made
        if made.provider == DEMO and not await self._history.jobs_of(
            incoming.platform, incoming.requester, limit=1
        ):
            made = replace(made, notes=(*made.notes, Note("demo")))
        parent = Parent(awaited.id, 1, 1, Action.DRAW) if awaited else None
        made = replace(made, parent=parent or await self._targets.parent_of(attachments))
        made = self.asking_first(made, models)
        if liked.model and not (reading.explicit_model or incoming.options.model):
            made = await self._as_preferred(made, liked.model, models)
        if liked.size:
            await self._renew_size(made, liked.size, models)
        return made

    async def _as_preferred(self, job: Job, liked: str, models: Sequence[Model]) -> Job:
        """A job with the model that the person likes, or what stands in for it.

        The successor of a model that is no more is preferred from now on, so that it is said with
        one picture only.
        """
        match = preferred(liked, models, self._providers.known)
        if match.replaced and match.replaced.ended:
            await self._preferences.change(job.platform, job.requester, model=match.model.id)
        if catalog.find(liked, models):
            return job
        return replace(job, notes=(*match.notes, *job.notes))

    async def _renew_size(self, job: Job, liked: str, models: Sequence[Model]) -> None:
        """Prefer the size that was made instead of one that went with its models: it is said."""
        said = any(
            note.key == "size_adjusted" and note.facts["asked"] == liked for note in job.notes
        )
        still = (*models, *self._providers.known.current())
        if said and not any(liked in model.sizes for model in still):
            await self._preferences.change(job.platform, job.requester, size=job.size)

    def job(
        self,
        incoming: Incoming,
        liked: Preference,
        reading: Reading,
        usual: Options,
        attachments: tuple[Attachment, ...],
        models: Sequence[Model],
        default: Options,
    ) -> Job | Failure:
        """The job that a reading asks for, with what is chosen, liked or usual."""
        chosen = choose(
            incoming.options,
            reading,
            usual,
            default,
            models,
            limit=self._settings.max_images_per_request,
            references=len(attachments),
        )
        if isinstance(chosen, Failure):
            return chosen
        asked = incoming.options
        return Job(
            id=job_id(incoming.platform, incoming.event_id),
            platform=incoming.platform,
            requester=incoming.requester,
            conversation=incoming.conversation,
            locale=language(liked, incoming),
            address=incoming.address,
            text=incoming.text,
            prompt=reading.prompt,
            provider=self._providers.first.name,
            model=chosen.model.id,
            model_name=chosen.model.name,
            size=chosen.size,
            aspect_ratio=chosen.aspect_ratio,
            count=chosen.count,
            seconds=chosen.model.seconds,
            progress_every=chosen.model.progress_every,
            created_at=self._clock() if incoming.at is None else incoming.at,
            attachments=attachments,
            extra=dict(incoming.options.extra),
            notes=(*chosen.notes, *_not_used(incoming)),
            origin=_origin(incoming),
            notify=liked.notify,
            spoiler=liked.spoiler if asked.spoiler is None else asked.spoiler,
            private=incoming.private,
        )

    def asking_first(
        self, job: Job, models: Sequence[Model], confirms: Problem | None = None
    ) -> Job:
        """A job that costs more than may be spent unasked, closed with that question; again is the
        answer to it. ``confirms`` is the problem of the job that it repeats."""
        model = catalog.find(job.model, models)
        price = catalog.price(model, job.size, job.count) if model else None
        limit = self._settings.confirm_above
        agreed = price_asked(confirms) if confirms else None
        if agreed and price and agreed.unit == price.unit:
            limit = max(limit, agreed.amount)
        if not self._settings.confirm_above or price is None or price.amount <= limit:
            return job
        question = Failure(Reason.CONFIRM_COST, {"amount": price.amount, "unit": price.unit})
        return replace(
            job,
            status=Status.FAILED,
            finished_at=job.created_at,
            problem=question.problem,
            untold=True,
        )

    async def liked(self, incoming: Incoming) -> Preference:
        """What the person prefers."""
        return await self._preferences.of(incoming.platform, incoming.requester)


def language(liked: Preference, incoming: Incoming) -> str:
    """The language to answer in: the one chosen, the platform's, or that of the words."""
    return liked.language or incoming.locale or spoken(incoming.text) or "en"


def _not_used(incoming: Incoming) -> tuple[Note, ...]:
    """What a person is told of what they sent besides, where something new is drawn."""
    kinds = [kind for kind in dict.fromkeys(incoming.unusable) if kind != HIDDEN]
    return (Note("not_used", {"unusable": kinds}),) if kinds else ()


def _origin(incoming: Incoming) -> str | None:
    """The name of the button that was pressed, and of what was chosen with it."""
    if incoming.target is None or incoming.action is None:
        return None
    options = incoming.options
    said = (incoming.action, incoming.target, incoming.number, incoming.text)
    chosen = (options.model, options.size, options.aspect_ratio, options.count)
    digest = hashlib.sha256(repr((*said, *chosen)).encode()).hexdigest()
    return f"{incoming.action}:{incoming.target}:{digest[:16]}"
