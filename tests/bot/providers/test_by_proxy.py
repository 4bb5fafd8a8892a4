"""The providers behind a proxy of the environment, and what never goes through it."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from stamina import AsyncRetryingCaller

from bot.cli import doctor
from bot.domain.failures import Failure, Reason
from bot.domain.generation import Pictures, Reference
from bot.images.downloads import Downloader
from bot.ports import Provider
from bot.providers._http.client import Client, HTTPAnswer
from bot.providers.ima.answers import AnswerReader
from bot.providers.ima.uploads import PictureUploads
from bot.runtime import retries
from bot.settings import Settings
from tests.emulators import aihubmix
from tests.emulators.pictures import picture
from tests.emulators.process import Remote
from tests.support.asking import outcome
from tests.support.proxying import Proxy, proxying
from tests.support.services import QUICK, SERVICES


@pytest.fixture
async def proxy(emulators: dict[str, Remote]) -> AsyncIterator[Proxy]:
    ports = {name: urlsplit(remote.url).port or 0 for name, remote in emulators.items()}
    hosts = {f"{name}.service.example": port for name, port in ports.items()}
    async with proxying(hosts) as running:
        yield running


@pytest.fixture
async def built() -> AsyncIterator[list[Provider]]:
    made: list[Provider] = []
    yield made
    for provider in made:
        await provider.close()


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "IMA"])
async def test_every_provider_goes_by_the_proxy(
    emulators: dict[str, Remote],
    proxy: Proxy,
    built: list[Provider],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    service = SERVICES[name]
    await emulators[service.emulator].forget()
    await emulators[service.emulator].set(**service.settings)
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("http://", "http://me:secret@"))
    provider = service.build(f"http://{service.emulator}.service.example", QUICK)
    built.append(provider)
    found = await outcome(provider, service.asked)
    assert isinstance(found, Pictures), found
    assert len(proxy.seen) >= 2  # its list, and the picture
    assert proxy.credentials == {"Basic bWU6c2VjcmV0"}
    way = getattr(provider, "way", "")
    assert way == f"by the proxy {proxy.url}"


async def test_no_proxy_and_this_machine_are_reached_directly(
    emulators: dict[str, Remote], proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", ".service.example")
    for base in (emulators["gemini"].url, "http://gemini.service.example"):
        client = Client(base, {}, QUICK)
        assert client.way == ""
        found = await client.call("GET", "/v1beta/models")
        # Only this machine is there; that name is nobody's.
        assert isinstance(found, HTTPAnswer) is (base == emulators["gemini"].url)
        await client.close()
    assert proxy.seen == []


async def test_a_proxy_that_refuses_has_begun_nothing(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    client = Client("https://nobody.service.example", {}, QUICK)
    failure = await client.call("POST", "/x", body={}, pays=True)
    await client.close()
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.maybe_paid) == (Reason.PROVIDER_DOWN, False)
    assert failure.elsewhere
    assert set(proxy.seen) == {"CONNECT nobody.service.example:443"}


async def test_a_proxy_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:secret@127.0.0.1:1080")
    client = Client("https://nobody.service.example", {}, QUICK)
    failure = await client.call("POST", "/x", body={}, pays=True)
    await client.close()
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.maybe_paid) == (Reason.PROVIDER_DOWN, False)
    assert failure.explanation == "HTTPS_PROXY has to be an http:// address; socks5 is not possible"


async def test_what_people_post_never_goes_by_a_proxy(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    client = Client("https://api.service.example", {}, QUICK)
    for fetcher in (Downloader(seconds=2, silence=2), client.text_downloader):
        failure = await fetcher.fetch("https://gemini.service.example/x.png")
        assert isinstance(failure, Failure)
        await fetcher.close()
    await client.close()
    assert proxy.seen == []


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://cdn.service.example/x.png", True),
        ("https://8.8.8.8/x.png", True),
        ("https://10.0.0.1/x.png", False),
        ("https://169.254.169.254/x.png", False),
        ("https://intranet/x.png", False),
        ("https://printer.local/x.png", False),
        ("https://metadata.google.internal/x.png", False),
    ],
)
async def test_a_result_is_fetched_by_the_proxy_but_not_from_within(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, url: str, asked: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    client = Client("https://api.service.example", {}, QUICK)
    failure = await client.downloader.fetch(url)
    await client.close()
    assert isinstance(failure, Failure)
    assert failure.reason is (Reason.REFERENCE_UNREACHABLE if asked else Reason.REFERENCE_PRIVATE)
    assert bool(proxy.seen) is asked


async def test_ima_hands_pictures_over_by_the_proxy(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setattr(
        retries, "UPLOAD", AsyncRetryingCaller(attempts=2, wait_initial=0.0, wait_jitter=0.0)
    )
    url = "https://upload.service.example"
    uploads = PictureUploads(
        Client(url, {}, QUICK), AnswerReader([]), url=url, key="k", app=("a", "b")
    )
    for target in ("https://bucket.service.example/x?s=1", "https://10.0.0.1/x", "https://here/x"):
        assert await uploads._put(target, picture(8, 8), "image/png")
    sent = await uploads.send([Reference("i", "image/png", picture(8, 8))], frozenset())
    await uploads.close()
    assert isinstance(sent, Failure)
    assert set(proxy.seen) == {
        "CONNECT bucket.service.example:443",
        "CONNECT upload.service.example:443",
    }


async def test_doctor_says_which_way_it_goes_and_what_is_left(
    emulators: dict[str, Remote], proxy: Proxy, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("AIHUBMIX_API_KEY", aihubmix.KEY)
    monkeypatch.setenv("AIHUBMIX_BASE_URL", "http://aihubmix.service.example/v1")
    await emulators["aihubmix"].forget()
    settings.provider = "aihubmix"
    [finding] = await doctor._provider(settings, "aihubmix")
    assert finding.good
    assert f"; by the proxy {proxy.url}; $12.50 left" in finding.text
    monkeypatch.setenv("AIHUBMIX_API_KEY", "sk-wrong-0123456789")
    [finding] = await doctor._provider(settings, "aihubmix")
    assert not finding.good
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:1")
    [finding] = await doctor._provider(settings, "aihubmix")
    assert not finding.good
    assert "HTTP_PROXY has to be an http:// address" in finding.text
