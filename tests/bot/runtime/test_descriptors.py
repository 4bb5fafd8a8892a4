"""How many file descriptors the program asks for, and how many of them calls to providers have."""

import subprocess
import sys

import pytest

from bot.app import App
from bot.runtime import descriptors
from bot.settings import Settings

resource = pytest.importorskip("resource")


@pytest.mark.parametrize(
    ("limit", "calls"),
    [
        (256, 64),
        (1024, 64),
        (4672, 64),
        (8192, 8192 - 4608),
        (65_536, 65_536 - 4608),
        (resource.RLIM_INFINITY, 65_536 - 4608),
    ],
)
def test_calls_have_what_the_page_and_the_rest_leave(
    monkeypatch: pytest.MonkeyPatch, limit: int, calls: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert descriptors.for_providers() == calls


@pytest.mark.parametrize(
    ("soft", "told"), [(256, 256), (65_536, 65_536), (resource.RLIM_INFINITY, 65_536)]
)
def test_adapters_are_told_how_many_there_may_be(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, soft: int, told: int
) -> None:
    bot = App(settings).bot
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))
    assert bot.descriptors == told


@pytest.mark.parametrize(("soft", "hard", "raised"), [(256, 512, 512), (512, 512, 512)])
def test_it_asks_for_all_that_it_may_have(soft: int, hard: int, raised: int) -> None:
    program = (
        "import resource\n"
        "from bot.runtime.descriptors import raise_limit\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "raise_limit()\n"
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert found.stdout.decode().split() == [str(raised), str(hard)]


def test_it_takes_no_more_than_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    no_limit = resource.RLIM_INFINITY
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    for soft in (1024, descriptors.WANTED, no_limit):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, no_limit))
        descriptors.raise_limit()
    assert asked == [(descriptors.WANTED, no_limit)]
