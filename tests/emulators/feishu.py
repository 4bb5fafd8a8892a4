"""Feishu's (and Lark's) open platform, as its documents and its official SDKs describe it.

The same program is both: only the host differs. Requests are checked against the official schemas
(``LARK_SCHEMAS`` names the file), cards and contents strictly by hand. What a client did wrong is
refused as Feishu refuses it, and listed under ``GET /_ctl/violations``.

``GET``: ``violations``, ``events``, ``sockets``, ``messages?chat=``, ``cards``, ``tokens``,
``apps``, ``images/KEY``, ``files/KEY``. ``POST``: ``apps``, ``people``, ``chats``, ``images``,
``files``, ``send``, ``act``, ``click``, ``deliver_again``, ``tokens``, ``scopes``, ``events``,
``sockets``, ``webhook``, ``violations`` (forgets them); all below ``/_ctl``; their parts in
:mod:`tests.emulators._feishu` say what they take. What a test does wrong there is answered with
400 and words.

Settings (``POST /_ctl/set``), beside ``offset`` and ``scale`` of the clock: ``limits`` (see
``limits.py``), ``validate`` (false: no schemas), ``bootstrap``, ``handshake`` and
``client_config`` (see ``sockets.py``), ``lose_acks``, ``hold`` and ``event_token`` (see
``events.py``), ``webhook_skew``, ``webhook_break`` and ``webhook_headers`` (see ``webhook.py``),
``scopes_pending`` (asked for, not granted), ``unavailable`` (people the bot may not write to),
``strict_uuid`` (another content under a known ``uuid`` is a violation).

Where Feishu's pages and what others saw disagree, a setting chooses a belief; without it the
official page holds: ``forms_without_value`` (the button that submits a form brings its ``name``
alone), ``pressed`` (``refused`` or ``reverted``: what becomes of a change while the press of that
card is being answered), ``empty_answers_fail`` (a callback answered without data shows 108002),
``card_frames`` (callbacks come in frames of type ``card``), ``repeated_uuid`` (``refused``: not
answered with the first message), ``open_resources`` (pictures in cards and records are handed out).

``forget`` makes everything new but apps' secrets, tokens and connections.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from tests.emulators._feishu.accounts import Accounts
from tests.emulators._feishu.callbacks import Callbacks
from tests.emulators._feishu.chats import Chats
from tests.emulators._feishu.contents import Contents
from tests.emulators._feishu.control import Control
from tests.emulators._feishu.entities import Entities
from tests.emulators._feishu.events import Events
from tests.emulators._feishu.gateway import Gateway
from tests.emulators._feishu.messages import Messages
from tests.emulators._feishu.people import People
from tests.emulators._feishu.reactions import Reactions
from tests.emulators._feishu.resources import Resources
from tests.emulators._feishu.sockets import Sockets
from tests.emulators._feishu.state import App, Chat, Entity, Message, Person, Resource, World
from tests.emulators._feishu.webhook import Webhook
from tests.emulators.emulator import Emulator, serve


class Feishu(Emulator):
    """The platform and a tenant with one app on it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.settings, lambda: self.now)
        self.gateway = Gateway(self.world)
        self.sockets = Sockets(self.world)
        self.webhook = Webhook(self.world)
        self.events = Events(self.world, self.sockets, self.webhook)
        self.parts = self._parts()

    def _parts(self) -> list[Any]:
        world, gateway = self.world, self.gateway
        contents = Contents(world)
        messages = Messages(world, gateway, contents)
        reactions = Reactions(world, gateway)
        callbacks = Callbacks(world, gateway, contents, messages, self.events)
        people = People(world, messages, reactions, self.events, callbacks)
        control = Control(world, gateway.schemas, self.sockets, self.events, self.webhook, people)
        resources = Resources(world, gateway)
        entities = Entities(world, gateway, contents)
        parts = [Accounts(world, gateway), self.sockets, messages, reactions, resources]
        return [*parts, Chats(world, gateway), entities, callbacks, control]

    def routes(self, router: web.UrlDispatcher) -> None:
        for part in self.parts:
            part.routes(router)
        router.add_route("*", "/{path:.*}", self.gateway.unknown)

    def memory(self) -> dict[str, tuple[dict[Any, Any], Any]]:
        world = self.world
        return {
            "apps": (world.apps, dict[str, App]),
            "people": (world.people, dict[str, Person]),
            "chats": (world.chats, dict[str, Chat]),
            "messages": (world.messages, dict[str, Message]),
            "images": (world.images, dict[str, Resource]),
            "files": (world.files, dict[str, Resource]),
            "entities": (world.entities, dict[str, Entity]),
        }

    def application(self) -> web.Application:
        app = super().application()
        app.cleanup_ctx.append(self._run)
        return app

    async def _run(self, _: web.Application) -> AsyncIterator[None]:
        running = asyncio.ensure_future(self.events.run())
        yield
        running.cancel()
        if self.webhook.session is not None:
            await self.webhook.session.close()

    async def _faults(self, request: web.Request) -> web.Response:
        """None at all forgets those that are left."""
        if not await request.json():
            self.faults.clear()
        return await super()._faults(request)

    async def _forget(self, request: web.Request) -> web.Response:
        for socket in self.sockets.open:
            socket.frozen = False
        self.events.forget()
        answer = await super()._forget(request)
        self.world.forget()
        return answer


if __name__ == "__main__":
    serve(Feishu())
