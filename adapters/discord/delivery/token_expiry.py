"""The 15-minute rule: where the bot can edit nothing afterwards, a person is told in time.

That is where it is no member, and in answers that one person alone sees.

https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
"""

import asyncio

import structlog

from adapters.discord.address import PLATFORM, TOKEN_MARGIN, DiscordPlace
from adapters.discord.delivery.message_delivery import WARNING_SECONDS
from bot.ports import Bot

log = structlog.get_logger(__name__)

EVERY_SECONDS = 20.0
"""How often unfinished jobs are looked through."""


async def watch(bot: Bot, every: float = EVERY_SECONDS) -> None:
    """Show jobs again whose token is about to die, until cancelled."""
    while True:
        try:
            await look_through(bot)
        except Exception:
            log.exception("expiry not checked")
        await asyncio.sleep(every)


async def look_through(bot: Bot) -> None:
    """Show every unfinished job again that cannot be answered any more in a minute or so."""
    now = bot.clock()
    for job_id, address in await bot.undelivered(PLATFORM):
        place = DiscordPlace.of(address)
        left = place.expires - now
        if place.ends and not place.late:
            if TOKEN_MARGIN < left < WARNING_SECONDS:
                log.info("token about to die", job_id=job_id, seconds=round(left))
                await bot.refresh(job_id)
