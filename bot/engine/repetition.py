"""The same once more: with the same words or others, and with other settings."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, Parent
from bot.domain.repeats import repeat
from bot.domain.requests import Attachment, Incoming, Options
from bot.engine.drawing import Drawing, language
from bot.engine.reader import Reader, verbatim
from bot.engine.targets import Targets, about
from bot.language.wording import Reading
from bot.storage.jobs import JobStore
from messages import Note


class Repetitions:
    """Makes jobs of jobs that there have been."""

    def __init__(
        self,
        *,
        history: JobStore,
        reader: Reader,
        targets: Targets,
        drawing: Drawing,
        max_images: int,
    ) -> None:
        self._history = history
        self._reader = reader
        self._targets = targets
        self._drawing = drawing
        self._max_images = max_images

    async def repeated(
        self,
        action: Action,
        incoming: Incoming,
        models: Sequence[Model],
        notes: tuple[str, ...] = (),
        *,
        other_model: bool = False,
    ) -> Job | Failure:
        """The same once more; choices in ``options`` replace the first one's, and ``notes`` are
        what the words that made them need said. ``other_model`` is any but the first one's."""
        first = await about(self._history, action, incoming)
        if isinstance(first, Failure):
            return first
        if other_model:
            other = catalog.other(first.model, models)
            if other is None:
                return Failure(Reason.NOT_FOUND)
            incoming = replace(incoming, options=replace(incoming.options, model=other.id))
        limit = self._max_images
        again = repeat(first, action, incoming.options, models, limit)
        if action is Action.PRO and again.options.model is None:
            facts = {"model": "Pro", "models": [model.name for model in models]}
            return Failure(Reason.UNKNOWN_MODEL, facts)
        sized = incoming.options.size or again.options.size
        if action in (Action.LARGER, Action.SMALLER) and sized is None:
            return Failure(
                Reason.NO_FURTHER_SIZE, {"model": first.model_name, "size": first.size or "–"}
            )
        usual = Options(first.model, first.size, first.aspect_ratio)
        asked = incoming.options
        reading = replace(
            verbatim(again.prompt, first.model),
            aspect_ratio=asked.aspect_ratio,
            count=again.count,
            notes=notes,
        )
        if action is Action.WORDS:
            reading = await self._reworded(incoming, first, models)
            if not reading.prompt.strip():
                return Failure(Reason.EMPTY_PROMPT)
        attachments = first.attachments
        if first.references:
            attachments = tuple(Attachment(image_id=image) for image in first.references)
        if action.spec.one_picture:
            attachments = await self._targets.picture_of(first, incoming.number)
            if not attachments:
                return Failure(Reason.NO_PICTURE)
        options = replace(
            asked,
            model=asked.model or again.options.model,
            size=sized,
            extra={**first.extra, **asked.extra},
        )
        liked = await self._drawing.liked(incoming)
        spoken = language(liked, incoming)  # that of these words, not of the first ones
        text = incoming.text if action is Action.WORDS else first.text
        incoming = replace(incoming, text=text, locale=spoken, options=options)
        made = self._drawing.job(incoming, liked, reading, usual, attachments, models, Options())
        if isinstance(made, Failure):
            return made
        made = replace(made, parent=await self._parent(first, action, incoming.number))
        if made.requester != first.requester and await self._is_coming(made.parent):
            return Failure(Reason.NOT_READY)  # a job waits for a picture of its own person
        made = self._drawing.asking_first(made, models, first.problem)
        if asked.model or catalog.find(first.model, models):
            return made
        facts = {"asked": first.model_name, "model": made.model_name}
        return replace(made, notes=(Note("model_not_offered", facts), *made.notes))

    async def _reworded(self, incoming: Incoming, first: Job, models: Sequence[Model]) -> Reading:
        """Other words for a request; as many pictures as before, where they do not say how many."""
        reading = await self._reader.read(incoming.text, models, image=bool(first.attachments))
        if reading.action is not Action.DRAW:
            reading = verbatim(incoming.text, first.model)
        several = reading.count is not None and reading.count > 1
        return replace(reading, count=reading.count if several else first.count)

    async def _is_coming(self, parent: Parent | None) -> bool:
        job = await self._history.job(parent.job_id) if parent else None
        return job is not None and not job.status.final

    async def _parent(self, first: Job, action: Action, number: int) -> Parent | None:
        """What a repetition is made from: a picture of the first one, or what that was made from,
        where it is only made once more."""
        if not (action.spec.one_picture or action is Action.PRO):
            return first.parent
        count = len((await self._history.pictures_of([first.id]))[first.id])
        return Parent(first.id, min(number, count), count, action) if count else first.parent
