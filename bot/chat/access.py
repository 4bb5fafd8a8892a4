"""Who may use the bot, and where.

Every list of places that is set has to contain the place. If people or roles are listed, the
person has to be among them or to have one of the roles. Direct messages need no listing of their
own, as they have an id that nobody knows beforehand: who is listed may use the bot there.
"""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """Somebody somewhere, by the platform's ids.

    ``direct`` says that it is in direct messages; ``server`` is what has several channels, if the
    platform has that; ``channels`` are the chat and what it is a part of; ``roles`` are the
    person's.
    """

    person: str
    direct: bool = False
    server: str | None = None
    channels: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AccessLists:
    """The ids of who may use the bot and of the places for it; an empty list admits all."""

    people: Collection[str] = ()
    roles: Collection[str] = ()
    servers: Collection[str] = ()
    channels: Collection[str] = ()

    def admit(self, request: AccessRequest) -> bool:
        """Whether the bot may be used by that person in that place."""
        known = request.person in self.people
        if request.direct and known:
            return True
        if (self.people or self.roles) and not known and request.roles.isdisjoint(self.roles):
            return False
        if self.servers and request.server not in self.servers:
            return False
        return not self.channels or not request.channels.isdisjoint(self.channels)
