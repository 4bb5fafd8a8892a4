"""In which situation words are said."""

from enum import Enum


class Situation(Enum):
    """What there is when words are said."""

    NOTHING = "nothing"
    """The person has no picture there."""

    AT_HAND = "at hand"
    """They have made one there lately, or have one made now."""

    ABOUT = "about"
    """The words reply to a picture, or come with one."""

    REPLY = "reply"
    """They reply to what somebody else has said."""
