"""A database and a data folder of the version before, and messages that it has sent, go on."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.web.people import COOKIE
from bot.settings import Settings
from tests.adapters.discord.stage import Shown, labels, until
from tests.adapters.discord.stage import Stage as DiscordStage
from tests.adapters.feishu.stage import Clock
from tests.adapters.feishu.stage import Stage as FeishuStage
from tests.adapters.web.conftest import Client
from tests.emulators.process import Remote, Shared
from tests.support import recording
from tests.support.program import ROOT, Program

OPEN_EACH = recording.RUNNING + 1
"""Jobs of each person that had not ended: the last one waited for its turn."""


@dataclass
class Successor:
    """The program of this version on what the one before left, its platforms and its people."""

    folder: Path
    program: Program
    facts: dict[str, Any]
    discord: DiscordStage
    feishu: FeishuStage
    web: Client
    database: recording.RecordedDatabase

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What is in its database."""
        return self.database.rows(query)

    async def start(self) -> None:
        """Start it, and wait until both platforms have it."""
        await asyncio.to_thread(self.program.start)
        await until(self.discord.is_connected, "Discord")
        await self.feishu.sockets(1)

    async def old(self, name: str) -> Shown:
        """A message on Discord that the version before has sent."""
        return await self.discord.message(self.facts["discord"][name])

    async def finish(self) -> None:
        """Have the service end what it still has, and wait until every job has ended."""
        for name in self.facts["ready"]:
            (self.folder / "chaos/ready" / name).write_text("0")
        await until(self._all_over, "every job")

    async def _all_over(self) -> bool:
        return not self.rows("SELECT 1 FROM jobs WHERE status IN ('queued', 'running')")


@pytest.fixture
def platforms(emulator_of: Shared) -> tuple[Remote, Remote]:
    return emulator_of("discord"), emulator_of("feishu")


@pytest.fixture
async def successor(
    request: pytest.FixtureRequest, tmp_path: Path, platforms: tuple[Remote, Remote]
) -> AsyncIterator[Successor]:
    """Running, as the jobs still do that did; at the end nothing may have been done that a
    platform does not allow."""
    on_postgres = getattr(request, "param", "sqlite") == "postgres"
    url = str(request.getfixturevalue("postgres_url")) if on_postgres else ""
    facts = await recording.lay_down(tmp_path, *platforms, url)
    more = {"DATABASE_URL": url} if url else {}
    program = recording.program(tmp_path, *(platform.url for platform in platforms), **more)
    discord, feishu = DiscordStage(platforms[0], Settings()), FeishuStage(platforms[1], Clock())
    for name in ("alice", "bob", "channel", "guild"):
        setattr(discord, name, facts["discord"][name])
    async with aiohttp.ClientSession(cookies={COOKIE: facts["cookie"]}) as session:
        client = Client(session, program.url)
        made = Successor(
            tmp_path,
            program,
            facts,
            discord,
            feishu,
            client,
            recording.RecordedDatabase(tmp_path, url),
        )
        try:
            await made.start()
            yield made
            assert program.stop(signal.SIGTERM) == 0
            assert "Traceback" not in program.log, program.log
        finally:
            program.stop()
    assert await discord.violations() == []
    assert await feishu.violations() == []


