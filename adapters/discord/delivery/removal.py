"""Taking a message away: through the interaction's token while it lives, else as the bot."""

import structlog

from adapters.discord.address import DiscordPlace
from adapters.discord.refusals import Refusal
from adapters.discord.rest import Rest

log = structlog.get_logger(__name__)


async def remove(rest: Rest, place: DiscordPlace, message: str | None, now: float) -> bool:
    """Delete a message of the bot in a place; says whether that was possible.

    Without ``message`` it is the first answer of the interaction. ``now`` is in seconds since the
    epoch.
    """
    if not place.dm and place.webhook_lives(now):
        try:
            await rest.delete_webhook(place, message)
            return True
        except Refusal as refused:
            log.info("not deleted through its token", code=refused.code)
    if message and (place.dm or (place.reachable and not place.private)):
        try:
            await rest.delete(place.dm or place.channel, message)
            return True
        except Refusal as refused:
            log.info("not deleted", code=refused.code)
    return False
