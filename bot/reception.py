"""What a person asked, settled: a job ready to start, an answer, or a refusal."""

import hashlib
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot import catalog, wording
from bot.answers import Answers
from bot.catalog import Model
from bot.choices import choose
from bot.failures import Failure, Reason
from bot.history import History
from bot.job import Job
from bot.ports import Accepted, Attachment, Incoming, Options, Provider
from bot.preferences import Preferences
from bot.settings import Settings
from bot.wording import Action, Reading
from messages import Notice

LONGEST_PROMPT = 10_000
"""Characters; longer texts are refused rather than cut."""

RECENT_SECONDS = 24 * 3600
"""A change that names no picture means the newest one here, if it is not older than this."""

_IMAGE_URL = re.compile(
    r"https?://[^\s<>\"“”，。！？、]+?\.(?:png|jpe?g|webp|gif)(?:\?[^\s<>\"“”，。！？、]*)?",
    re.IGNORECASE,
)


def job_id(platform: str, event_id: str) -> str:
    """The id of the job for an event: the same event is the same job, in every process."""
    digest = hashlib.sha256(f"{platform}\0{event_id}".encode()).hexdigest()
    return f"job_{digest[:24]}"


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The person wants this job to stop."""

    job_id: str


class Reception:
    """Settles requests for one provider."""

    def __init__(
        self,
        *,
        settings: Settings,
        provider: Provider,
        history: History,
        preferences: Preferences,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._history = history
        self._preferences = preferences
        self._clock = clock
        self._usual = Options(
            size=settings.default_size, aspect_ratio=settings.default_aspect_ratio
        )
        self._answers = Answers(history, preferences, self._usual)

    async def settle(self, incoming: Incoming) -> Job | Accepted | Cancellation | Notice | Failure:
        """Decide what ``incoming`` means.

        Returns:
            A job to start or to cancel, ``Accepted`` when the event had already become a job, an
            answer, or a refusal.
        """
        known = job_id(incoming.platform, incoming.event_id)
        if await self._history.job(known):
            return Accepted(known, new=False)
        incoming = _cleaned(incoming)
        if len(incoming.text) > LONGEST_PROMPT:
            facts = {"length": len(incoming.text), "limit": LONGEST_PROMPT}
            return Failure(Reason.PROMPT_TOO_LONG, facts)
        models = await self.models()
        reading = self._read(incoming.text, models, image=bool(incoming.attachments))
        match incoming.action or reading.action:
            case Action.DRAW:
                return await self._draw(incoming, models)
            case Action.AGAIN:
                return await self._again(incoming, models)
            case _:
                return await self._once(reading, incoming, models)

    async def models(self) -> tuple[Model, ...]:
        """What the provider offers, the configured default first."""
        offered = await self._provider.models()
        default = catalog.find(self._settings.default_model, offered) or offered[0]
        return (default, *(model for model in offered if model is not default))

    def _read(self, text: str, models: Sequence[Model], *, image: bool) -> Reading:
        return wording.read(
            text,
            image=image,
            max_images=self._settings.max_images_per_request,
            models=models,
            default_model=models[0].id,
        )

    # Drawing

    async def _draw(self, incoming: Incoming, models: Sequence[Model]) -> Job | Failure:
        attachments = await self._pointed_at(incoming)
        if isinstance(attachments, Failure):
            return attachments
        if not attachments and incoming.action is None and wording.is_change(incoming.text):
            attachments = await self._recent(incoming)
        reading = self._read(incoming.text, models, image=bool(attachments))
        if reading.action is not Action.DRAW:  # a command that says "draw" draws even "help"
            reading = _verbatim(incoming.text, models[0].id)
        if not reading.prompt.strip():
            return Failure(Reason.EMPTY_PROMPT)
        liked = await self._preferences.of(incoming.platform, incoming.requester)
        if attachments:  # an edit keeps the shape of its picture
            usual = Options(liked.model, await self._size_of(attachments[0]))
        else:
            size, ratio = liked.size or self._usual.size, liked.aspect_ratio
            usual = Options(liked.model, size, ratio or self._usual.aspect_ratio)
        incoming = replace(incoming, locale=liked.language or incoming.locale)
        return self._job(incoming, reading, usual, attachments, models)

    async def _pointed_at(self, incoming: Incoming) -> tuple[Attachment, ...] | Failure:
        """The pictures that were attached, linked, or replied to."""
        for attachment in incoming.attachments:
            if attachment.url and not attachment.url.lower().startswith("https://"):
                return Failure(Reason.REFERENCE_NOT_HTTPS)
            if attachment.image_id and not await self._is_theirs(attachment.image_id, incoming):
                return Failure(Reason.REFERENCE_MISSING)
        if incoming.attachments or incoming.replied_to is None:
            return incoming.attachments
        job = await self._history.job_of_message(incoming.platform, incoming.replied_to)
        return await self._picture_of(job) if job and _may_see(job, incoming) else ()

    async def _is_theirs(self, image_id: str, incoming: Incoming) -> bool:
        kept = await self._history.picture(image_id)
        theirs = (incoming.platform, incoming.requester)
        return kept is not None and (kept.platform, kept.requester) == theirs

    async def _recent(self, incoming: Incoming) -> tuple[Attachment, ...]:
        """The picture that was just made for this person here."""
        job = await self._history.latest(
            incoming.platform,
            incoming.conversation,
            requester=incoming.requester,
            succeeded=True,
        )
        if job is None or self._clock() - job.created_at > RECENT_SECONDS:
            return ()
        return await self._picture_of(job)

    async def _picture_of(self, job: Job) -> tuple[Attachment, ...]:
        pictures = (await self._history.pictures_of([job.id]))[job.id]
        return tuple(Attachment(image_id=picture.image_id) for picture in pictures[:1])

    async def _size_of(self, attachment: Attachment) -> str | None:
        """The size that was asked for a picture of ours; ``None`` for any other."""
        kept = await self._history.picture(attachment.image_id) if attachment.image_id else None
        job = await self._history.job(kept.job_id) if kept and kept.job_id else None
        return job.size if job else None

    def _job(
        self,
        incoming: Incoming,
        reading: Reading,
        usual: Options,
        attachments: tuple[Attachment, ...],
        models: Sequence[Model],
    ) -> Job | Failure:
        limit = self._settings.max_images_per_request
        chosen = choose(
            incoming.options, reading, usual, models, limit=limit, references=len(attachments)
        )
        if isinstance(chosen, Failure):
            return chosen
        return Job(
            id=job_id(incoming.platform, incoming.event_id),
            platform=incoming.platform,
            requester=incoming.requester,
            conversation=incoming.conversation,
            locale=incoming.locale,
            address=incoming.address,
            text=incoming.text,
            prompt=reading.prompt,
            provider=self._provider.name,
            model=chosen.model.id,
            model_name=chosen.model.name,
            size=chosen.size,
            aspect_ratio=chosen.aspect_ratio,
            count=chosen.count,
            seconds=chosen.model.seconds,
            progress_every=chosen.model.progress_every,
            created_at=self._clock(),
            attachments=attachments,
            extra=dict(incoming.options.extra),
            notes=chosen.notes,
        )

    # Again

    async def _again(self, incoming: Incoming, models: Sequence[Model]) -> Job | Failure:
        """The same once more; choices in ``options`` replace the first one's."""
        first = await self._repeated(incoming)
        if first is None:
            return Failure(Reason.NOT_FOUND if incoming.target else Reason.NOTHING_TO_REPEAT)
        usual = Options(first.model, first.size, first.aspect_ratio)
        reading = replace(_verbatim(first.prompt, first.model), count=first.count)
        attachments = first.attachments
        if first.references:
            attachments = tuple(Attachment(image_id=image) for image in first.references)
        options = replace(incoming.options, extra={**first.extra, **incoming.options.extra})
        repeated = replace(incoming, text=first.text, options=options)
        return self._job(repeated, reading, usual, attachments, models)

    async def _repeated(self, incoming: Incoming) -> Job | None:
        if incoming.target is not None:
            job = await self._history.job(incoming.target)
        elif incoming.replied_to is not None:
            job = await self._history.job_of_message(incoming.platform, incoming.replied_to)
        else:
            job = await self._history.latest(
                incoming.platform, incoming.conversation, requester=incoming.requester
            )
        return job if job is not None and _may_see(job, incoming) else None

    # What is not drawing

    async def _once(
        self, reading: Reading, incoming: Incoming, models: Sequence[Model]
    ) -> Cancellation | Notice | Failure:
        """Carry it out; an event that comes again changes nothing any more."""
        event = (incoming.platform, incoming.event_id)
        again = await self._history.answered(*event)
        answer: Cancellation | Notice | Failure
        if (incoming.action or reading.action) is Action.CANCEL:
            answer = Notice("cancelled") if again else await self._cancel(incoming)
        else:
            answer = await self._answers.answer(reading, incoming, models, apply=not again)
        if not isinstance(answer, Failure):
            await self._history.remember(*event, self._clock())
        return replace(answer, new=not again) if isinstance(answer, Notice) else answer

    async def _cancel(self, incoming: Incoming) -> Cancellation | Failure:
        """The job of a button, or the person's newest one here that is not finished."""
        if incoming.target is not None:
            job = await self._history.job(incoming.target)
            theirs = job is not None and _may_see(job, incoming)
            return Cancellation(incoming.target) if theirs else Failure(Reason.NOT_FOUND)
        unfinished = await self._history.unfinished(
            platform=incoming.platform, requester=incoming.requester
        )
        here = [job.id for job in unfinished if job.conversation == incoming.conversation]
        return Cancellation(here[-1]) if here else Failure(Reason.NOTHING_TO_CANCEL)


def _verbatim(prompt: str, model: str) -> Reading:
    """A prompt in which nothing is a setting."""
    return Reading(
        action=Action.DRAW,
        task=None,
        model=model,
        size=None,
        aspect_ratio=None,
        count=None,
        notes=(),
        prompt=prompt,
        explicit_model=False,
    )


def _may_see(job: Job, incoming: Incoming) -> bool:
    """A job is shown to its requester, and to the conversation in which it was made."""
    if job.deleted or job.platform != incoming.platform:
        return False
    return incoming.requester == job.requester or incoming.conversation == job.conversation


def _cleaned(incoming: Incoming) -> Incoming:
    """Without control characters, and with the pictures that are linked in the text attached."""
    text = "".join(
        char for char in incoming.text if char in "\n\t" or unicodedata.category(char) != "Cc"
    ).strip()
    if incoming.action is not None:
        return replace(incoming, text=text)
    links = tuple(Attachment(url=url) for url in _IMAGE_URL.findall(text))
    if links:
        text = re.sub(r"[ \t]{2,}", " ", _IMAGE_URL.sub("", text)).strip()
    return replace(incoming, text=text, attachments=incoming.attachments + links)
