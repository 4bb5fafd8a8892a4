"""The scenes can be played: what people do first, and that nothing is drawn unasked."""

from pathlib import Path

import pytest

from bot.settings import Settings
from tests.adapters.feishu import scenes
from tests.emulators.process import Remote
from tests.support import scripted
from tests.support.scene_tables import table

ASKED = {"[Try one]": 1, "[Draw it]": 1}
"""What asks for a picture when people meet the bot, and for how many."""


@pytest.mark.parametrize("language", scenes.LANGUAGES)
async def test_people_meet_the_bot(platform: Remote, tmp_path: Path, language: str) -> None:
    settings = Settings(data_dir=tmp_path / "data", provider=scripted.NAME)
    async with scenes.playing(platform, settings, language) as play:
        await scenes.meeting(play)
        assert await play.stage.violations() == []
    for row in play.rows:
        asked = sum(count for words, count in ASKED.items() if words in row.did)
        assert len(row.drew) == asked, row
        assert row.sees != "nothing", row
    told = table(play.rows)
    assert told.count("\n") == len(play.rows) + 1