@pytest.mark.parametrize("successor", ["sqlite", "postgres"], indirect=True)
async def test_what_was_open_ends_once(successor: Successor) -> None:
    """Jobs with a ticket are collected and not paid again; those that waited have their turn."""
    facts, discord, feishu = successor.facts, successor.discord, successor.feishu
    places = facts["feishu"]
    await successor.finish()

    async def drawn_on_discord() -> list[Shown]:
        shown = [one for one in await discord.messages() if one["by_bot"]]
        done = [one for one in shown if one["attachments"]]
        return done if len(done) == 2 + OPEN_EACH else []

    for message in await until(drawn_on_discord, "the pictures on Discord"):
        assert "Again" in labels(message)
        assert len(message["attachments"]) == 1
    await feishu.done(places["alone"], 1 + OPEN_EACH)
    _, history = await successor.web.get("/api/history")
    assert [job["status"] for job in history["jobs"]] == ["succeeded"] * (1 + OPEN_EACH)

    paid = [path.name.partition(".")[0] for path in (successor.folder / "chaos/paid").iterdir()]
    waited = {job for (job,) in successor.rows("SELECT id FROM jobs WHERE prompt LIKE '%3%'")}
    assert Counter(paid) == dict.fromkeys(waited, 1)  # and none of those that ran
    assert waited.isdisjoint(facts["ready"])
    assert len(facts["ready"]) == 3 * recording.RUNNING
    query = "SELECT 1 FROM workflow_status WHERE status <> 'SUCCESS'"
    await until(partial(_none, successor, query), "every workflow")

    # A job had ended, and nobody could be told.
    carol = facts["carol"]
    await discord.drawn(carol["asked"], carol["id"], carol["channel"])

    # Events in files are answered, by whomever they were.
    for event, words in (
        (facts["inbox"]["own"], "I make pictures"),
        (facts["inbox"]["gone"], "Nano"),
    ):
        answer = await discord.answer({"id": event, "name": "an old event"})
        assert words in answer["content"]
    await until(partial(_none, successor, "SELECT 1 FROM inbox"), "no event is left")
    assert not (successor.folder / "data" / "inbox").exists()

    # An answer that was not sent is.
    await feishu.shown(places["other"], "帮助")
    await until(partial(_none, successor, "SELECT 1 FROM outbox"), "all answers are sent")
    assert not [one for one in await discord.messages() if one["loading"]]

    assert await drawn_on_discord()
    await feishu.done(places["alone"], 1 + OPEN_EACH)


async def test_the_database_has_this_version(successor: Successor) -> None:
    [(found,)] = successor.rows("SELECT version_num FROM banana_bot_version")
    versions = Path(ROOT, "bot/storage/migrations/versions").glob("[0-9]*.py")
    assert found == max(path.name.partition("_")[0] for path in versions)


async def test_discords_old_buttons_and_menus(successor: Successor) -> None:
    stage = successor.discord
    await successor.finish()
    done, slash, failed = [await successor.old(each) for each in ("done", "slash", "failed")]
    [models] = failed["selects"]
    for pressed in (
        await stage.click(done, "Again"),
        await stage.select(failed, models["custom_id"], models["options"][0]["value"]),
        await stage.click(failed, "Retry"),
    ):
        assert (await stage.picture(pressed))["attachments"]
    opened = {"id": successor.facts["discord"]["form"]}  # before the restart
    for form, change in ((await stage.click(slash, "Edit"), "bluer"), (opened, "redder")):
        await stage.picture(await stage.submit(form, instruction=change))
    details = await stage.answer(await stage.click(done, "Details"))
    assert "two lighthouses" in details["content"]
    stranger = await stage.click(done, "Delete", stage.bob)
    assert "只有发起人能删除或取消" in (await stage.aside(stranger))["content"]
    await stage.click(done, "Delete")

    async def gone() -> bool:
        return bool((await stage.message(done["id"]))["deleted"])

    await until(gone, "the message is deleted")

    settings = await successor.old("settings")
    ratio = next(one for one in settings["selects"] if one["custom_id"] == "panel:ratio")
    assert [one["value"] for one in ratio["options"] if one.get("default")] == ["16:9"]
    await stage.select(settings, "panel:size", "2K")

    async def kept() -> bool:
        query = "SELECT size, aspect_ratio FROM preferences WHERE platform = 'discord'"
        return successor.rows(query) == [("2K", "16:9")]

    await until(kept, "the setting is kept beside the old one")
    history = await successor.old("history")
    [menu] = history["selects"]
    shown = await stage.select(history, menu["custom_id"], menu["options"][-2]["value"])
    assert "a castle" in str((await stage.answer(shown))["content"])

    words = await stage.type("make it blue", who=stage.bob, mention=True)
    await stage.drawn(words["message"], stage.bob)
    [(_, count)] = successor.rows(
        'SELECT requester, json_array_length(jobs."references") FROM jobs '
        f"WHERE requester = '{stage.bob}'"
    )
    assert count == 1
    await stage.click(await successor.old("forget"), "Delete everything")
    query = f"SELECT 1 FROM jobs WHERE requester = '{stage.alice}'"
    await until(partial(_none, successor, query), "Alice is forgotten")


async def _none(successor: Successor, query: str) -> bool:
    return not successor.rows(query)


