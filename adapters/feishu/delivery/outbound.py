"""Showing requests on Feishu: one card each, from the acknowledgement to the result.

Few calls are made, as some tenants have 10,000 a month: the card is a reply, created once; every
further step is a change of it. Progress is left out where Feishu's rates leave no room for it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import structlog

from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.api.client import Api
from adapters.feishu.api.responses import ApiError
from adapters.feishu.cards import cards, elements
from adapters.feishu.cards.elements import Element
from adapters.feishu.cards.texts import say
from adapters.feishu.delivery.draft import CardDraft
from adapters.feishu.delivery.originals import Originals
from adapters.feishu.delivery.targets import Target, targets
from adapters.feishu.messages import sending
from adapters.feishu.messages.content import ReceivedContent
from adapters.feishu.messages.resources import Resources
from adapters.feishu.messages.sending import MessageSender, unique
from adapters.feishu.settings import FeishuSettings
from bot.chat import ErrorKind, ladder, packing
from bot.domain import Address, Attachment, Failure, Viewer
from bot.ports import Bot, Undeliverable
from messages import (
    Message,
    Notice,
    Picture,
    Status,
    Step,
    negotiate,
    render,
    render_notice,
)

log = structlog.get_logger(__name__)

CHANGEABLE_SECONDS = 13.9 * 24 * 3600
"""For how long a card is changed; Feishu's limit is 14 days:
https://open.feishu.cn/document/server-docs/im-v1/message-card/patch."""


