"""A new action is an entry of the table, a handler and its texts: every surface has it then."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.new_action import with_new_action
from tests.support.program import Program
from tests.support.starting import Person

SURFACES = """
import json
from dataclasses import replace
from bot.chat.callbacks import parse
from adapters.discord.commands.definitions import definitions
from adapters.discord.address import DiscordPlace
from adapters.discord.delivery import rendering
from adapters.feishu.cards import cards, values
from adapters.feishu.handlers.callbacks import action_of
from bot.domain import protocol
from bot.domain.actions import PRESSED
from bot.domain.jobs import Job
from bot.domain.requests import Address
from messages import Status

job = Job(
    id="job_1", platform="test", requester="ada", conversation="room", locale="en",
    address=Address("test"), text="a lighthouse", prompt="a lighthouse", provider="demo",
    model="flash", model_name="Flash", size="1K", aspect_ratio="1:1", count=1, seconds=(20, 40),
    progress_every=15, created_at=1000.0, status=Status.SUCCEEDED, finished_at=1030.0,
)
message = protocol.message(job, now=1031.0)
shown = rendering.render_message(message, "en", DiscordPlace("1", "2"))
discord = [button for row in shown.rows for button in row["components"]]
sent = next(button for button in discord if "sharpen" in button["custom_id"])
press = parse(sent["custom_id"])
value = values.value(press.button, job.id)
card_press = values.read({"value": value})
print(json.dumps({
    "order": [str(button) for button in message.buttons],
    "discord": sent,
    "commands": [
        [each["name"], each.get("description")]
        for each in definitions(most=4, age_restricted=False, installs=(0,))
    ],
    "pressed": [PRESSED[press.button], press.job_id],
    "card": cards.card(message, "en", {}),
    "card_pressed": [action_of(card_press), card_press.job],
}))
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_new_action(tmp_path_factory.mktemp("changed"))


def test_chats_show_it_and_understand_the_press(changed: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SURFACES],
        cwd=changed,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(changed)},
        check=True,
        stdout=subprocess.PIPE,
        timeout=60,
    )
    shown: dict[str, Any] = json.loads(ran.stdout)
    assert shown["order"] == ["edit", "vary", "again", "sharpen"]
    assert shown["discord"] == {
        "type": 2,
        "style": 1,
        "label": "Sharpen",
        "emoji": {"name": "🔪"},
        "custom_id": "banana:sharpen:job_1",
    }
    assert ["sharpen", "Make your most recent picture sharper"] in shown["commands"]
    [button] = [each for each in _elements(shown["card"]) if _label(each) == "Sharpen"]
    assert button["type"] == "primary"
    assert button["behaviors"] == [
        {"type": "callback", "value": {"a": "sharpen", "job": "job_1", "n": 1}}
    ]
    assert shown["pressed"] == shown["card_pressed"] == ["sharpen", "job_1"]


def _elements(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _elements(each)


def _label(element: dict[str, Any]) -> object:
    text = element.get("text") if element.get("tag") == "button" else None
    return text["content"] if text else None


def test_the_page_shows_it_and_the_engine_does_it(changed: Path, tmp_path: Path) -> None:
    program = Program(tmp_path, PYTHONPATH=str(changed), DEMO_SECONDS="0", DEFAULT_SIZE="512")
    program.start()
    try:
        person = Person(program.url)
        person.draw("a lighthouse")
        [job] = json.loads(person.ask("/api/history"))["jobs"]
        assert ("sharpen", "Sharpen") in [(one["action"], one["label"]) for one in job["buttons"]]
        answer = json.loads(person.ask(f"/api/jobs/{job['job_id']}/sharpen", {}))
        assert answer["notice"]["key"] == "picture_kept"
    finally:
        program.stop()
