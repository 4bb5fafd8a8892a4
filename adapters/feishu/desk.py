"""Showing requests on Feishu: one card each, from the acknowledgement to the result.

Few calls are made, as some tenants have 10,000 a month: the card is a reply, created once; every
further step is a change of it. Progress is left out where Feishu's rates leave no room for it.
"""

from dataclasses import replace

import structlog

from adapters.feishu import cards, elements, post
from adapters.feishu.address import PLATFORM, Place
from adapters.feishu.api import Api, ApiError
from adapters.feishu.codes import (
    CARD_REFUSED,
    FORBIDDEN,
    NOT_TO_THEM,
    OUT_OF_CHAT,
    TOO_OLD,
    WITHDRAWN,
)
from adapters.feishu.elements import Element
from adapters.feishu.originals import Originals
from adapters.feishu.post import Post, unique
from adapters.feishu.resources import Resources
from bot.app import App
from bot.failures import Failure
from bot.ports import Address, Attachment, Undeliverable
from messages import (
    Message,
    Note,
    Notice,
    Problem,
    Status,
    Step,
    negotiate,
    render,
    render_note,
    render_notice,
)

log = structlog.get_logger(__name__)

CHANGEABLE_SECONDS = 13.9 * 24 * 3600
"""For how long a card is changed; Feishu's limit is 14 days:
https://open.feishu.cn/document/server-docs/im-v1/message-card/patch."""

_ELSEWHERE = OUT_OF_CHAT | FORBIDDEN
"""The chat takes nothing from us; the person may be reached all the same."""


