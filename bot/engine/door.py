"""The door inwards: everything that adapters ask of the bot, and who may have it.

This is :class:`bot.ports.Bot`. No rule is kept by an adapter: whoever may see, change or list what
is decided here and in :mod:`bot.engine.permissions`, for every platform alike.
"""

import asyncio
import math
import time
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Mapping,
    MutableMapping,
    Sequence,
)
from contextlib import AbstractContextManager

from bot.domain import catalog
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, job_id
from bot.domain.pictures import StoredPicture
from bot.domain.preferences import AUTOMATIC, Preference
from bot.domain.requests import Accepted, Address, Incoming, Options, Viewer
from bot.engine.engine import Engine
from bot.engine.intake import Intake
from bot.engine.options import named, ratio_offered, size_offered, today
from bot.engine.permissions import may_change, may_list, may_see
from bot.engine.subscriptions import Subscription
from bot.images.downloads import Downloader
from bot.images.store import ImageStore
from bot.images.uploads import UnusedUploads
from bot.ports import HistoryPage, Inbox, Outbox, Partitions, SettingsPanel, Transfer, Webhook
from bot.runtime import descriptors
from bot.runtime.transfers import BudgetedTransfer
from bot.storage.database import Database
from bot.storage.jobs import JobStore
from bot.storage.preferences import Preferences
from messages import Message, Notice, Picture, Status

SCANNED = 50
"""Jobs that are looked at together for a page of the history: not all of them may be listed."""

VERSIONS = 30
"""Versions of a picture that are told of."""

FAMILY = 2000
"""So many of a person's newest jobs are looked through for what was made from a picture."""

SEARCHED = 8
"""Words of a search that are looked for."""

ANSWER_SECONDS = 2.0
"""So long a database may take that is there."""

LOOKS = 20
"""So often more are looked at before a page is given that is not full."""


