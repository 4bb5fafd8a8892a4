"""The counting service, with tickets, as a plug-in."""

from bot.settings import Settings
from tests.chaos.counting import Ticketed


def create(settings: Settings) -> Ticketed:
    return Ticketed()
