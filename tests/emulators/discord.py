"""Discord, as its documents and its official OpenAPI description say.

REST below ``/api/v10``, the gateway at ``/``, files below ``/attachments``. Requests and answers
are held against the document at the path in ``DISCORD_OPENAPI``, and against the rules that it
cannot express. Clients are pointed at ``http://127.0.0.1:PORT/api/v10`` and
``ws://127.0.0.1:PORT/``; with ``DISCORD_EMULATOR_CERT`` (a PEM file with certificate and key) both
are served with TLS.

Tests act as people through ``/_ctl`` (:mod:`tests.emulators._discord.control`). Settings
(``POST /_ctl/set``):

* ``offset``: seconds the clock is ahead; it decides about the 3 seconds, the 15 minutes, and files.
* ``validate``: false to skip the schemas. ``limits``, ``global_limit``: see ``limits.py``.
* ``ack_limit``, ``token_life``: seconds, 3 and 900. ``interaction_limit``: bytes per file.
* ``old_edits``: edits that a message older than an hour allows in an hour (30).
* ``refuse_files``: ``{"code", "status"}``, with which every file is refused whatever its size.
* ``role_mention_content``: true to have messages that mention the bot's role come with their
  content, as those that mention the bot do; without the intent they come without it.
* ``cdn``, ``media``, ``gateway``: other addresses for files and for the gateway.
* ``cdn_life``, ``ephemeral_life``, ``cdn_keep``: see ``cdn.py``.
* ``heartbeat_interval``, ``session_life``, ``identify_interval``, ``max_concurrency``,
  ``identify_limit``, ``shards``, ``shards_required``: see ``gateway.py``.

Besides the faults of :mod:`tests.emulators.emulator` there are ``error``, ``limited`` and
``cloudflare``: see :func:`tests.emulators._discord.api.scripted`; ``files`` (true) has a fault
apply to uploads only. ``POST /_ctl/forget`` forgets
everything, ends all sessions and puts the clock right.
"""

import os
import ssl
from collections import deque
from typing import Any

from aiohttp import web

from tests.emulators._discord.api import Routes, scripted
from tests.emulators._discord.building import Building
from tests.emulators._discord.callbacks import Callbacks
from tests.emulators._discord.cdn import Attachment, Cdn
from tests.emulators._discord.clock import Clock
from tests.emulators._discord.commands import Commands
from tests.emulators._discord.control import Control
from tests.emulators._discord.errors import Refused
from tests.emulators._discord.events import Events
from tests.emulators._discord.filling import Forms
from tests.emulators._discord.gateway import Hub
from tests.emulators._discord.interactions import Interaction, Interactions
from tests.emulators._discord.limits import Limits
from tests.emulators._discord.messages import Message, Messages
from tests.emulators._discord.people import People
from tests.emulators._discord.posts import Posts
from tests.emulators._discord.rest import Rest
from tests.emulators._discord.schema import Schema
from tests.emulators._discord.world import Channel, Guild, User, World
from tests.emulators.emulator import Emulator, Handler, serve

OLD = 3600.0
OLD_EDITS = 30
MOST_VIOLATIONS = 2000


