"""The gateway: connections, sessions with replay, shards, intents, and scripted trouble.

https://discord.com/developers/docs/events/gateway and …/topics/opcodes-and-status-codes#gateway.
Settings: ``heartbeat_interval`` (ms, 41250), ``session_life`` (s, 120), ``identify_interval``
(s, 5), ``max_concurrency`` (1), ``identify_limit`` (1000), ``shards`` (what ``/gateway/bot``
recommends), ``shards_required`` (the fewest that may identify).
"""

import asyncio
import json
import time
import zlib
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web

from tests.emulators._discord import payloads
from tests.emulators._discord.sessions import (
    CONTENT,
    GUILDS,
    INTENTS,
    KEPT,
    MEMBERS,
    PRESENCES,
    Closed,
    Session,
)

SENDS = 120

Event = tuple[str, dict[str, Any]]


class Connection:
    """One socket; messages go out through a queue, in order."""

    def __init__(self, hub: "Hub", socket: web.WebSocketResponse, query: Any) -> None:
        self.hub = hub
        self.socket = socket
        self.session: Session | None = None
        self.beat = time.monotonic()
        self.beats = 0
        self._reader: asyncio.Task[None] | None = None
        self._ending = 0
        self._compress = zlib.compressobj() if query.get("compress") == "zlib-stream" else None
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._received: deque[float] = deque(maxlen=SENDS)

    def send(self, message: dict[str, Any]) -> None:
        """Queue a message."""
        self._queue.put_nowait(message)

    def end(self, code: int) -> None:
        """Close the connection with ``code``, from outside."""
        self._ending = code
        if self._reader:
            self._reader.cancel()

    async def run(self) -> None:
        """Read until the connection ends.

        Raises:
            Closed: it is to be closed with a code.
        """
        self._reader = asyncio.create_task(self.read())
        try:
            await self._reader
        except asyncio.CancelledError:
            if not self._ending:
                raise
            raise Closed(self._ending, "Scripted.") from None
        finally:
            self._reader.cancel()

    async def write(self) -> None:
        """Send what is queued, until cancelled."""
        while True:
            message = await self._queue.get()
            if delay := self.hub.delay:
                await asyncio.sleep(delay)
            text = json.dumps(message)
            if self._compress is None:
                await self.socket.send_str(text)
                continue
            data = self._compress.compress(text.encode())
            await self.socket.send_bytes(data + self._compress.flush(zlib.Z_SYNC_FLUSH))

    async def read(self) -> None:
        """Handle what the client sends, until it goes away.

        Raises:
            Closed: it did something that ends the connection.
        """
        interval = self.hub.interval
        self.send({"op": 10, "d": {"heartbeat_interval": interval, "_trace": ["emulated"]}})
        while True:
            left = self.beat + 1.5 * interval / 1000 - time.monotonic()
            try:
                received = await self.socket.receive(timeout=max(0.01, left))
            except TimeoutError:
                if time.monotonic() - self.beat < 1.5 * interval / 1000:
                    continue
                raise Closed(4000, "No heartbeat") from None
            if received.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            now = time.monotonic()
            if len(self._received) == SENDS and self._received[0] > now - 60:
                raise Closed(4008, "You are sending payloads too fast")
            self._received.append(now)
            try:
                message = json.loads(received.data)
            except ValueError:
                raise Closed(4002, "Error while decoding payload.") from None
            if not isinstance(message, dict) or not isinstance(message.get("op"), int):
                raise Closed(4002, "Error while decoding payload.")
            await self.handle(message["op"], message.get("d"))

    async def handle(self, op: int, data: Any) -> None:
        """Carry out one opcode."""
        if op == 1:
            self.beat = time.monotonic()
            self.beats += 1
            if not self.hub.silent:
                self.send({"op": 11})
        elif op == 2:
            if self.session:
                raise Closed(4005, "Already authenticated.")
            self.hub.identify(self, data)
        elif op == 6:
            if self.session:
                raise Closed(4005, "Already authenticated.")
            self.hub.resume(self, data)
        elif self.session is None:
            raise Closed(4003, "Not authenticated.")
        elif op == 8:
            self._members(data)
        elif op not in (3, 4, 31):
            raise Closed(4001, "Unknown opcode.")

    def _members(self, data: Any) -> None:
        """REQUEST_GUILD_MEMBERS: only asked-for people, as the members intent is not there."""
        world = self.hub.server.world
        guild = world.guilds.get(int(data["guild_id"]))
        if guild is None or self.session is None:
            return
        asked = data.get("user_ids") or []
        ids = [int(id) for id in (asked if isinstance(asked, list) else [asked])]
        found = [payloads.member(world, guild, id) for id in ids if id in guild.members]
        chunk = {"guild_id": str(guild.id), "members": found, "chunk_index": 0, "chunk_count": 1}
        chunk["not_found"] = [str(id) for id in ids if id not in guild.members]
        chunk |= {"nonce": data["nonce"]} if data.get("nonce") else {}
        self.hub.emit(self.session, ("GUILD_MEMBERS_CHUNK", chunk))


