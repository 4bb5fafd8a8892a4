"""Buttons, menus and forms of cards: answered at once with a toast, and the card follows.

https://open.feishu.cn/document/feishu-cards/card-callback-communication: 3 seconds, never again.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import structlog

from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.cards import cards, panels, questions, values
from adapters.feishu.cards.texts import client_locales, for_readers, say
from adapters.feishu.cards.values import CardPress, Home
from adapters.feishu.events.dispatcher import Answer, FeishuEvent, mapping, text
from adapters.feishu.handlers.context import HandlerContext, Spot
from adapters.feishu.handlers.replies import CardReplies
from bot.chat import PERSONAL, MenuKind, chosen, wording
from bot.domain import (
    PRESSED,
    Accepted,
    Action,
    Failure,
    Incoming,
    Job,
    Model,
    Options,
    Preference,
    Reason,
    Viewer,
    catalog,
    named,
)
from messages import (
    LOCALES,
    Button,
    Message,
    Notice,
    Status,
    Step,
    advice,
    join,
    negotiate,
    reason,
    render,
    render_notice,
)

log = structlog.get_logger(__name__)

_SHOWN = frozenset({"details", "models", "help", *PERSONAL})
"""Answers that are too long for a toast: they come as a card."""

_ACKNOWLEDGED = Message("", Step.ACKNOWLEDGE, Status.QUEUED)

_NOTED_SECONDS = 1.5
"""So long it is waited until it is noted which job a card is about. The answer to sending it may
be lost and asked for again, while people see the card."""

_NOTED_EVERY = 0.1
"""So often it is looked, in seconds."""


class CallbackHandlers:
    """Handles ``card.action.trigger``."""

    def __init__(self, context: HandlerContext, replies: CardReplies) -> None:
        self._context = context
        self._bot = context.bot
        self._replies = replies

    async def handle(self, event: FeishuEvent) -> Answer:
        """Do what was pressed; gives a toast, and the card itself where it is one to use.

        It always gives one of both: some clients show error 108002 for an answer without data.
        Until it has arrived the card is not changed in any other way.

        Raises:
            NotAccepted: it could not be done now; the person is told by the platform.
        """
        card = text(mapping(event.body, "context"), "open_message_id")
        self._context.delivery.hold(card)
        try:
            return await self._handle(event, card)
        finally:
            self._context.delivery.release(card)

    async def _handle(self, event: FeishuEvent, card: str) -> Answer:
        user = text(mapping(event.body, "operator"), "open_id")
        chat = text(mapping(event.body, "context"), "open_chat_id")
        press = values.read(mapping(event.body, "action"))
        if press is None or not (user and chat and card):
            return _toast("warning", _problem(Failure(Reason.OUTDATED)))
        job = await self._job(press, card, Viewer(PLATFORM, user, chat))
        if job is not None and press.job is None:
            press = replace(press, job=job.id)
        elif press.names_no_job:  # what is written there is not to become another picture
            return _toast("warning", _problem(Failure(Reason.NOT_READY)))
        spot = _at_home(await self._context.spot(job, user, chat), press.home)
        if refused := await self._refused(press, spot):
            return _toast("warning", _problem(Failure(refused)))
        incoming = Incoming(
            platform=PLATFORM,
            event_id=event.id,
            requester=user,
            conversation=spot.conversation,
            address=spot.place(card if spot.chat == chat else None).address(),
            private=spot.p2p,
            target=press.job,
            number=press.number,
        )
        theirs = press.home.locale if press.home.user == user else ""
        incoming = replace(incoming, text=press.text, locale=theirs)
        incoming = await self._context.with_locale(incoming, job)
        match press.kind:
            case values.PAGE:
                readers = await self._context.readers(incoming)
                return _shown(await panels.history_of(self._bot, readers, press.before))
            case values.SHOW:
                return await self._show(incoming)
            case values.RESET | values.UNDO:
                return await self._reset(incoming, press)
            case _ if asks_first(press):
                return await self._ask(incoming, press)
            case _:
                answer = await self._do(incoming, press)
                if "card" in answer:
                    self._replies.forget(card)
                return answer

    async def _job(self, press: CardPress, card: str, viewer: Viewer) -> Job | None:
        """The job that a press is about: the one it names, or that of the card."""
        if press.job:
            return await self._bot.job(press.job, viewer)
        if press.button is None:
            return None
        job = await self._bot.job_of_message(card, viewer)
        with suppress(TimeoutError):
            async with asyncio.timeout(_NOTED_SECONDS):
                while job is None and press.names_no_job:
                    await asyncio.sleep(_NOTED_EVERY)
                    job = await self._bot.job_of_message(card, viewer)
        return job

    async def _refused(self, press: CardPress, spot: Spot) -> Reason | None:
        """Why nothing is done: somebody who may not, or a choice that the card does not offer."""
        if not self._context.allowed(spot):
            return Reason.NOT_ALLOWED
        if press.kind in values.PERSONAL and press.home.user not in ("", spot.user):
            return Reason.NOT_YOUR_CARD
        if press.kind in values.PERSONAL and press.home.is_elsewhere(spot.chat):
            return Reason.NOT_HERE
        if press.kind == values.SET:
            panel = await self._bot.settings(Viewer(PLATFORM, spot.user))
            offered = panels.settings_offered(panel, LOCALES[0])
            shown = press.option in dict(offered.get(press.key, ()))
            if not shown and not _was_offered(press, panel.models):
                return Reason.OUTDATED
        return None

    async def _reset(self, incoming: Incoming, press: CardPress) -> Answer:
        """Take every choice of the settings card back, or have those again that a reset took."""
        viewer, liked = incoming.viewer, Preference()
        before: Preference | None = (await self._bot.settings(viewer)).chosen
        if press.kind == values.UNDO:
            liked, before = panels.read_preference(press.key), None
        for name, choice in asdict(liked).items():  # one that is not offered any more is left out
            await self._bot.change_settings(viewer, **{name: choice})
        readers = await self._context.readers(incoming)
        return _shown(await panels.settings_of(self._bot, readers, before))

    async def _ask(self, incoming: Incoming, press: CardPress) -> Answer:
        """Send the card on which the person says what more there is to say."""
        job = await self._bot.job(press.job or "", incoming.viewer)
        message = await self._bot.message(job, incoming.viewer) if job else None
        if job is None or message is None:
            return _toast("warning", _problem(Failure(Reason.NOT_FOUND)))
        locale = negotiate(await self._bot.locale(incoming))
        place, key = FeishuPlace.of(incoming.address), f"ask:{incoming.event_id}"
        models = await self._bot.models()
        match press.kind:
            case values.CHOOSE:
                await self._replies.display(place, key, job.id, locale, press.number)
                return _follows()
            case Button.WORDS:
                make = partial(questions.words_card, job, models, self._bot.max_images)
            case Button.DELETE:
                make = partial(questions.deleting_card, message)
            case _:
                make = partial(questions.ratio_card, message, press.number)
        card = for_readers(make, locale, alone=place.one_language)
        await self._replies.ask(place, key, job.id, card)
        return _follows()

    async def _do(self, incoming: Incoming, press: CardPress) -> Answer:
        action = action_of(press)
        if press.button and action and action.spec.needs_input and not press.text:
            return _toast("warning", _problem(Failure(Reason.EMPTY_PROMPT)))
        said = press.text
        if press.kind == values.FORGET:
            said = "yes"
        elif press.kind == values.TRY:
            said = say("example", negotiate(await self._bot.locale(incoming)))
        incoming = replace(
            incoming,
            action=action,
            text=said,
            options=await self._options(incoming, press),
        )
        if action and not action.spec.private:
            incoming = await self._context.for_one(incoming)
        result = await self._context.accept(incoming)
        match result:
            case Accepted():
                accepted = await self._accepted(result.job_id, incoming.viewer)
                return {**accepted, **await self._answered(incoming, press)}
            case Failure(Reason.OUTDATED) if press.button is Button.ANSWER:
                over = panels.refusal_of(result, await self._context.readers(incoming))
                return {**_toast("warning", _problem(result)), **_shown(over)}
            case Failure():
                return _toast("warning", _problem(result))
        if result.key in _SHOWN or result.shows or result.originals or result.question:
            alone = await self._replies.answer(incoming, result, pressed=True)
            return _follows("sent_alone" if alone else "follows")
        answer = _toast("success", lambda locale: render_notice(result, locale))
        return {**answer, **await self._card_after(incoming, press, result)}

    async def _options(self, incoming: Incoming, press: CardPress) -> Options:
        """What was chosen: in a menu, on the settings card, or in the form of a whole request."""
        if press.button is not Button.WORDS:
            return options_of(press)
        job = await self._bot.job(press.job or "", incoming.viewer)
        return wording.changed(job, await self._bot.models(), press.choices) if job else Options()

    async def _card_after(self, incoming: Incoming, press: CardPress, notice: Notice) -> Answer:
        """What the card looks like after it was used."""
        readers = await self._context.readers(incoming)
        if press.kind == values.SET:
            return _shown(await panels.settings_of(self._bot, readers))
        if press.kind in (values.FORGET, Button.ANSWER) or press.key == values.ASKED:
            return _shown(panels.notice_of(notice, readers))
        if action_of(press) is Action.CANCEL and press.job:
            return await self._cancelled(press.job, incoming.viewer)
        return {}

    async def _accepted(self, job_id: str, viewer: Viewer) -> Answer:
        """That it is made now, or what it waits for."""
        now = await self._bot.message(job_id, viewer)
        told = _ACKNOWLEDGED
        if now:
            told = replace(
                told, position=now.position, starts_in=now.starts_in, follows=now.follows
            )
        return _toast("success", lambda locale: render(told, locale))

    async def _answered(self, incoming: Incoming, press: CardPress) -> Answer:
        """What remains of the card of a question: nobody is to answer it twice."""
        if press.button is not Button.ANSWER or not press.key:
            return {}
        return _shown(panels.answered_of(press.key, await self._context.readers(incoming)))

    async def _cancelled(self, job_id: str, viewer: Viewer) -> Answer:
        """The card of a cancelled job, which is not to show work going on for a second more."""
        job = await self._bot.job(job_id, viewer)
        message = await self._bot.message(job_id, viewer)
        if job is None or message is None or not message.status.final:
            return {}
        place = FeishuPlace.of(job.address)
        card = cards.card(
            *(message, negotiate(job.locale), {}),
            requester=place.asked_among_others,
            any_language=place.any_language,
        )
        return _shown(card)

    async def _show(self, incoming: Incoming) -> Answer:
        """Show a picture of the history once more, under the history."""
        job = await self._bot.listed(incoming.target or "", incoming.viewer)
        if job is None:
            return _toast("warning", _problem(Failure(Reason.NOT_FOUND)))
        locale = negotiate(await self._bot.locale(incoming))
        key = f"show:{incoming.event_id}"
        await self._replies.display(FeishuPlace.of(incoming.address), key, job.id, locale)
        return _follows()


def _was_offered(press: CardPress, models: Sequence[Model]) -> bool:
    """Whether an older card may have had that choice: the core knows what it means today."""
    match press.key:
        case "model":
            return catalog.find(press.option or "", models) is not None
        case "size":
            return press.option in catalog.SIZES
        case "aspect_ratio":
            return press.option in catalog.RATIOS
        case _:
            return False


def _at_home(spot: Spot, home: Home) -> Spot:
    """Where a card is, as far as it says so itself: which topic, and that nobody else is there."""
    if home.is_elsewhere(spot.chat):
        return spot
    p2p = spot.p2p or home.p2p
    if home.conversation.partition(":")[0] != spot.chat:
        return replace(spot, p2p=p2p)
    thread = ":" in home.conversation
    return replace(spot, conversation=home.conversation, p2p=p2p, thread=thread)


def asks_first(press: CardPress) -> bool:
    """Whether a press opens a card on which the person says more, instead of doing it."""
    match press.kind:
        case values.CHOOSE:
            return True
        case MenuKind.RATIO:
            return press.option is None
        case Button.WORDS:
            return press.key != values.ASKED
        case Button.DELETE:
            return press.key == values.MORE
        case _:
            return False


def action_of(press: CardPress) -> Action | None:
    """What a press asks for: that of the button, or what a menu or a panel stands for."""
    if press.button:
        return PRESSED[press.button]
    match press.kind:
        case MenuKind.MODEL:
            return Action.AGAIN
        case MenuKind.RATIO:
            return Action.EXTEND
        case values.SET:
            return Action.PREFER
        case values.FORGET:
            return Action.FORGET_ME
        case values.TRY:
            return Action.DRAW
        case _:
            return named(press.key)


def options_of(press: CardPress) -> Options:
    """What was chosen in a menu, or on the settings card."""
    if press.kind not in (*MenuKind, values.SET):
        return Options()
    menu = press.key if press.kind == values.SET else press.kind
    return chosen(menu, press.option) or Options()


def _problem(failure: Failure) -> Callable[[str], str]:
    problem = failure.problem
    return lambda locale: join([reason(problem, locale), advice(problem, locale)])


def _toast(kind: str, say: Callable[[str], str]) -> Answer:
    """A toast in the language of the person's client."""
    words: dict[str, Any] = {name: say(locale) for name, locale in client_locales().items()}
    return {"toast": {"type": kind, "content": words["en_us"], "i18n": words}}


def _follows(key: str = "follows") -> Answer:
    return _toast("info", lambda locale: say(key, locale))


def _shown(card: dict[str, Any]) -> Answer:
    """The card to put in the place of the one that was used."""
    return {"card": {"type": "raw", "data": card}}