class Door:
    """What adapters are given; see :class:`bot.ports.Bot`."""

    def __init__(
        self,
        *,
        engine: Engine,
        intake: Intake,
        jobs: JobStore,
        preferences: Preferences,
        store: ImageStore,
        uploads: UnusedUploads,
        downloader: Downloader,
        database: Database,
        default: Options,
        max_images: int,
        inbox: Inbox,
        outbox: Outbox,
        partitions: Partitions,
        platforms: tuple[str, ...],
        public_url: str,
        clock: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._intake = intake
        self._jobs = jobs
        self._preferences = preferences
        self._store = store
        self._uploads = uploads
        self._downloader = downloader
        self._database = database
        self._default = default
        self.max_images = max_images
        self.inbox = inbox
        self.outbox = outbox
        self.partitions = partitions
        self.platforms = platforms
        self.public_url = public_url
        self.clock = clock
        self.webhooks: MutableMapping[str, Webhook] = {}
        self.connections: MutableMapping[str, Callable[[], bool]] = {}
        self._asking = asyncio.Lock()
        self._asked = -math.inf
        self._answers = False

    @property
    def descriptors(self) -> int:
        """See :meth:`bot.ports.Bot.descriptors`."""
        return descriptors.limit()

    async def readiness(self) -> Mapping[str, bool]:
        """See :meth:`bot.ports.Bot.readiness`."""
        async with self._asking:  # once a second at most, however many ask
            if time.monotonic() - self._asked > 1:
                self._answers = await self._database.answers(ANSWER_SECONDS)
                self._asked = time.monotonic()
        connected = {name: there() for name, there in self.connections.items()}
        return {"database": self._answers, **connected}

    # Asking

    async def receive(self, incoming: Incoming) -> Accepted | Notice | Failure:
        return await self._engine.receive(incoming)

    async def too_many(self, incoming: Incoming, references: int) -> Failure | None:
        return await self._intake.too_many(incoming, references)

    async def locale(self, incoming: Incoming) -> str:
        return await self._intake.locale(incoming)

    async def language(self, viewer: Viewer) -> str | None:
        return (await self._preferences.of(viewer.platform, viewer.requester)).language

    async def likes_privacy(self, viewer: Viewer) -> bool:
        return await self._preferences.is_private(viewer.platform, viewer.requester)

    async def meet(self, viewer: Viewer) -> bool:
        seen = await self._jobs.jobs_of(viewer.platform, viewer.requester, limit=1)
        return await self._preferences.meet(viewer.platform, viewer.requester) and not seen

    async def with_locale(self, incoming: Incoming, usual: str) -> Incoming:
        return await self._intake.with_locale(incoming, usual)

    async def is_for_one(self, incoming: Incoming) -> bool:
        return await self._intake.is_for_one(incoming)

    async def cancel(self, job_id: str, viewer: Viewer) -> bool:
        job = await self._changeable(job_id, viewer)
        return job is not None and await self._engine.cancel(job.id)

    async def delete(self, job_id: str, viewer: Viewer) -> bool:
        job = await self._changeable(job_id, viewer)
        return job is not None and await self._engine.delete(job.id)

    async def delete_pictures(self, image_ids: Sequence[str], viewer: Viewer) -> int:
        chosen: dict[str, list[str]] = {}
        for image_id in dict.fromkeys(image_ids):
            kept = await self._jobs.picture(image_id)
            if kept and kept.job_id:
                chosen.setdefault(kept.job_id, []).append(image_id)
        deleted = 0
        for source, theirs in chosen.items():
            job = await self._changeable(source, viewer)
            if job is None or not job.status.final:
                continue
            made = (await self._jobs.pictures_of([source]))[source]
            if len(theirs) < len(made):
                await self._engine.delete_pictures(source, theirs)
            else:
                await self._engine.delete(source)
            deleted += len(theirs)
        return deleted

    async def give_up(self, job_id: str, viewer: Viewer) -> None:
        if (job := await self._changeable(job_id, viewer)) is not None:
            await self._engine.cancel(job.id, Reason.UNANSWERABLE)

    async def withdraw(self, event_id: str, platform: str) -> bool:
        job = await self._jobs.job(job_id(platform, event_id))
        return job is not None and await self._engine.cancel(job.id)

    # Looking

    async def job(self, job_id: str, viewer: Viewer) -> Job | None:
        return _seen(await self._jobs.job(job_id), viewer)

    async def was_deleted(self, job_id: str, viewer: Viewer) -> bool:
        job = await self._jobs.job(job_id)
        own = job and (job.platform, job.requester) == (viewer.platform, viewer.requester)
        return bool(job and own and job.deleted)

    async def job_of_message(self, message: str, viewer: Viewer) -> Job | None:
        return _seen(await self._jobs.job_of_message(viewer.platform, message), viewer)

    async def message(self, job: Job | str, viewer: Viewer) -> Message | None:
        found = _seen(await self._jobs.job(job) if isinstance(job, str) else job, viewer)
        return await self._engine.message(found) if found else None

    async def history(
        self,
        viewer: Viewer,
        *,
        before: float | None = None,
        limit: int = 20,
        succeeded: bool = False,
        words: str = "",
        favourites: bool = False,
    ) -> HistoryPage:
        listed: list[Job] = []
        older = before
        for _ in range(LOOKS):
            found = await self._jobs.jobs_of(
                viewer.platform,
                viewer.requester,
                before=older,
                limit=max(limit, SCANNED),
                words=words.split()[:SEARCHED],
                favourites=favourites,
            )
            wanted = [job for job in found if not succeeded or job.status is Status.SUCCEEDED]
            listed += [job for job in wanted if may_list(job, viewer)]
            older = found[-1].created_at if len(found) == max(limit, SCANNED) else None
            if older is None or len(listed) > limit:
                break
        if len(listed) > limit:
            older = listed[limit - 1].created_at
        return HistoryPage(tuple(listed[:limit]), older)

    async def listed(self, job_id: str, viewer: Viewer) -> Job | None:
        job = await self.job(job_id, viewer)
        return job if job and may_list(job, viewer) else None

    async def versions(self, job_id: str, viewer: Viewer) -> Sequence[Job]:
        if (job := await self.job(job_id, viewer)) is None:
            return ()
        earlier = [job]
        while (parent := earlier[0].parent) and len(earlier) < VERSIONS:
            found = await self.job(parent.job_id, viewer)
            if found is None:
                break
            earlier.insert(0, found)
        family = {each.id for each in earlier}
        parents = await self._jobs.parents_of(viewer.platform, viewer.requester, FAMILY)
        for child, parent_id in reversed(parents.items()):  # oldest first: parents come before
            if parent_id in family:
                family.add(child)
        later = sorted(family - {each.id for each in earlier})
        seen = [await self.job(each, viewer) for each in later[: VERSIONS - len(earlier)]]
        made = [*earlier, *(each for each in seen if each)]
        done = [each for each in made if each.status is Status.SUCCEEDED]
        return sorted(done, key=lambda each: each.created_at)

    async def unfinished(self, viewer: Viewer) -> Sequence[Job]:
        return await self._jobs.unfinished(platform=viewer.platform, requester=viewer.requester)

    async def settings(self, viewer: Viewer) -> SettingsPanel:
        liked = await self._preferences.of(viewer.platform, viewer.requester)
        return self._panel(liked, await self.models())

    async def change_settings(
        self, viewer: Viewer, **choices: str | bool | None
    ) -> SettingsPanel | Failure:
        models = await self.models()
        stored: dict[str, str | bool | None] = {}
        for name, value in choices.items():
            check = _CHECKS.get(name)
            found = check(str(value), models) if check and value not in (None, AUTOMATIC) else value
            if isinstance(found, Failure):
                return found
            stored[name] = None if found == AUTOMATIC else found
        liked = await self._preferences.change(viewer.platform, viewer.requester, **stored)
        return self._panel(liked, models)

    async def usage(self, viewer: Viewer) -> Notice:
        return await self._intake.usage(viewer.platform, viewer.requester)

    def _panel(self, liked: Preference, models: Sequence[Model]) -> SettingsPanel:
        sizes, ratios = _sizes(models), _aspect_ratios(models)
        chosen = today(liked, models)
        return SettingsPanel(chosen, tuple(models), sizes, ratios, self._default)

    async def models(self) -> tuple[Model, ...]:
        return await self._intake.models()

    async def picture(self, image_id: str, viewer: Viewer) -> StoredPicture | None:
        kept = await self._jobs.picture(image_id)
        if kept is None or kept.platform != viewer.platform:
            return None
        if kept.requester == viewer.requester:
            return kept
        job = await self._jobs.job(kept.job_id) if kept.job_id else None
        return kept if job and may_see(job, viewer) else None

    async def favourites(self, image_ids: Sequence[str], viewer: Viewer) -> Collection[str]:
        return await self._jobs.favourites(viewer.platform, viewer.requester, image_ids)

    async def mark_favourite(self, image_id: str, viewer: Viewer, *, favourite: bool) -> bool:
        own = (viewer.platform, viewer.requester)
        return await self._jobs.mark(*own, image_id, favourite=favourite)

    async def linked_picture(self, image_id: str) -> StoredPicture | None:
        return await self._jobs.picture(image_id)

    async def read_picture(self, picture: StoredPicture) -> bytes | None:
        return await self._store.read(picture.path)

    def stream_picture(self, picture: StoredPicture) -> AsyncIterator[bytes]:
        return self._store.stream(picture.path)

    def watch(self) -> AbstractContextManager[Subscription]:
        return self._engine.watch()

    # Pictures to work from

    async def keep_upload(self, viewer: Viewer, data: bytes) -> Picture | Failure:
        return await self._engine.keep_upload(viewer.platform, viewer.requester, data)

    async def discard_uploads(self, viewer: Viewer, image_ids: Sequence[str], since: float) -> None:
        await self._uploads.remove_unused(viewer.platform, viewer.requester, image_ids, since)

    def transfer(self, owner: str) -> AbstractContextManager[BudgetedTransfer]:
        return self._downloader.budget.transfer(owner)

    async def fetch(self, url: str, *, owner: str, transfer: Transfer) -> bytes | Failure:
        return await self._downloader.fetch(url, owner=owner, transfer=transfer)

    # Delivery

    async def undelivered(self, platform: str) -> Sequence[tuple[str, Address]]:
        return [(job.id, job.address) for job in await self._jobs.unfinished(platform=platform)]

    async def refresh(self, job_id: str) -> None:
        await self._engine.delivery.refresh(job_id)

    async def add_message(self, message: str, job_id: str, platform: str) -> None:
        await self._jobs.copies.add(platform, message, job_id)

    async def has_message(self, message: str, platform: str) -> bool:
        return await self._jobs.job_of_message(platform, message) is not None

    async def secret(self, name: str) -> str:
        return await self._database.secret(name)

    async def known_secret(self, name: str) -> str | None:
        return await self._database.known_secret(name)

    async def forget_secret(self, name: str) -> None:
        await self._database.forget_secret(name)

    async def _changeable(self, job_id: str, viewer: Viewer) -> Job | None:
        job = await self.job(job_id, viewer)
        return job if job and may_change(job, viewer) else None


def _seen(job: Job | None, viewer: Viewer) -> Job | None:
    return job if job is not None and may_see(job, viewer) else None


def _model(value: str, models: Sequence[Model]) -> str | Failure:
    match = named(value, models)
    return match if isinstance(match, Failure) else match.model.id


def _size(value: str, models: Sequence[Model]) -> str | Failure:
    facts = {"model": _names(models), "size": value, "sizes": ", ".join(_sizes(models))}
    size = size_offered(catalog.size_of(value), models[0], models)
    return size or Failure(Reason.UNSUPPORTED_SIZE, facts)


def _aspect_ratio(value: str, models: Sequence[Model]) -> str | Failure:
    offered = _aspect_ratios(models)
    facts = {"model": _names(models), "ratio": value, "ratios": ", ".join(offered)}
    known = value in offered or value in catalog.RATIOS
    ratio = ratio_offered(value, models[0], models) if known else None
    return ratio or Failure(Reason.UNSUPPORTED_RATIO, facts)


def _sizes(models: Sequence[Model]) -> tuple[str, ...]:
    """The sizes that any of the models makes, the smallest first."""
    return tuple(size for size in catalog.SIZES if any(size in model.sizes for model in models))


def _aspect_ratios(models: Sequence[Model]) -> tuple[str, ...]:
    """The ratios that any of the models makes, in the order in which they are offered."""
    return tuple(dict.fromkeys(ratio for model in models for ratio in model.aspect_ratios))


def _names(models: Sequence[Model]) -> str:
    return ", ".join(model.name for model in models)


_CHECKS: Mapping[str, Callable[[str, Sequence[Model]], str | Failure]] = {
    "model": _model,
    "size": _size,
    "aspect_ratio": _aspect_ratio,
}
"""How each preference is checked; gives the spelling in which it is stored."""
