"""The real discord.py against the Discord emulator: every path, and no violation."""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp.abc
import discord
import pytest
import yarl
from discord import app_commands
from discord.ext import commands
from PIL import Image

from tests.emulators.process import Remote, Shared, launch

pytestmark = pytest.mark.filterwarnings("ignore:'audioop':DeprecationWarning")

PATIENCE = 120.0
FILE = {"filename": "in.png", "picture": [8, 8]}
INTENTS = discord.Intents(4609)


def png() -> discord.File:
    buffer = BytesIO()
    Image.new("RGB", (16, 9)).save(buffer, "PNG")
    return discord.File(BytesIO(buffer.getvalue()), "a.png", description="a cat")


class Words(discord.ui.Modal, title="Edit"):
    prompt: Any = discord.ui.Label(text="Prompt", component=discord.ui.TextInput(default="old"))
    image: Any = discord.ui.Label(
        text="Image", component=discord.ui.FileUpload(required=False, max_values=4)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        size = sum([len(await file.read()) for file in self.image.component.values])
        await interaction.followup.send(f"{self.prompt.component.value} {size > 0}")


class Again(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"again:(?P<job>\w+)"):
    def __init__(self, job: str) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{job}"))

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: Any) -> "Again":
        return cls(match["job"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Words())


class Size(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(Again("x1"))

    @discord.ui.select(custom_id="size", options=[discord.SelectOption(label="4K")])
    async def size(self, interaction: discord.Interaction, select: Any) -> None:
        await interaction.response.edit_message(content=select.values[0])


class Card(discord.ui.LayoutView):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        library: Any = discord.ui.MediaGallery()
        library.add_item(media="attachment://a.png", description="a cat")
        row: Any = discord.ui.ActionRow()
        row.add_item(Again("x2"))
        self.add_item(discord.ui.Container(discord.ui.TextDisplay("done"), library, row))


class Bot(commands.Bot):
    """Answers everything; ``heard`` keeps the messages it was told about."""

    def __init__(self) -> None:
        super().__init__("!", intents=INTENTS, guild_ready_timeout=0)
        self.heard: list[discord.Message] = []
        self.began = asyncio.Event()

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Again)
        self.add_view(Size())
        self.tree.add_command(imagine)
        self.tree.add_command(app_commands.ContextMenu(name="Edit picture", callback=edit_picture))
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.began.set()

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user or not message.content:
            return
        self.heard.append(message)
        answer = await message.reply("working", mention_author=False)
        async with message.channel.typing():
            await answer.edit(content="done", attachments=[png()], view=Size())
        await message.add_reaction("🍌")


@app_commands.command(description="Make a picture")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def imagine(
    interaction: discord.Interaction,
    prompt: str,
    image: discord.Attachment | None = None,
    card: bool = False,
) -> None:
    await interaction.response.defer()
    data = await image.read() if image else b""
    content = f"{prompt} {interaction.locale} {len(data) > 0}"
    if card:
        files = [png()]
        await interaction.edit_original_response(attachments=files, view=Card())
        return
    await interaction.edit_original_response(content=content, attachments=[png()], view=Size())
    await interaction.followup.send("only you", ephemeral=True)


@imagine.autocomplete("prompt")
async def suggestions(interaction: Any, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"{current}!", value=current)]


async def edit_picture(interaction: discord.Interaction, message: discord.Message) -> None:
    names = [file.filename for file in message.attachments]
    await interaction.response.send_message(f"{names}", ephemeral=True)


Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="session")
def process(emulator_of: Shared) -> Remote:
    return emulator_of("discord")


