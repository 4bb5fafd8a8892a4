"""Many and large pictures to work from, against services that take so many bytes and no more."""

import io
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures, Reference
from bot.ports import Provider
from bot.providers._http.references import GATEWAY, readable, shares
from tests.emulators.pictures import picture
from tests.emulators.process import Remote
from tests.support.asking import outcome
from tests.support.services import QUICK, SERVICES

TYPES = frozenset({"image/png", "image/jpeg", "image/webp"})


def noise(side: int, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    data = os.urandom(side * side * len(mode))
    Image.frombytes(mode, (side, side), data).save(file, "PNG", compress_level=0)
    return file.getvalue()


@pytest.fixture(scope="module")
def large() -> bytes:
    """A picture of about 9 MB: three of them are too many for a gateway."""
    return noise(1750)


@given(st.lists(st.integers(0, 10**8), max_size=20), st.integers(1, 10**9))
def test_the_sum_fits_and_what_is_small_stays(sizes: list[int], most: int) -> None:
    found = shares(sizes, most)
    assert sum(found) <= most
    assert all(share <= size for share, size in zip(found, sizes, strict=True))
    if sum(sizes) <= most:
        assert found == sizes
    cut = [share for share, size in zip(found, sizes, strict=True) if share < size]
    if cut:
        assert max(cut) - min(cut) <= len(sizes)
        assert all(s <= max(cut) + len(sizes) for s in found)
        assert most - sum(found) <= len(sizes)


@pytest.mark.parametrize(
    "name", ["a copy of Google", "AIHubMix, Gemini", "AIHubMix, predictions", "OpenRouter, images",
             "OpenRouter, chat"],
)  # fmt: skip
async def test_the_sum_of_all_references_fits(
    emulators: dict[str, Remote], built: list[Provider], name: str, large: bytes
) -> None:
    service = SERVICES[name]
    remote = emulators[service.emulator]
    await remote.forget()
    await remote.set(**service.settings, largest=20 * 2**20)
    provider = service.build(remote.url, QUICK)
    built.append(provider)
    small = picture(64, 48)
    given = [Reference("img_1", "image/png", data) for data in (large, small, large)]
    found = await outcome(provider, replace(service.asked, references=tuple(given)))
    assert isinstance(found, Pictures), found
    calls = await remote.requests(service.path.rstrip("$"))
    [call] = [call for call in calls if call["method"] == "POST"]
    sent = int(call["headers"]["content-length"])
    assert GATEWAY < sent < 20 * 2**20
    assert await remote.paid()


async def test_what_fits_is_sent_as_it_is(large: bytes) -> None:
    given = [Reference("img_1", "image/png", data) for data in (large, picture(64, 48))]
    assert await readable(given, TYPES, GATEWAY) == tuple(given)
    fitted = await readable([*given, given[0]], TYPES, GATEWAY)
    assert not isinstance(fitted, Failure)
    assert fitted[1] == given[1]
    assert [one.mime for one in fitted] == ["image/jpeg", "image/png", "image/jpeg"]
    for one in (fitted[0], fitted[2]):
        with Image.open(io.BytesIO(one.data)) as image:
            image.verify()


async def test_what_cannot_be_made_to_fit_is_said() -> None:
    given = [Reference("img_1", "image/png", b"no picture" * 100)]
    failure = await readable(given, TYPES, 500)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.REFERENCE_TOO_LARGE


@pytest.mark.parametrize(
    "name", ["Google", "AIHubMix, predictions", "OpenRouter, images", "OpenRouter, chat"]
)
async def test_what_a_gateway_finds_too_large_is_tried_once_smaller(
    emulators: dict[str, Remote], built: list[Provider], name: str
) -> None:
    service = SERVICES[name]
    remote = emulators[service.emulator]
    given = Reference("img_1", "image/png", noise(600))
    page = "<html><h1>413 Request Entity Too Large</h1></html>"
    for times, calls in ((1, 2), (9, 2)):
        await remote.forget()
        await remote.set(**service.settings)
        fault = {"method": "POST", "path": service.path, "status": 413, "body": page}
        await remote.fault({**fault, "times": times})
        provider = service.build(remote.url, QUICK)
        built.append(provider)
        found = await outcome(provider, replace(service.asked, references=(given,)))
        asked = [call for call in await remote.requests(service.path.rstrip("$"))
                 if call["method"] == "POST"]  # fmt: skip
        assert len(asked) == calls
        first, second = (int(call["headers"]["content-length"]) for call in asked)
        assert second < first / 3
        assert isinstance(found, Pictures) is (times == 1)
        assert len(await remote.paid()) == (times == 1)
        if isinstance(found, Failure):
            assert (found.reason, found.maybe_paid) == (Reason.REFERENCE_TOO_LARGE, False)
