"""Buttons, menus and forms of cards: answered at once with a toast, and the card follows.

https://open.feishu.cn/document/feishu-cards/card-callback-communication: 3 seconds, never again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog

from adapters.feishu.address import PLATFORM, FeishuPlace
from adapters.feishu.cards import cards, panels, values
from adapters.feishu.cards.texts import client_locales, say
from adapters.feishu.cards.values import CardPress, Home
from adapters.feishu.events.dispatcher import Answer, FeishuEvent, mapping, text
from adapters.feishu.handlers.context import HandlerContext, Spot
from adapters.feishu.handlers.replies import CardReplies
from bot.chat.callbacks import MenuKind, chosen
from bot.domain import catalog
from bot.domain.actions import PRESSED, Action, named
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job
from bot.domain.requests import Accepted, Incoming, Options, Viewer
from messages import (
    LOCALES,
    Message,
    Notice,
    Status,
    Step,
    negotiate,
    reason,
    render,
    render_notice,
)

log = structlog.get_logger(__name__)

_SHOWN = frozenset({"details", "settings", "models", "history", "history_empty", "help"})
"""Answers that are too long for a toast: they come as a card."""

_ACKNOWLEDGED = Message("", Step.ACKNOWLEDGE, Status.QUEUED)


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
            return _toast("warning", _problem(Failure(Reason.NOT_FOUND)))
        job = await self._job(press, card, Viewer(PLATFORM, user, chat))
        if job is not None and press.job is None:
            press = replace(press, job=job.id)
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
        incoming = await self._context.with_locale(replace(incoming, text=press.text))
        match press.kind:
            case values.PAGE:
                locale = negotiate(await self._bot.locale(incoming))
                viewer = incoming.viewer
                return _shown(await panels.history_of(self._bot, viewer, locale, press.before))
            case values.SHOW:
                return await self._show(incoming)
            case _:
                return await self._do(incoming, press)

    async def _job(self, press: CardPress, card: str, viewer: Viewer) -> Job | None:
        """The job that a press is about: the one it names, or that of the card."""
        if press.job:
            return await self._bot.job(press.job, viewer)
        if press.button is None:
            return None
        return await self._bot.job_of_message(card, viewer)

    async def _refused(self, press: CardPress, spot: Spot) -> Reason | None:
        """Why nothing is done: somebody who may not, or a choice that the card does not offer."""
        if not self._context.allowed(spot):
            return Reason.NOT_ALLOWED
        if press.kind in values.PERSONAL and press.home.user not in ("", spot.user):
            return Reason.NOT_YOURS
        if press.kind in values.PERSONAL and press.home.is_elsewhere(spot.chat):
            return Reason.NOT_HERE
        if press.kind == values.SET:
            panel = await self._bot.settings(Viewer(PLATFORM, spot.user))
            offered = panels.settings_offered(panel, LOCALES[0])
            shown = press.option in dict(offered.get(press.key, ()))
            if not shown and not _was_offered(press, panel.models):
                return Reason.NOT_FOUND
        return None

    async def _do(self, incoming: Incoming, press: CardPress) -> Answer:
        action = action_of(press)
        if press.button and action and action.spec.needs_input and not press.text:
            return _toast("warning", _problem(Failure(Reason.EMPTY_PROMPT)))
        incoming = replace(
            incoming,
            action=action,
            text="yes" if press.kind == values.FORGET else press.text,
            options=options_of(press),
        )
        result = await self._context.accept(incoming)
        match result:
            case Accepted():
                return _toast("success", lambda locale: render(_ACKNOWLEDGED, locale))
            case Failure():
                return _toast("warning", _problem(result))
        if result.key in _SHOWN:
            await self._replies.answer(incoming, result)
            return _follows()
        answer = _toast("success", lambda locale: render_notice(result, locale))
        return {**answer, **await self._card_after(incoming, press, result)}

    async def _card_after(self, incoming: Incoming, press: CardPress, notice: Notice) -> Answer:
        """What the card looks like after it was used."""
        locale = negotiate(await self._bot.locale(incoming))
        if press.kind in (values.SET, values.RESET):
            return _shown(await panels.settings_of(self._bot, incoming.viewer, locale))
        if press.kind == values.FORGET:
            return _shown(panels.notice_card(notice, locale))
        if action_of(press) is Action.CANCEL and press.job:
            return await self._cancelled(press.job, incoming.viewer)
        return {}

    async def _cancelled(self, job_id: str, viewer: Viewer) -> Answer:
        """The card of a cancelled job, which is not to show work going on for a second more."""
        job = await self._bot.job(job_id, viewer)
        message = await self._bot.message(job_id, viewer)
        if job is None or message is None or not message.status.final:
            return {}
        return _shown(cards.card(message, negotiate(job.locale), {}))

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


def action_of(press: CardPress) -> Action | None:
    """What a press asks for: that of the button, or what a menu or a panel stands for."""
    if press.button:
        return PRESSED[press.button]
    match press.kind:
        case MenuKind.MODEL | MenuKind.RATIO:
            return Action.AGAIN
        case values.SET:
            return Action.PREFER
        case values.RESET:
            return Action.FORGET_PREFERENCE
        case values.FORGET:
            return Action.FORGET_ME
        case _:
            return named(press.key)


def options_of(press: CardPress) -> Options:
    """What was chosen in a menu, or on the settings card."""
    if press.kind not in (*MenuKind, values.SET):
        return Options()
    menu = press.key if press.kind == values.SET else press.kind
    return chosen(menu, press.option) or Options()


def _problem(failure: Failure) -> Callable[[str], str]:
    return lambda locale: reason(failure.problem, locale)


def _toast(kind: str, say: Callable[[str], str]) -> Answer:
    """A toast in the language of the person's client."""
    words: dict[str, Any] = {name: say(locale) for name, locale in client_locales().items()}
    return {"toast": {"type": kind, "content": words["en_us"], "i18n": words}}


def _follows() -> Answer:
    return _toast("info", lambda locale: say("follows", locale))


def _shown(card: dict[str, Any]) -> Answer:
    """The card to put in the place of the one that was used."""
    return {"card": {"type": "raw", "data": card}}
