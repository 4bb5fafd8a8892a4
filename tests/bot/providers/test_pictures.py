"""Pictures in unusual clothes: in a model's text, behind a link, broken into lines."""

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures
from bot.ports import Provider
from bot.providers._http.error_sentences import meaning
from bot.providers._http.explanations import sentence
from bot.providers._http.json_stream import Spill
from bot.providers._http.pictures import data_urls, links
from messages import LOCALES, reason
from tests.emulators.generate_content import said
from tests.emulators.pictures import CLOTHES, base64_of, dressed, picture
from tests.emulators.process import Remote
from tests.support.asking import outcome
from tests.support.growth import grows_too_fast
from tests.support.services import QUICK, SERVICES

GEMINI = ("Google", "AIHubMix, Gemini")
CHATTING = (*GEMINI, "OpenRouter, chat")
ENCODED = base64_of(picture(64, 48))


async def ready(
    emulators: dict[str, Remote], built: list[Provider], name: str, **settings: Any
) -> tuple[Remote, Provider]:
    remote = emulators[SERVICES[name].emulator]
    await remote.forget()
    await remote.set(**SERVICES[name].settings, **settings)
    provider = SERVICES[name].build(remote.url, QUICK)
    built.append(provider)
    await provider.models()
    return remote, provider


async def asked(remote: Remote, name: str) -> int:
    calls = await remote.requests(SERVICES[name].path.rstrip("$"))
    return len([call for call in calls if call["method"] == "POST"])


@pytest.mark.parametrize(
    ("name", "clothes"),
    [(name, clothes) for name in CHATTING for clothes in CLOTHES]
    + [(name, "file") for name in GEMINI],
)
async def test_it_is_found_whatever_it_wears(
    emulators: dict[str, Remote], built: list[Provider], name: str, clothes: str
) -> None:
    setting = {"clothes": clothes} if name in GEMINI else {"form": clothes}
    remote, provider = await ready(emulators, built, name, **setting)
    found = await outcome(provider, SERVICES[name].asked)
    assert isinstance(found, Pictures), found
    [item] = found.items
    with Image.open(io.BytesIO(item)) as image:
        image.verify()
    assert await asked(remote, name) == 1
    assert len(await remote.paid()) == 1


def answered(name: str, text: str) -> dict[str, Any]:
    """Settings for an emulator that answers with a text, twice."""
    if name in GEMINI:
        return {"script": [said(text)] * 2}
    message = {"role": "assistant", "content": text}
    return {"answers": [{"body": {"choices": [{"message": message, "finish_reason": "stop"}]}}] * 2}


NOT_BASE64 = "A" + base64.b64encode(bytes(range(256)) * 40).decode()[:-3]
NO_PICTURE = base64.b64encode(b"<html>" * 2000).decode()
LINES = base64.encodebytes(b"<html>" * 2000).decode()


@pytest.mark.parametrize("name", CHATTING)
@pytest.mark.parametrize(
    "text",
    [
        f"![image](data:image/png;base64,{NO_PICTURE})",
        f"Here: data:image/png;base64,{LINES}",
        f"![image](data:image/png;base64,{NOT_BASE64}!!) Enjoy.",
        f"data:image/png;base64,{NO_PICTURE[:400]}",
        f"data:application/octet-stream;base64,{NO_PICTURE}",
        NO_PICTURE,
        NO_PICTURE[:300],
        f"I cannot. {NO_PICTURE[:300]}",
    ],
    ids=["markdown", "lines", "broken", "short", "another type", "bare", "short bare", "in words"],
)
async def test_no_data_url_is_ever_shown(
    emulators: dict[str, Remote], built: list[Provider], name: str, text: str
) -> None:
    _, provider = await ready(emulators, built, name, **answered(name, text))
    found = await outcome(provider, SERVICES[name].asked)
    assert isinstance(found, Failure)
    for locale in LOCALES:
        shown = reason(found.problem, locale)
        assert not any(word in shown for word in ("data:", "base64", "spilled", NO_PICTURE[:20]))
        assert len(shown) < 400


@pytest.mark.parametrize("name", CHATTING)
async def test_a_picture_behind_a_dead_link_is_not_made_again(
    emulators: dict[str, Remote], built: list[Provider], name: str
) -> None:
    remote = emulators[SERVICES[name].emulator]
    text = f"![image]({remote.url}/nowhere.png?key=1)"
    remote, provider = await ready(emulators, built, name, **answered(name, text))
    found = await outcome(provider, SERVICES[name].asked)
    assert isinstance(found, Failure)
    assert (found.reason, found.maybe_paid) == (Reason.NETWORK, True)
    assert await asked(remote, name) == 1


@pytest.mark.parametrize("name", CHATTING)
async def test_a_link_in_words_is_only_words(
    emulators: dict[str, Remote], built: list[Provider], name: str
) -> None:
    remote = emulators[SERVICES[name].emulator]
    text = f"Look at {remote.url}/nowhere.png or {remote.url}/page for lighthouses."
    remote, provider = await ready(emulators, built, name, **answered(name, text))
    found = await outcome(provider, SERVICES[name].asked)
    assert isinstance(found, Failure)
    assert (found.reason, found.maybe_paid) == (Reason.TEXT_INSTEAD, False)
    assert not await remote.requests("/page")


@pytest.mark.parametrize("address", ["http://169.254.169.254/x.png", "https://10.0.0.1/x.png"])
async def test_a_text_does_not_lead_into_a_private_network(
    emulators: dict[str, Remote], built: list[Provider], address: str
) -> None:
    name = "OpenRouter, chat"
    _, provider = await ready(emulators, built, name, **answered(name, f"![x]({address})"))
    found = await outcome(provider, SERVICES[name].asked)
    assert isinstance(found, Failure)
    assert "169.254" not in found.detail


@pytest.mark.parametrize("clothes", CLOTHES)
def test_what_is_found_in_a_text(clothes: str) -> None:
    text = dressed(clothes, "image/png", picture(64, 48), "https://example.org/a.png")
    if clothes in ("link", "named"):
        [link] = links(text)
        assert link.partition("?")[0] == "https://example.org/a.png"
    elif clothes != "whole":
        [url] = data_urls(text)
        assert "".join(url.partition(",")[2].split())[: len(ENCODED)] == ENCODED
    assert ENCODED[:30] not in (sentence(text) or "")


@given(st.text(), st.sampled_from(["data:image/png;base64,", "![](http://", "https://a.b/c.png"]))
def test_any_text_may_be_looked_through(text: str, marker: str) -> None:
    assert len(data_urls(marker + text)) <= 16
    assert len(links(text + marker)) <= 16
    sentence(marker + text)


@pytest.mark.parametrize(
    "piece", ["[", "![", "![](", "<a", "data:", "{", '{"error":', "a", "A1b", "="]
)
@pytest.mark.parametrize("read", [sentence, data_urls, links, meaning])
def test_a_longer_text_takes_no_more_than_its_share(
    read: Callable[[str], object], piece: str
) -> None:
    assert not grows_too_fast(read, 12_500, piece)


def test_json_that_is_too_deep_is_none() -> None:
    spill = Spill()
    spill.feed(b"[" * 200_000)
    with pytest.raises(ValueError, match=r"."):
        spill.close()
