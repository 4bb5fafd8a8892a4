"""Asking for a picture by an interaction: acknowledged and stored side by side.

The acknowledgement is on its way first. The request is stored meanwhile, so that a program which is
killed between the two still knows whom it owes a picture. What is shown waits for the
acknowledgement: Discord takes no answer before it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import discord
import structlog

from adapters.discord.address import PLATFORM, DiscordPlace
from adapters.discord.context import Acknowledgements, Context, Interaction
from adapters.discord.delivery.questions import AskedQuestion
from adapters.discord.interactions.questions import rows_of
from adapters.discord.interactions.requests import is_alone, place_of, without_webhook
from adapters.discord.interactions.responses import (
    TooLate,
    defer,
    first,
    language,
    tell,
    text_of,
    withdraw,
)
from bot.domain import Accepted, Address, Failure, Incoming, Reason, job_id
from messages import Notice

log = structlog.get_logger(__name__)


KNOWING_SECONDS = 1.0
"""How long the acknowledgement may wait until it is known whether the answer is private."""


async def draw(
    context: Context,
    interaction: Interaction,
    make: Callable[[DiscordPlace], Awaitable[Incoming | Failure]],
    *,
    private: bool | None,
) -> Accepted | Notice | Failure | None:
    """Acknowledge, and hand over the request that ``make`` makes for the place of the answer; gives
    what came of it, or ``None`` where an earlier program has seen to it.

    Whether the answer is ``private`` is what :func:`is_for_one` says, where it is not known yet.

    When Discord does not wait any more, the picture becomes a message of the bot's own. What an
    earlier program has stored is being shown already; another acknowledgement would stay beside it.
    """
    if await _is_under_way(context, interaction):
        return None
    if private is None:
        private = await is_for_one(context, lambda: make(place_of(interaction)))
    place = place_of(interaction, private=private)
    acknowledged = asyncio.create_task(defer(interaction, private=private))
    context.acknowledged[_own_job(interaction)] = acknowledged
    await asyncio.sleep(0)  # it is begun
    try:
        request = await make(place)
        answer = await context.receive(request) if isinstance(request, Incoming) else request
    finally:
        await asyncio.wait({acknowledged})
    try:
        acknowledged.result()
    except TooLate:
        log.warning("interaction was too old to be answered", outcome=type(answer).__name__)
        await _without_answer(context, place, answer)
        return answer
    except discord.HTTPException as error:
        log.warning("acknowledgement refused", code=error.code, outcome=type(answer).__name__)
        await _without_answer(context, place, answer)
        if isinstance(answer, Accepted) and without_webhook(place) is not None:
            return answer  # it becomes a message of the bot's own
        told = Failure(Reason.UNANSWERABLE) if isinstance(answer, Accepted) else answer
        text = text_of(told, await language(context, interaction))
        await first(lambda: interaction.response.send_message(text, ephemeral=True))
        return answer
    await _answer(context, interaction, answer, private=private)
    return answer


async def is_for_one(context: Context, make: Callable[[], Awaitable[Incoming | Failure]]) -> bool:
    """Whether the answer to a request is for the person alone: as what it starts from was, or as
    they want it.

    It has to be known before the acknowledgement, which decides it; where it is not known in time,
    the answer is private.
    """

    async def look() -> bool:
        request = await make()
        return not isinstance(request, Failure) and await context.bot.is_for_one(request)

    return await _in_time(look())


async def is_wished(context: Context, interaction: Interaction) -> bool:
    """Whether the person wants answers for themselves alone where others would read them; known
    as :func:`is_for_one` is."""
    if is_alone(interaction):
        return False
    return await _in_time(context.bot.likes_privacy(place_of(interaction).viewer))


async def _in_time(look: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(KNOWING_SECONDS):
            return await look
    except Exception as error:
        log.warning("not known whether it is private", error=repr(error))
        return True


def _own_job(interaction: Interaction) -> str:
    """The id of the job that an interaction makes."""
    return job_id(PLATFORM, str(interaction.id))


async def _is_under_way(context: Context, interaction: Interaction) -> bool:
    """Whether an earlier program has stored the interaction's job."""
    entry = context.inbox.entry(interaction.id)
    again = entry is not None and entry.again
    viewer = place_of(interaction).viewer
    return again and await context.bot.job(_own_job(interaction), viewer) is not None


async def _answer(
    context: Context,
    interaction: Interaction,
    answer: Accepted | Notice | Failure,
    *,
    private: bool,
) -> None:
    if isinstance(answer, Accepted):
        if not answer.new and answer.job_id != _own_job(interaction):  # the second of two presses
            await withdraw(interaction)
    elif isinstance(answer, Failure) or answer.new:
        locale = await language(context, interaction)
        rows = rows_of(answer, locale)
        said = await tell(interaction, text_of(answer, locale), rows, private=private)
        if rows and said is not None:
            place = context.panels[said] = place_of(interaction, private=True)
            await context.delivery.questions.ask(place.viewer, AskedQuestion(said, place=place))


async def _without_answer(
    context: Context, place: DiscordPlace, answer: Accepted | Notice | Failure
) -> None:
    """A picture that could not be shown is not made."""
    if isinstance(answer, Accepted) and answer.new and without_webhook(place) is None:
        await context.bot.give_up(answer.job_id, place.viewer)


async def answerable(acknowledged: Acknowledgements, job_id: str, address: Address) -> Address:
    """The address of a job, as soon as Discord takes an answer there, and as it is known then."""
    acknowledgement = acknowledged.get(job_id)
    if acknowledgement is None or address.message is not None:
        return address
    await asyncio.wait({acknowledgement})
    if acknowledgement.cancelled():
        return address
    if isinstance(acknowledgement.exception(), TooLate | discord.HTTPException):
        own = without_webhook(DiscordPlace.of(address))
        return own.address() if own else address
    if acknowledgement.exception() is not None:
        return address
    confirmed = replace(DiscordPlace.of(address), confirmed=True)
    return confirmed.address(acknowledgement.result())
