"""The people of Discord's storm: where they are, how they ask, and what they see."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.discord import custom_id
from bot.chat import Press
from bot.domain.jobs import job_id
from bot.domain.protocol import SEEN_SECONDS
from messages import Button
from tests.chaos.storm import Power, Request, Row
from tests.emulators.process import Remote

NO_CHANNEL, BARRED = "channel deleted", "no permission"
"""Faults that need a channel of their own."""

TYPED = ("mention", "mention in a thread", "direct message", "reply")

ORDINALS = ("first", "second")
"""How a person says which of the pictures is meant."""

HELD = 0.2
"""Seconds between the moment an interaction has an id and its delivery: to script its fault in."""


@dataclass(slots=True)
class Shown:
    """A finished picture that a person can act on."""

    message: str
    job: str
    where: str
    channel: str
    private: bool

    @property
    def open(self) -> bool:
        """Whether one can reply to it."""
        return self.where in ("channel", "thread", "dm") and not self.private


def is_final(message: Mapping[str, Any]) -> bool:
    """Whether a message of the bot tells how a request has ended: its buttons say so."""
    return bool(jobs_of(message)) and not is_unfinished(message)


def is_unfinished(message: Mapping[str, Any]) -> bool:
    """Whether a message of the bot still says that something is to come."""
    pressed = [press.button for press in presses_of(message)]
    return bool(message["loading"]) or Button.CANCEL in pressed


def answers_of(message: Mapping[str, Any]) -> list[str]:
    """The custom ids with which a message of the bot asks which picture is meant, if it does."""
    return [one for one in ids_of(message) if (press := custom_id.parse(one)) and _is_answer(press)]


def _is_answer(press: Press) -> bool:
    """Whether a button says which picture: of a question, or of the panel that a press opens."""
    return press.button is Button.ANSWER or press.number is not None


def ids_of(message: Mapping[str, Any]) -> list[str]:
    """The custom ids under a message."""
    return [one.get("custom_id", "") for one in message["buttons"]]


def presses_of(message: Mapping[str, Any]) -> list[Press]:
    """What the buttons under a message stand for, where that is about a job or a question."""
    return [press for one in ids_of(message) if (press := custom_id.parse(one))]


def jobs_of(message: Mapping[str, Any]) -> set[str]:
    """The jobs that the buttons under a message are about."""
    pressed = presses_of(message)
    return {press.job_id for press in pressed if not _is_answer(press)}


@dataclass(slots=True)
class Person:
    """Somebody with a channel, a thread, direct messages, a group, and a server without the bot."""

    id: str
    closed: bool
    places: dict[str, str] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)


@dataclass(slots=True)
class Trial:
    """A request on its way: ``events`` are the interactions and messages that were asked with.

    ``questions`` are the messages in which the bot has asked which picture is meant and the person
    said so, ``answered`` when.
    """

    request: Request
    person: Person
    where: str
    channel: str
    on: Shown | None = None
    events: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    seen_before: bool = False
    """The person saw the end, and then deleted it."""

    @property
    def jobs(self) -> list[str]:
        """The ids of the jobs that the program makes of the events."""
        return [job_id("discord", event) for event in self.events]

    @property
    def last_said(self) -> float:
        """When the person has last asked, or answered."""
        return max(self.asked + self.answered)

    @property
    def typed(self) -> bool:
        """Whether it is asked with a message, and not with an interaction."""
        return self.request.kind in TYPED

    @property
    def reachable(self) -> bool:
        """Whether the bot itself can write there, for everybody to see."""
        private = self.request.kind == "/imagine private" or bool(self.on and self.on.private)
        open_places = ("channel", "thread") if self.person.closed else ("channel", "thread", "dm")
        return self.where in open_places and not private


class People:
    """Everybody, and what they do; :meth:`ask` is the emulator's control door."""

    def __init__(self, remote: Remote, power: Power) -> None:
        self.remote = remote
        self.ask = remote.ask
        self.power = power
        self.people: list[Person] = []
        self._guild = ""

    async def build(self, people: int) -> None:
        """Make the world. Every tenth person takes no direct messages, every second is Chinese."""
        for number in range(people):
            locale = "zh-CN" if number % 2 else "en-US"
            facts = {"locale": locale, "installed": True, "dms": number % 10 != 9}
            user = await self.ask("user", {"name": f"person{number}", **facts})
            self.people.append(Person(user["id"], not facts["dms"]))
        members = [person.id for person in self.people]
        guild = await self.ask("guild", {"name": "with the bot", "members": members})
        other = await self.ask("guild", {"name": "elsewhere", "members": members, "bot": False})
        self._guild = guild["id"]
        bot = (await self.ask("world"))["app"]["id"]
        for number, person in enumerate(self.people):
            friend = members[number - 1]
            person.places = {
                "channel": (await self._channel(self._guild, f"room{number}")),
                "dm": (await self.ask("channel", {"type": "dm", "people": [bot, person.id]}))["id"],
                "group": (
                    await self.ask("channel", {"type": "group", "people": [person.id, friend]})
                )["id"],
                "elsewhere": (await self._channel(other["id"], f"away{number}")),
            }
            thread = {"parent": person.places["channel"], "as": person.id}
            person.places["thread"] = (await self.ask("thread", thread))["id"]

    async def _channel(self, guild: str, name: str) -> str:
        return str((await self.ask("channel", {"guild": guild, "name": name}))["id"])

    # Asking

    async def begin(self, request: Request) -> Trial:
        """Where it happens: some faults need a channel of their own."""
        person, kind = self.people[request.person], request.kind
        await self.power.up.wait()
        if kind.startswith(("button", "menu")):
            await asyncio.sleep(SEEN_SECONDS)  # sooner it could be the same request once more
            shown = request.chance.choice(person.shown)
            return Trial(request, person, shown.where, shown.channel, shown)
        if kind == "reply":
            shown = request.chance.choice([one for one in person.shown if one.open])
            return Trial(request, person, shown.where, shown.channel, shown)
        where = "channel"
        for words, place in (("thread", "thread"), ("DM", "dm"), ("direct", "dm")):
            where = place if words in kind else where
        where = "group" if "group" in kind else "elsewhere" if "elsewhere" in kind else where
        if kind == "direct message" and person.closed:
            where = "channel"
        channel = person.places[where]
        if request.fault in (NO_CHANNEL, BARRED):
            channel = await self._channel(self._guild, f"storm{request.number}")
        if request.fault == BARRED:
            denied = request.chance.choice(
                (["ATTACH_FILES"], ["SEND_MESSAGES"], ["SEND_MESSAGES", "ATTACH_FILES"])
            )
            barred = {"channel": channel, "target": "bot", "deny": denied}
            await self.ask("permissions", barred)
        return Trial(request, person, where, channel)

    def _prompt(self, request: Request) -> str:
        """The words; those of a request that is called off take long."""
        before = "demo:fail refused " if request.fails else ""
        before = "demo:seconds 60 " if request.kind == "cancelled" else before
        return f"{before}a lighthouse in storm {request.number}"

    async def say(self, trial: Trial) -> str:
        """Ask once; gives the id of the interaction or the message."""
        request, person, kind = trial.request, trial.person, trial.request.kind
        act = {"as": person.id, "channel": trial.channel}
        if trial.typed:
            content: dict[str, Any] = {"content": self._prompt(request)}
            if kind == "reply":
                assert trial.on
                content = {"content": "make the sky red", "reply_to": trial.on.message}
            mention = trial.where != "dm"
            typed = await self.ask("type", {**act, **content, "mention": mention})
            trial.events.append(typed["message"])
            return str(typed["message"])
        held = {"deliver_after": HELD}
        if kind.startswith("button") or kind.startswith("menu"):
            made = await self._press(trial, held)
        else:
            name = "imagine"
            options: dict[str, Any] = {"prompt": self._prompt(request)}
            if kind == "/again":
                name, options = "again", {}
            if kind == "/edit with a file":
                picture = {"filename": "mine.png", "picture": [96, 64]}
                name, options = "edit", {"instruction": self._prompt(request), "image": picture}
            if kind == "/imagine private":
                options["private"] = True
            made = await self.ask("slash", {**act, "name": name, "options": options, **held})
        trial.events.append(made["id"])
        trial.tokens.append(made["token"])
        return str(made["id"])

    async def answer(self, trial: Trial, question: Mapping[str, Any]) -> None:
        """Say which picture is meant: with a button, or in words where it was asked in words; with
        the button where that was of no use."""
        again = bool(trial.answered)
        trial.questions.append(question["id"])
        answers = answers_of(question)
        number = trial.request.chance.randrange(len(answers))
        act = {"as": trial.person.id, "channel": question["channel_id"]}
        if again or question["ephemeral"] or trial.request.chance.random() < 0.5:
            press = {"message": question["id"], "custom_id": answers[number]}
            made = await self.ask("click", {**act, **press})
            trial.events.append(made["id"])
            trial.tokens.append(made["token"])
        else:
            mention = trial.where != "dm"
            said = {"content": f"the {ORDINALS[number]} one", "mention": mention}
            trial.events.append((await self.ask("type", {**act, **said}))["message"])
        trial.answered.append(time.monotonic())

    async def _press(self, trial: Trial, held: dict[str, Any]) -> Any:
        """A button, or a form that a button or the context menu opens."""
        shown, kind = trial.on, trial.request.kind
        assert shown
        act = {"as": trial.person.id, "message": shown.message}
        if kind in ("button again", "button vary"):
            button = f"banana:{kind.removeprefix('button ')}:{shown.job}"
            return await self.ask("click", {**act, "custom_id": button, **held})
        values = {"instruction": f"make the sky red, storm {trial.request.number}"}
        for _ in range(20):  # a form that does not open is asked for again
            if kind == "button edit":
                edit = f"banana:edit:{shown.job}"
                opened = await self._opened("click", {**act, "custom_id": edit})
            else:
                opened = await self._opened("menu", {**act, "name": "Edit picture"})
            if opened["modal"]:
                if '"which"' in json.dumps(opened["modal"]):  # of several pictures
                    values["which"] = trial.request.chance.choice("12")
                return await self.ask("submit", {"modal": opened["id"], "values": values, **held})
            await self.power.up.wait()
        raise AssertionError(f"no form opens: {kind}")

    async def _opened(self, name: str, body: dict[str, Any]) -> Any:
        return await self.ask(name, {**body, "wait": 3.5})

    async def press_all(self, trial: Trial, who: str, *wanted: Button) -> None:
        """Have ``who`` press those buttons of a request, where they are there."""
        for message in await self.mine(trial):
            for one in ids_of(message):
                if (found := custom_id.parse(one)) and found.button in wanted:
                    press = {"as": who, "message": message["id"], "custom_id": one}
                    await self.remote.attempt("click", {**press, "wait": 3})

    # Seeing

    def rows(self, trial: Trial) -> list[Row]:
        """The jobs that the program has made of a request."""
        known = self.power.rows
        return [known[one] for one in trial.jobs if one in known]

    async def mine(self, trial: Trial) -> list[dict[str, Any]]:
        """The bot's messages about a request that the person sees, where they may be."""
        found = []
        for channel in {trial.channel, trial.person.places["dm"]}:
            query = f"channel={channel}&as={trial.person.id}&after={min(map(int, trial.events))}"
            seen = await self.ask(f"messages?{query}")
            found += [one for one in seen if belongs(one, trial)]
        return found


def belongs(message: Mapping[str, Any], trial: Trial) -> bool:
    """Whether a message is about a request: by its buttons, or by what it answers."""
    if not message["by_bot"]:
        return False
    if jobs := jobs_of(message):
        return not jobs.isdisjoint(trial.jobs)
    reference = message.get("message_reference") or {}
    return message["interaction_id"] in trial.events or reference.get("message_id") in trial.events
