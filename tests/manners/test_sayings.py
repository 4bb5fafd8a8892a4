"""What people say on Discord and Feishu, from end to end: what is asked for is drawn, and nothing
else."""

import json
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.manners.sayings import Verdict, load, misses
from tests.manners.serving import PLATFORMS, PROXIES, dealt_with
from tests.support import scripted

DATA = Path(__file__).parent / "data"
ONE_IN = 6
"""So many sayings go by for each that is said here; ``python -m tests.manners`` says them all."""

KNOWN = Path(__file__).parent / "known.jsonl"
"""Those that are known to be dealt with otherwise, and why: only ever fewer, but for new lists."""


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_what_is_asked_for_is_drawn_and_nothing_else(
    platform: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(scripted, "provider", scripted.provider)
    every = [saying for file in sorted(DATA.glob("*.jsonl")) for saying in load(file)]
    sayings = every[list(PLATFORMS).index(platform) :: ONE_IN]
    lines = map(json.loads, KNOWN.read_text("utf-8").splitlines())
    known = {(line["text"], line["context"]) for line in lines}
    results, violations = await dealt_with(platform, sayings, settings)
    wrong = [one for one in results if one.verdict is not Verdict.RIGHT]
    expected = known & {(one.text, one.context) for one in sayings}
    assert {(one.saying.text, one.saying.context) for one in wrong} == expected, misses(wrong)
    assert violations == []
