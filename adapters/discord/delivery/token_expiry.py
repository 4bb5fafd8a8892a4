"""The 15-minute rule: where the bot can edit nothing afterwards, a person is told in time.

That is where it is no member, and in answers that one person alone sees.

https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
"""

import asyncio

import structlog

from adapters.discord.address import PLATFORM, TOKEN_MARGIN, DiscordPlace
from adapters.discord.delivery.message_delivery import WARNING_SECONDS
from bot.app import App

log = structlog.get_logger(__name__)

EVERY_SECONDS = 20.0
"""How often unfinished jobs are looked through."""


async def watch(app: App, every: float = EVERY_SECONDS) -> None:
    """Show jobs again whose token is about to die, until cancelled."""
    while True:
        try:
            await look_through(app)
        except Exception:
            log.exception("expiry not checked")
        await asyncio.sleep(every)


async def look_through(app: App) -> None:
    """Show every unfinished job again that cannot be answered any more in a minute or so."""
    now = app.clock()
    for job in await app.history.unfinished(platform=PLATFORM):
        place = DiscordPlace.of(job.address)
        left = place.expires - now
        if place.ends and not place.late:
            if TOKEN_MARGIN < left < WARNING_SECONDS:
                log.info("token about to die", job_id=job.id, seconds=round(left))
                await app.engine.delivery.refresh(job.id)
