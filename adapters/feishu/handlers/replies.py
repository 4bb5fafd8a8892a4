"""Answers that are not pictures: a card in reply to the message, or to the card that was used."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.cards import panels
from adapters.feishu.cards.elements import Element
from adapters.feishu.cards.panels import Readers
from adapters.feishu.cards.texts import say
from adapters.feishu.handlers.context import HandlerContext
from bot.chat import PERSONAL, OpenQuestions, Replies, reaction_to
from bot.domain import JSON, Address, Failure, Incoming, Reason, Viewer
from messages import Notice, Picture, negotiate

REPLY_SECONDS = 3000.0
"""How long an answer is of use; Feishu knows one by its key for an hour."""


class CardReplies:
    """Sends in the background: an event is acknowledged meanwhile."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context
        self._bot = bot = context.bot
        self._replies = Replies(
            bot.outbox, PLATFORM, self._send, seconds=REPLY_SECONDS, clock=bot.clock
        )
        self._questions: OpenQuestions[str] = OpenQuestions()
        self.resume = self._replies.resume
        self.close = self._replies.close

    async def answer(
        self, incoming: Incoming, result: Notice | Failure, *, pressed: bool = False
    ) -> bool:
        """Answer a request, once; gives whether it is answered to the person alone, out of a group.

        That is said in the group, unless it was asked by a button that was ``pressed``.
        """
        readers = await self._context.readers(incoming)
        locale = readers.locale
        what: dict[str, JSON] = {}
        alone = isinstance(result, Notice) and result.key in PERSONAL and not incoming.private
        if isinstance(result, Failure):
            what["card"] = panels.refusal_of(result, readers)
        elif result.shows:
            number = result.facts.get("number")
            what = {"about": result.shows, "locale": locale}
            what["number"] = number if isinstance(number, int) else None
        elif result.originals:
            too_large = Failure(Reason.TOO_LARGE_FOR_CHAT)
            refused = panels.refusal_of(too_large, readers)
            files: list[JSON] = [asdict(each) for each in result.originals]
            what = {"files": files, "card": refused}
        else:
            place = FeishuPlace.of(incoming.address)
            if (emoji := reaction_to(result)) and place.asked == incoming.event_id:
                what["reaction"] = emoji
            what["card"] = await self._card(result, readers)
            if alone:
                spot = await self._context.alone_with(incoming.requester)
                own = Viewer(PLATFORM, incoming.requester, spot.conversation, private=True)
                what["alone"] = await self._card(result, replace(readers, viewer=own))
                what["told"] = "" if pressed else say("sent_alone", locale)
            if result.key == "details":
                what["about"] = str(result.facts["job_id"])
            if result.question or result.key == "forget_me":
                what["asks"] = incoming.conversation
                what["asked_again"] = panels.asked_again_of(readers)
        await self._keep(f"answer:{incoming.event_id}", FeishuPlace.of(incoming.address), what)
        return alone

    async def answered(self, incoming: Incoming, choice: str) -> None:
        """Have the person's open question there say that words have answered it, with ``choice`` as
        its button names it in English: nobody is to answer it twice."""
        if card := self._questions.end(incoming.viewer):
            shown = panels.answered_of(choice, await self._context.readers(incoming))
            place = FeishuPlace.of(incoming.address)
            await self._keep(f"answered:{incoming.event_id}", place, {"card": shown, "into": card})

    def forget(self, card: str) -> None:
        """Note that a question is over, whose card is seen to elsewhere."""
        self._questions.forget(lambda asked: asked == card)

    async def once(self, place: FeishuPlace, key: str, card: Element) -> None:
        """Send a card unless one has been sent under that key."""
        await self._keep(key, place, {"card": card})

    async def point(self, incoming: Incoming, key: str) -> None:
        """Say in one line, once, where a request is answered."""
        said = say(key, negotiate(await self._bot.locale(incoming)))
        place = FeishuPlace.of(incoming.address)
        await self._keep(f"point:{incoming.event_id}", place, {"card": said})

    async def ask(self, place: FeishuPlace, key: str, job_id: str, card: Element) -> None:
        """Send a card that asks for more about a job, once for each key."""
        await self._keep(key, place, {"card": card, "about": job_id})

    async def display(
        self,
        place: FeishuPlace,
        key: str,
        job_id: str,
        locale: str,
        number: int | None = None,
    ) -> None:
        """Send a further card of a finished job, or of one of its pictures, once for each key."""
        await self._keep(key, place, {"about": job_id, "locale": locale, "number": number})

    async def _keep(self, key: str, place: FeishuPlace, what: dict[str, JSON]) -> None:
        content = {**what, "place": dict(place.address().data)}
        await self._replies.reply(key, place.user, content)

    async def _card(self, notice: Notice, readers: Readers) -> Element:
        """The card of an answer; settings and history are cards to use."""
        match notice.key:
            case "settings":
                return await panels.settings_of(self._bot, readers)
            case "history" | "history_empty" | "history_page":
                number = int(str(notice.facts.get("page", 1)))
                return await panels.history_of(self._bot, readers, number=number)
            case _ if notice.question:
                delivery = self._context.delivery
                keys = await delivery.picture_keys(notice.pictures, readers.viewer)
                return panels.question_of(notice, keys, readers)
            case _:
                return panels.notice_of(notice, readers)

    async def _send(self, key: str, content: Mapping[str, Any]) -> None:
        """Sent twice under one key it arrives once."""
        place = FeishuPlace.of(Address(PLATFORM, content["place"]))
        sent = await self._say(place, key, content)
        if sent and "about" in content:
            await self._bot.add_message(sent, content["about"], PLATFORM)
        if sent and "asks" in content:
            viewer = Viewer(PLATFORM, place.user, content["asks"])
            earlier = self._questions.end(viewer)
            self._questions.ask(viewer, sent)
            if earlier not in (None, sent):
                await self._context.delivery.put_into(earlier, content["asked_again"])

    async def _say(self, place: FeishuPlace, key: str, content: Mapping[str, Any]) -> str | None:
        delivery = self._context.delivery
        if "into" in content:
            await delivery.put_into(content["into"], content["card"])
            return None
        if "alone" in content:
            sent = await delivery.say(place, content["alone"], f"alone:{key}", private=True)
            if sent is not None and content["told"]:
                await delivery.say(place, content["told"], f"told:{key}")
            if sent is not None:
                return sent
        if "files" in content:
            files = [Picture(**each) for each in content["files"]]
            if await delivery.send_files(place, files, key):
                return None
        if "reaction" in content and await delivery.react(place, content["reaction"]):
            return None
        if "card" in content:
            return await delivery.say(place, content["card"], key)
        job = await self._bot.job(content["about"], place.viewer)
        message = await self._bot.message(job, place.viewer) if job else None
        if job is None or message is None:
            return None
        return await delivery.display(
            *(place, message, content["locale"], key),
            requester=job.requester,
            number=content.get("number"),
        )
