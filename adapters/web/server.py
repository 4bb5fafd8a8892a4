"""The web adapter: a server on one address, until it is cancelled."""

import asyncio
import os
import socket

import structlog
from aiohttp import web, web_response

from adapters.web import (
    addresses,
    choices,
    events,
    gallery,
    guards,
    jobs,
    login,
    pages,
    people,
    pictures,
    webhooks,
)
from adapters.web.connections import (
    BACKLOG,
    IDLE_SECONDS,
    Connections,
    counted,
    most_connections,
)
from adapters.web.context import BOT, PLATFORM, RECEIVE, SETTINGS
from adapters.web.errors import errors
from adapters.web.newcomers import Newcomers
from adapters.web.settings import WebSettings
from adapters.web.shares import Shares
from bot.domain import Address, Attachment, Failure, Reason
from bot.ports import Bot, Receive
from messages import Message

log = structlog.get_logger(__name__)

# The ``Server`` header of every answer, also of those to malformed requests: without versions.
web_response.SERVER_SOFTWARE = "banana-bot"  # type: ignore[attr-defined]

SHUTDOWN_SECONDS = 5.0
"""How long open requests may take to end once the server is told to stop."""


class Web:
    """People ask through the page or the JSON API, and look at the job's row for the answer."""

    platform = PLATFORM

    def __init__(self, bot: Bot, settings: WebSettings) -> None:
        self._bot = bot
        self._settings = settings

    async def listen(self, receive: Receive) -> None:
        """Serve until cancelled.

        Raises:
            OSError: the address cannot be bound; the message says what to do.
        """
        settings = self._settings
        most = most_connections(self._bot.descriptors)
        runner = web.AppRunner(
            await application(self._bot, settings, receive, most), shutdown_timeout=SHUTDOWN_SECONDS
        )
        await runner.setup()
        try:
            server = await _bind(_connections(runner, most), settings)
            try:
                log.info("web page", url=settings.public_url)
                await asyncio.Event().wait()
            finally:
                server.close()
        finally:
            await runner.cleanup()

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        """Nothing to do: the page looks at the job's row. The message's id is the job's."""
        return Address(PLATFORM, address.data, message.job_id)

    async def close(self) -> None:
        """Nothing to release: the server ends with :meth:`listen`."""

    async def remove(self, address: Address) -> None:
        """Nothing to do: the page hears that the job is gone."""

    async def read(self, attachment: Attachment) -> bytes | Failure:
        """Never needed: an upload is in the media store before its request is accepted."""
        return Failure(Reason.REFERENCE_MISSING)


async def application(
    bot: Bot, settings: WebSettings, receive: Receive, most: int
) -> web.Application:
    """The aiohttp application; its middlewares run in the order in which they are listed.

    ``most`` is how many connections there may be: half of them may be event streams.
    """
    app = web.Application(
        middlewares=[
            *(counted, errors, addresses.known),
            *(guards.known_host, guards.same_origin, people.person),
        ]
    )
    app[BOT] = bot
    app[SETTINGS] = settings
    app[RECEIVE] = receive
    app[people.PEOPLE] = people.People(
        bot,
        await bot.secret("web-cookie"),
        settings.web_password.get_secret_value(),
        https=settings.web_public_url.startswith("https://"),
    )
    app[people.NEWCOMERS] = Newcomers()
    app[events.STREAMS_KEY] = events.Streams(most // 2)
    app[jobs.UPLOADS] = Shares(
        jobs.UPLOADS_AT_ONCE, jobs.UPLOADS_PER_PERSON, jobs.UPLOADS_PER_ADDRESS
    )
    app[login.THROTTLE] = login.Throttle()
    app[pages.PAGES] = pages.Pages(login=bool(settings.web_password.get_secret_value()))
    app.on_response_prepare.append(guards.secure)
    app.on_response_prepare.append(people.introduce)
    app.on_shutdown.append(_end_streams)
    _routes(app.router)
    return app


def _routes(router: web.UrlDispatcher) -> None:
    router.add_get("/", pages.index)
    router.add_get("/healthz", pages.health)
    router.add_get("/readyz", pages.ready)
    router.add_get("/favicon.ico", pages.favicon)
    router.add_get("/static/{name:.+}", pages.static)
    router.add_get("/login", login.show)
    router.add_post("/login", login.enter)
    router.add_post("/logout", login.leave)
    router.add_get("/media/{image_id}", pictures.media)
    router.add_get("/download/{image_id}", pictures.download)
    router.add_get("/download", gallery.save, allow_head=False)
    router.add_put("/api/pictures/{image_id}", gallery.mark)
    router.add_post("/api/pictures/delete", gallery.delete)
    router.add_post("/api/requests", jobs.ask)
    router.add_get("/api/jobs/{job_id}", jobs.show)
    router.add_delete("/api/jobs/{job_id}", jobs.delete)
    router.add_get("/api/jobs/{job_id}/events", events.of_job, allow_head=False)
    router.add_get("/api/jobs/{job_id}/versions", jobs.versions)
    router.add_post("/api/jobs/{job_id}/cancel", jobs.cancel)
    router.add_post("/api/jobs/{job_id}/{button}", jobs.press)
    router.add_post("/api/questions/{question_id}/{number}", jobs.answer)
    router.add_get("/api/events", events.of_person, allow_head=False)
    router.add_get("/api/history", jobs.history)
    router.add_get("/api/models", choices.models)
    router.add_post(webhooks.ROUTE, webhooks.receive)
    router.add_get("/api/preferences", choices.show)
    router.add_put("/api/preferences", choices.change)
    router.add_get("/api/usage", choices.usage)


def _connections(runner: web.AppRunner, most: int) -> Connections:
    """What makes the protocol of a connection: aiohttp's, with deadlines and a limit."""
    assert runner.server is not None
    return Connections(
        runner.server,
        most,
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=IDLE_SECONDS,
    )


async def _bind(connections: Connections, settings: WebSettings) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        if settings.web_host == "::" and socket.has_dualstack_ipv6():
            # Every address, of IPv4 too: asyncio itself takes it for those of IPv6 alone.
            here = (settings.web_host, settings.web_port)
            family = socket.AF_INET6
            sock = socket.create_server(here, family=family, backlog=BACKLOG, dualstack_ipv6=True)
            return await loop.create_server(connections, sock=sock, backlog=BACKLOG)
        return await loop.create_server(
            connections, settings.web_host, settings.web_port, backlog=BACKLOG
        )
    except OSError as error:
        where = f"{settings.web_host}:{settings.web_port}"
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise OSError(
            f"the web page cannot be served at {where}: {reason}. "
            "Set WEB_PORT to a free port, or WEB_HOST to an address of this machine."
        ) from error


async def _end_streams(app: web.Application) -> None:
    app[events.STREAMS_KEY].closing.set()
