"""Answers that are nobody else's business: among others they are shown to one person alone."""

from collections.abc import Mapping

from bot.domain.actions import Action

PERSONAL: Mapping[str, Action] = {
    "settings": Action.SETTINGS,
    "history": Action.HISTORY,
    "history_empty": Action.HISTORY,
    "history_page": Action.HISTORY,
    "usage": Action.USAGE,
}
"""What asks for each of them, by the keys of their notices."""
