"""``python -m tests.support.recording TREE``: what a version leaves behind when it is killed.

``TREE`` is the source of that version. It serves people on the emulated Discord and Feishu and on
its page, with the ticketed service of its own ``tests.chaos``, and is killed while jobs run and
wait, answers are unsent and events unanswered: once on SQLite, once on PostgreSQL. Into
``tests/data/before`` go its database, files and pictures, and what the two platforms then know;
:func:`lay_down` brings all of it back.
"""

import asyncio
import gzip
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa

from bot.settings import Settings
from tests.adapters.discord.stage import Stage as DiscordStage
from tests.adapters.discord.stage import until
from tests.adapters.feishu.conftest import FAST, UNLIMITED
from tests.adapters.feishu.stage import APP_ID, APP_SECRET, Clock
from tests.adapters.feishu.stage import Stage as FeishuStage
from tests.emulators.process import Remote, launch
from tests.support import postgres
from tests.support.forked_program import ForkedProgram
from tests.support.program import ROOT, Program

BEFORE = ROOT / "tests" / "data" / "before"

PLACES = {"discord": "http://discord.invalid", "feishu": "http://feishu.invalid"}
"""What stands in the place of the emulators' addresses."""

DATABASE = "banana-bot.sqlite3"
"""The file in the data folder."""

RUNNING = 3
"""Jobs of one person that run at once; one more waits."""

FOR_EVER = "inf"
"""When the service has a job ready that is to run on."""

AWAY_SECONDS = 60.0
"""How long after the program was killed its successor starts; a peer's rows are then free."""

DEAD = "gone"
"""The name of a process that no longer is."""


def program(folder: Path, discord: str, feishu: str, **more: str) -> Program:
    """The program on both platforms and its page, with the folder ``chaos`` of the service.

    That of another version is named by ``PYTHONPATH``.
    """
    kind = Program if "PYTHONPATH" in more else ForkedProgram
    return kind(
        folder,
        command=("tests.chaos.running",),
        BOT_ADAPTERS="discord,feishu,web",
        PROVIDER="tests.chaos.ticketed",
        CHAOS_FOLDER=str(folder / "chaos"),
        CHAOS_ACCEPTS="late",
        DISCORD_TOKEN="emulated.discord.token",
        DISCORD_API_BASE=f"{discord}/api/v10",
        DISCORD_GATEWAY_URL=f"{discord.replace('http', 'ws')}/",
        FEISHU_APP_ID=APP_ID,
        FEISHU_APP_SECRET=APP_SECRET,
        FEISHU_DOMAIN=feishu,
        **more,
    )


def service(folder: Path) -> Path:
    """A new folder of the service."""
    chaos = folder / "chaos"
    for name in ("paid", "ready"):
        (chaos / name).mkdir(parents=True)
    (chaos / "clock").write_text("0")
    return chaos


