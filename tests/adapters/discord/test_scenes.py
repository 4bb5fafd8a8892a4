"""The scenes can be played: what people do first, and that nothing is drawn unasked."""

from pathlib import Path

import pytest

from bot.settings import Settings
from tests.adapters.discord import scenes
from tests.emulators.process import Remote
from tests.support import scripted
from tests.support.scene_tables import table

ASKED = ("Ann presses [Try a lighthouse", "Ann presses [试一张", "Ann presses [Draw it", "[画出来")
"""What asks for a picture when people meet the bot."""


@pytest.mark.parametrize("language", scenes.LANGUAGES)
async def test_people_meet_the_bot(discord_server: Remote, tmp_path: Path, language: str) -> None:
    settings = Settings(data_dir=tmp_path / "data", provider=scripted.NAME)
    async with scenes.playing(discord_server, settings, language) as play:
        await scenes.meeting(play)
        assert await play.stage.violations() == []
    assert sum(len(row.drew) for row in play.rows) == 2
    for row in play.rows:
        assert len(row.drew) == any(words in row.did for words in ASKED), row
        assert row.sees != "nothing", row
    assert table(play.rows).count("\n") == len(play.rows) + 1
