"""Events: making them, pushing them, and pushing them again until they are acknowledged.

An event is acknowledged by code 200 (or HTTP 200) within 3 seconds; else it comes again after 15
seconds, 5 minutes, 1 hour and 6 hours.
https://open.feishu.cn/document/server-docs/event-subscription-guide/overview
"""

import asyncio
import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.emulators._feishu.sockets import Sockets
from tests.emulators._feishu.state import TENANT, App, World
from tests.emulators._feishu.webhook import Webhook

SCOPES = {
    "im.chat.member.bot.added_v1": {"im:chat.members:bot_access", "im:chat:readonly", "im:chat"}
}
"""Events that also need one of these scopes: https://open.feishu.cn/document/server-docs/group/
chat-member/event/added-2."""

AGAIN = (15.0, 300.0, 3600.0, 21600.0)


@dataclass
class Event:
    """An event and what became of it; ``due`` is when it is pushed next."""

    event_id: str
    app: str
    kind: str
    payload: dict[str, Any]
    created: float
    tries: list[dict[str, Any]] = field(default_factory=list)
    acked: bool = False
    given_up: bool = False
    due: float | None = None
    busy: bool = False


class Events:
    """The queue. Settings: ``lose_acks`` (acknowledgements do not arrive: a number of them, or
    true), ``hold`` (nothing is pushed while true), ``event_token`` (``header.token``)."""

    def __init__(self, world: World, sockets: Sockets, webhook: Webhook) -> None:
        self.world = world
        self.sockets = sockets
        self.webhook = webhook
        self.all: dict[str, Event] = {}
        self.pending: dict[str, Event] = {}
        self.callbacks: dict[str, Event] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def forget(self) -> None:
        self.all.clear()
        self.pending.clear()
        self.callbacks.clear()

    def emit(self, app: App, kind: str, event: dict[str, Any]) -> str | None:
        """Make an event and push it, unless the app is not subscribed to it; its id."""
        lacking = kind in SCOPES and not app.scopes & SCOPES[kind]
        if kind not in app.events or not app.published or lacking:
            return None
        made = self.envelope(app, kind, event)
        number = made["header"]["event_id"]
        self.all[number] = self.pending[number] = Event(
            number, app.app_id, kind, made, self.world.now(), due=self.world.now()
        )
        self._start(self.all[number])
        return str(number)

    def envelope(self, app: App, kind: str, event: dict[str, Any], micro: bool = False) -> Any:
        """The outer form of events and callbacks of version 2.0."""
        token = (app.webhook or {}).get("token") or self.world.settings.get("event_token", "")
        created = self.world.milliseconds
        header = {
            "event_id": secrets.token_hex(16),
            "token": token,
            "create_time": str(created * 1000 if micro else created),
            "event_type": kind,
            "tenant_key": TENANT,
            "app_id": app.app_id,
        }
        return {"schema": "2.0", "header": header, "event": event}

    async def deliver(
        self, app: App, payload: dict[str, Any], seconds: float, kind: str = "event"
    ) -> dict[str, Any]:
        """Push once, over whatever way the app has."""
        if app.webhook:
            return await self.webhook.push(app, payload, seconds)
        data = json.dumps(payload, ensure_ascii=False).encode()
        return await self.sockets.push(app.app_id, data, seconds, kind)

    async def call(self, app: App, payload: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Push a callback, which is kept only so that :meth:`again` can push it once more."""
        header = payload["header"]
        kept = Event(
            header["event_id"], app.app_id, header["event_type"], payload, self.world.now()
        )
        self.callbacks[kept.event_id] = kept
        kind = "card" if self.world.settings.get("card_frames") else "event"
        result = await self.deliver(app, payload, seconds, kind)
        kept.tries.append({"at": kept.created, **result})
        return kept.tries[0]

    async def run(self) -> None:
        """Push what is due, for ever."""
        while True:
            await asyncio.sleep(0.02)
            now = self.world.now()
            for event in list(self.pending.values()):
                if event.due is not None and event.due <= now and not event.busy:
                    self._start(event)

    def _start(self, event: Event) -> None:
        if event.busy or self.world.settings.get("hold"):
            return
        event.busy = True
        self._keep(asyncio.ensure_future(self._try(event)))

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try(self, event: Event) -> None:
        pushed = self.world.now()
        app = self.world.apps[event.app]
        seconds = self.world.limits["ack_seconds"]
        number = len(event.tries)
        event.tries.append({"at": pushed, "outcome": "pushed"})
        event.tries[number] |= await self.deliver(app, event.payload, seconds)
        event.busy = False
        if accepted(event.tries[number]) and not self._lost(event.tries[number]):
            event.acked = True
        elif number < len(AGAIN):
            event.due = pushed + AGAIN[number]
            return
        else:
            event.given_up = True
        event.due = None
        self.pending.pop(event.event_id, None)

    def _lost(self, attempt: dict[str, Any]) -> bool:
        left = self.world.settings.get("lose_acks", 0)
        if left is True or left > 0:
            attempt["outcome"] = "acknowledgement lost"
            if left is not True:
                self.world.settings["lose_acks"] = left - 1
            return True
        return False

    async def again(self, event_id: str, verbatim: bool = False) -> dict[str, Any]:
        """Push an event or a callback once more; ``verbatim`` replays a webhook's bytes.

        What is known of the attempt is returned, and added to the event's tries.
        """
        event = self.all.get(event_id) or self.callbacks[event_id]
        app = self.world.apps[event.app]
        seconds = self.world.limits["ack_seconds"]
        if verbatim:
            sent = event.tries[-1]["sent"]
            result = await self.webhook.send(sent["url"], sent["body"].encode(), sent["headers"], 3)
        else:
            result = await self.deliver(app, event.payload, seconds)
        event.tries.append({"at": self.world.now(), "again": True, **result})
        return result

    def about(self, some: dict[str, Event] | None = None) -> list[dict[str, Any]]:
        """What ``GET /_ctl/events`` tells, of all events or of some."""
        chosen = self.all if some is None else some
        return [asdict(event) for event in chosen.values()]


def accepted(attempt: dict[str, Any]) -> bool:
    """Whether the client took the event."""
    if attempt["outcome"] != "answered":
        return False
    if "status" in attempt:
        return bool(attempt["status"] == 200)
    return bool(attempt["answer"].get("code") == 200)
