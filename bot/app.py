"""The composition root: from settings to a running bot."""

import asyncio
import signal
import socket
import time
import uuid
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from bot.engine.door import Door
from bot.engine.engine import Engine
from bot.engine.intake import Intake
from bot.engine.supervisor import SHELL
from bot.images.downloads import Downloader
from bot.images.library import MEGABYTE, Library
from bot.images.store import ImageStore
from bot.images.uploads import UNUSED_SECONDS, UnusedUploads
from bot.ports import Adapter, Bot
from bot.runtime import descriptors, heap, plugins
from bot.runtime.executor_lock import AlreadyRunning, ExecutorLock, abandoned
from bot.runtime.garbage import Garbage
from bot.runtime.partition_locks import PartitionLocks
from bot.runtime.plugins import Providers
from bot.runtime.workflows import APPLICATION_VERSION, Workflows
from bot.settings import Settings
from bot.storage import inbox_folder
from bot.storage.database import Database
from bot.storage.executors import ExecutorStore
from bot.storage.inbox import InboxStore
from bot.storage.jobs import JobStore
from bot.storage.outbox import OutboxStore
from bot.storage.ownership import Ownership
from bot.storage.pending_attachments import PENDING_SECONDS, PendingAttachments
from bot.storage.preferences import Preferences
from bot.storage.questions import QuestionStore

log = structlog.get_logger(__name__)

HOUSEKEEPING_SECONDS = 3600.0
HOUSEKEEPING = "(housekeeping)"
"""The name under which one process at a time removes what is no longer needed."""

CLOSING_SECONDS = 30.0
"""So long a program may take to end beyond ``STOP_SECONDS``, with a database that is away."""

FEW_JOBS = 100
"""With no more that run it is looked for garbage among what was frozen: it takes 0.1 s, and with
thousands it would take a second."""

WORKFLOW_RETENTION_DAYS = 7
DAY = 24 * 3600.0


