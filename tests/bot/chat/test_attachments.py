"""What people attach: what a file that is no picture is called, and how large one may be."""

import pytest

from bot.chat.attachments import MAX_BYTES, FileKind, too_large, unusable
from bot.domain.failures import Reason
from messages.texts import UNUSABLE


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FileKind.VIDEO, "video"),
        (FileKind.AUDIO, "audio"),
        (FileKind.TEXT, "file"),
        (FileKind.OTHER, "file"),
    ],
)
def test_what_is_no_picture_has_a_name_that_people_are_told(kind: FileKind, expected: str) -> None:
    assert unusable(kind) == expected
    assert expected in UNUSABLE


def test_the_limit_is_told() -> None:
    failure = too_large()
    assert failure.reason is Reason.REFERENCE_TOO_LARGE
    assert failure.facts == {"limit_mb": MAX_BYTES // 2**20, "limit_megapixels": 50}
