"""Questions that were asked: one that is over has no buttons any more."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.delivery.removal import remove
from adapters.discord.rest import MessageDraft, Rest
from bot.chat import OpenQuestions
from bot.domain import Viewer
from messages import Notice, answers

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A message that asks something: the bot's own, or with ``place`` the answer to an interaction,
    which the person alone sees."""

    message: str
    channel: str = ""
    text: str = ""
    place: DiscordPlace | None = None


class Questions:
    """What each person was asked last in each conversation."""

    def __init__(self, rest: Rest, clock: Callable[[], float]) -> None:
        self._rest = rest
        self._clock = clock
        self._open: OpenQuestions[AskedQuestion] = OpenQuestions()

    async def ask(self, viewer: Viewer, asked: AskedQuestion) -> None:
        """Note what the viewer is asked; an earlier question there is over, without an answer."""
        earlier = self._open.end(viewer)
        self._open.ask(viewer, asked)
        if earlier and earlier.message != asked.message:
            await self._close(earlier, earlier.text)

    async def answer(self, viewer: Viewer, choice: str, locale: str) -> None:
        """Have the viewer's question there say its answer, as :class:`messages.Notice` names it,
        and offer none any more."""
        if asked := self._open.end(viewer):
            said = answers(Notice("", choices=(choice,)), locale)[0]
            await self._close(asked, with_answer(asked.text, said))

    def forget(self, message: str) -> None:
        """Note that a question is over, whose message is seen to elsewhere."""
        self._open.forget(lambda asked: asked.message == message)

    async def _close(self, asked: AskedQuestion, text: str) -> None:
        try:
            if asked.place is None:
                await self._rest.edit(asked.channel, asked.message, MessageDraft(text))
            else:
                await remove(self._rest, asked.place, asked.message, self._clock())
        except Exception as error:  # it is no reason not to answer
            log.info("question keeps its buttons", message=asked.message, error=repr(error))


def with_answer(text: str, answer: str) -> str:
    """A question that was answered, and its answer, in the words of who asked."""
    return f"{text}\n-# ✓ {answer}"