async def test_feishus_old_cards(successor: Successor) -> None:
    stage, facts = successor.feishu, successor.facts["feishu"]
    await successor.finish()
    alone, group, other = facts["alone"], facts["group"], facts["other"]
    count = 1 + OPEN_EACH
    await stage.done(alone, count)

    async def press(card: str, kind: str, by: str = "Ann", **how: Any) -> dict[str, Any]:
        value = {"a": kind, **({"k": how.pop("key")} if "key" in how else {})}
        pressed = await stage.click(facts[card], by, value=value, **how)
        assert pressed["error"] is None
        return pressed

    for kind, how in (
        ("again", {}),
        ("edit", {"form": {"instruction": "色调暖一点"}}),
        ("ratio", {"option": "1:1"}),
    ):
        await press("done", kind, **how)
    await press("failed", "retry")
    await stage.say(alone, "Ann", "改成蓝色", reply_to=facts["details"])
    count += 4
    await stage.done(alone, count)
    await stage.done(group)
    await press("done", "details")
    await stage.shown(alone, "job_", "ticketed", count=2)

    refused = await press("settings", "set", by="Bob", key="size", option="2K")
    assert not refused["card"]
    await press("settings", "set", key="size", option="2K")
    query = "SELECT size, aspect_ratio FROM preferences WHERE platform = 'feishu'"
    assert successor.rows(query) == [("2K", "16:9")]
    await press("history", "show")
    count += 1
    await stage.done(alone, count)
    await press("settings", "reset")
    assert successor.rows(query) == [(None, None)]

    await stage.say(other, "Bob", "改成蓝色")
    await stage.done(other)
    query = 'SELECT json_array_length("references") FROM jobs WHERE conversation = '
    assert successor.rows(f"{query}'{other}'") == [(1,)]
    help = await stage.shown(other, "帮助")
    value = {"a": "panel", "k": "settings"}
    pressed = await stage.click(help["message_id"], "Bob", value=value)
    assert pressed["error"] is None
    await stage.shown(other, "'k': 'aspect_ratio'")
    await press("done", "delete")

    async def gone() -> bool:
        left = await stage.messages(alone)
        return facts["done"] not in [message["message_id"] for message in left]

    await until(gone, "the card is withdrawn")
    await press("forget", "forget")
    query = f"SELECT 1 FROM jobs WHERE conversation = '{alone}'"
    await until(partial(_none, successor, query), "Ann is forgotten")


async def test_a_browser_is_the_same_person(successor: Successor) -> None:
    web, done = successor.web, successor.facts["web"]["done"]
    await successor.finish()
    _, preferences = await web.get("/api/preferences")
    assert preferences["aspect_ratio"] == "16:9"
    _, job = await web.get(f"/api/jobs/{done}")
    [picture] = job["pictures"]
    for url in (picture["image_url"], picture["download_url"]):
        status, data = await web.get(url)
        assert (status, data[:4]) == (200, b"\x89PNG")
    status, again = await web.post(f"/api/jobs/{done}/again", {})
    assert status == 202
    assert (await web.end_of(again["job_id"]))["status"] == "succeeded"
    _, history = await web.get("/api/history")
    assert [job["job_id"] for job in history["jobs"]][-1] == done
    assert len(history["jobs"]) == 1 + OPEN_EACH + 1
    status, _ = await web.call("DELETE", f"/api/jobs/{done}")
    assert status in (200, 204)
    status, _ = await web.get(picture["image_url"])
    assert status == 404


async def test_a_running_job_is_cancelled_by_its_old_button(successor: Successor) -> None:
    discord, feishu, alone = successor.discord, successor.feishu, successor.facts["feishu"]["alone"]
    running = [one for one in await discord.messages() if "Cancel" in labels(one)]
    await discord.click(running[1], "Cancel")
    await discord.answer_of(running[1], lambda message: "🚫" in message["content"])
    cards = [one for one in await feishu.messages(alone) if "'a': 'cancel'" in str(one["content"])]
    pressed = await feishu.click(cards[1]["message_id"], "Ann", value={"a": "cancel"})
    assert pressed["error"] is None
    await feishu.shown(alone, "🚫")
    await successor.finish()
    query = "SELECT platform FROM jobs WHERE status = 'cancelled' ORDER BY platform"
    assert successor.rows(query) == [("discord",), ("feishu",)]