class RecordedDatabase:
    """All that is in a database: SQLite's in the data folder of ``folder``, or a PostgreSQL one."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.path = folder / "data" / DATABASE
        self._url = url

    def rows(self, query: str) -> list[Any]:
        """The answer to a query in words that both know."""
        if not self._url:
            with closing(sqlite3.connect(self.path)) as database:
                return database.execute(query).fetchall()
        url = sa.make_url(self._url).set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url, connect_args={"options": "-c search_path=public,dbos"})
        try:
            with (
                closing(engine.raw_connection()) as connection,
                closing(connection.cursor()) as cursor,
            ):
                cursor.execute(query)
                return list(cursor.fetchall())
        finally:
            engine.dispose()

    def dump(self) -> str:
        """Everything, as SQL."""
        if self._url:
            return self._run("pg_dump", "--inserts", "--no-owner")
        with closing(sqlite3.connect(self.path)) as database:
            return "\n".join(database.iterdump())

    def load(self, text: str) -> None:
        """Put what was dumped into an empty database."""
        if self._url:
            self._run("psql", "--quiet", text=text)
            return
        with closing(sqlite3.connect(self.path)) as database:
            database.executescript(text)

    def _run(self, name: str, *options: str, text: str = "") -> str:
        programs = postgres.binaries()
        assert programs is not None
        installed = (programs / "initdb").resolve().parent  # what is on the path may be a link
        command = [str(installed / name), *options, "--dbname", self._url]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        return done.stdout


class Recording:
    """One life of the program, from its first start to its death."""

    def __init__(
        self, folder: Path, tree: Path, discord: Remote, feishu: Remote, database: str = ""
    ) -> None:
        self._folder = folder
        self._kept = BEFORE / ("postgres" if database else "sqlite")
        self._database = RecordedDatabase(folder, database)
        self._chaos = service(folder)
        self._remotes = {"discord": discord, "feishu": feishu}
        more = {"PYTHONPATH": str(tree), **({"DATABASE_URL": database} if database else {})}
        self.program = program(folder, discord.url, feishu.url, **more)
        self._discord = DiscordStage(discord, Settings())
        self._feishu = FeishuStage(feishu, Clock())
        self._facts: dict[str, Any] = {}

    async def run(self) -> None:
        """Everything in its order."""
        await self._discord.build()
        await self._feishu.remote.set(limits=UNLIMITED, client_config=FAST)
        self.program.start()
        await until(self._discord.is_connected, "Discord")
        await self._feishu.sockets(1)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.program.url, cookie_jar=jar) as web:
            parts = (self._on_discord, self._on_feishu, partial(self._on_the_web, web))
            for part in parts:
                await part()
            await self._leave_open(web)
            [cookie] = [each.value for each in jar]
        self._facts |= {"at": time.time(), "cookie": cookie}
        self.program.stop()
        await self._save()

    def _note(self, **facts: Any) -> None:
        self._facts |= facts

    async def _failing(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        away = self._chaos / "provider-away"
        away.touch()
        try:
            return await ask()
        finally:
            away.unlink()

    # What had ended

    async def _on_discord(self) -> None:
        stage = self._discord
        asked = await stage.type("two lighthouses", mention=True)
        done = await stage.drawn(asked["message"])
        slash = await stage.picture(await stage.slash("imagine", options={"prompt": "a castle"}))

        async def fail() -> Any:
            asked = await stage.type("a broken jug", mention=True)
            return await stage.reply(
                asked["message"], check=lambda message: "❌" in message["content"]
            )

        failed = await self._failing(fail)
        settings = await stage.answer(await stage.slash("settings"))
        await stage.select(settings, "panel:ratio", "16:9")
        history = await stage.answer(await stage.slash("history"))
        forget = await stage.answer(await stage.slash("forget-me"))
        form = await stage.click(slash, "Edit")
        alone = [{"filename": "cat.png", "picture": [64, 64]}]
        put_aside = await stage.type("", who=stage.bob, mention=True, attachments=alone)
        await until(partial(self._pending, "discord"), "a picture that waits")
        panels = {"settings": settings, "history": history, "forget": forget}
        messages = {"done": done, "slash": slash, "failed": failed, **panels}
        self._note(
            discord={
                **{name: message["id"] for name, message in messages.items()},
                "form": form["id"],
                "put_aside": put_aside["message"],
                "alice": stage.alice,
                "bob": stage.bob,
                "channel": stage.channel,
                "guild": stage.guild,
            }
        )

    async def _on_feishu(self) -> None:
        stage = self._feishu
        for name in ("Ann", "Bob"):
            await stage.person(name, "zh_cn")
        alone, other = await stage.chat("p2p", "Ann"), await stage.chat("p2p", "Bob")
        group = await stage.chat("group", "Ann", "Bob")
        await stage.say(alone, "Ann", "画两只猫")
        done = await stage.done(alone)

        async def fail() -> Any:
            await stage.say(group, "Ann", "<@bot> 画一个破罐子")
            return await stage.shown(group, "❌")

        failed = await self._failing(fail)
        await stage.say(group, "Ann", "<@bot> 忘记我")
        forget = await stage.shown(group, "'a': 'forget'")
        await stage.say(group, "Ann", "<@bot> 设置")
        settings = await stage.shown(group, "'a': 'set'")
        value = {"a": "set", "k": "aspect_ratio"}
        await stage.click(settings["message_id"], "Ann", value=value, option="16:9")
        await stage.say(alone, "Ann", "历史")
        history = await stage.shown(alone, "'a': 'show'")
        await stage.click(done["message_id"], "Ann", value={"a": "details"})
        details = await stage.shown(alone, "job_", "ticketed")
        await stage.say(other, "Bob", image={"width": 64, "height": 64})
        await until(partial(self._pending, "feishu"), "a picture that waits")
        panels = {"settings": settings, "history": history, "forget": forget}
        messages = {"done": done, "failed": failed, "details": details, **panels}
        chats = {"alone": alone, "other": other, "group": group}
        self._note(
            feishu={name: message["message_id"] for name, message in messages.items()} | chats
        )

    async def _on_the_web(self, web: aiohttp.ClientSession) -> None:
        async with web.put("/api/preferences", json={"aspect_ratio": "16:9"}) as response:
            response.raise_for_status()
        async with web.post("/api/requests", json={"text": "a lighthouse"}) as response:
            job_id = (await response.json())["job_id"]

        async def done() -> bool:
            async with web.get(f"/api/jobs/{job_id}") as response:
                return bool((await response.json())["status"] == "succeeded")

        await until(done, "a picture on the page")
        self._note(web={"done": job_id})

    # What stays open

    async def _leave_open(self, web: aiohttp.ClientSession) -> None:
        known = {path.name for path in (self._chaos / "ready").iterdir()}
        stage, people = self._feishu, self._discord
        for number in range(RUNNING + 1):
            prompt, picture = f"owl number {number}", {"filename": "owl.png", "picture": [64, 64]}
            if not number:
                await people.slash("imagine", options={"prompt": prompt})
            else:
                given = [picture] if number == RUNNING else []
                await people.type(f"paint {prompt}", mention=True, attachments=given)
            await stage.say(self._facts["feishu"]["alone"], "Ann", f"画 {number} 号猫头鹰")
            async with web.post("/api/requests", json={"text": prompt}) as response:
                response.raise_for_status()
            await self._hold(known, 3 * min(number + 1, RUNNING))
        await until(self._queued, "those that wait")
        await self._started(3 * RUNNING)
        await asyncio.sleep(1.5)  # until what is to be seen of them is seen
        await self._end_unseen()
        await stage.remote.fault(
            {"method": "POST", "path": "/im/v1/messages", "status": 502, "times": 999}
        )
        await stage.say(self._facts["feishu"]["other"], "Bob", "帮助")
        await until(self._unsent, "an answer in words")
        await people.discord.fault({"path": "/messages/@original$", "delay": 600, "times": 999})
        own = await people.slash("help")
        other = await people.slash("models", who=people.bob)
        await until(partial(self._events, own["id"], other["id"]), "two events")
        self._note(
            ready=[
                path.name
                for path in (self._chaos / "ready").iterdir()
                if path.read_text() == FOR_EVER
            ],
            inbox={"own": own["id"], DEAD: other["id"]},
        )

    async def _end_unseen(self) -> None:
        """A job ends while Discord takes no changes of messages."""
        ask = self._discord.discord.ask
        carol = (await ask("user", {"name": "carol"}))["id"]
        channel = (await ask("guild", {"owner": carol}))["channel"]
        asked = await self._discord.type("a late owl", who=carol, channel=channel, mention=True)
        await self._discord.reply(asked["message"], carol, channel)
        fault = {"method": "PATCH", "path": "/channels/[0-9]+/messages/"}
        await self._discord.discord.fault(fault | {"status": 502, "times": 999})
        self._note(carol={"id": carol, "channel": channel, "asked": asked["message"]})
        await until(self._unseen, "a job that ends unseen")

    async def _unseen(self) -> bool:
        query = "SELECT 1 FROM jobs WHERE prompt = 'a late owl' AND status = 'succeeded' AND untold"
        return bool(self._database.rows(query))

    async def _hold(self, known: set[str], count: int) -> None:
        """Have the service take for ever over so many jobs."""

        async def held() -> bool:
            new = [p for p in (self._chaos / "ready").iterdir() if p.name not in known]
            for path in new:
                path.write_text(FOR_EVER)
            return len(new) == count

        await until(held, "the service has them")

    async def _pending(self, platform: str) -> bool:
        return bool(self._database.rows(f"SELECT * FROM pending WHERE platform = '{platform}'"))

    async def _queued(self) -> bool:
        return len(self._database.rows("SELECT id FROM jobs WHERE status = 'queued'")) == 3

    async def _started(self, count: int) -> None:
        query = "SELECT 1 FROM jobs WHERE status = 'running' AND started_at IS NOT NULL"

        async def look() -> bool:
            return len(self._database.rows(query)) == count

        await until(look, "tickets")

    async def _unsent(self) -> bool:
        return bool(self._database.rows("SELECT key FROM outbox WHERE platform = 'feishu'"))

    async def _events(self, *ids: str) -> bool:
        return all([*(self._folder / "data" / "inbox").glob(f"*/{id}.json")] for id in ids)

    # Keeping it

    async def _save(self) -> None:
        kept, data = self._kept, self._folder / "data"
        shutil.rmtree(kept, ignore_errors=True)
        for name in ("media", "inbox"):
            shutil.copytree(data / name, kept / "data" / name)
        [own] = (kept / "data" / "inbox").iterdir()
        (own.parent / DEAD).mkdir()
        name = f"{self._facts['inbox'][DEAD]}.json"
        (own / name).rename(own.parent / DEAD / name)
        texts = {"database.sql": self._database.dump()}
        for platform, remote in self._remotes.items():
            told = await remote.ask("memory")
            texts[f"{platform}.json"] = json.dumps(told, ensure_ascii=False, indent=0)
        texts["facts.json"] = json.dumps(self._facts, indent=1)
        for name, text in texts.items():
            for platform, remote in self._remotes.items():
                text = text.replace(remote.url, PLACES[platform])
            (kept / f"{name}.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


async def lay_down(
    folder: Path, discord: Remote, feishu: Remote, database: str = ""
) -> dict[str, Any]:
    """Put into ``folder``, and into the emulators, what there was when the program was killed.

    It is a minute later: for the platforms, and for the program by the service's clock. The
    service still takes for ever over the jobs that ran, and has been paid nothing since.
    ``database`` is the URL of an empty PostgreSQL database, where it was not SQLite.

    Returns:
        The ids of all that was recorded, by what it is.
    """
    kept = BEFORE / ("postgres" if database else "sqlite")
    remotes = {"discord": discord, "feishu": feishu}

    def text(name: str) -> str:
        read = gzip.decompress((kept / f"{name}.gz").read_bytes()).decode()
        for platform, remote in remotes.items():
            read = read.replace(PLACES[platform], remote.url)
        return read

    facts: dict[str, Any] = json.loads(text("facts.json"))
    shutil.copytree(kept / "data", folder / "data")
    RecordedDatabase(folder, database).load(text("database.sql"))
    chaos, ahead = service(folder), facts["at"] + AWAY_SECONDS - time.time()
    (chaos / "clock").write_text(str(ahead))
    for name in facts["ready"]:
        (chaos / "ready" / name).write_text(FOR_EVER)
    for platform, remote in remotes.items():
        await remote.forget()
        await remote.ask("memory", json.loads(text(f"{platform}.json")))
    await discord.set(identify_interval=0, limits=False, offset=ahead)
    await feishu.set(limits=UNLIMITED, client_config=FAST, offset=ahead)
    return facts


async def record(tree: Path, database: str = "") -> None:
    """Let the version whose source is in ``tree`` live and die."""
    with (
        tempfile.TemporaryDirectory() as folder,
        launch("discord") as discord,
        launch("feishu") as feishu,
    ):
        recording = Recording(Path(folder), tree, discord, feishu, database)
        try:
            await recording.run()
        except BaseException:
            sys.stderr.write(recording.program.log)
            raise
        finally:
            recording.program.stop()


def main() -> None:
    """Record both."""
    tree = Path(sys.argv[1]).absolute()
    asyncio.run(record(tree))
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        Path(folder).chmod(0o755)
        with postgres.server(Path(folder)) as url:
            asyncio.run(record(tree, postgres.create(url)))


if __name__ == "__main__":
    main()
