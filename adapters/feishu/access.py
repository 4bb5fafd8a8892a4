"""Who may use the bot and where, and which events are too old to be answered."""

from adapters.feishu.settings import FeishuSettings
from bot.chat import AccessLists, AccessRequest


def allowed(settings: FeishuSettings, chat: str, user: str, *, p2p: bool) -> bool:
    """Whether somebody may ask there; see :mod:`bot.chat.access`."""
    lists = AccessLists(
        people=settings.feishu_allowed_people, channels=settings.feishu_allowed_chats
    )
    return lists.admit(AccessRequest(user, p2p, channels=frozenset({chat})))


def stale(settings: FeishuSettings, created: float, now: float) -> bool:
    """Whether something of that moment (seconds; 0: not known) is not answered any more."""
    return 0 < created < now - settings.feishu_event_max_age