@pytest.fixture
async def bot(process: Remote, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    await process.forget()
    await process.set(identify_interval=0, ack_limit=PATIENCE)
    monkeypatch.setattr(discord.http.Route, "BASE", f"{process.url}/api/v10")
    gateway = yarl.URL(process.url.replace("http", "ws") + "/")
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    made = Bot()
    running = asyncio.create_task(made.start((await process.ask("world"))["app"]["token"]))
    began = asyncio.create_task(made.began.wait())
    await asyncio.wait({running, began}, timeout=PATIENCE, return_when="FIRST_COMPLETED")
    assert made.began.is_set(), running
    yield made
    began.cancel()
    await made.close()
    await asyncio.wait({running}, timeout=PATIENCE)
    found = await process.ask("violations")
    assert found["violations"] == []
    assert found["schema"] is ("DISCORD_OPENAPI" in os.environ)


async def until(ask: Ask, path: str, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The first message of a view that meets a condition."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for message in await ask(path):
                if condition(message):
                    found: dict[str, Any] = message
                    return found
            await asyncio.sleep(0.02)


async def test_everything_a_member_does(process: Remote, bot: Bot) -> None:
    ask = process.ask
    alice = (await ask("user", {"name": "alice", "locale": "zh-CN"}))["id"]
    guild = await ask("guild", {"members": [alice]})
    here = {"as": alice, "channel": guild["channel"], "wait": PATIENCE}
    view = f"messages?channel={guild['channel']}&as={alice}"

    run = here | {"name": "imagine", "options": {"prompt": "cat", "image": FILE}}
    answered = await ask("slash", run)
    assert answered["response"] == 5
    made = await until(ask, view, lambda m: m["content"] == "cat zh-CN True")
    [file] = made["attachments"]
    assert (file["filename"], file["description"], file["width"]) == ("a.png", "a cat", 16)
    assert [one["loading"] for one in made["history"]] == [True, False]
    only = await until(ask, view, lambda m: m["ephemeral"])
    assert (only["content"], only["only"]) == ("only you", alice)

    opened = await ask("click", here | {"message": made["id"], "label": "Again"})
    assert (opened["response"], opened["modal"]["title"]) == (9, "Edit")
    values = {"Prompt": "new", "Image": [FILE]}
    assert (await ask("submit", here | {"modal": opened["id"], "values": values}))["response"] == 5
    await until(ask, view, lambda m: m["content"] == "new True")
    chosen = here | {"message": made["id"], "custom_id": "size", "values": ["4K"]}
    assert (await ask("select", chosen))["response"] == 7
    await until(ask, view, lambda m: m["content"] == "4K" and m["id"] == made["id"])
    menu = await ask("menu", here | {"message": made["id"], "name": "Edit picture"})
    assert (menu["original"]["content"], menu["original"]["ephemeral"]) == ("['a.png']", True)
    typed = here | {"name": "imagine", "options": {"prompt": "do"}, "focused": "prompt"}
    assert (await ask("autocomplete", typed))["choices"] == [{"name": "do!", "value": "do"}]


async def test_a_layout_with_its_pictures(process: Remote, bot: Bot) -> None:
    ask = process.ask
    alice = (await ask("user", {"name": "alice"}))["id"]
    guild = await ask("guild", {"members": [alice]})
    run = {"as": alice, "channel": guild["channel"], "name": "imagine"}
    await ask("slash", run | {"options": {"prompt": "cat", "card": True}})
    view = f"messages?channel={guild['channel']}"
    made = await until(ask, view, lambda m: m["texts"] == ["done"])
    assert made["visible_attachments"] == ["a.png"]
    pressed = {"as": alice, "message": made["id"], "custom_id": "again:x2", "wait": PATIENCE}
    assert (await ask("click", pressed))["response"] == 9


@pytest.mark.parametrize("where", ["channel", "thread", "post", "direct"])
async def test_speaking_to_the_bot(process: Remote, bot: Bot, where: str) -> None:
    ask = process.ask
    alice = (await ask("user", {"name": "alice"}))["id"]
    guild = await ask("guild", {"members": [alice]})
    channel = guild["channel"]
    if where == "thread":
        channel = (await ask("thread", {"parent": channel, "as": alice}))["id"]
    elif where == "post":
        forum = await ask("channel", {"guild": guild["id"], "type": "forum"})
        channel = (await ask("thread", {"parent": forum["id"], "as": alice}))["id"]
    elif where == "direct":
        channel = "dm"
    said = {"as": alice, "channel": channel, "content": "a cat", "attachments": [FILE]}
    await ask("type", said | {"mention": where != "direct"})
    view = f"messages?channel={channel}&as={alice}"
    made = await until(ask, view, lambda m: m["content"] == "done")
    assert made["pings"] == []
    await until(ask, view, lambda m: m.get("reactions"))
    assert [len(await file.read()) > 0 for file in bot.heard[0].attachments] == [True]
    await ask("type", {"as": alice, "channel": channel, "content": "more", "reply_to": made["id"]})
    async with asyncio.timeout(PATIENCE):
        while len(bot.heard) < 2:
            await asyncio.sleep(0.02)
    assert bot.heard[1].reference is not None


async def test_brought_along_by_a_person(process: Remote, bot: Bot) -> None:
    ask = process.ask
    carol = (await ask("user", {"name": "carol", "installed": True}))["id"]
    dave = (await ask("user", {"name": "dave"}))["id"]
    foreign = await ask("guild", {"bot": False, "members": [carol]})
    group = await ask("channel", {"type": "group", "people": [carol, dave]})
    for channel in (foreign["channel"], group["id"], "dm"):
        run = {"as": carol, "channel": channel, "name": "imagine", "options": {"prompt": "dog"}}
        await ask("slash", run)
        view = f"messages?channel={channel}&as={carol}"
        made = await until(ask, view, lambda m: m["content"].startswith("dog"))
        pressed = {"as": carol, "message": made["id"], "label": "Again", "wait": PATIENCE}
        assert (await ask("click", pressed))["response"] == 9


@pytest.mark.parametrize("action", ["drop", "reconnect", "resumable", "invalid"])
async def test_the_gateway_is_lost_and_found(process: Remote, bot: Bot, action: str) -> None:
    ask = process.ask
    alice = (await ask("user", {"name": "alice", "installed": True}))["id"]
    await ask("gateway", {"action": action})
    if action == "drop":
        await ask("type", {"as": alice, "content": "missed"})
    else:
        async with asyncio.timeout(PATIENCE):
            while (seen := await ask("sessions"))["identifies"] + seen["resumed"] < 2:
                await asyncio.sleep(0.02)
        await ask("type", {"as": alice, "content": "missed"})
    await until(ask, f"messages?channel=dm&as={alice}", lambda m: m["content"] == "done")
    sessions = await ask("sessions")
    again = (sessions["identifies"], sessions["resumed"])
    assert again == ((2, 0) if action == "invalid" else (1, 1))


class Loopback(aiohttp.abc.AbstractResolver):
    """Every name is this machine, every port the emulator's."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
        found = {"hostname": host, "host": "127.0.0.1", "port": self.port}
        return [found | {"family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        return None


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and is not here")
    names = ("discord.com", "gateway.discord.gg", "cdn.discordapp.com", "media.discordapp.net")
    alternatives = ",".join(f"DNS:{name}" for name in names)
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-nodes", "-subj", "/CN=test", "-addext", f"subjectAltName={alternatives}"),
        *("-keyout", "key.pem", "-out", "certificate.pem"),
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    both = tmp_path / "both.pem"
    parts = [(tmp_path / name).read_text() for name in ("key.pem", "certificate.pem")]
    both.write_text("".join(parts))
    return both


async def test_the_default_addresses(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_EMULATOR_CERT", str(certificate))
    trusted = ssl.create_default_context(cafile=str(certificate))
    with launch("discord") as remote:
        port = yarl.URL(remote.url).port
        assert port is not None
        connector = aiohttp.TCPConnector(resolver=Loopback(port), ssl=trusted)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def ask(name: str, body: Any) -> Any:
                url = f"https://discord.com/_ctl/{name}"
                async with session.post(url, json=body) as response:
                    return await response.json()

            await ask("set", {"cdn": "https://cdn.discordapp.com"})
            await ask("set", {"gateway": "https://gateway.discord.gg"})
            alice = (await ask("user", {"installed": True}))["id"]
            own = aiohttp.TCPConnector(resolver=Loopback(port), ssl=trusted)
            heard: asyncio.Queue[discord.Message] = asyncio.Queue()
            client = discord.Client(intents=INTENTS, connector=own, guild_ready_timeout=0)

            @client.event
            async def on_ready() -> None:
                await ask("type", {"as": alice, "content": "hi", "attachments": [FILE]})

            @client.event
            async def on_message(message: discord.Message) -> None:
                heard.put_nowait(message)

            async with client:
                running = asyncio.create_task(client.start("emulated.discord.token"))
                async with asyncio.timeout(PATIENCE):
                    message = await heard.get()
                [file] = message.attachments
                assert file.url.startswith("https://cdn.discordapp.com/attachments/")
                assert (await file.read()).startswith(b"\x89PNG")
                await client.close()
                await asyncio.wait({running}, timeout=PATIENCE)
