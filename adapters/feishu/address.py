"""Where to answer on Feishu: what is kept between the steps of one request, and after a restart."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain import JSON, Address, Viewer

PLATFORM = "feishu"
"""The name of this platform in addresses, jobs and preferences; Lark shares it."""


@dataclass(frozen=True, slots=True)
class FeishuPlace:
    """Where to answer; :attr:`bot.domain.requests.Address.data` is its JSON.

    ``chat`` (``oc_…``) and ``user`` (the open_id ``ou_…`` of who asked) are always known. ``asked``
    (``om_…``) is the message that asked, which the card replies to; ``thread`` says that the reply
    belongs into its topic, which began with the message ``root``; ``p2p`` that the chat is between
    the person and the bot alone; ``any_language`` that it is not known which language they read.

    What delivery adds: ``sent``, when the card was created, in seconds since the epoch; ``round``,
    how often it had to be created anew; ``images``, pairs of our image id and the platform's
    image_key; ``files``, pairs of our image id and the message id of the original that followed
    as a file; ``called``, the message that called the person; ``private``, that the card
    went to the person because the chat does not take it any more; ``plain``, that it is rich text
    because Feishu takes no card.
    """

    chat: str
    user: str
    asked: str | None = None
    root: str | None = None
    thread: bool = False
    p2p: bool = False
    any_language: bool = False
    sent: float = 0.0
    round: int = 0
    images: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    called: str | None = None
    private: bool = False
    plain: bool = False

    @property
    def viewer(self) -> Viewer:
        """Who asked, for what is shown to them there."""
        return Viewer(PLATFORM, self.user, self.chat, self.p2p)

    @property
    def asked_among_others(self) -> str:
        """Who asked, where others see the answer; else nothing."""
        return "" if self.p2p or self.private else self.user

    @property
    def one_language(self) -> bool:
        """Whether the answer is seen by one person alone, whose language is known."""
        return not (self.asked_among_others or self.any_language)

    def address(self, message: str | None = None) -> Address:
        """As plain data; ``message`` is the card's id once there is one."""
        data: dict[str, JSON] = asdict(self)
        data["images"] = [list(pair) for pair in self.images]
        data["files"] = [list(pair) for pair in self.files]
        return Address(PLATFORM, data, message)

    @classmethod
    def of(cls, address: Address) -> "FeishuPlace":
        """Read an address back; keys of a later version are passed over.

        Raises:
            KeyError: the address is not one of ours, or was erased.
        """
        data: Mapping[str, Any] = address.data
        known = {k: data[k] for k in cls.__dataclass_fields__ if k in data}
        known |= {"chat": data["chat"], "user": data["user"]}
        for name in ("images", "files"):
            known[name] = tuple((str(one), str(two)) for one, two in known.get(name, ()))
        return cls(**known)
