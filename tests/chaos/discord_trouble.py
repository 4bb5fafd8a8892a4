"""What goes wrong in Discord's storm, and when."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from messages import Button
from tests.chaos.discord_people import BARRED, HELD, NO_CHANNEL, People, Trial, is_final
from tests.chaos.storm import KILLED, NONE, Power, Row

GATEWAY: Mapping[str, dict[str, Any]] = {
    "gateway dropped": {"action": "drop"},
    "op 7": {"action": "reconnect"},
    "op 9 true": {"action": "resumable"},
    "op 9 false": {"action": "invalid"},
    "fresh IDENTIFY": {"action": "drop"},
}
RARE: Mapping[str, int] = {KILLED: 12, "op 9 false": 6, "fresh IDENTIFY": 6}
"""How many of 500 requests meet what everybody feels: while it lasts, nobody is heard."""

LOSING = ("op 9 false", "fresh IDENTIFY")
"""With these Discord forgets the session, and what it would have delivered meanwhile is lost."""

HTTP: Mapping[str, dict[str, Any]] = {
    "429": {"limited": {"retry_after": 0.3, "scope": "user"}},
    "429 global": {"limited": {"retry_after": 0.3, "scope": "global"}},
    "429 Cloudflare": {"cloudflare": True},
    "500": {"status": 500, "body": {"message": "500: Internal Server Error", "code": 0}},
    "502": {"status": 502, "body": "<html>502 Bad Gateway</html>"},
    "503": {"status": 503, "body": "upstream connect error"},
    "504": {"status": 504, "body": {"message": "504: Gateway Time-out", "code": 0}},
    "reset before": {"reset": True},
    "reset after": {"reset": True, "after": True},
}
REFUSALS: Mapping[str, dict[str, Any]] = {
    "413": {"error": 40005},
    "20009": {"error": 20009, "files": True},
    "unknown 403": {"error": 987654, "status": 403},
    "unknown 409": {"error": 0, "status": 409},
}
"""Of the result, for good."""
LATE, EXPIRED, GONE, TWICE = "ack 3.2 s late", "token expired", "answer deleted", "delivered twice"
STRANGER, DOUBLE = "stranger", "double click"

_RESUMING = tuple(fault for fault in GATEWAY if fault not in LOSING)
_COMMON = (NONE, *_RESUMING, *HTTP, *REFUSALS, TWICE, GONE)
_ASKED = (*_COMMON, LATE, EXPIRED)
_PUBLIC = (NO_CHANNEL, BARRED, STRANGER)
KINDS: Mapping[str, tuple[str, ...]] = {
    "/imagine": (*_ASKED, *_PUBLIC),
    "/imagine in a thread": (*_ASKED, STRANGER),
    "/imagine private": _ASKED,
    "/imagine in DM": _ASKED,
    "/imagine in a group": _ASKED,
    "/imagine elsewhere": _ASKED,
    "/edit with a file": (*_ASKED, *_PUBLIC),
    "/again": _ASKED,
    "mention": (*_COMMON, *_PUBLIC),
    "mention in a thread": (*_COMMON, STRANGER),
    "direct message": _COMMON,
    "reply": _COMMON,
    "button again": (*_ASKED, DOUBLE),
    "button vary": (*_ASKED, DOUBLE),
    "button edit": _ASKED,
    "menu Edit picture": _ASKED,
    "cancelled": _ASKED,
}
FIRST = ("/imagine",)

PATIENCE = 8.0
"""Seconds for which a fault waits for its moment."""

PAUSE = 1.0
"""Between two requests of a person, at most."""

CALLING_OFF = 120.0
ACTING = 0.9
"""Within so many seconds after asking, faults strike."""


class Trouble:
    """Has a request asked, and causes its fault."""

    def __init__(self, people: People, power: Power) -> None:
        self._people = people
        self._power = power

    async def put(self, trial: Trial, fault: str) -> list[asyncio.Task[None]]:
        """Ask, with the fault; gives what still goes on beside it."""
        chance = trial.request.chance
        await asyncio.sleep(chance.uniform(0, PAUSE))
        await self._power.up.wait()
        before = fault in GATEWAY and chance.random() < 0.5
        if before:
            await self._shake(fault)
        early = fault == LATE or (fault in HTTP and chance.random() < 0.6)
        if early and trial.typed:
            await self._script(trial, fault)
        event = await self._people.say(trial)
        if early and not trial.typed:
            await self._script(trial, fault)
        if fault == DOUBLE:
            await self._people.say(trial)
        trial.asked.append(time.monotonic())
        tasks = []
        if not before and not early and fault not in (NONE, DOUBLE, BARRED):
            tasks.append(asyncio.create_task(self._strike(trial, fault, event)))
        if trial.request.kind == "cancelled":
            tasks.append(asyncio.create_task(self._call_off(trial)))
        return tasks

    async def _shake(self, fault: str) -> None:
        async def shake() -> None:
            await self._people.ask("gateway", GATEWAY[fault])
            if fault == "fresh IDENTIFY":
                await self._people.ask("gateway", {"action": "forget_sessions"})

        await (self._power.lose(shake) if fault in LOSING else shake())

    async def _script(self, trial: Trial, fault: str, *, acknowledging: bool = True) -> None:
        """A fault of HTTP: of the acknowledgement, or of what comes after it."""
        chance = trial.request.chance
        if fault == LATE:
            path, times = f"/interactions/{trial.events[-1]}/", chance.choice((1, 9))
            await self._people.remote.fault({"path": path, "delay": 3.2, "times": times})
            return
        if not trial.tokens:
            path = f"/channels/{trial.channel}/messages"
        elif acknowledging and chance.random() < 0.6:
            path = f"/interactions/{trial.events[-1]}/"
        else:
            path = f"/webhooks/.*{re.escape(trial.tokens[-1])}"
        times = 1 if "interactions" in path else chance.choice((1, 2))
        await self._people.remote.fault({"path": path, "times": times, **HTTP[fault]})

    async def _strike(self, trial: Trial, fault: str, event: str) -> None:
        """What happens while the request is under way."""
        chance = trial.request.chance
        if fault in REFUSALS:
            await self._until(trial, lambda row: row.started or row.final)
            await asyncio.sleep(0.3)  # what comes now is the result
            path = f"/channels/{trial.channel}/messages"
            if trial.tokens:
                path = f"/webhooks/.*{re.escape(trial.tokens[-1])}"
            await self._people.remote.fault({"path": path, **REFUSALS[fault]})
            return
        if fault in (EXPIRED, GONE, NO_CHANNEL):
            await self._until(trial, lambda row: True)
        await asyncio.sleep(chance.uniform(0, ACTING) + (HELD if trial.tokens else 0))
        if fault in HTTP:
            await self._script(trial, fault, acknowledging=False)
        elif fault in GATEWAY:
            await self._shake(fault)
        elif fault == KILLED:
            await self._power.cut()
        elif fault == EXPIRED:
            await self._people.ask("expire", {"interaction": event})
        elif fault == TWICE:
            name = "INTERACTION_CREATE" if trial.tokens else "MESSAGE_CREATE"
            await self._people.ask("deliver_again", {"event": name, "id": event})
        elif fault == STRANGER:
            await self._meddle(trial)
        elif fault == GONE:
            for message in await self._people.mine(trial):
                trial.seen_before = trial.seen_before or is_final(message)
                await self._people.ask("delete_message", {"message": message["id"]})
        elif fault == NO_CHANNEL and self._people.rows(trial):  # else it has to be asked again
            seen = await self._people.mine(trial)
            trial.seen_before = any(is_final(message) for message in seen)
            await self._people.ask("delete_channel", {"channel": trial.channel})

    async def _until(self, trial: Trial, fits: Callable[[Row], bool]) -> None:
        """Wait until the program has a fitting job of the request, or has evidently none."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not any(map(fits, self._people.rows(trial))):
            await asyncio.sleep(0.05)

    async def _meddle(self, trial: Trial) -> None:
        """Somebody else presses every button that would do harm."""
        other = self._people.people[trial.request.person - 1].id
        await self._people.press_all(trial, other, Button.CANCEL, Button.DELETE)

    async def _call_off(self, trial: Trial) -> None:
        """Press Cancel, again and again, until it is cancelled."""
        async with asyncio.timeout(CALLING_OFF):
            while not any(row.final for row in self._people.rows(trial)):
                await asyncio.sleep(0.3)
                await self._power.up.wait()
                await self._people.press_all(trial, trial.person.id, Button.CANCEL)
