"""Permissions: their bits, and what somebody may do in a channel.

https://discord.com/developers/docs/topics/permissions#permission-overwrites.
"""

from collections.abc import Iterable

BITS = {
    "ADMINISTRATOR": 1 << 3,
    "MANAGE_CHANNELS": 1 << 4,
    "MANAGE_GUILD": 1 << 5,
    "ADD_REACTIONS": 1 << 6,
    "VIEW_CHANNEL": 1 << 10,
    "SEND_MESSAGES": 1 << 11,
    "MANAGE_MESSAGES": 1 << 13,
    "EMBED_LINKS": 1 << 14,
    "ATTACH_FILES": 1 << 15,
    "READ_MESSAGE_HISTORY": 1 << 16,
    "MENTION_EVERYONE": 1 << 17,
    "USE_EXTERNAL_EMOJIS": 1 << 18,
    "MANAGE_ROLES": 1 << 28,
    "MANAGE_WEBHOOKS": 1 << 29,
    "USE_APPLICATION_COMMANDS": 1 << 31,
    "MANAGE_THREADS": 1 << 34,
    "CREATE_PUBLIC_THREADS": 1 << 35,
    "CREATE_PRIVATE_THREADS": 1 << 36,
    "SEND_MESSAGES_IN_THREADS": 1 << 38,
    "USE_EXTERNAL_APPS": 1 << 50,
}
ALL = (1 << 53) - 1
EVERYONE = sum(
    bit
    for name, bit in BITS.items()
    if not name.startswith(("ADMINISTRATOR", "MANAGE_", "MENTION_"))
)
PRIVATE = EVERYONE | BITS["MENTION_EVERYONE"]
"""What a person, and an app they have installed, may do in a direct message or a group."""


def bits(names: Iterable[str] | int | str | None) -> int:
    """Names, or bits already, as bits.

    Raises:
        KeyError: an unknown name.
    """
    if names is None:
        return 0
    if isinstance(names, int):
        return names
    if isinstance(names, str):
        return int(names)
    return sum({BITS[name.upper()] for name in names})


def names(value: int) -> list[str]:
    """The names of the bits that are known."""
    return [name for name, bit in BITS.items() if value & bit]


def overwritten(
    base: int,
    everyone: int,
    roles: Iterable[int],
    who: int,
    overwrites: dict[int, tuple[int, int]],
) -> int:
    """Permissions in a channel, from those in the guild and the channel's (allow, deny) pairs."""
    if base & BITS["ADMINISTRATOR"]:
        return ALL
    allow, deny = overwrites.get(everyone, (0, 0))
    base = base & ~deny | allow
    pairs = [overwrites[role] for role in roles if role in overwrites]
    for _, deny in pairs:
        base &= ~deny
    for allow, _ in pairs:
        base |= allow
    allow, deny = overwrites.get(who, (0, 0))
    base = base & ~deny | allow
    return base if base & BITS["VIEW_CHANNEL"] else 0
