"""What a person asked, settled: a job ready to start, an answer, or a refusal."""

import asyncio
import hashlib
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias, TypeVar

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, job_id
from bot.domain.preferences import Preference
from bot.domain.protocol import OPEN_PER_PERSON, WAITING_PER_PERSON
from bot.domain.repeats import repeat
from bot.domain.requests import (
    HIDDEN,
    LONGEST_TEXT,
    Accepted,
    Attachment,
    Incoming,
    Options,
    too_long,
)
from bot.domain.storable import storable
from bot.engine.commands import Command, Commands
from bot.engine.options import choose, preferred
from bot.engine.permissions import may_see
from bot.engine.queries import Queries
from bot.engine.targets import Targets, about
from bot.language import wording
from bot.language.detection import language_of, own_words
from bot.language.links import picture_links
from bot.language.wording import Reading
from bot.runtime.plugins import Providers
from bot.settings import Settings
from bot.storage.inbox import InboxStore
from bot.storage.jobs import JobStore
from bot.storage.outbox import OutboxStore
from bot.storage.pending_attachments import PendingAttachments
from bot.storage.preferences import Preferences
from messages import Note, Notice, spoken

AT_ONCE = 1_000
"""Characters that are read on the event loop, in a few milliseconds; longer texts in a thread."""

TELLING = 1_000
"""Characters of a text that tell its language."""

_T = TypeVar("_T")

_POINTS = re.compile(
    r"\b(?:this|these|those)\b|^(?:as|like)\b|这|照着|参考|仿照|^(?:画|变|做)成|视频|录音|贴纸|附件|"
    r"\bthe (?:attached|attachment|clip|document|file|recording|sticker|video)\b",
    re.IGNORECASE,
)
"""Words that point at something, where it is clear that there is something to point at."""


Settled: TypeAlias = Job | Accepted | Command | Notice | Failure
"""What a request may turn out to be."""