class Desk:
    """Delivers for one app; needs no long connection, so that workers can use it.

    ``api`` is open to whoever has further calls to make.
    """

    def __init__(self, app: App, api: Api | None = None) -> None:
        self._app = app
        self.api = api or Api(app.settings)
        self._post = Post(self.api)
        self._resources = Resources(app, self.api)
        self._originals = Originals(self._resources, self._post)

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
            place, locale = Place.of(address), negotiate(locale)
        except KeyError as error:
            raise Undeliverable("the address is not there any more") from error
        if message.step is Step.PROGRESS and address.message:
            if not place.plain:
                card = cards.card(message, locale, {})
                await self._post.change_if_free(address.message, card)
            return address
        sent = await self._resources.send(message.pictures, dict(place.images))
        place = replace(place, images=tuple(sent.keys.items()) or place.images)
        noted = self._originals.announce(message, place)
        card = _card(noted, locale, place, sent.problem)
        try:
            shown, place = await self._put(address.message, place, noted, card, locale)
        except ApiError as error:
            post.note(error, "showing a card")
            if not message.status.final or error.code not in _ELSEWHERE | NOT_TO_THEM:
                raise
            shown, place = await self._privately(place, noted, card, locale, error)
        return await self._afterwards(place, shown, message, locale)

    async def _put(
        self, card_id: str | None, place: Place, message: Message, card: Element, locale: str
    ) -> tuple[str, Place]:
        """Change the card there is, or create one; gives its id."""
        old = place.sent and self._app.clock() - place.sent > CHANGEABLE_SECONDS
        if card_id is None:
            made, place = await self._create(place, message, card, locale)
            if message.step is not Step.ACKNOWLEDGE and not place.plain:
                # A repetition gives the card of the first time, which may look otherwise.
                return await self._change(made, place, message, card, locale)
            return made, place
        if not old:
            try:
                return await self._change(card_id, place, message, card, locale)
            except ApiError as error:
                if error.code in WITHDRAWN and not message.status.final:
                    return card_id, place
                if error.code not in WITHDRAWN | TOO_OLD:
                    raise
                log.info("card cannot be changed any more", job_id=message.job_id, code=error.code)
        return await self._create(replace(place, round=place.round + 1), message, card, locale)

    async def _create(
        self, place: Place, message: Message, card: Element, locale: str
    ) -> tuple[str, Place]:
        """A new message: the card, or a simpler one, or rich text, at last without pictures."""
        place = replace(place, sent=self._app.clock())
        key = unique("card", message.job_id, place.round, place.private)
        simple = cards.card(message, locale, dict(place.images), simple=True)
        plain = _plainly(message, locale, replace(place, images=()))
        tried = (
            *(post.of_card(card), post.of_card(simple)),
            *(_plainly(message, locale, place), plain),
        )
        # At most one message of a uuid succeeds, so that they can share it.
        for content in tried:
            try:
                sent = await self._post.answer(place, content, key)
                return sent.id, replace(place, plain=sent.kind != "interactive")
            except ApiError as error:
                if error.code not in CARD_REFUSED or content is plain:
                    raise
                post.note(error, "creating a card")
        raise AssertionError("unreachable")

    async def _change(
        self, card_id: str, place: Place, message: Message, card: Element, locale: str
    ) -> tuple[str, Place]:
        """The same message with other contents; where Feishu takes none of them, a result
        comes as a new one."""
        if place.plain:
            await self._post.edit(card_id, _plainly(message, locale, place))
            return card_id, place
        simple = cards.card(message, locale, dict(place.images), simple=True)
        hurry = not message.status.final
        for tried in (card, simple):
            try:
                await self._post.change(card_id, tried, hurry=hurry)
                return card_id, place
            except ApiError as error:
                if error.code not in CARD_REFUSED:
                    raise
                post.note(error, "changing a card")
        if not message.status.final:
            return card_id, place
        made = await self._create(replace(place, round=place.round + 1), message, card, locale)
        await self._discard(card_id)
        return made

    async def _discard(self, card_id: str) -> None:
        try:
            await self._post.remove(card_id)
        except ApiError as error:
            post.note(error, "removing a card that was replaced")

    async def _privately(
        self, place: Place, message: Message, card: Element, locale: str, refusal: ApiError
    ) -> tuple[str, Place]:
        """The result for the person alone, as the chat does not take it.

        Raises:
            Undeliverable: they cannot be reached either.
        """
        if place.private or place.p2p:
            raise Undeliverable(str(refusal)) from refusal
        place = replace(place, private=True, round=place.round + 1)
        try:
            return await self._create(place, message, _moved(card, locale), locale)
        except ApiError as error:
            post.note(error, "sending a card to a person")
            if error.code in _ELSEWHERE | NOT_TO_THEM:
                raise Undeliverable(str(error)) from error
            raise

    async def _afterwards(self, place: Place, shown: str, message: Message, locale: str) -> Address:
        """What follows a result: originals as files, and the call for who asked for it."""
        if not message.status.final:
            return place.address(shown)
        followed = await self._originals.follow(place, shown, message)
        if self._originals.announce(message, place) != self._originals.announce(message, followed):
            noted = self._originals.announce(message, followed)
            card = _card(noted, locale, followed)
            await self._change(shown, followed, noted, card, locale)
        place = await self._call(followed, shown, message, locale)
        return place.address(shown)

    async def _call(self, place: Place, shown: str, message: Message, locale: str) -> Place:
        """Mention the person once, if they want to be called."""
        if not message.notify or place.called or message.status is Status.CANCELLED:
            return place
        text = render_notice(Notice("done"), locale)
        if message.status is not Status.SUCCEEDED:
            text = render(message, locale).partition("\n")[0]
        content, key = post.of_text(text, place.user), unique("call", message.job_id)
        try:
            called = (await self._post.answer(place, content, key, to=shown)).id
            await self._app.history.copies.add(PLATFORM, called, message.job_id)
        except ApiError as error:
            post.note(error, "calling a person")
            called = "-"
        return replace(place, called=called)

    async def remove(self, address: Address) -> None:
        """Take away the card, the originals that followed it, and the call."""
        place = Place.of(address)
        files = [message for _, message in place.files if message]
        called = [place.called] if place.called and place.called != "-" else []
        for message in filter(None, [address.message, *files, *called]):
            await self._post.remove(message)

    async def read(self, attachment: Attachment) -> bytes | Failure | None:
        """The bytes of a picture in a message; see :meth:`bot.ports.Adapter.read`."""
        return await self._resources.read(attachment)

    # For the other half of this adapter

    async def parent(self, message: str) -> tuple[Attachment, ...] | Failure:
        """The pictures in a message that somebody quotes."""
        return await self._resources.parent(message)

    async def say(
        self, place: Place, what: Element | str, key: str, *, private: bool = False
    ) -> str | None:
        """Answer with a card or with text, once for each ``key``; gives the message's id.

        It is a reply to the message that asked, or with ``private`` for the person alone. Where
        the chat takes nothing it goes to the person; ``None`` when nobody can be reached.
        """
        content = post.of_text(what) if isinstance(what, str) else post.of_card(what)
        aside = replace(place, private=True)
        places = [aside] if private or place.private else [place, aside]
        for one in places:
            try:
                sent = await self._post.answer(one, content, unique("say", key, one.private))
                return sent.id
            except ApiError as error:
                post.note(error, "answering")
                if error.code not in _ELSEWHERE | NOT_TO_THEM:
                    raise
        return None

    async def display(self, place: Place, message: Message, locale: str, key: str) -> str | None:
        """A further card of a finished job, once for each ``key``; gives the message's id."""
        sent = await self._resources.send(message.pictures, dict(place.images))
        card = cards.card(message, negotiate(locale), sent.keys, problem=sent.problem)
        return await self.say(place, card, key)


def _card(message: Message, locale: str, place: Place, problem: Problem | None = None) -> Element:
    """The card of a message where it is shown."""
    card = cards.card(message, locale, dict(place.images), problem=problem)
    return _moved(card, locale) if place.private else card


def _moved(card: Element, locale: str) -> Element:
    """A card that says why it is not where it was asked for."""
    note = elements.paragraph(f"ℹ️ {render_note(Note('answered_here'), locale)}")
    return {**card, "body": {**card["body"], "elements": [note, *card["body"]["elements"]]}}


def _plainly(message: Message, locale: str, place: Place) -> post.Content:
    """A message as rich text."""
    images = dict(place.images)
    title, lines = cards.plain(message, locale)
    shown = [images[one.image_id] for one in message.pictures if one.image_id in images]
    return post.of_lines(title, lines, shown)
