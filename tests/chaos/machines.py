"""Several real processes that share a PostgreSQL, to be killed, frozen and stopped."""

import asyncio
import json
import signal
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from tests.adapters.discord import stage
from tests.support import recording
from tests.support.forked_program import ForkedProgram
from tests.support.program import Program

until = partial(stage.until, patience=150.0, pause=0.1)
"""Several processes that start take long where the machine has other work; a look is a connection
to their database."""


class Machines:
    """Processes that share a database, the folder of a service that counts, and nothing else;
    without a ``url`` the database is SQLite's."""

    def __init__(self, folder: Path, url: str, **configuration: str) -> None:
        self.folder = folder
        self.database = recording.RecordedDatabase(folder, url)
        self.chaos = recording.service(folder)
        self._configuration = {
            "DATABASE_URL": url or f"sqlite:///{self.database.path}",
            "PROVIDER": "tests.chaos.ticketed",
            "CHAOS_FOLDER": str(self.chaos),
            "CHAOS_SECONDS": "2",
            "BOT_ADAPTERS": "web",
            "MEDIA_URL": (folder / "media").as_uri(),
            **configuration,
        }
        self.programs: dict[str, Program] = {}
        self.session: aiohttp.ClientSession

    async def start(
        self, name: str, role: str = "worker", *, tree: Path | None = None, **more: str
    ) -> Program:
        """A process; it has begun to work, or to listen, when this returns. With a ``tree`` it is
        the program whose source is there."""
        (self.folder / name).mkdir(exist_ok=True)
        made = {**self._configuration, "BOT_ROLE": role, "EXECUTOR_ID": name, **more}
        command = ("tests.chaos.running",)
        if tree is None:
            program: Program = ForkedProgram(self.folder / name, command=command, **made)
        else:
            made["PYTHONPATH"] = str(tree)
            program = Program(self.folder / name, command=command, **made)
        self.programs[name] = program
        before = await self.registered(name)
        page = role != "worker" and "web" in self._configuration["BOT_ADAPTERS"]
        await asyncio.to_thread(program.start, page=page)

        async def is_there() -> bool:
            return bool(await self.registered(name) - before)

        await until(is_there, f"{name} is there")
        return program

    async def registered(self, name: str) -> set[str]:
        """The ids under which processes of that name are known to be there."""
        query = f"SELECT id FROM executors WHERE id LIKE '{name}-%'"
        try:
            return {id for (id,) in await asyncio.to_thread(self.rows, query)}
        except Exception:  # no such table yet
            return set()

    def rows(self, query: str) -> list[Any]:
        return self.database.rows(query)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        self.programs[name].stop(number)

    def send(self, name: str, number: signal.Signals) -> None:
        self.programs[name]._process.send_signal(number)

    async def stopped(self, name: str) -> None:
        """Wait until a process is stopped, by whomever (proc(5))."""
        stat = Path(f"/proc/{self.programs[name].pid}/stat")

        async def look() -> bool:
            return stat.read_text().rpartition(")")[2].split()[0] == "T"

        await until(look, f"{name} is stopped")

    async def ask(self, text: str, event: str, gateway: str = "gateway") -> str:
        """Ask on the page of a gateway."""
        body = {"text": text, "event_id": event}
        url = f"{self.programs[gateway].url}/api/requests"
        async with self.session.post(url, json=body) as response:
            assert response.status == 202, await response.text()
            return str((await response.json())["job_id"])

    async def end_of(self, job_id: str, gateway: str = "gateway") -> dict[str, Any]:
        """How a job ends, as the event stream tells it."""
        url = f"{self.programs[gateway].url}/api/jobs/{job_id}/events"
        async with self.session.get(url, timeout=aiohttp.ClientTimeout(60)) as stream:
            text = (await stream.read()).decode()
        last = [line for line in text.splitlines() if line.startswith("data: ")][-1]
        return dict(json.loads(last.removeprefix("data: ")))

    async def logged(self, name: str, words: str) -> None:
        """Wait until a process has logged these words."""

        async def look() -> bool:
            return words in self.programs[name].log

        await until(look, f"{name} says: {words}")

    def runner(self, job_id: str) -> str:
        """The name of the process that works on a job, which has its ticket."""
        query = f"SELECT executor FROM jobs WHERE id = '{job_id}' AND started_at IS NOT NULL"
        found = self.rows(query)
        return found[0][0].rpartition("-")[0] if found else ""

    async def worked_on(self, ids: list[str], by: str) -> None:
        """Wait until that process works on all of them."""

        async def look() -> bool:
            return {self.runner(job_id) for job_id in ids} == {by}

        await until(look, f"{by} works on all")

    async def ids(self, count: int) -> list[str]:
        """The jobs, once there are so many."""

        async def look() -> list[str]:
            found = [job_id for (job_id,) in self.rows("SELECT id FROM jobs")]
            return found if len(found) == count else []

        return await until(look, f"{count} jobs")

    def finish(self) -> None:
        """Have the service be ready with all that it was asked for: with ``CHAOS_SECONDS`` of
        ``inf`` it is not before."""
        for ready in (self.chaos / "ready").iterdir():
            new = self.chaos / ready.name
            new.write_text("0")
            new.replace(ready)  # it may be read at this moment

    def paid(self) -> Counter[str]:
        """How often each job was paid for."""
        return Counter(path.name.partition(".")[0] for path in (self.chaos / "paid").iterdir())

    async def until_none(self, query: str) -> None:
        async def look() -> bool:
            return not self.rows(query)

        await until(look, query)

    def stop(self) -> None:
        for program in self.programs.values():
            if program._process is not None and program._process.poll() is None:
                program._process.send_signal(signal.SIGCONT)
                program.stop()