class Intake:
    """Settles requests for the provider in use."""

    def __init__(
        self,
        *,
        settings: Settings,
        providers: Providers,
        history: JobStore,
        preferences: Preferences,
        pending: PendingAttachments,
        inbox: InboxStore,
        outbox: OutboxStore,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._history = history
        self._preferences = preferences
        self._pending = pending
        self._targets = Targets(history, pending, clock)
        self._inbox = inbox
        self._outbox = outbox
        self._clock = clock
        self.default = Options(
            model=settings.default_model or None,
            size=settings.default_size,
            aspect_ratio=settings.default_aspect_ratio,
        )
        answers = Queries(history, preferences, self.default, providers.known)
        self._commands = Commands(history, pending, answers, clock)

    async def settle(self, incoming: Incoming) -> Settled:
        """Decide what ``incoming`` means.

        Returns:
            A job to start, something to do to one, ``Accepted`` when the event had already become
            a job, an answer, or a refusal.
        """
        refused = too_long(incoming.text, LONGEST_TEXT)
        incoming = storable(incoming)
        known = job_id(incoming.platform, incoming.event_id)
        if await self._history.job(known):
            return Accepted(known, new=False)
        if refused := refused or await self._queue_full(incoming):
            return refused
        models = await self.models()
        aimed = await self._aimed(await self._own_words(incoming, models), models)
        if isinstance(aimed, Failure):
            return aimed
        incoming = _cleaned(aimed)
        if refused := too_long(incoming.text):
            return refused
        reading = await self._read(incoming.text, models, image=bool(incoming.attachments))
        action = incoming.action or reading.action
        if action is Action.DRAW and await _lacks_what_it_is_about(incoming):
            kinds = list(dict.fromkeys(incoming.unusable))
            return Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": kinds})
        if action.spec.repeats:
            said = incoming if incoming.action else _with_settings_of(reading, incoming)
            return await self._repeat(action, said, models)
        if action is not Action.DRAW:
            return await self._commands.run(action, reading, incoming, models)
        if incoming.action is None and incoming.attachments and not incoming.text:
            return await self._commands.run(Action.KEEP, reading, incoming, models)
        return await self._draw(incoming, reading, models)

    async def too_many(self, incoming: Incoming, references: int) -> Failure | None:
        """Why nothing can be drawn with so many pictures, those linked in the text besides.

        Asked before any of them is fetched, by adapters that fetch them at once.
        """
        if refused := too_long(incoming.text):
            return refused
        incoming = _cleaned(storable(incoming))
        models = await self.models()
        reading = await self._read(incoming.text, models, image=True)
        if (incoming.action or reading.action) is not Action.DRAW:
            return None
        usual = Options((await self._liked(incoming)).model)
        number = references + len(incoming.attachments)
        chosen = choose(
            incoming.options,
            reading,
            usual,
            Options(self.default.model),
            models,
            limit=self._settings.max_images_per_request,
            references=number,
        )
        return chosen if isinstance(chosen, Failure) else None

    async def locale(self, incoming: Incoming) -> str:
        """The language to answer in: the one chosen, the platform's, or that of the words."""
        return _language(await self._liked(incoming), incoming)

    async def with_locale(self, incoming: Incoming, usual: str) -> Incoming:
        """The request in the words that count, with a language where they have none.

        That of the job of the button if it is theirs, else of the person's last one there, else of
        the other person's job, else that of the letters, else the ``usual`` one.
        """
        models = await self.models()
        incoming = await self._own_words(storable(incoming), models)
        if incoming.locale or language_of(incoming.text[:TELLING], models):
            return incoming
        job = await self._history.job(incoming.target) if incoming.target else None
        if job is not None and not may_see(job, incoming):
            job = None
        if job is None or job.requester != incoming.requester:
            own = await self._history.latest(
                incoming.platform, incoming.conversation, requester=incoming.requester
            )
            job = own or job
        locale = job.locale if job else spoken(incoming.text)
        return replace(incoming, locale=locale or usual)

    async def starts_private(self, incoming: Incoming) -> bool:
        """Whether a request starts from something private, and so is answered in private."""
        return await self._targets.starts_private(incoming)

    async def _liked(self, incoming: Incoming) -> Preference:
        return await self._preferences.of(incoming.platform, incoming.requester)

    async def taken(self, job: Job) -> None:
        """Forget what was put aside: the job has it."""
        await self._pending.clear(job.platform, job.requester, job.conversation)

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what a person likes, has put aside, has just sent, and would still be told."""
        for room in (self._preferences, self._pending, self._inbox, self._outbox):
            await room.erase(platform, requester)

    async def models(self) -> tuple[Model, ...]:
        """What the provider offers, the configured default first."""
        offered = await self._providers.models()
        default = catalog.find(self._settings.default_model, offered) or offered[0]
        return (default, *(model for model in offered if model is not default))

    async def _queue_full(self, incoming: Incoming) -> Failure | None:
        """Why a text that can only be a picture to draw is not read at all.

        Whatever is shorter may be a command, such as to cancel; and a button that is pressed twice
        is one request. For those, who accepts the job looks at the queue.
        """
        drawn = incoming.action is Action.DRAW or incoming.action is None
        if not drawn or incoming.target or len(incoming.text) <= AT_ONCE:
            return None
        waiting = await self._history.open(incoming.platform, incoming.requester)
        if len(waiting) < OPEN_PER_PERSON:
            return None
        return Failure(Reason.QUEUE_FULL, {"waiting": WAITING_PER_PERSON})

    async def _own_words(self, incoming: Incoming, models: Sequence[Model]) -> Incoming:
        """Without names beside a command, and without other people's talk around pictures: those
        wait for words that say what to do with them."""
        text = incoming.text
        if incoming.names:
            text = own_words(text, incoming.names, models)
        if incoming.forwarded and incoming.attachments:
            text = text if await _beside(wording.is_change, text) else ""
        return replace(incoming, text=text, names=(), forwarded=False)

    async def _aimed(self, incoming: Incoming, models: Sequence[Model]) -> Incoming | Failure:
        """With what a reply in words is about."""
        if incoming.replied_to is None or incoming.action is not None:
            return incoming
        reading = await self._read(incoming.text, models, image=True)
        draws = reading.action is Action.DRAW
        change = draws and await _beside(wording.is_change, incoming.text)
        return await self._targets.aimed(incoming, draws=draws, change=change)

    async def _read(self, text: str, models: Sequence[Model], *, image: bool) -> Reading:
        read = partial(
            wording.read,
            image=image,
            max_images=self._settings.max_images_per_request,
            models=models,
            default_model=models[0].id,
        )
        return await _beside(read, text)

    # Drawing

    async def _draw(
        self, incoming: Incoming, reading: Reading, models: Sequence[Model]
    ) -> Job | Failure:
        attachments = await self._targets.sources(
            incoming, change=await _beside(wording.is_change, incoming.text)
        )
        if isinstance(attachments, Failure):
            return attachments
        if attachments and not incoming.attachments:  # the words may mean something else then
            reading = await self._read(incoming.text, models, image=True)
        if reading.action is not Action.DRAW:  # a command that says "draw" draws even "help"
            reading = _verbatim(incoming.text, models[0].id)
        if not reading.prompt.strip():
            return Failure(Reason.EMPTY_PROMPT)
        liked = await self._liked(incoming)
        usual = Options(liked.model, liked.size, liked.aspect_ratio)
        default = self.default
        if attachments:  # an edit keeps the shape of its picture
            usual = Options(liked.model, await self._targets.size_of(attachments[0]))
            default = Options(self.default.model)
        made = self._job(incoming, liked, reading, usual, attachments, models, default)
        if isinstance(made, Failure):
            return made
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

    def _job(
        self,
        incoming: Incoming,
        liked: Preference,
        reading: Reading,
        usual: Options,
        attachments: tuple[Attachment, ...],
        models: Sequence[Model],
        default: Options,
    ) -> Job | Failure:
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
            locale=_language(liked, incoming),
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
            notify=liked.notify if asked.notify is None else asked.notify,
            spoiler=liked.spoiler if asked.spoiler is None else asked.spoiler,
            private=incoming.private,
        )

    # Again

    async def _repeat(
        self, action: Action, incoming: Incoming, models: Sequence[Model]
    ) -> Job | Failure:
        """The same once more; choices in ``options`` replace the first one's."""
        none = Reason.NOT_FOUND if incoming.target else Reason.NOTHING_TO_REPEAT
        first = await about(self._history, action, incoming, none)
        if isinstance(first, Failure):
            return first
        again = repeat(first, action, models, self._settings.max_images_per_request)
        if action is Action.PRO and again.options.model is None:
            facts = {"model": "Pro", "models": [model.name for model in models]}
            return Failure(Reason.UNKNOWN_MODEL, facts)
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
        if action.spec.one_picture:
            attachments = await self._targets.picture_of(first, incoming.number)
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
        made = self._job(incoming, liked, reading, usual, attachments, models, Options())
        if isinstance(made, Failure) or asked.model or catalog.find(first.model, models):
            return made
        facts = {"asked": first.model_name, "model": made.model_name}
        return replace(made, notes=(Note("model_not_offered", facts), *made.notes))


def _with_settings_of(reading: Reading, incoming: Incoming) -> Incoming:
    """What came in, with the settings that its words name: "again in 2K"."""
    asked = incoming.options
    options = replace(
        asked,
        model=asked.model or reading.named_model or reading.model,
        size=asked.size or reading.size,
        aspect_ratio=asked.aspect_ratio or reading.aspect_ratio,
    )
    return replace(incoming, options=options)


async def _beside(read: Callable[[str], _T], text: str) -> _T:
    """Read a text; a long one in a thread, so that the event loop goes on meanwhile."""
    return read(text) if len(text) <= AT_ONCE else await asyncio.to_thread(read, text)


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


async def _lacks_what_it_is_about(incoming: Incoming) -> bool:
    """Whether a change is asked for, or nothing at all, of something that cannot be used."""
    if not incoming.unusable:
        return False
    about = await _beside(_is_about, incoming.text)
    return about or not (incoming.text or incoming.attachments)


def _is_about(text: str) -> bool:
    """Whether words are about something that is there: a change of it, or a hint at it."""
    return wording.is_change(text) or bool(_POINTS.search(text))


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


def _cleaned(incoming: Incoming) -> Incoming:
    """Without control characters, and with the pictures that are linked in the text attached."""
    text = "".join(
        char for char in incoming.text if char in "\n\t" or unicodedata.category(char) != "Cc"
    ).strip()
    if incoming.action is not None:
        return replace(incoming, text=text)
    links, rest = picture_links(text)
    if links:
        text = re.sub(r"[ \t]{2,}", " ", rest).strip()
    attachments = tuple(Attachment(url=url) for url in links)
    return replace(incoming, text=text, attachments=incoming.attachments + attachments)