class FeishuDelivery:
    """Delivers for one app; needs no long connection, so that workers can use it.

    ``api`` is open to whoever has further calls to make.
    """

    def __init__(self, bot: Bot, settings: FeishuSettings, api: Api | None = None) -> None:
        self._bot = bot
        self.api = api or Api(settings, clock=bot.clock)
        self._platform = "lark" if settings.is_lark else "feishu"
        self._usual = settings.usual_locale
        self._sender = MessageSender(self.api)
        self._resources = Resources(bot, settings, self.api)
        self._originals = Originals(self._resources, self._sender)

    async def open(self) -> None:
        """Load the SDK and fetch a token; the first call does so too.

        Raises:
            ApiError: the credentials are refused, or there is no answer.
        """
        await self.api.open()

    async def close(self) -> None:
        """Close the connections."""
        await self.api.close()

    # The port

    async def show(self, address: Address, message: Message, locale: str) -> Address:
        """Make the card look as the message says; see :meth:`bot.ports.Adapter.show`."""
        try:
            place, locale = FeishuPlace.of(address), negotiate(locale)
        except KeyError as error:
            raise Undeliverable("the address is not there any more") from error
        if message.step is Step.PROGRESS and address.message:
            if not place.plain:
                card = cards.card(
                    *(message, locale, {}),
                    requester=place.asked_among_others,
                    any_language=place.any_language,
                )
                await self._sender.change_if_free(address.message, card)
            return address
        sent = await self._resources.send(message.pictures, dict(place.images), place.viewer)
        place = replace(place, images=tuple(sent.keys.items()) or place.images)
        noted = _noted(self._originals.announce(message, place), sent.reduced)
        draft = CardDraft(noted, locale, sent.problem or cards.NOT_SHOWN)
        shown, place = await self._put(address.message, draft, place)
        return await self._afterwards(place, shown, message, locale)

    async def _put(
        self, card_id: str | None, draft: CardDraft, place: FeishuPlace
    ) -> tuple[str, FeishuPlace]:
        """Change the card there is, or create one; gives its id, and where it is."""
        message = draft.message
        if card_id is None:
            made, place = await self._create(place, draft)
            if message.step is not Step.ACKNOWLEDGE:
                # A repetition gives the message of the first time, which may look otherwise.
                return await self._change(made, draft, place)
            return made, place
        if place.sent and self._bot.clock() - place.sent > CHANGEABLE_SECONDS:
            return await self._create(replace(place, round=place.round + 1), draft)
        return await self._change(card_id, draft, place)

    async def _create(self, place: FeishuPlace, draft: CardDraft) -> tuple[str, FeishuPlace]:
        """A new message, in the best form and place that is taken; gives its id, and where it is.

        Only a result goes to the person alone.

        Raises:
            Undeliverable: nothing is taken anywhere.
            ApiError: not now.
        """
        place = replace(place, sent=self._bot.clock())
        key = unique("card", draft.message.job_id, place.round, place.private)
        final = draft.message.status.final
        try:
            sent, target = await self._sender.deliver(
                targets(place, private=final),
                lambda target: draft.forms(replace(place, private=target.private)),
                key,
                known=self._known,
                doubtful=draft.message.step is not Step.ACKNOWLEDGE,
            )
        except ApiError as error:
            sending.note(error, "sending a card")
            if not final or error.kind.ends:
                raise
            raise Undeliverable(str(error)) from error
        moved = target.private and not place.p2p
        return sent.id, replace(
            place, private=place.private or moved, plain=sent.kind != "interactive"
        )

    async def _known(self, message: str) -> bool:
        """Whether a message belongs to a job, so that it is not another one's lost answer."""
        return await self._bot.has_message(message, PLATFORM)

    async def _change(
        self, card_id: str, draft: CardDraft, place: FeishuPlace
    ) -> tuple[str, FeishuPlace]:
        """The same message with other contents; where Feishu takes none of them, a result comes
        as a new one, and the old one goes.

        Raises:
            Undeliverable: nothing is taken anywhere.
            ApiError: not now.
        """
        refusal = await self._changed(card_id, draft, place)
        if refusal is None or not draft.message.status.final:
            return card_id, place
        made = await self._create(replace(place, round=place.round + 1), draft)
        await self._discard(card_id, draft.locale, place)
        return made

    async def _changed(self, card_id: str, draft: CardDraft, place: FeishuPlace) -> ApiError | None:
        """Change it to the first form that is taken; gives the last refusal if none is.

        Raises:
            ApiError: it may be taken later.
        """

        async def change(message: str, form: Element | sending.MessageContent) -> str:
            try:
                if isinstance(form, sending.MessageContent):
                    await self._sender.edit(message, form)
                else:
                    await self._sender.change(message, form, hurry=not draft.message.status.final)
            except ApiError as error:
                if error.kind is not ErrorKind.RETRY:
                    sending.note(error, "changing a card")
                raise
            return message

        try:
            await ladder.deliver([card_id], lambda _: draft.changes(place), change)
        except ApiError as error:
            if error.kind is ErrorKind.RETRY:
                raise
            return error
        return None

    async def _discard(self, card_id: str, locale: str, place: FeishuPlace) -> None:
        """Take away a message that was replaced, or at least what it says of work going on."""
        try:
            await self._sender.remove(card_id)
            return
        except ApiError as error:
            sending.note(error, "removing a card that was replaced")
        try:
            emptied = cards.emptied("replaced", locale, one_language=place.one_language)
            await self._sender.change(card_id, emptied)
        except ApiError as error:
            sending.note(error, "emptying a card that was replaced")

    async def _afterwards(
        self, place: FeishuPlace, shown: str, message: Message, locale: str
    ) -> Address:
        """What follows a result: originals as files, and the call for who asked for it."""
        if not message.status.final:
            return place.address(shown)
        followed = await self._originals.follow(place, shown, message)
        noted = self._originals.announce(message, followed)
        if self._originals.announce(message, place) != noted:
            await self._changed(shown, CardDraft(noted, locale), followed)
        place = await self._call(followed, shown, message, locale)
        return place.address(shown)

    async def _call(
        self, place: FeishuPlace, shown: str, message: Message, locale: str
    ) -> FeishuPlace:
        """Mention the person once, if they want to be called."""
        if not message.notify or place.called or message.status is Status.CANCELLED:
            return place
        text = render_notice(Notice("done"), locale)
        if message.status is not Status.SUCCEEDED:
            text = render(message, locale).partition("\n")[0]
        content, key = sending.of_text(text, place.user), unique("call", message.job_id)
        try:
            called = (await self._sender.answer(place, content, key, to=shown)).id
            await self._bot.add_message(called, message.job_id, PLATFORM)
        except ApiError as error:
            sending.note(error, "calling a person")
            called = "-"
        return replace(place, called=called)

    async def remove(self, address: Address) -> None:
        """Take away the card, the originals that followed it, and the call.

        Where the time for that is over, the card is left without words and pictures; what can be
        neither removed nor emptied is said.
        """
        place = FeishuPlace.of(address)
        files = [message for _, message in place.files if message]
        called = [place.called] if place.called and place.called != "-" else []
        left = [one for one in [*files, *called] if not await self._gone(one)]
        if address.message and not await self._gone(address.message):
            emptied = await self._empty(address.message, place)
            left += [] if emptied else [address.message]
        if left:
            locale = await self._language(place)
            await self.say(
                place, say("not_deleted", locale), unique("left", place.chat, place.asked)
            )

    async def _gone(self, message: str) -> bool:
        """Remove a message of ours; says whether it is gone.

        Raises:
            ApiError: there is no answer.
        """
        try:
            await self._sender.remove(message)
        except ApiError as error:
            sending.note(error, "removing a message")
            if error.kind is ErrorKind.RETRY:
                raise
            return False
        return True

    async def _empty(self, message: str, place: FeishuPlace) -> bool:
        """Leave nothing in a card but that it is deleted; says whether that could be done."""
        locale = await self._language(place)
        try:
            if place.plain:
                await self._sender.edit(message, sending.of_lines(say("deleted", locale), []))
            else:
                deleted = cards.emptied("deleted", locale, one_language=place.one_language)
                await self._sender.change(message, deleted)
        except ApiError as error:
            sending.note(error, "emptying a card")
            if error.kind is ErrorKind.RETRY:
                raise
            return False
        return True

    async def _language(self, place: FeishuPlace) -> str:
        """The language of the person who asked, or else that of the platform's home."""
        return negotiate(await self._bot.language(place.viewer) or self._usual)

    async def read(self, attachment: Attachment) -> bytes | Failure | None:
        """The bytes of a picture in a message; see :meth:`bot.ports.Adapter.read`."""
        return await self._resources.read(attachment)

    # For the other half of this adapter

    def hold(self, card: str) -> None:
        """Change nothing in a card that was pressed, until the press is answered."""
        self._sender.hold(card)

    def release(self, card: str) -> None:
        """The press is answered in this moment."""
        self._sender.release(card)

    async def contents(self, message: str) -> ReceivedContent | Failure:
        """What somebody's message says and shows: one that is quoted, or a forwarded record."""
        return await self._resources.contents(message)

    async def picture_keys(self, pictures: Sequence[Picture], viewer: Viewer) -> list[str]:
        """The image_keys of pictures of ours, in their order; none unless Feishu has taken all."""
        try:
            sent = await self._resources.send(pictures, {}, viewer)
        except ApiError as error:
            sending.note(error, "asking which picture")
            return []
        keys = [sent.keys.get(picture.image_id, "") for picture in pictures]
        return keys if all(keys) else []

    async def settle(self, content: ReceivedContent) -> ReceivedContent:
        """A message without those of its files that are no pictures."""
        return await self._resources.settle(content)

    async def say(
        self, place: FeishuPlace, what: Element | str, key: str, *, private: bool = False
    ) -> str | None:
        """Answer with a card or with text, once for each ``key``; gives the message's id.

        It is a reply to the message that asked, or with ``private`` for the person alone. Where
        the chat takes nothing it goes to the person; ``None`` when nobody can be reached.
        """
        content = sending.of_text(what) if isinstance(what, str) else sending.of_card(what)
        places = targets(replace(place, private=private or place.private), private=True)
        key = unique("say", key, places[0].private)
        try:
            sent, _ = await self._sender.deliver(places, lambda _: _with_words(content, what), key)
            return sent.id
        except ApiError as error:
            sending.note(error, "answering")
            if error.kind.ends:
                raise
        return None

    async def put_into(self, card_id: str, card: Element) -> None:
        """Show something else in a card of ours, where Feishu takes that.

        Raises:
            ApiError: it may be taken later.
        """
        try:
            await self._sender.change(card_id, card)
        except ApiError as error:
            if error.kind is ErrorKind.RETRY:
                raise
            sending.note(error, "changing a card")

    async def send_files(self, place: FeishuPlace, pictures: Sequence[Picture], key: str) -> bool:
        """Send pictures as files, untouched, once for each ``key``; ``False`` where one of them is
        not taken.

        Raises:
            ApiError: there is no answer.
        """
        places = targets(place, private=True)
        for number, picture in enumerate(pictures, start=1):
            name = await self._file_name(picture, place.viewer)
            once = unique("files", key, number, places[0].private)
            try:
                file = await self._resources.send_file(picture, name, place.viewer)
                if file is None:
                    return False
                content = sending.of_file(file)
                await self._sender.deliver(places, _always(content), once)
            except ApiError as error:
                sending.note(error, "sending an original as a file")
                if error.kind.ends:
                    raise
                return False
        return True

    async def _file_name(self, picture: Picture, viewer: Viewer) -> str:
        """What a picture is called as a file: the words that it was made of, and which it is."""
        kept = await self._bot.picture(picture.image_id, viewer)
        job = await self._bot.job(kept.job_id, viewer) if kept and kept.job_id else None
        number = kept.number + 1 if kept else 1
        return packing.file_name(packing.slug(job.prompt if job else ""), number, picture.mime)

    async def react(self, place: FeishuPlace, emoji: str) -> bool:
        """Put a reaction on the message that asked; ``False`` where that is refused.

        Raises:
            ApiError: there is no answer.
        """
        if place.asked is None:
            return False
        try:
            await self._sender.react(place.asked, emoji)
        except ApiError as error:
            sending.note(error, "reacting")
            if error.kind is ErrorKind.RETRY:
                raise
            return False
        return True

    async def display(
        self,
        place: FeishuPlace,
        message: Message,
        locale: str,
        key: str,
        *,
        requester: str,
        number: int | None = None,
    ) -> str | None:
        """A further card of a finished job of the ``requester``'s, or of its picture ``number``
        alone, once for each ``key``; gives the message's id."""
        sent = await self._resources.send(message.pictures, dict(place.images), place.viewer)
        card = cards.card(
            *(message, negotiate(locale), sent.keys),
            problem=sent.problem or cards.NOT_SHOWN,
            requester=requester if place.asked_among_others else "",
            any_language=place.any_language,
            number=number if number and number <= len(message.pictures) else None,
        )
        return await self.say(place, card, key)


def _noted(message: Message, reduced: Collection[str]) -> Message:
    """With a note about pictures that Feishu, or what stands before it, took only smaller."""
    if any(note.key == "reduced" for note in message.notes):
        return message
    sizes = [one.size for one in message.pictures if one.image_id in reduced]
    notes = [packing.reduced(size) for size in sizes[:1]]
    return replace(message, notes=(*message.notes, *notes))


def _always(content: sending.MessageContent) -> Callable[[Target], list[sending.MessageContent]]:
    """The same content, wherever it is sent."""
    return lambda _: [content]


def _with_words(
    content: sending.MessageContent, what: Element | str
) -> list[sending.MessageContent]:
    """An answer, and its words alone for where its card is refused."""
    if isinstance(what, str):
        return [content]
    return [content, sending.of_text("\n".join(elements.texts(what)))]
