"""What people can ask for."""

from enum import StrEnum


class Action(StrEnum):
    """What a message asks for.

    ``PRO``, ``LARGER``, ``SMALLER`` and ``VARY`` repeat a request with one thing changed; ``KEEP``
    puts pictures aside for the next request.
    """

    DRAW = "draw"
    AGAIN = "again"
    PRO = "pro"
    LARGER = "larger"
    SMALLER = "smaller"
    VARY = "vary"
    KEEP = "keep"
    CANCEL = "cancel"
    NOTIFY = "notify"
    DELETE = "delete"
    DETAILS = "details"
    PREFER = "prefer"
    FORGET_PREFERENCE = "forget_preference"
    SETTINGS = "settings"
    MODELS = "models"
    HISTORY = "history"
    HELP = "help"
    FORGET_ME = "forget_me"
