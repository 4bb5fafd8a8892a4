"""What every chat platform shares."""

from bot.chat import callbacks, ladder, packing, reconnecting, retries, wording
from bot.chat.access import AccessLists, AccessRequest
from bot.chat.attachments import HEAD, MAX_BYTES, FileKind, kind_of, too_large, unusable
from bot.chat.callbacks import MenuKind, Press, chosen, parse, position
from bot.chat.inbox import PlatformInbox
from bot.chat.ladder import DeliveryError, ErrorKind
from bot.chat.packing import (
    MessageLimits,
    PackedMessage,
    PackedPicture,
    SizeLimits,
    file_name,
    fit,
    slug,
)
from bot.chat.personal import PERSONAL
from bot.chat.proxies import BadProxy, proxy_for, way_to
from bot.chat.questions import OpenQuestions, answer_in
from bot.chat.reactions import reaction_to
from bot.chat.replies import Replies
from bot.chat.settings import Names, PageAddress, PlatformSettings, listed
from bot.chat.view import View, progress_bar, view
from bot.chat.wording import changed

__all__ = [
    "HEAD",
    "MAX_BYTES",
    "PERSONAL",
    "AccessLists",
    "AccessRequest",
    "BadProxy",
    "DeliveryError",
    "ErrorKind",
    "FileKind",
    "MenuKind",
    "MessageLimits",
    "Names",
    "OpenQuestions",
    "PackedMessage",
    "PackedPicture",
    "PageAddress",
    "PlatformInbox",
    "PlatformSettings",
    "Press",
    "Replies",
    "SizeLimits",
    "View",
    "answer_in",
    "callbacks",
    "changed",
    "chosen",
    "file_name",
    "fit",
    "kind_of",
    "ladder",
    "listed",
    "packing",
    "parse",
    "position",
    "progress_bar",
    "proxy_for",
    "reaction_to",
    "reconnecting",
    "retries",
    "slug",
    "too_large",
    "unusable",
    "view",
    "way_to",
    "wording",
]