class App:
    """Everything a bot is made of. :meth:`run` serves; :meth:`start` and :meth:`close` embed it.

    ``bot`` is the door that adapters are given. With ``shell`` the app runs the jobs that are
    given to it and touches no others, so that it can work beside a bot that serves from the same
    database.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        provider: str = "",
        shell: bool = False,
        downloader: Downloader | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._shell = shell
        self.clock = clock
        self.monotonic = monotonic
        self.database = Database(settings.database)
        self.history = JobStore(self.database)
        self.preferences = Preferences(self.database)
        self.pending = PendingAttachments(self.database)
        self.questions = QuestionStore(self.database)
        gone = partial(abandoned, self.database)
        executor_id = self.executor_id = _executor_id(SHELL if shell else settings.executor_id)
        self.workflows = Workflows(
            self.database,
            executor_id=executor_id,
            name="" if shell else settings.executor_id,
            queued=not shell,
            works=not shell and settings.bot_role != "gateway",
        )
        executors = ExecutorStore(
            self.database,
            executor_id,
            gone,
            version=APPLICATION_VERSION,
            role=settings.bot_role,
            monotonic=monotonic,
        )
        ownership = Ownership(
            self.database, executor_id, executors.gone, lambda: self.workflows.held
        )
        self._partitions = PartitionLocks(self.database, lambda: executors.listening)
        self.inbox = InboxStore(self.database, ownership)
        self.outbox = OutboxStore(self.database, self.history, ownership)
        self.media = ImageStore(settings.media)
        self.downloader = downloader or Downloader()
        self.providers = Providers(settings, provider)
        self.adapters: list[Adapter] = []
        self._platforms = () if shell else plugins.platforms(settings)
        self.library = Library(
            self.media,
            self.history,
            clock,
            upload_limit=0 if shell else settings.upload_mb_per_day * MEGABYTE,
            label=settings.label_pictures,
        )
        self.intake = Intake(
            settings=settings,
            providers=self.providers,
            history=self.history,
            preferences=self.preferences,
            pending=self.pending,
            questions=self.questions,
            inbox=self.inbox,
            outbox=self.outbox,
            picture_id=self.library.made_id,
            clock=clock,
        )
        self.engine = Engine(
            database=self.database,
            providers=self.providers,
            intake=self.intake,
            history=self.history,
            library=self.library,
            downloader=self.downloader,
            workflows=self.workflows,
            executors=executors,
            ownership=ownership,
            inbox=self.inbox,
            link=self.link,
            clock=clock,
            monotonic=monotonic,
            pay_again=settings.pay_again == "always",
        )
        self.uploads = UnusedUploads(self.database, self.pending, self.library)
        self.bot: Bot = Door(
            engine=self.engine,
            intake=self.intake,
            jobs=self.history,
            preferences=self.preferences,
            store=self.media,
            uploads=self.uploads,
            downloader=self.downloader,
            database=self.database,
            default=self.intake.default,
            max_images=settings.max_images_per_request,
            inbox=self.inbox,
            outbox=self.outbox,
            partitions=self._partitions,
            platforms=self._platforms,
            public_url=settings.public_url,
            clock=clock,
        )
        self._garbage = Garbage()
        self._started = False
        self._swept = 0.0  # up to when uploads were looked at that nothing used a day later

    async def start(self) -> None:
        """Migrate the database, and take up interrupted jobs."""
        await asyncio.to_thread(self.database.migrate)
        self.library.open(await self.database.secret("image-ids"))
        self._started = True
        self.engine.delivery.adapters.update({a.platform: a for a in self.adapters})
        if not self._shell:
            gone = partial(abandoned, self.database)
            await inbox_folder.move(self.settings.data_dir / "inbox", self.inbox, gone)
        await self.engine.launch()

    async def link(self, image_id: str) -> str | None:
        """The public address of a picture: that of the web page if it has one, else the store's."""
        if self.settings.web_public_url:
            return f"{self.settings.public_url}/media/{image_id}"
        if not self.media.gives_links:
            return None
        kept = await self.history.picture(image_id)
        return self.media.signed_link(kept.path) if kept else None

    async def run(self, stopping: Callable[[float], None] = lambda _seconds: None) -> None:
        """Serve every adapter until SIGINT or SIGTERM; the second one ends it at once.

        ``stopping`` is told how many seconds ending may take, whenever it begins.
        """
        descriptors.raise_limit()
        stop, hurry = asyncio.Event(), asyncio.Event()

        def on_signal() -> None:
            (hurry if stop.is_set() else stop).set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, on_signal)
        self.adapters = [
            plugins.load("adapters", name).create(self.bot) for name in self._platforms
        ]
        try:
            if await _unless(stop, self.start()):
                await self._serve(stop)
            log.info("stopping")
            stopping(self.settings.stop_seconds + CLOSING_SECONDS)
            if self._started:
                await _unless(hurry, self.engine.drain(self.settings.stop_seconds))
        except ExceptionGroup as group:  # one adapter that cannot go on ends the others
            raise group.exceptions[0] from group
        finally:
            stopping(CLOSING_SECONDS)
            await self.close()

    async def _serve(self, stop: asyncio.Event) -> None:
        listening = [] if self.settings.bot_role == "worker" else self.adapters
        self._garbage.start()
        heap.trim()
        async with asyncio.TaskGroup() as tasks:
            work = [tasks.create_task(a.listen(self.engine.receive)) for a in listening]
            work.append(tasks.create_task(self._keep_house()))
            work.append(tasks.create_task(self.engine.supervise()))
            work.append(tasks.create_task(self.engine.take_over()))
            await stop.wait()
            for task in work:
                task.cancel()

    async def _keep_house(self) -> None:
        """Once an hour, remove what is no longer needed."""
        while True:
            try:
                await self.keep_house()
            except Exception:
                log.exception("housekeeping failed")
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    async def keep_house(self) -> bool:
        """Remove old records, and pictures past their retention.

        ``False`` where another process is at it just now.
        """
        lock = ExecutorLock(self.database, HOUSEKEEPING)
        try:
            await asyncio.to_thread(lock.take)
        except AlreadyRunning:
            return False
        try:
            await self._clean()
        finally:
            await asyncio.to_thread(lock.release)
        return True

    async def _clean(self) -> None:
        old = datetime.fromtimestamp(self.clock() - WORKFLOW_RETENTION_DAYS * DAY, UTC)
        await self.workflows.forget(old.isoformat())
        await self.history.forget_events(self.clock() - DAY)
        await self.engine.eraser.sweep()
        await self.history.forget_untold(self.clock() - 2 * DAY)
        await self.pending.forget(self.clock() - PENDING_SECONDS)
        await self.questions.forget(self.clock())
        await self.inbox.forget(self.clock())
        await self.outbox.forget(self.clock())
        before = self.clock() - UNUSED_SECONDS
        if removed := await self.uploads.sweep(self._swept, before):
            log.info("uploads removed that nothing used", count=removed)
        self._swept = before
        if days := self.settings.media_retention_days:
            removed = await self.engine.library.remove_older(self.clock() - days * DAY)
            if removed:
                log.info("pictures removed", count=removed, older_than_days=days)
        await self.database.clean()
        if self.workflows.running <= FEW_JOBS:
            self._garbage.thaw()

    async def close(self) -> None:
        """Stop working and release everything; unfinished jobs stay in the database."""
        if self._started:
            await self.engine.close()
        for adapter in self.adapters:
            await adapter.close()
        await self._partitions.close()
        await self.providers.close()
        await self.downloader.close()
        self.inbox.close()
        await self.database.close()
        self._garbage.stop()


def _executor_id(name: str) -> str:
    """An id that no other process has or had, which begins with a name that people know."""
    return f"{(name or socket.gethostname())[:128]}-{uuid.uuid4().hex}"


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work, or break it off once ``stop`` is set; says whether it was done."""
    working, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        done = working.done()
        if done:
            working.result()
        return done
    finally:
        for task in (working, stopped):
            task.cancel()
        await asyncio.gather(working, stopped, return_exceptions=True)
