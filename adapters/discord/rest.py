"""Discord's REST API without the gateway: any process can write, edit and delete messages.

discord.py does the work: a client that is logged in but never connected for what the bot itself
writes, and a webhook without client for interactions. It keeps the rate limits. What it does not
do is added here: it gives up at a connection that was reset and at 503, and holds on to every view
(https://discordpy.readthedocs.io/en/stable/api.html).
"""

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
import discord
import structlog

from adapters.discord import private_api
from adapters.discord.address import DiscordPlace, created_at
from adapters.discord.delivery.components import Row
from adapters.discord.refusals import Refusal, refusal
from adapters.discord.settings import API_BASE, DiscordSettings
from bot.chat import parse, proxy_for, retries

log = structlog.get_logger(__name__)

T = TypeVar("T")

CALL_SECONDS = 120.0
"""The longest that one call may take, with 25 MiB to send and a rate limit to wait for."""

_TIMEOUT = aiohttp.ClientTimeout(total=CALL_SECONDS, sock_connect=10, sock_read=60)
_LONGEST_WAIT = 30.0
_UNAVAILABLE = 503
_HOUR = 3600.0
_APPLICATION_WEBHOOK = 3
_MOST_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send: its name with the extension, its bytes, and what it shows."""

    name: str
    data: bytes = field(repr=False)
    description: str = ""


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message to send; with ``files`` all attachments are replaced, with ``None`` they stay.

    ``calls`` is the only person that is notified by a mention in it.
    """

    content: str
    rows: Sequence[Row] = ()
    files: Sequence[Upload] | None = None
    calls: str | None = None


