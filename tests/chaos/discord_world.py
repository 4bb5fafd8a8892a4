"""Discord with its people, and several processes that serve it."""

from tests.adapters.discord.stage import Shown, Stage
from tests.chaos.machines import Machines, until


class World:
    """Discord with its people, and processes that serve it."""

    def __init__(self, stage: Stage, machines: Machines) -> None:
        self.stage = stage
        self.machines = machines

    async def listens(self, count: int = 1) -> None:
        """Wait until so many connections are there, and the commands."""

        async def look() -> bool:
            sessions = (await self.stage.discord.ask("sessions"))["sessions"]
            commands = (await self.stage.discord.ask("commands"))["scopes"]
            connected = sum(each["connected"] for each in sessions)
            return connected == count and bool(commands.get("global"))

        await until(look, f"{count} connections")

    async def imagine(self, prompt: str) -> Shown:
        asked = await self.stage.slash("imagine", options={"prompt": prompt})
        assert asked["response"] == 5
        return asked

    async def finals(self, count: int) -> list[Shown]:
        """All messages of the bot that have a picture, once there are so many."""

        async def look() -> list[Shown]:
            found = [m for m in await self.stage.messages() if m["by_bot"] and m["attachments"]]
            return found if len(found) >= count else []

        return await until(look, "pictures")

    async def said(self, *, calls: bool = True) -> list[Shown]:
        """All messages of the bot, or without those that call somebody who has waited for long."""
        found = [message for message in await self.stage.messages() if message["by_bot"]]
        return [message for message in found if calls or not message["pings"]]

    async def only(self, count: int) -> None:
        """There are so many messages, each with a picture, and nothing else was said, but that
        those who have waited for long are called to it, once each."""
        assert len(await self.finals(count)) == count
        said = await self.said()
        calls = [message for message in said if message["pings"]]
        assert len(said) - len(calls) == count, [message["content"] for message in said]
        assert len(calls) <= count
