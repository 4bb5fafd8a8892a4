"""Who may use the bot and where, and which events are too old to be answered."""

from adapters.feishu.settings import FeishuSettings


def allowed(settings: FeishuSettings, chat: str, user: str, *, p2p: bool) -> bool:
    """Whether somebody may ask there: in a listed chat, as a listed person.

    A list that is empty admits all. The chat of one person with the bot needs no listing of its
    own, as it has an id nobody knows beforehand: there the person's counts, if there is that list.
    """
    people, chats = settings.feishu_allowed_people, settings.feishu_allowed_chats
    if people and user not in people:
        return False
    if not chats or chat in chats:
        return True
    return p2p and bool(people)


def stale(settings: FeishuSettings, created: float, now: float) -> bool:
    """Whether something of that moment (seconds; 0: not known) is not answered any more."""
    return 0 < created < now - settings.feishu_event_max_age