class Rows(discord.ui.View):
    """A view that is sent as the rows it was given, and that nothing keeps hold of."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__(timeout=None)
        self._rows = [dict(row) for row in rows]

    def to_components(self) -> list[dict[str, Any]]:
        return self._rows

    def is_dispatchable(self) -> bool:
        return False


def point(settings: DiscordSettings) -> None:
    """Have discord.py talk to ``DISCORD_API_BASE``."""
    if settings.discord_api_base != API_BASE:
        private_api.use_api(settings.discord_api_base.rstrip("/"))


class Rest:
    """Calls to Discord. Each raises :class:`Refusal` when Discord will never do it as asked; any
    other exception is worth another try. Ids are strings, as in the API. ``connector`` makes the
    connections of each session, where they are to be other than usual.
    """

    def __init__(self, settings: DiscordSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self.connector: Callable[[], aiohttp.BaseConnector] | None = None
        self.client: discord.Client | None = None
        self.session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        client, self.client = self.client, None
        session, self.session = self.session, None
        if client:
            await client.close()
        if session:
            await session.close()

    # What the bot itself writes

    async def create(
        self, channel: str, draft: MessageDraft, *, nonce: str, reply_to: str | None = None
    ) -> str:
        """Post a message; gives its id. The same ``nonce`` within minutes is the same message.

        https://discord.com/developers/docs/resources/message#create-message
        """

        async def post() -> discord.Message:
            place = (await self._logged_in()).get_partial_messageable(int(channel))
            reference: Any = discord.utils.MISSING
            if reply_to:
                reference = discord.MessageReference(
                    message_id=int(reply_to), channel_id=int(channel), fail_if_not_exists=False
                )
            return await place.send(
                **_body(draft, "files"),
                nonce=nonce,
                mention_author=False,
                **({"reference": reference} if reply_to else {}),
            )

        written = await self._insist(post)
        # What an earlier try posted may say less than this one.
        same = written.content == draft.content
        if not same or len(written.attachments) != len(draft.files or ()):
            await self.edit(channel, str(written.id), draft)
        return str(written.id)

    async def edit(self, channel: str, message: str, draft: MessageDraft) -> str:
        """Edit a message of the bot; gives its id."""

        async def patch() -> discord.Message:
            place = (await self._logged_in()).get_partial_messageable(int(channel))
            return await place.get_partial_message(int(message)).edit(**_body(draft))

        try:
            return str((await self._insist(patch)).id)
        except (discord.RateLimited, KeyError):
            # Messages older than an hour are edited a few times only: code 30046, which
            # discord.py takes for a rate limit, whether or not it says how long to wait.
            if self._clock() - created_at(message) < _HOUR:
                raise
            raise Refusal(30046, 429) from None

    async def react(self, channel: str, message: str, emoji: str) -> None:
        """Put a reaction on a message; one that is there already stays.

        https://discord.com/developers/docs/resources/message#create-reaction
        """

        async def put() -> None:
            place = (await self._logged_in()).get_partial_messageable(int(channel))
            await place.get_partial_message(int(message)).add_reaction(emoji)

        await self._insist(put)

    async def delete(self, channel: str, message: str) -> None:
        """Delete a message of the bot."""

        async def delete() -> None:
            place = (await self._logged_in()).get_partial_messageable(int(channel))
            await place.get_partial_message(int(message)).delete()

        await self._insist(delete)

    async def direct(self, user: str) -> str:
        """The channel of a person's direct messages."""

        async def open_channel() -> str:
            client = await self._logged_in()
            return str((await client.create_dm(discord.Object(int(user)))).id)

        return await self._insist(open_channel)

    async def message(self, channel: str, message: str) -> discord.Message:
        """A message as it is now, with fresh links to its attachments."""

        async def fetch() -> discord.Message:
            place = (await self._logged_in()).get_partial_messageable(int(channel))
            return await place.fetch_message(int(message))

        return await self._insist(fetch)

    async def find(self, channel: str, after: str, job_id: str) -> str | None:
        """The bot's message about a job among the hundred after another message."""

        async def search() -> str | None:
            client = await self._logged_in()
            place = client.get_partial_messageable(int(channel))
            since = discord.Object(int(after))
            async for message in place.history(limit=_MOST_MESSAGES, after=since):
                if message.author == client.user and job_id in _jobs(message):
                    return str(message.id)
            return None

        return await self._insist(search)

    async def guild(self, guild: str) -> tuple[discord.Guild, discord.Member]:
        """A server with its roles, and the bot's own membership."""

        async def fetch() -> tuple[discord.Guild, discord.Member]:
            client = await self._logged_in()
            found = await client.fetch_guild(int(guild), with_counts=False)
            assert client.user is not None  # it is logged in
            return found, await found.fetch_member(client.user.id)

        return await self._insist(fetch)

    # What an interaction's webhook writes

    async def edit_webhook(
        self, place: DiscordPlace, message: str | None, draft: MessageDraft
    ) -> str:
        """Edit an answer to an interaction, the first one without ``message``; gives its id.

        https://discord.com/developers/docs/interactions/receiving-and-responding#edit-original-interaction-response
        """

        async def patch() -> discord.Message:
            # discord.py wants a number; the API takes this name as well.
            which: Any = int(message) if message else "@original"
            return await self._webhook(place).edit_message(which, **_body(draft))

        return str((await self._insist(patch, webhook=True)).id)

    async def follow_up(self, place: DiscordPlace, draft: MessageDraft, *, private: bool) -> str:
        """Post one more answer to an interaction; gives its id. Repeated, it is posted twice."""

        async def post() -> discord.Message:
            body = _body(draft, "files")
            return await self._webhook(place).send(**body, ephemeral=private, wait=True)

        return str((await self._insist(post, repeated=False, webhook=True)).id)

    async def delete_webhook(self, place: DiscordPlace, message: str | None) -> None:
        """Delete an answer to an interaction, the first one without ``message``."""

        async def delete() -> None:
            which: Any = int(message) if message else "@original"
            await self._webhook(place).delete_message(which)

        await self._insist(delete, webhook=True)

    # Connections

    async def _logged_in(self) -> discord.Client:
        async with self._opening:
            if self.client is None:
                point(self._settings)
                client = discord.Client(
                    intents=discord.Intents(guilds=True),
                    connector=self.connector() if self.connector else None,
                    max_ratelimit_timeout=_LONGEST_WAIT,
                )
                try:
                    private_api.guide(client, self._settings.discord_api_base)
                    await client.login(self._settings.discord_token.get_secret_value())
                except BaseException:
                    await client.close()
                    raise
                self.client = client
            return self.client

    def http(self) -> aiohttp.ClientSession:
        """Connections that carry no token, with limits to the time they take."""
        if self.session is None:
            point(self._settings)
            self.session = aiohttp.ClientSession(
                connector=self.connector() if self.connector else None,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=_TIMEOUT,
            )
        return self.session

    def _webhook(self, place: DiscordPlace) -> discord.Webhook:
        assert place.application
        assert place.token
        data: Any = {"id": place.application, "type": _APPLICATION_WEBHOOK, "token": place.token}
        return discord.Webhook(data, self.http(), proxy=proxy_for(self._settings.discord_api_base))

    async def _insist(
        self,
        call: Callable[[], Awaitable[T]],
        *,
        repeated: bool = True,
        webhook: bool = False,
    ) -> T:
        """Make a call, if ``repeated`` again when the connection breaks.

        Server errors discord.py has repeated already, except that of an overloaded server where
        it is not for a webhook. A call through a webhook is never cut off from outside, as
        discord.py would keep its lock for ever; the session's time limits end it.
        """

        def passing(error: Exception) -> bool:
            if isinstance(error, discord.HTTPException):
                return repeated and not webhook and error.status == _UNAVAILABLE
            broken = isinstance(error, aiohttp.ClientError) and not isinstance(error, TimeoutError)
            return repeated and broken

        async def once() -> T:
            try:
                async with asyncio.timeout(None if webhook else CALL_SECONDS):
                    return await call()
            except discord.HTTPException as error:
                if (refused := refusal(error, webhook=webhook)) is not None:
                    raise refused from None
                raise

        return await retries.DISCORD_CALL(passing, once)


def _jobs(message: discord.Message) -> set[str]:
    """The jobs that the buttons of a message belong to."""
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    ids = (getattr(child, "custom_id", None) for row in rows for child in row.children)
    pressed = (parse(each) for each in ids if each)
    return {press.job_id for press in pressed if press}


def _body(draft: MessageDraft, files: str = "attachments") -> dict[str, Any]:
    """The arguments for discord.py; it closes files, so they are made for every try."""
    called = [discord.Object(int(draft.calls))] if draft.calls else False
    mentions = discord.AllowedMentions(
        everyone=False, roles=False, replied_user=False, users=called
    )
    body: dict[str, Any] = {"content": draft.content, "allowed_mentions": mentions}
    body["view"] = Rows(draft.rows)
    if draft.files is not None:
        body[files] = files_of(draft.files)
    return body


def files_of(uploads: Sequence[Upload]) -> list[discord.File]:
    """Files as discord.py takes them, for one try: it closes them."""
    return [
        discord.File(io.BytesIO(file.data), file.name, description=file.description or None)
        for file in uploads
    ]
