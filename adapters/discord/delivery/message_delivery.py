"""One request's message, brought to the person by the best way that is open.

A message is edited in place as long as that is possible: through the interaction's webhook while
its token lives, by the bot itself afterwards. A result that cannot be shown there is posted anew,
else told to the person alone where they asked, else sent to their direct messages. On each of these
ways the forms of :mod:`adapters.discord.delivery.forms` are tried. What is left behind, and still
says that the work goes on, is changed or removed.
https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

import structlog

from adapters.discord import permissions
from adapters.discord.address import DEFAULT_LIMIT, DiscordPlace, created_at, message_link
from adapters.discord.delivery import files
from adapters.discord.delivery.forms import Form, following
from adapters.discord.delivery.removal import remove
from adapters.discord.delivery.rendering import render_message
from adapters.discord.refusals import UNKNOWN_WEBHOOK, Refusal
from adapters.discord.rest import MessageDraft, Rest
from adapters.discord.settings import DiscordSettings
from adapters.discord.texts import word
from bot.chat import DeliveryError, ErrorKind, PackedMessage, ladder, packing
from bot.domain import Address, Failure, Reason
from bot.ports import Bot, Undeliverable
from messages import Message, Note, Picture, render_note, render_problem

log = structlog.get_logger(__name__)

WARNING_SECONDS = 90.0
"""So long before its token dies a person is told that the answer comes too late for a place."""

BEGINNING_PAUSE = 0.25
"""Seconds until a webhook is tried again whose interaction is not acknowledged yet."""

NONCE_SECONDS = 120.0
"""So long Discord is relied on to know a nonce; "a few minutes" is what it promises."""

_LONGEST_NONCE = 25

_Way = Callable[[], Awaitable[str | None]]
"""Shows the message and gives its id, or ``None`` where this way is not open."""


def nonce(job_id: str, purpose: str, of: str = "") -> str:
    """A key for a creation: the same again within minutes is not a second message.

    https://discord.com/developers/docs/resources/message#create-message-jsonform-params
    """
    return hashlib.sha256(f"{job_id}\0{purpose}\0{of}".encode()).hexdigest()[:_LONGEST_NONCE]


class MessageDelivery:
    """One showing of a message. ``moved`` says that it is now a direct message, which it was not
    before; ``place`` is where it is shown, and ``message_id`` which message it is.
    """

    def __init__(
        self,
        bot: Bot,
        settings: DiscordSettings,
        rest: Rest,
        address: Address,
        message: Message,
        locale: str,
    ) -> None:
        self._bot = bot
        self._settings = settings
        self._rest = rest
        self._before = address
        self.place = DiscordPlace.of(address)
        self.message_id = address.message
        self._whole = message
        self._packed = PackedMessage(message)
        self._locale = locale
        self._form = Form.WHOLE
        self._too_large = self._refused_size = self._shrunk = False
        self._gone = self._copies = False
        self._source = ""
        self._barred: DeliveryError | None = None
        self.moved = False

    # What is asked for

    async def step(self) -> Address:
        """Show that the work goes on; where that is not possible, nothing happens."""
        place = self.place
        if place.ends and place.expires - self._bot.clock() < WARNING_SECONDS:
            self.place = replace(place, late=True)
        if self.place.late:
            key = "answered_in_private" if self.place.reachable else "answered_late"
            self._packed = self._packed.noting(Note(key))
        ways = [self._where_it_moved, self._through_webhook, self._by_editing]
        if self.message_id is None:
            ways += [self._anew, self._anew_alone, self._in_private]
        return await self._first(ways) or self._before

    async def result(self) -> Address:
        """Show how it ended.

        Raises:
            Undeliverable: no way is open, or will be.
        """
        await self._prepare()
        here = [self._through_webhook, self._by_editing, self._anew, self._anew_alone]
        ways = [self._where_it_moved, *here, self._as_follow_up, self._in_private]
        if self._is_discreet():
            ways = [self._aside, *ways]
        shown = await self._first(ways)
        forbidden = self._barred is not None and self._barred.kind is ErrorKind.FORBIDDEN
        if shown is None and forbidden and self._packed.pictures:  # perhaps it is nothing but files
            shown = await self._first(here, Form.WORDS)
        if shown is None:
            problem = self._unshown().problem if self._whole.pictures else self._whole.problem
            await self._take_away(render_problem(problem, self._locale) if problem else "")
            if self.place.by_wish:
                await self._tell_in_the_channel()
            raise Undeliverable("There is no place left to show the result")
        return shown

    async def copy(self) -> Address:
        """Show a finished message once more, as the answer to another interaction or message.

        Raises:
            Undeliverable: it cannot be answered any more.
        """
        await self._prepare()
        self._copies = True
        ways = [self._anew, self._anew_alone]
        if self.place.token is not None:
            ways = [self._through_webhook]
        elif self.place.by_wish:
            ways = [self._in_private]
        shown = await self._first(ways)
        if shown is None:
            raise Undeliverable("It can no longer be answered")
        return shown

    # The ways, best first

    async def _where_it_moved(self) -> str | None:
        if self.place.dm is None or self.message_id is None:
            return None
        return await self._rest.edit(self.place.dm, self.message_id, self._draft())

    async def _through_webhook(self) -> str | None:
        if self.place.dm or not self._webhook():
            return None
        while True:
            try:
                return await self._rest.edit_webhook(self.place, self.message_id, self._draft())
            except Refusal as refused:
                begins = self.message_id is None and self.place.webhook_begins(self._bot.clock())
                if refused.code != UNKNOWN_WEBHOOK or not begins:
                    raise
            await asyncio.sleep(BEGINNING_PAUSE)

    async def _by_editing(self) -> str | None:
        if self.message_id is None or self._gone or not self._open():
            return None
        return await self._rest.edit(self.place.channel, self.message_id, self._draft())

    async def _anew(self) -> str | None:
        return await self._post(self.place.asked)

    async def _anew_alone(self) -> str | None:
        """As it is refused as a reply: by itself."""
        return await self._post(None) if self.place.asked else None

    async def _as_follow_up(self) -> str | None:
        if self.place.dm or not self._webhook():
            return None
        await self._find_out()
        private = self.place.private or bool(self._barred)
        unfinished = self.message_id
        if unfinished is None:  # else the follow-up takes its place, and cannot be told from it
            await self._take_away()
        sent = await self._rest.follow_up(self.place, self._draft(), private=private)
        if unfinished and sent != unfinished:
            await self._tidy()
        return sent

    def _is_discreet(self) -> bool:
        """Whether it is for the person alone, who asked by a command or a press among others."""
        problem, place = self._whole.problem, self.place
        refused = problem is not None and problem.reason == Reason.REFUSED
        among_others = bool(place.guild) and not (place.private or place.dm)
        return refused and among_others and place.webhook_lives(self._bot.clock())

    async def _aside(self) -> str | None:
        place = self.place
        self.place = replace(place, private=True, aside=True)
        try:
            return await self._as_follow_up()
        except Refusal:
            self.place = place
            raise

    async def _in_private(self) -> str | None:
        place, job_id = self.place, self._packed.message.job_id
        if not (self._final() or self._barred or place.by_wish):
            return None
        if place.late and not place.reachable:
            return None
        await self._find_out()
        channel = place.dm or await self._rest.direct(place.user)
        key = nonce(job_id, "direct", self.message_id or "")
        if self._copies:
            key = nonce(job_id, "copy", str(place.asked))
        self.place = replace(self.place, dm=channel)
        first = place.by_wish and self.message_id is None and not self._copies
        if first and (found := await self._posted_before(channel)):
            return await self._rest.edit(channel, found, self._draft())
        try:
            sent = await self._rest.create(channel, self._draft(), nonce=key)
        except Refusal:
            self.place = replace(self.place, dm=place.dm)
            raise
        await (self._take_away() if place.dm else self._tidy())
        self.moved = True
        return sent

    # What the ways are made of

    async def _first(self, ways: Sequence[_Way], begin: Form = Form.WHOLE) -> Address | None:
        """The address after the first way that is open, with the first form it takes."""
        try:
            sent = await ladder.deliver(ways, lambda _: self._forms(begin), self._show, self._learn)
        except Refusal:
            return None
        if sent is None:
            return None
        self.message_id = sent
        return self.place.address(sent)

    def _forms(self, begin: Form) -> Iterator[Form]:
        form: Form | None = begin
        while form is not None:
            yield form
            too_large, files = self._refused_size, bool(self._packed.pictures)
            form = following(form, too_large=too_large, files=files)

    async def _show(self, way: _Way, form: Form) -> str | None:
        if form is Form.SMALLER:
            await self._shrink()
        self._form = form
        try:
            return await way()
        except Refusal as refused:
            log.info("refused", job_id=self._whole.job_id, code=refused.code, form=form.value)
            self._refused_size = refused.kind is ErrorKind.TOO_LARGE
            if form in (Form.WHOLE, Form.SMALLER):
                self._too_large = self._refused_size
            raise

    def _learn(self, way: _Way, refused: DeliveryError) -> None:
        """What a refusal on one way says about the others."""
        posting = way in (self._anew, self._anew_alone)
        if refused.kind is ErrorKind.EXPIRED:
            self.place = replace(self.place, token=None)
        if refused.kind is ErrorKind.GONE and not posting and way != self._as_follow_up:
            self._gone = True
        if self._barred is None and (posting or refused.kind is ErrorKind.FORBIDDEN):
            self._barred = refused

    async def _post(self, reply_to: str | None) -> str | None:
        if not self._open() or (self._gone and self.message_id is None and not self._final()):
            return None
        place, job_id = self.place, self._packed.message.job_id
        if self._copies:
            return await self._create(
                place.channel, nonce(job_id, "copy", str(place.asked)), reply_to
            )
        if self.message_id is None and (found := await self._posted_before(place.channel)):
            return await self._rest.edit(place.channel, found, self._draft())
        key = nonce(job_id, "answer", self.message_id or "")
        sent = await self._create(place.channel, key, reply_to)
        await self._take_away()
        self.place = replace(place, token=None)
        return sent

    async def _create(self, channel: str, key: str, reply_to: str | None) -> str:
        try:
            return await self._rest.create(channel, self._draft(), nonce=key, reply_to=reply_to)
        except Refusal as refused:
            if refused.kind is not ErrorKind.NO_REPLY:
                raise
            return await self._rest.create(channel, self._draft(), nonce=key)

    async def _posted_before(self, channel: str) -> str | None:
        """The answer that a process posted which ended before it could store which it was.

        For a few minutes the nonce would find it as well.
        """
        place = self.place
        if not place.asked or self._bot.clock() - created_at(place.asked) < NONCE_SECONDS:
            return None
        job_id = self._packed.message.job_id
        try:
            return await self._rest.find(channel, place.asked, job_id)
        except Refusal:
            return None

    def _final(self) -> bool:
        return self._packed.message.status.final

    def _webhook(self) -> bool:
        """Whether to go through the webhook; a result tries it where there is no other way."""
        place = self.place
        if place.webhook_lives(self._bot.clock()):
            return True
        return bool(place.application and place.token) and self._final() and not self._open()

    def _open(self) -> bool:
        """Whether the bot itself may write there for everybody to see."""
        return self.place.reachable and not self.place.private and self.place.dm is None

    def _draft(self) -> MessageDraft:
        packed, form = self._packed, self._form
        dropped = bool(packed.pictures) and form in (Form.WORDS, Form.PLAIN)
        if dropped:
            packed = packing.without_pictures(self._whole, self._unshown())
        plain = form in (Form.BARE, Form.PLAIN)
        why, source = self._why(), self._source
        seen = render_message(packed.message, self._locale, self.place, why, source, plain=plain)
        spoiler = self._whole.spoiler or self.place.spoiler or self._settings.discord_spoiler
        uploads = files.uploads(packed, self._locale, spoiler=spoiler)
        return MessageDraft(seen.content, seen.rows, uploads or (() if dropped else None))

    def _unshown(self) -> Failure:
        """Why there is no picture in the message."""
        if self._too_large:
            return Failure(Reason.TOO_LARGE_FOR_CHAT)
        return Failure(Reason.PICTURE_NOT_SHOWN)

    # The pictures

    async def _prepare(self) -> None:
        """Make ready what is shown of a finished job."""
        if self._whole.pictures:
            await self._fit_into(self.place.limit)
        if self._whole.made_from:
            self._source = await self._link_to(self._whole.made_from.job_id)

    async def _link_to(self, job_id: str) -> str:
        """The link to the message of a job, if it is where everybody finds it."""
        job = await self._bot.job(job_id, self.place.viewer)
        if job is None or (job.private and not self.place.private):
            return ""
        return message_link(job)

    async def _shrink(self) -> None:
        """Make the files half as large, or as any place takes them; once, then leave them out."""
        if self._shrunk:
            why = Failure(Reason.TOO_LARGE_FOR_CHAT)
            self._packed = packing.without_pictures(self._whole, why)
            return
        self._shrunk = True
        limit = min(min(self.place.limit, self._packed.largest) // 2, DEFAULT_LIMIT)
        self.place = replace(self.place, limit=limit)
        await self._fit_into(limit)

    async def _fit_into(self, limit: int) -> None:
        self._packed = await packing.pack(self._whole, self._bytes, files.limits(limit))

    async def _bytes(self, picture: Picture) -> bytes | None:
        kept = await self._bot.picture(picture.image_id, self.place.viewer)
        return await self._bot.read_picture(kept) if kept else None

    # What is left where the message was

    async def _find_out(self) -> None:
        """Note which permission is missing, if it was forbidden to answer there."""
        refused = self._barred
        if refused and refused.status == 403 and self.place.guild and not self.place.lacks:
            lacks = await permissions.missing(self._rest, self.place)
            self.place = replace(self.place, lacks=lacks)

    def _why(self) -> str:
        """Why it is shown here and not where it was asked for, if that is so."""
        if self.place.lacks:
            lacking = permissions.name(self.place.lacks, self._locale)
            failure = Failure(Reason.MISSING_PERMISSION, {"permission": lacking})
            return render_problem(failure.problem, self._locale)
        moved = self.place.dm and (self.place.guild or self.place.private)
        if self.place.by_wish:
            return ""
        return f"ℹ️ {render_note(Note('answered_here'), self._locale)}" if moved else ""

    async def _tidy(self) -> None:
        """Say where the message was that it is shown elsewhere, or take it away."""
        if not self._left_behind():
            await self._delete()
            return
        elsewhere = self.place.dm is not None
        words = self._why() if self.place.lacks else ""
        if elsewhere and not words:
            words = f"ℹ️ {render_note(Note('answered_elsewhere'), self._locale)}"
        if not words or not await self._change(MessageDraft(words)):
            await self._take_away()

    async def _tell_in_the_channel(self) -> None:
        """Say where it was asked that the person takes no direct messages."""
        place, draft = self.place, MessageDraft(word("closed", self._locale))
        key = nonce(self._whole.job_id, "closed")
        try:
            await self._rest.create(place.channel, draft, nonce=key, reply_to=place.asked)
        except Refusal as refused:
            log.info("not said in the channel", job_id=self._whole.job_id, code=refused.code)

    def _left_behind(self) -> bool:
        """Whether a message of ours, or the sign that we think, is where it was asked for."""
        place = DiscordPlace.of(self._before)
        return not place.dm and not self._gone and bool(self._before.message or place.token)

    async def _change(self, draft: MessageDraft) -> bool:
        """Change what was shown before; says whether that was possible."""
        place, message = DiscordPlace.of(self._before), self._before.message
        try:
            if place.webhook_lives(self._bot.clock()):
                await self._rest.edit_webhook(place, message, draft)
                return True
        except Refusal as refused:
            log.info("not changed through its token", code=refused.code)
        try:
            if message and place.reachable and not place.private:
                await self._rest.edit(place.channel, message, draft)
                return True
        except Refusal as refused:
            log.info("not changed", code=refused.code)
        return False

    async def _take_away(self, words: str = "") -> None:
        """Delete what was shown before, as another message is in its place, or none can be.

        Where that is refused, it says ``words``, or where to look, and not that the work goes on.
        """
        deleted = await self._delete()
        note = Note("answered_elsewhere" if self.place.dm else "answered_anew")
        if not deleted and self._left_behind():
            await self._change(MessageDraft(words or f"ℹ️ {render_note(note, self._locale)}"))

    async def _delete(self) -> bool:
        """Delete what was shown before; says whether that was possible."""
        place, message = DiscordPlace.of(self._before), self._before.message
        return await remove(self._rest, place, message, self._bot.clock())
