"""What goes wrong in Feishu's storm: of the connection, of the API, and in the chats."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.chaos.feishu_people import (
    ALONE,
    CANCELLED,
    CLICKED,
    IN_GROUP,
    LIMITS,
    MENTION,
    MENU,
    TYPED,
    People,
    Trial,
    is_final,
)
from tests.chaos.storm import KILLED, NONE, Power

FROZEN, REFUSED = "socket frozen", "reconnect refused"
SOCKET: Mapping[str, dict[str, Any]] = {
    "socket dropped": {},
    "socket closed": {},
    FROZEN: {},
    REFUSED: {},
    "slow bootstrap": {"bootstrap": [{"delay": 2}]},
    "bootstrap 502": {"bootstrap": [{"status": 502, "body": "<html>502 Bad Gateway</html>"}]},
}
RARE: Mapping[str, int] = {
    KILLED: 12,
    "socket dropped": 8,
    "socket closed": 6,
    FROZEN: 3,
    REFUSED: 6,
    "slow bootstrap": 3,
    "bootstrap 502": 4,
}
"""How many of 500 requests meet what everybody feels: while it lasts, nobody is heard."""

REFUSALS: tuple[dict[str, Any], ...] = (
    {"bootstrap": [{"code": 1000040350}]},
    {"bootstrap": [{"code": 403}]},
    {"bootstrap": [{"code": 1000040343}]},
    {"handshake": [{"handshake-status": 514, "handshake-autherrcode": 1000040350}]},
    {"handshake": [{"handshake-status": 403, "handshake-msg": "forbidden"}]},
)
"""Of which lark-oapi's own client never recovers, but for the third."""

_LIMIT = {"x-ogw-ratelimit-limit": "50", "x-ogw-ratelimit-reset": "1"}
_FREQUENT = {"code": 99991400, "msg": "request trigger frequency limit"}
HTTP: Mapping[str, dict[str, Any]] = {
    "429": {"status": 429, "body": _FREQUENT, "headers": _LIMIT},
    "400 99991400": {"status": 400, "body": _FREQUENT, "headers": _LIMIT},
    "500": {"status": 500, "body": {"code": 2200, "msg": "internal error"}},
    "502 HTML": {"status": 502, "body": "<html>502 Bad Gateway</html>"},
    "503 HTML": {"status": 503, "body": "<html>503 Service Unavailable</html>"},
    "reset before": {"reset": True},
    "reset after": {"reset": True, "after": True},
    "slow API": {"delay": 2.0},
}
_BAD_CARD = {"code": 230099, "msg": "Failed to create card content, ext=ErrCode: 200621"}
CARD, UPLOAD = "card refused", "picture refused"
UPLOADS = (
    {"code": 234006, "msg": "The file size exceed the max value."},
    {"code": 234011, "msg": "Can't regonnize the image format."},
    {"code": 99991672, "msg": "One of the following scopes is required: [im:resource]."},
)
TOKEN, LATE, DOUBLE, STRANGER = "token revoked", "callback late", "double click", "stranger"
ACK, TWICE = "ack lost", "delivered twice"
CARD_GONE, REQUEST_GONE = "card withdrawn", "request withdrawn"
OUT, DISSOLVED = "bot removed", "chat dissolved"
APART = (OUT, DISSOLVED)

_COMMON = (NONE, *HTTP, CARD, UPLOAD, TOKEN, CARD_GONE)
_TYPED = (*_COMMON, ACK, TWICE, REQUEST_GONE)
_GROUP = (*_TYPED, OUT, DISSOLVED, STRANGER)
KINDS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(TYPED, _TYPED),
    **dict.fromkeys(IN_GROUP, _GROUP),
    **dict.fromkeys(CLICKED, (*_COMMON, LATE, DOUBLE)),
    # What is sent into a chat as rich text, answering nothing, cannot be told from another.
    MENU: [fault for fault in (*_COMMON, ACK, TWICE) if fault != CARD],
    CANCELLED: [fault for fault in _TYPED if fault != CARD_GONE],
    "said again": _TYPED,
}

FIRST = (ALONE, MENTION)

ACTING = 1.5
"""Within so many seconds after asking, faults strike."""

PATIENCE = 8.0
"""Seconds for which a fault waits for its moment."""

CALLING_OFF = 120.0