class Discord(Emulator):
    """Joins the parts and keeps what they share."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(lambda: self.now)
        self.schema = Schema()
        self.world = World(self.clock)
        self.violations: list[dict[str, Any]] = []
        self.counts: dict[str, dict[int, int]] = {}
        self.typed: deque[list[Any]] = deque(maxlen=MOST_VIOLATIONS)
        self.limits = Limits(self.settings)
        self.cdn = Cdn(self)
        self.messages = Messages(self)
        self.interactions = Interactions(self)
        self.commands = Commands(self)
        self.hub = Hub(self)
        self.events = Events(self)
        self.forms = Forms(self)
        self.people = People(self)
        self.building = Building(self)
        self.control = Control(self)

    def routes(self, router: web.UrlDispatcher) -> None:
        self.control.routes(router)
        self.cdn.routes(router)
        router.add_get("/", self.hub.serve)
        routes = Routes(self, router)
        for part in (Rest(self), Posts(self), self.commands, Callbacks(self)):
            part.routes(routes)
        routes.finish()

    def memory(self) -> dict[str, tuple[dict[Any, Any], Any]]:
        world = self.world
        return {
            "app": (world.app, dict[str, Any]),
            "users": (world.users, dict[int, User]),
            "guilds": (world.guilds, dict[int, Guild]),
            "channels": (world.channels, dict[int, Channel]),
            "messages": (self.messages.all, dict[int, Message]),
            "interactions": (self.interactions.all, dict[int, Interaction]),
            "attachments": (self.cdn.known, dict[int, Attachment]),
            "files": (self.cdn.files, dict[int, bytes]),
        }

    def remembered(self) -> None:
        self.messages.by_channel.clear()
        for message in self.messages.all.values():
            self.messages.by_channel.setdefault(message.channel, []).append(message)
        known = self.interactions.all.values()
        self.interactions.by_token = {one.token: one for one in known}

    @property
    def validating(self) -> bool:
        """Whether bodies are held against the schemas."""
        return bool(self.settings.get("validate", True))

    def violation(self, direction: str, where: str, message: str, refused: bool = False) -> None:
        """Record what should not have been: ``direction`` is request, answer or event."""
        told = {"direction": direction, "where": where, "message": message, "refused": refused}
        if len(self.violations) < MOST_VIOLATIONS:
            self.violations.append(told)

    def count(self, where: str, status: int) -> None:
        """Count an answer."""
        statuses = self.counts.setdefault(where, {})
        statuses[status] = statuses.get(status, 0) + 1

    def count_edit(self, message: Message) -> None:
        """Count an edit.

        Raises:
            Refused: 30046, too many of a message older than an hour.
        """
        now = self.clock.now
        if now - message.made < OLD:
            return
        message.edits = [at for at in message.edits if at > now - OLD]
        if len(message.edits) >= self.settings.get("old_edits", OLD_EDITS):
            raise Refused(30046, retry_after=self.settings.get("old_edit_wait", 2.0))
        message.edits.append(now)

    def remove(self, message: Message) -> None:
        """Delete a message and its files."""
        if not message.deleted:
            message.deleted = self.clock.now
            for file in message.attachments:
                self.cdn.drop(file.id)
            self.events.message_deleted(message)

    def leave(self, guild: Guild) -> None:
        """The bot is no longer in a guild, nor is the app."""
        if self.world.bot.id in guild.members:
            self.events.guild("DELETE", guild)
        guild.members.pop(self.world.bot.id, None)
        guild.app = False

    def _matching(self, request: web.Request) -> dict[str, Any] | None:
        """Faults with ``files`` are for requests that bring files, and for no others."""
        files = request.content_type == "multipart/form-data"
        before = [one for one in self.faults if one.get("files") and not files]
        self.faults = [one for one in self.faults if one not in before]
        found = super()._matching(request)
        self.faults += before
        return found

    async def _apply(
        self, fault: dict[str, Any], request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        answer = scripted(fault)
        if answer is None:
            return await super()._apply(fault, request, handler)
        self.count(f"{request.method} scripted", answer.status)
        return answer

    async def _forget(self, request: web.Request) -> web.Response:
        self.hub.clear()
        for part in (self.messages, self.interactions, self.commands, self.cdn, self.limits):
            part.clear()
        for kept in (self.violations, self.counts, self.typed):
            kept.clear()
        answered = await super()._forget(request)
        self.clock.reset()
        self.world.reset()
        return answered


def tls() -> ssl.SSLContext | None:
    """TLS with the certificate that ``DISCORD_EMULATOR_CERT`` names."""
    path = os.environ.get("DISCORD_EMULATOR_CERT")
    if not path:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


if __name__ == "__main__":
    serve(Discord(), tls())
