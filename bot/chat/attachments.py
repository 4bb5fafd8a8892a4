"""What people attach: which files are pictures, and how large one may be to work from."""

from bot.domain.failures import Failure, Reason
from bot.images.file_types import HEAD, FileKind, kind_of
from bot.images.validation import MAX_BYTES, MAX_PIXELS

__all__ = ["HEAD", "MAX_BYTES", "FileKind", "kind_of", "too_large", "unusable"]


def too_large() -> Failure:
    """That a picture to work from has more than :data:`MAX_BYTES`, or too many pixels."""
    facts = {"limit_mb": MAX_BYTES // 2**20, "limit_megapixels": MAX_PIXELS // 10**6}
    return Failure(Reason.REFERENCE_TOO_LARGE, facts)


def unusable(kind: FileKind) -> str:
    """A file that is no picture, as :attr:`bot.domain.requests.Incoming.unusable` calls it."""
    return kind.value if kind in (FileKind.VIDEO, FileKind.AUDIO) else "file"