class Trouble:
    """Causes what the requests' faults say."""

    def __init__(self, people: People, power: Power) -> None:
        self._people = people
        self._power = power

    async def ask(self, trial: Trial) -> list[asyncio.Task[None]]:
        """Ask, with the fault; gives what still goes on beside it."""
        fault, chance = trial.request.fault, trial.request.chance
        await self._power.up.wait()
        tasks = []
        early = chance.random() < 0.5
        if fault == ACK:
            await self._people.ask("set", {"lose_acks": chance.choice((1, 1, 2))})
        elif fault in SOCKET and early:
            await self._shake(fault, chance.random())
        elif fault in (TOKEN, UPLOAD) and early:
            await self._strike_at_once(trial)
        elif fault == LATE:
            await self._people.ask("set", {"limits": LIMITS | {"callback_seconds": 0.004}})
        elif fault in HTTP or fault == CARD:
            tasks.append(asyncio.create_task(self._script(trial, early=early)))
        elif fault != NONE and fault != DOUBLE:
            tasks.append(asyncio.create_task(self._strike(trial)))
        twice = fault == DOUBLE and trial.request.kind in CLICKED  # two messages are two requests
        await asyncio.gather(*(self._people.say(trial) for _ in range(1 + twice)))
        if fault == LATE:
            await self._people.ask("set", {"limits": LIMITS})
        if trial.request.kind == CANCELLED:
            tasks.append(asyncio.create_task(self._call_off(trial)))
        return tasks

    async def _shake(self, fault: str, number: float) -> None:
        """Something happens to the connection."""
        if fault == FROZEN:
            await self._freeze()
            return
        refusal = REFUSALS[int(number * len(REFUSALS))]
        await self._people.ask("set", refusal if fault == REFUSED else SOCKET[fault])
        how: dict[str, Any] = {"do": "drop"}
        if fault == "socket closed":
            how = {"do": "close", "code": (1000, 1001, 1011)[int(number * 3)]}
        await self._people.ask("sockets", how)

    async def _freeze(self) -> None:
        """Half-open, until the program has another one."""
        await self._people.ask("sockets", {"do": "freeze"})
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            await asyncio.sleep(0.1)
            if not all(one["frozen"] for one in (await self._people.ask("sockets"))["open"]):
                break
        await self._people.ask("sockets", {"do": "thaw"})

    async def _script(self, trial: Trial, *, early: bool) -> None:
        """A fault of HTTP: of the first answer, or of what becomes of it."""
        chance, fault = trial.request.chance, trial.request.fault
        path = r"/messages/[^/]+/reply$"
        if early and trial.on and trial.request.kind in CLICKED:
            path = f"/messages/{trial.on.card}/reply$"
        elif early:
            while not trial.asked and not trial.events:
                await asyncio.sleep(0.005)
            path = f"/messages/{trial.asked[0]}/reply$" if trial.asked else path
        else:
            await asyncio.sleep(chance.uniform(0.1, ACTING))
            end = time.monotonic() + PATIENCE
            while not (seen := await self._people.mine(trial)) and time.monotonic() < end:
                await asyncio.sleep(0.1)
            path = f"/messages/{seen[0]['message_id']}$" if seen else path
        what = HTTP.get(fault) or {"status": 400, "body": _BAD_CARD}
        times = chance.choice((1, 2))
        await self._people.remote.fault({"path": path, "times": times, **what})

    async def _strike(self, trial: Trial) -> None:
        """What happens while the request is under way."""
        fault, chance = trial.request.fault, trial.request.chance
        if fault in (CARD_GONE, REQUEST_GONE, OUT, DISSOLVED):
            await self._people.until(trial, PATIENCE)
        await asyncio.sleep(chance.uniform(0, ACTING))
        if fault in SOCKET:
            await self._shake(fault, chance.random())
        elif fault == KILLED:
            await self._power.cut()
        elif fault == TWICE:
            while not trial.event_ids:  # the click is still on its way
                await asyncio.sleep(0.05)
            await self._people.ask("deliver_again", {"event_id": trial.event_ids[0]})
        elif fault == STRANGER:
            other = self._people.people[trial.request.person - 1].id
            await self._people.press_all(trial, other, "cancel", "delete")
        elif fault == CARD_GONE:
            for message in await self._people.mine(trial):
                trial.seen_before = trial.seen_before or is_final(message)
                await self._do("recall", message=message["message_id"])
        elif fault == REQUEST_GONE:
            await self._do("recall", message=trial.asked[0])
        elif fault in APART:
            do = "remove_bot" if fault == OUT else "disband"
            await self._do(do, chat=trial.chat, by=trial.person.id)
        else:
            await self._strike_at_once(trial)

    async def _strike_at_once(self, trial: Trial) -> None:
        if trial.request.fault == TOKEN:
            await self._people.ask("tokens", {"revoke": True})
            return
        chance = trial.request.chance
        answer: dict[str, Any] = {"status": 400, "body": chance.choice(UPLOADS)}
        if chance.random() < 0.4:
            answer = {**chance.choice(list(HTTP.values())), "times": chance.choice((1, 7))}
        await self._people.remote.fault({"path": "/im/v1/images$", "method": "POST", **answer})

    async def _do(self, what: str, **more: Any) -> None:
        await self._people.ask("act", {"do": what, **more})

    async def _call_off(self, trial: Trial) -> None:
        """Press Cancel, again and again, until it is cancelled."""
        end = time.monotonic() + CALLING_OFF
        while not any(row.final for row in self._people.rows(trial)):
            if time.monotonic() > end:
                rows, seen = self._people.rows(trial), await self._people.mine(trial)
                raise AssertionError(f"never cancelled: {trial}, {rows}, {seen}")
            await asyncio.sleep(0.3)
            await self._power.up.wait()
            await self._people.press_all(trial, trial.person.id, "cancel")
