"""Pictures packed under a limit of number and bytes, and what the notes say of it."""

import random
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.chat.packing import (
    MessageLimits,
    PackedMessage,
    SizeLimits,
    file_name,
    pack,
    reduced,
    shares,
    without_pictures,
)
from bot.domain.failures import Failure, Reason
from messages import Message, Note, Picture, Status, Step

ROOMY = MessageLimits(10, 10**9, SizeLimits(10**9))


def noise(side: int) -> bytes:
    """A PNG that hardly gets smaller."""
    image = Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def message(*sizes: int) -> Message:
    """A finished message with pictures of so many bytes."""
    pictures = tuple(
        Picture(f"p{number}", "image/png", 64, 64, size) for number, size in enumerate(sizes, 1)
    )
    return Message("job", Step.SUCCESS, Status.SUCCEEDED, "a cat", pictures=pictures)


async def packed(limits: MessageLimits, *found: bytes | None) -> PackedMessage:
    """A message with such pictures; ``None`` is one that is not there any more."""
    by_id = {f"p{number}": data for number, data in enumerate(found, 1)}

    async def read(picture: Picture) -> bytes | None:
        return by_id[picture.image_id]

    return await pack(message(*(len(data or b"") for data in found)), read, limits)


async def test_what_fits_goes_as_it_is() -> None:
    data = noise(64)
    made = await packed(ROOMY, data, data)
    assert [(one.number, one.data, one.mime) for one in made.pictures] == [
        (1, data, "image/png"),
        (2, data, "image/png"),
    ]
    assert made.largest == len(data)
    assert made.message == message(len(data), len(data))


async def test_too_many_are_left_out_with_a_note() -> None:
    made = await packed(MessageLimits(2, 10**9, SizeLimits(10**9)), *[noise(16)] * 3)
    assert len(made.pictures) == 2
    assert made.message.notes == (Note("pictures_left_out", {"shown": 2}),)


async def test_what_is_too_large_is_made_smaller_with_a_note() -> None:
    data = noise(200)
    made = await packed(MessageLimits(10, 10**9, SizeLimits(len(data) // 2)), data)
    assert made.largest <= len(data) // 2
    assert made.message.notes == (reduced(len(data)),)


async def test_what_is_gone_is_left_out_in_silence() -> None:
    data = noise(16)
    made = await packed(ROOMY, None, data)
    assert [one.number for one in made.pictures] == [2]
    assert made.message.problem is None
    assert (await packed(ROOMY, None)).pictures == ()


async def test_when_nothing_can_be_made_small_enough_the_message_says_so() -> None:
    made = await packed(MessageLimits(10, 10**9, SizeLimits(20)), noise(64))
    assert made == without_pictures(made.message, Failure(Reason.TOO_LARGE_FOR_CHAT))
    assert made.message.problem is not None


def test_a_note_more() -> None:
    assert PackedMessage(message()).noting(Note("late")).message.notes == (Note("late"),)


@pytest.mark.parametrize(
    ("mime", "expected"), [("image/png", "a-cat-1.png"), ("image/jpeg", "a-cat-1.jpg")]
)
def test_names_of_files(mime: str, expected: str) -> None:
    assert file_name("a-cat", 1, mime) == expected


@given(st.lists(st.integers(1, 1000), max_size=10), st.integers(0, 3000), st.integers(1, 1000))
def test_shares_use_the_room_there_is(sizes: list[int], total: int, each: int) -> None:
    pictures = message(*sizes).pictures
    found = shares(pictures, MessageLimits(10, total, SizeLimits(each)))
    sent = [min(size, share) for size, share in zip(sizes, found, strict=True)]
    assert sum(sent) <= total
    assert all(share <= each for share in found)
    if sum(min(size, each) for size in sizes) <= total:
        assert sent == [min(size, each) for size in sizes]
