"""What a person asked, settled: a job ready to start, an answer, or a refusal."""

import hashlib
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from bot import catalog, wording
from bot.answers import Answers
from bot.catalog import Model
from bot.choices import choose
from bot.errands import Errand, Errands
from bot.failures import Failure, Reason
from bot.history import History
from bot.job import Job
from bot.outbox import Outbox
from bot.pending import Pending
from bot.ports import Accepted, Attachment, Incoming, Options, Provider
from bot.preferences import Preference, Preferences
from bot.repeats import REPEATS, repeat
from bot.rights import about, may_see, meant, where
from bot.settings import Settings
from bot.wording import Action, Reading
from messages import Note, Notice, spoken

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


Settled: TypeAlias = Job | Accepted | Errand | Notice | Failure
"""What a request may turn out to be."""


class Reception:
    """Settles requests for one provider."""

    def __init__(
        self,
        *,
        settings: Settings,
        provider: Provider,
        history: History,
        preferences: Preferences,
        pending: Pending,
        outbox: Outbox,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._history = history
        self._preferences = preferences
        self._pending = pending
        self._outbox = outbox
        self._clock = clock
        self._usual = Options(
            size=settings.default_size, aspect_ratio=settings.default_aspect_ratio
        )
        answers = Answers(history, preferences, self._usual)
        self._errands = Errands(history, pending, answers, clock)

    async def settle(self, incoming: Incoming) -> Settled:
        """Decide what ``incoming`` means.

        Returns:
            A job to start, something to do to one, ``Accepted`` when the event had already become
            a job, an answer, or a refusal.
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
        action = incoming.action or reading.action
        if action is Action.DRAW and _lacks_what_it_is_about(incoming):
            kinds = list(dict.fromkeys(incoming.unusable))
            return Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": kinds})
        if action in REPEATS:
            return await self._repeat(action, incoming, models)
        if action is not Action.DRAW:
            return await self._errands.run(action, reading, incoming, models)
        if incoming.action is None and incoming.attachments and not incoming.text:
            return await self._errands.run(Action.KEEP, reading, incoming, models)
        return await self._draw(incoming, reading, models)

    async def locale(self, incoming: Incoming) -> str:
        """The language to answer in: the one chosen, the platform's, or that of the words."""
        return _language(await self._liked(incoming), incoming)

    async def _liked(self, incoming: Incoming) -> Preference:
        return await self._preferences.of(incoming.platform, incoming.requester)

    async def taken(self, job: Job) -> None:
        """Forget what was put aside: the job has it."""
        await self._pending.clear(job.platform, job.requester, job.conversation)

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what a person likes, has put aside, and would still be told."""
        for room in (self._preferences, self._pending, self._outbox):
            await room.erase(platform, requester)

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

    async def _draw(
        self, incoming: Incoming, reading: Reading, models: Sequence[Model]
    ) -> Job | Failure:
        attachments = await self._pointed_at(incoming)
        if isinstance(attachments, Failure):
            return attachments
        if not attachments:
            attachments = await self._pending.of(*where(incoming), self._clock())
        if not attachments and incoming.action is None and wording.is_change(incoming.text):
            attachments = await self._recent(incoming)
        if attachments and not incoming.attachments:  # the words may mean something else then
            reading = self._read(incoming.text, models, image=True)
        if reading.action is not Action.DRAW:  # a command that says "draw" draws even "help"
            reading = _verbatim(incoming.text, models[0].id)
        if not reading.prompt.strip():
            return Failure(Reason.EMPTY_PROMPT)
        liked = await self._liked(incoming)
        if attachments:  # an edit keeps the shape of its picture
            usual = Options(liked.model, await self._size_of(attachments[0]))
        else:
            size, ratio = liked.size or self._usual.size, liked.aspect_ratio
            usual = Options(liked.model, size, ratio or self._usual.aspect_ratio)
        return self._job(incoming, liked, reading, usual, attachments, models)

    async def _pointed_at(self, incoming: Incoming) -> tuple[Attachment, ...] | Failure:
        """The picture a button or a reply is about, then those that were attached or linked."""
        for attachment in incoming.attachments:
            if attachment.url and not attachment.url.lower().startswith("https://"):
                return Failure(Reason.REFERENCE_NOT_HTTPS)
            if attachment.image_id and not await self._is_theirs(attachment.image_id, incoming):
                return Failure(Reason.REFERENCE_MISSING)
        job = await meant(self._history, incoming)
        if job is None or not may_see(job, incoming):
            return Failure(Reason.NOT_FOUND) if incoming.target else incoming.attachments
        pictures = await self._picture_of(job, incoming.number) + incoming.attachments
        if not pictures and wording.is_change(incoming.text):
            return Failure(Reason.REFERENCE_MISSING if job.status.final else Reason.NOT_READY)
        return pictures

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

    async def _picture_of(self, job: Job, number: int = 1) -> tuple[Attachment, ...]:
        pictures = (await self._history.pictures_of([job.id]))[job.id]
        chosen = pictures[number - 1 : number] or pictures[:1]
        return tuple(Attachment(image_id=picture.image_id) for picture in chosen)

    async def _size_of(self, attachment: Attachment) -> str | None:
        """The size that was asked for a picture of ours; ``None`` for any other."""
        kept = await self._history.picture(attachment.image_id) if attachment.image_id else None
        job = await self._history.job(kept.job_id) if kept and kept.job_id else None
        return job.size if job else None

    def _job(
        self,
        incoming: Incoming,
        liked: Preference,
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
        asked = incoming.options
        return Job(
            id=job_id(incoming.platform, incoming.event_id),
            platform=incoming.platform,
            requester=incoming.requester,
            conversation=incoming.conversation,
            locale=_language(liked, incoming),
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
            created_at=self._clock() if incoming.at is None else incoming.at,
            attachments=attachments,
            extra=dict(incoming.options.extra),
            notes=(*chosen.notes, *_not_used(incoming)),
            origin=_origin(incoming),
            notify=liked.notify if asked.notify is None else asked.notify,
            spoiler=liked.spoiler if asked.spoiler is None else asked.spoiler,
        )

    # Again

    async def _repeat(
        self, action: Action, incoming: Incoming, models: Sequence[Model]
    ) -> Job | Failure:
        """The same once more; choices in ``options`` replace the first one's."""
        first = await about(self._history, incoming)
        if first is None:
            return Failure(Reason.NOT_FOUND if incoming.target else Reason.NOTHING_TO_REPEAT)
        again = repeat(first, action, models, self._settings.max_images_per_request)
        sized = incoming.options.size or again.options.size
        if action in (Action.LARGER, Action.SMALLER) and sized is None:
            return Failure(
                Reason.NO_FURTHER_SIZE, {"model": first.model_name, "size": first.size or "–"}
            )
        usual = Options(first.model, first.size, first.aspect_ratio)
        reading = replace(_verbatim(again.prompt, first.model), count=again.count)
        attachments = first.attachments
        if first.references:
            attachments = tuple(Attachment(image_id=image) for image in first.references)
        if again.picture:
            attachments = await self._picture_of(first, incoming.number)
            if not attachments:
                return Failure(Reason.REFERENCE_MISSING)
        asked = incoming.options
        options = replace(
            asked,
            model=asked.model or again.options.model,
            size=sized,
            extra={**first.extra, **asked.extra},
        )
        liked = await self._liked(incoming)
        language = _language(liked, incoming)  # that of these words, not of the first ones
        incoming = replace(incoming, text=first.text, locale=language, options=options)
        return self._job(incoming, liked, reading, usual, attachments, models)


def _language(liked: Preference, incoming: Incoming) -> str:
    return liked.language or incoming.locale or spoken(incoming.text) or "en"


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


def _lacks_what_it_is_about(incoming: Incoming) -> bool:
    """Whether a change is asked for, or nothing at all, of something that cannot be used."""
    nothing = not incoming.text and not incoming.attachments
    return bool(incoming.unusable) and (nothing or wording.is_change(incoming.text))


def _not_used(incoming: Incoming) -> tuple[Note, ...]:
    """What a person is told of what they sent besides, where something new is drawn."""
    kinds = list(dict.fromkeys(incoming.unusable))
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