class Hub:
    """All sessions. ``delay`` (seconds before each message), ``silent`` (no heartbeat is
    acknowledged) and ``refusing`` (how many connections to come are refused) script trouble."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.recent: deque[tuple[str, dict[str, Any], int | None, int]] = deque(maxlen=KEPT)
        self.clear()

    def clear(self) -> None:
        """Forget sessions and trouble; sockets are cut."""
        for connection in list(self.connections):
            cut(connection)
        self.sessions.clear()
        self.recent.clear()
        self.delay = 0.0
        self.silent = False
        self.refusing = 0
        self.close_next: int | None = None
        self.invalid_next = 0
        self.identified: dict[int, float] = {}
        self.identifies = 0
        self.resumed = 0

    @property
    def interval(self) -> int:
        """Milliseconds between heartbeats."""
        return int(self.server.settings.get("heartbeat_interval", 41250))

    @property
    def url(self) -> str:
        """Where to connect."""
        base: str = self.server.settings.get("gateway") or self.server.base
        return base.replace("http", "ws", 1)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A connection, from upgrade to end."""
        if self.refusing:
            self.refusing -= 1
            return web.Response(status=503, text="upstream connect error")
        socket = web.WebSocketResponse(autoping=True, compress=False, max_msg_size=4096 * 4)
        await socket.prepare(request)
        connection = Connection(self, socket, request.query)
        self.connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            if request.query.get("v") not in ("9", "10"):
                raise Closed(4012, "Invalid API version")
            if request.query.get("encoding", "json") != "json":
                raise Closed(4002, "Only JSON is emulated")
            await connection.run()
        except Closed as closed:
            await socket.close(code=closed.code, message=closed.words.encode())
        except (ConnectionError, RuntimeError):
            pass
        finally:
            writer.cancel()
            self.connections.discard(connection)
            self._leave(connection)
        return socket

    def _leave(self, connection: Connection) -> None:
        session = connection.session
        if session and session.connection is connection:
            session.connection = None
            session.left = self.server.clock.now
            if connection.socket.close_code in (1000, 1001):
                self.sessions.pop(session.id, None)

    def identify(self, connection: Connection, data: Any) -> None:
        """Begin a session.

        Raises:
            Closed: a wrong token, shard or intent.
        """
        settings = self.server.settings
        if not isinstance(data, dict) or data.get("token") != self.server.world.app["token"]:
            raise Closed(4004, "Authentication failed.")
        if self.close_next is not None:
            code, self.close_next = self.close_next, None
            raise Closed(code, "Scripted.")
        shard = tuple(data.get("shard") or (0, 1))
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            raise Closed(4010, "Invalid shard.")
        if shard[1] < settings.get("shards_required", 1):
            raise Closed(4011, "Sharding required.")
        self._check_intents(data.get("intents"))
        self.identifies += 1
        if self.identifies > settings.get("identify_limit", 1000):
            raise Closed(4004, "Too many sessions; the token was reset.")
        slot = shard[0] % settings.get("max_concurrency", 1)
        now = time.monotonic()
        if self.identified.get(slot, 0.0) > now - settings.get("identify_interval", 5.0):
            connection.send({"op": 9, "d": False})
            return
        self.identified[slot] = now
        if self.invalid_next:
            self.invalid_next -= 1
            connection.send({"op": 9, "d": False})
            return
        self._prune()
        id = f"{self.server.clock.snowflake():x}"
        session = Session(id, (shard[0], shard[1]), data["intents"], connection=connection)
        self.sessions[id] = session
        connection.session = session
        self._ready(session)

    def _prune(self) -> None:
        """Forget the sessions that can no longer be resumed."""
        since = self.server.clock.now - self.server.settings.get("session_life", 120.0)
        kept = {k: v for k, v in self.sessions.items() if v.connection or v.left > since}
        self.sessions = kept

    def _check_intents(self, intents: Any) -> None:
        app = self.server.world.app
        if type(intents) is not int or intents & ~INTENTS:
            raise Closed(4013, "Invalid intent(s).")
        wanted = {CONTENT: "message_content", MEMBERS: "members", PRESENCES: "presences"}
        if any(intents & bit and not app[name] for bit, name in wanted.items()):
            raise Closed(4014, "Disallowed intent(s).")

    def _ready(self, session: Session) -> None:
        world = self.server.world
        mine = [
            guild
            for guild in world.guilds.values()
            if world.bot_in(guild) and self.shard(guild.id, session) == session.shard[0]
        ]
        application = payloads.application(world)
        ready = {
            "v": 10,
            "user": payloads.me(world),
            "user_settings": {},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in mine],
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": application["id"], "flags": application["flags"]},
            "_trace": ["emulated"],
        }
        self.emit(session, ("READY", ready))
        if session.intents & GUILDS:
            for guild in mine:
                self.emit(session, ("GUILD_CREATE", payloads.guild_create(world, guild)))

    def resume(self, connection: Connection, data: Any) -> None:
        """Go on with a session and replay what it missed.

        Raises:
            Closed: a wrong token, or a sequence that was never sent.
        """
        if not isinstance(data, dict) or data.get("token") != self.server.world.app["token"]:
            raise Closed(4004, "Authentication failed.")
        session = self.sessions.get(str(data.get("session_id")))
        life = self.server.settings.get("session_life", 120.0)
        expired = session and not session.connection
        expired = expired and session and self.server.clock.now - session.left > life
        if self.invalid_next or session is None or expired:
            self.invalid_next = max(0, self.invalid_next - 1)
            self.sessions.pop(str(data.get("session_id")), None)
            connection.send({"op": 9, "d": False})
            return
        seq = data.get("seq")
        if type(seq) is not int or seq > session.seq:
            raise Closed(4007, "Invalid seq.")
        missed = [message for message in session.buffer if message["s"] > seq]
        if len(missed) < session.seq - seq:
            connection.send({"op": 9, "d": False})
            return
        if session.connection:
            cut(session.connection)
        session.connection = connection
        connection.session = session
        session.resumes += 1
        self.resumed += 1
        for message in missed:
            connection.send(message)
        self.emit(session, ("RESUMED", {"_trace": ["emulated"]}))

    def shard(self, guild: int | None, session: Session) -> int:
        """Which shard of the session's number a guild's events go to; 0 without a guild."""
        return (guild >> 22) % session.shard[1] if guild else 0

    def emit(self, session: Session, event: Event) -> None:
        """Send an event to a session; it is kept for replay."""
        session.seq += 1
        message = {"op": 0, "t": event[0], "s": session.seq, "d": event[1]}
        session.buffer.append(message)
        if session.connection:
            session.connection.send(message)

    def dispatch(
        self,
        name: str,
        data: dict[str, Any],
        guild: int | None,
        intent: int = 0,
        blank: dict[str, Any] | None = None,
    ) -> None:
        """Send an event to the sessions of the guild's shard that asked for it; those without
        the content intent get ``blank`` when it is given."""
        self.recent.append((name, data if blank is None else blank, guild, intent))
        for session in list(self.sessions.values()):
            if intent and not session.intents & intent:
                continue
            if self.shard(guild, session) != session.shard[0]:
                continue
            full = blank is None or session.intents & CONTENT
            self.emit(session, (name, data if full or blank is None else blank))

    def again(self, name: str, id: str | None) -> int:
        """Deliver an event a second time: the latest of that name, or the one with that id.

        Returns:
            How many were found.
        """
        for event, data, guild, intent in reversed(self.recent):
            if event == name and id in (None, str(data.get("id"))):
                self.dispatch(event, data, guild, intent)
                return 1
        return 0


def cut(connection: Connection) -> None:
    """Cut a socket as a lost network does."""
    request = getattr(connection.socket, "_req", None)
    if request is not None and request.transport is not None:
        request.transport.abort()
