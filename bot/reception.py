"""What a person asked, settled: a job ready to start, an answer, or a refusal.

Here wording, form choices, preferences and defaults meet. The order is always the same: what was
chosen in a form, then what was said, then what the person prefers, then the configuration, then the
provider's own default.
"""

import hashlib
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot import catalog, wording
from bot.catalog import Model
from bot.failures import Failure, Reason
from bot.history import History
from bot.job import Job
from bot.ports import Accepted, Attachment, Incoming, Provider
from bot.preferences import Preference, Preferences
from bot.settings import Settings
from bot.wording import Action, Reading
from messages import Note, Notice, Status

LONGEST_PROMPT = 10_000
"""Characters; longer texts are refused rather than cut."""

RECENT_SECONDS = 24 * 3600
"""A change that names no picture means the newest one here, if it is not older than this."""

HISTORY_ENTRIES = 10

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

    async def settle(self, incoming: Incoming) -> Job | Accepted | Cancellation | Notice | Failure:
        """Decide what ``incoming`` means.

        Returns:
            A job to start or to cancel, ``Accepted`` when the event had already become a job, an
            answer, or a refusal.
        """
        if await self._history.job(job_id(incoming.platform, incoming.event_id)):
            return Accepted(job_id(incoming.platform, incoming.event_id), new=False)
        incoming = _cleaned(incoming)
        if len(incoming.text) > LONGEST_PROMPT:
            facts = {"length": len(incoming.text), "limit": LONGEST_PROMPT}
            return Failure(Reason.PROMPT_TOO_LONG, facts)
        models = await self._provider.models()
        match incoming.action or self._read(incoming.text, incoming, models).action:
            case Action.DRAW:
                return await self._draw(incoming, models)
            case Action.AGAIN:
                return await self._again(incoming, models)
            case action:
                return await self._once(action, incoming, models)

    # Drawing

    async def _draw(self, incoming: Incoming, models: Sequence[Model]) -> Job | Failure:
        attachments = await self._pointed_at(incoming)
        if isinstance(attachments, Failure):
            return attachments
        if not attachments and incoming.action is None and wording.is_change(incoming.text):
            attachments = await self._recent(incoming)
        reading = self._read(incoming.text, incoming, models, image=bool(attachments))
        if reading.action is not Action.DRAW:  # a command that says "draw" draws even "help"
            reading = _verbatim(incoming.text, self._default(models).id)
        if not reading.prompt.strip():
            return Failure(Reason.EMPTY_PROMPT)
        liked = await self._preferences.of(incoming.platform, incoming.requester)
        return self._job(incoming, reading, liked, attachments, models)

    def _read(
        self, text: str, incoming: Incoming, models: Sequence[Model], *, image: bool = False
    ) -> Reading:
        return wording.read(
            text,
            image=image or bool(incoming.attachments),
            max_images=self._settings.max_images_per_request,
            models=models,
            default_model=self._default(models).id,
        )

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
        if job is None or not _may_see(job, incoming):
            return ()
        return await self._pictures_of(job)

    async def _is_theirs(self, image_id: str, incoming: Incoming) -> bool:
        kept = await self._history.picture(image_id)
        return kept is not None and (kept.platform, kept.requester) == (
            incoming.platform,
            incoming.requester,
        )

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
        return await self._pictures_of(job)

    async def _pictures_of(self, job: Job) -> tuple[Attachment, ...]:
        pictures = (await self._history.pictures_of([job.id]))[job.id]
        return tuple(Attachment(image_id=picture.image_id) for picture in pictures[:1])

    def _job(
        self,
        incoming: Incoming,
        reading: Reading,
        liked: Preference,
        attachments: tuple[Attachment, ...],
        models: Sequence[Model],
    ) -> Job | Failure:
        model = self._model(incoming, reading, liked, models)
        if isinstance(model, Failure):
            return model
        if len(attachments) > model.max_references:
            facts = {"count": len(attachments), "model": model.name, "limit": model.max_references}
            return Failure(Reason.TOO_MANY_REFERENCES, facts)
        size = self._size(incoming, reading, liked, model)
        ratio = self._ratio(incoming, reading, liked, model, is_edit=bool(attachments))
        count = self._count(incoming, reading)
        for refused in (size, ratio, count):
            if isinstance(refused, Failure):
                return refused
        assert not isinstance(size, Failure)
        assert not isinstance(ratio, Failure)
        assert not isinstance(count, Failure)
        return Job(
            id=job_id(incoming.platform, incoming.event_id),
            platform=incoming.platform,
            requester=incoming.requester,
            conversation=incoming.conversation,
            locale=liked.language or incoming.locale,
            address=incoming.address,
            text=incoming.text,
            prompt=reading.prompt,
            provider=self._provider.name,
            model=model.id,
            model_name=model.name,
            size=size[0],
            aspect_ratio=ratio[0],
            count=count,
            seconds=model.seconds,
            progress_every=model.progress_every,
            created_at=self._clock(),
            attachments=attachments,
            notes=(*self._said(reading, size[0]), *size[1], *ratio[1]),
        )

    def _said(self, reading: Reading, size: str | None) -> list[Note]:
        facts: dict[str, dict[str, object]] = {
            "size_downgraded": {"size": size},
            "count_limited": {"limit": self._settings.max_images_per_request},
        }
        return [Note(key, facts[key]) for key in reading.notes]

    def _model(
        self, incoming: Incoming, reading: Reading, liked: Preference, models: Sequence[Model]
    ) -> Model | Failure:
        if incoming.options.model is not None:
            chosen = catalog.find(incoming.options.model, models)
            names = [model.name for model in models]
            facts = {"model": incoming.options.model, "models": names}
            return chosen or Failure(Reason.UNKNOWN_MODEL, facts)
        wanted = reading.model if reading.explicit_model else liked.model
        found = catalog.find(wanted, models) if wanted else None
        return found or self._default(models)

    def _default(self, models: Sequence[Model]) -> Model:
        return catalog.find(self._settings.default_model, models) or models[0]

    def _size(
        self, incoming: Incoming, reading: Reading, liked: Preference, model: Model
    ) -> tuple[str | None, list[Note]] | Failure:
        if (asked := incoming.options.size) is not None:
            if (size := catalog.size_of(asked)) in model.sizes:
                return size, []
            facts = {"model": model.name, "size": asked, "sizes": model.sizes}
            return Failure(Reason.UNSUPPORTED_SIZE, facts)
        wanted = reading.size or liked.size or self._settings.default_size
        size = catalog.fit_size(model, wanted)
        if reading.size is None or size == reading.size or size is None:
            return size, []
        facts = {"model": model.name, "asked": reading.size, "size": size}
        return size, [Note("size_adjusted", facts)]

    def _ratio(
        self,
        incoming: Incoming,
        reading: Reading,
        liked: Preference,
        model: Model,
        *,
        is_edit: bool,
    ) -> tuple[str | None, list[Note]] | Failure:
        if (asked := incoming.options.aspect_ratio) is not None:
            if asked in model.aspect_ratios:
                return asked, []
            facts = {"model": model.name, "ratio": asked, "ratios": model.aspect_ratios}
            return Failure(Reason.UNSUPPORTED_RATIO, facts)
        wanted = reading.aspect_ratio
        if wanted is None and not is_edit:
            wanted = liked.aspect_ratio or self._settings.default_aspect_ratio
        ratio = catalog.fit_aspect_ratio(model, wanted)
        if reading.aspect_ratio is None or ratio in (reading.aspect_ratio, None):
            return ratio, []
        facts = {"model": model.name, "asked": reading.aspect_ratio, "ratio": ratio}
        return ratio, [Note("ratio_adjusted", facts)]

    def _count(self, incoming: Incoming, reading: Reading) -> int | Failure:
        limit = self._settings.max_images_per_request
        if (asked := incoming.options.count) is None:
            return reading.count or 1
        return asked if 1 <= asked <= limit else Failure(Reason.BAD_COUNT, {"limit": limit})

    # Again

    async def _again(self, incoming: Incoming, models: Sequence[Model]) -> Job | Failure:
        """The same once more; choices in ``options`` replace the first one's."""
        first = await self._repeated(incoming)
        if first is None:
            missing = Reason.NOT_FOUND if incoming.target else Reason.NOTHING_TO_REPEAT
            return Failure(missing)
        reading = replace(
            _verbatim(first.prompt, first.model),
            size=first.size,
            aspect_ratio=first.aspect_ratio,
            count=first.count,
            explicit_model=True,
        )
        attachments = first.attachments
        if first.references:
            attachments = tuple(Attachment(image_id=image) for image in first.references)
        repeated = replace(incoming, text=first.text)
        return self._job(repeated, reading, Preference(), attachments, models)

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

    # Cancelling

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

    # Answers that are not pictures

    async def _once(
        self, action: Action, incoming: Incoming, models: Sequence[Model]
    ) -> Cancellation | Notice | Failure:
        """Carry out what is not drawing; an event that comes again changes nothing any more."""
        event = (incoming.platform, incoming.event_id)
        again = await self._history.answered(*event)
        answer = await self._answer(action, incoming, models, apply=not again)
        if not isinstance(answer, Failure):
            await self._history.remember(*event, self._clock())
        return replace(answer, new=not again) if isinstance(answer, Notice) else answer

    async def _answer(
        self, action: Action, incoming: Incoming, models: Sequence[Model], *, apply: bool
    ) -> Cancellation | Notice | Failure:
        who = (incoming.platform, incoming.requester)
        match action:
            case Action.CANCEL:
                return await self._cancel(incoming) if apply else Notice("cancelled")
            case Action.PREFER:
                return await self._prefer(incoming, models, apply=apply)
            case Action.FORGET_PREFERENCE:
                if apply:
                    await self._preferences.forget(*who)
                return Notice("forgotten")
            case Action.SETTINGS:
                return self._settings_of(await self._preferences.of(*who), models)
            case Action.MODELS:
                return Notice("models", {"entries": [_described(model) for model in models]})
            case Action.HISTORY:
                return await self._history_of(incoming)
            case _:
                return Notice("help")

    async def _prefer(
        self, incoming: Incoming, models: Sequence[Model], *, apply: bool
    ) -> Notice | Failure:
        reading = self._read(incoming.text, incoming, models)
        chosen = {
            "model": incoming.options.model or reading.model,
            "size": incoming.options.size or reading.size,
            "aspect_ratio": incoming.options.aspect_ratio or reading.aspect_ratio,
        }
        choices = {name: value for name, value in chosen.items() if value}
        names = dict(choices)
        if wanted := choices.get("model"):
            model = catalog.find(wanted, models)
            if model is None:
                facts = {"model": wanted, "models": [model.name for model in models]}
                return Failure(Reason.UNKNOWN_MODEL, facts)
            choices["model"], names["model"] = model.id, model.name
        if apply:
            await self._preferences.change(incoming.platform, incoming.requester, **choices)
        return Notice("preferred", {"choices": list(names.values())})

    def _settings_of(self, liked: Preference, models: Sequence[Model]) -> Notice:
        model = catalog.find(liked.model, models) if liked.model else None
        return Notice(
            "settings",
            {
                "model": (model or self._default(models)).name,
                "size": liked.size or self._settings.default_size,
                "aspect_ratio": liked.aspect_ratio or self._settings.default_aspect_ratio,
            },
        )

    async def _history_of(self, incoming: Incoming) -> Notice:
        jobs = await self._history.jobs_of(
            incoming.platform, incoming.requester, limit=HISTORY_ENTRIES * 5
        )
        made = [job for job in jobs if job.status is Status.SUCCEEDED][:HISTORY_ENTRIES]
        if not made:
            return Notice("history_empty")
        return Notice(
            "history", {"entries": [f"{job.prompt[:80]} ({job.model_name})" for job in made]}
        )


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


def _described(model: Model) -> str:
    sizes = ", ".join(model.sizes)
    return f"{model.name} ({sizes})" if sizes else model.name


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
