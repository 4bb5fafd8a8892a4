"""docs/governance.md and its twin: what they say of hosts, periods and tables is so."""

import ast
import importlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic_settings import BaseSettings

from adapters.discord import downloads
from adapters.discord import settings as discord
from adapters.feishu.api import client as feishu
from bot import app
from bot.images.uploads import UNUSED_SECONDS
from bot.providers.ima import answers
from bot.storage.database import ROOMS, metadata
from bot.storage.pending_attachments import PENDING_SECONDS
from bot.storage.questions import QUESTION_SECONDS

ROOT = Path(__file__).parents[1]
PAGES = ("governance.md", "governance.zh-CN.md")
PROVIDERS = sorted(
    each.name for each in (ROOT / "bot/providers").iterdir() if (each / "__init__.py").exists()
)

KEPT = {
    "jobs": "descriptions, choices, costs",
    "pictures": "finished pictures",
    "copies": "descriptions, choices, costs",
    "preferences": "preferences",
    "pending": "pictures put aside",
    "questions": "questions of the bot",
    "events": "events and answers",
    "inbox": "events and answers",
    "outbox": "events and answers",
    "executors": "which processes run",
    "secrets": "which processes run",
}
"""The row of the page that tells of each table of the database."""

LOGGED = {"text": "adapters/discord/refusals.py"}
"""Names under which the log says something that no person has written, and where."""

PERSONAL = {"text", "prompt", "words", "caption", "token", "secret", "password", "key_secret"}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return (ROOT / "docs" / str(request.param)).read_text()


@pytest.mark.parametrize("name", [each for each in PROVIDERS if not each.startswith("_")])
def test_every_service_and_its_hosts_are_named(page: str, name: str) -> None:
    assert f"`{name}`" in page
    module = importlib.import_module(f"bot.providers.{name}")
    for settings in vars(module).values():
        if not (isinstance(settings, type) and issubclass(settings, BaseSettings)):
            continue
        for field in settings.model_fields.values():
            if str(field.default).startswith("https://"):
                host = urlsplit(str(field.default)).hostname
                # Once where it goes, once what to allow.
                assert page.count(f"`{host}`") >= 2, host


def test_the_hosts_of_the_chat_platforms_and_of_pictures_are_named(page: str) -> None:
    addresses = [discord.API_BASE, discord.GATEWAY_URL, *feishu.DOMAINS.values()]
    hosts = {str(urlsplit(each).hostname) for each in addresses} | downloads.HOSTS
    hosts |= {f"*{each}" for each in answers._HOSTS if each.removeprefix(".") not in page}
    assert [each for each in sorted(hosts) if f"`{each}`" not in page] == []


def test_every_table_has_a_row(page: str) -> None:
    for room in ROOMS:
        importlib.import_module(room)
    assert set(metadata.tables) == set(KEPT)
    english = (ROOT / "docs" / PAGES[0]).read_text()
    rows = [line for line in english.splitlines() if line.startswith("| ")]
    assert {
        each for each in KEPT.values() if not any(row[2:].startswith(each) for row in rows)
    } == (set())
    assert len(re.findall(r"^\| ", page, re.M)) == len(rows)


def test_the_periods_are_those_of_the_program(page: str) -> None:
    hours, minutes = round(QUESTION_SECONDS / 3600), round(PENDING_SECONDS / 60)
    days = app.WORKFLOW_RETENTION_DAYS
    english = (f"{days} days", f"{hours} hours", f"{minutes} minutes", "a day where no request")
    chinese = (f"{days} 天", f"{hours} 小时", f"{minutes} 分钟", "没有被使用的保存一天")
    assert UNUSED_SECONDS == app.DAY
    assert all(each in page for each in (chinese if "给企业" in page else english))


def test_nothing_that_people_write_is_logged() -> None:
    found = []
    for folder in ("bot", "adapters"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                    where = file.relative_to(ROOT).as_posix()
                    names = {str(each.arg) for each in node.keywords} & PERSONAL
                    found += [(name, where) for name in names if LOGGED.get(name) != where]
    assert found == []


def test_the_keys_exist(page: str) -> None:
    example = (ROOT / ".env.example").read_text()
    named = re.findall(r"`([A-Z][A-Z]+_[A-Z_]+)(?:=[^`]*)?`", page)
    outside = {"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"}
    assert [each for each in named if each not in outside and f"{each}=" not in example] == []
