"""Calling a person when a long job is done: an edited message notifies nobody.

https://discord.com/developers/docs/resources/message#allowed-mentions-object
"""

from dataclasses import replace

import structlog

from adapters.discord.address import DiscordPlace, jump_url
from adapters.discord.delivery.message_delivery import nonce
from adapters.discord.escaping import escape
from adapters.discord.rest import MessageDraft, Rest
from bot.domain import Address, Reason
from messages import Message, Notice, Problem, Status, reason, render_notice

log = structlog.get_logger(__name__)


async def call(rest: Rest, address: Address, message: Message, locale: str, now: float) -> Address:
    """Mention the person who asked in a short message of its own, once; gives the new address.

    Who has not said whether they want that is called where it took long, among others. A private
    answer is not announced. Without this message the answer is still there, so what goes wrong is
    only logged.
    """
    place = DiscordPlace.of(address)
    words = _words(message, locale)
    among_others = bool(place.guild) and place.reachable and not place.dm
    wanted = message.late and among_others if message.notify is None else message.notify
    if not wanted or not words or place.called or place.private or not address.message:
        return address
    where = place.dm or place.channel
    link = jump_url(where, address.message, None if place.dm else place.guild)
    draft = MessageDraft(f"<@{place.user}> {words} {link}", calls=place.user)
    try:
        if place.dm or place.reachable:
            called = await rest.create(where, draft, nonce=nonce(message.job_id, "call"))
        elif place.webhook_lives(now):
            called = await rest.follow_up(place, draft, private=False)
        else:
            return address
    except Exception as error:
        log.warning("not called", job_id=message.job_id, error=repr(error))
        return address
    return replace(place, called=called).address(address.message)


def _words(message: Message, locale: str) -> str:
    """What a person is called with; nothing for a job they have cancelled themselves, and nothing
    that calls out in public what was refused."""
    if message.status is Status.SUCCEEDED:
        return render_notice(Notice("done"), locale)
    if message.status is Status.FAILED and message.problem and not _is_quiet(message.problem):
        return f"❌ {escape(reason(replace(message.problem, explanation=None), locale))}"
    return ""


def _is_quiet(problem: Problem) -> bool:
    """Whether it is nothing to be called for: what was refused, or is only asked."""
    return problem.reason in (Reason.REFUSED, Reason.CONFIRM_COST)
