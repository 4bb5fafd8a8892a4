"""The people of Feishu's storm: where they are, how they ask, and what they see."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.feishu.address import PLATFORM
from bot.domain.jobs import job_id
from bot.domain.protocol import SEEN_SECONDS
from messages import Button
from tests.chaos.storm import Power, Request, Row
from tests.emulators.process import Remote

MENTION = "group mention"
CLICKED = ("button again", "button vary", "form edit", "card menu")
ALONE, MENU, CANCELLED, ON_CARD = "p2p message", "bot menu", "cancelled", "reply to a card"
IN_GROUP = (MENTION, "rich text", "reply to a picture", "said again", CANCELLED)
TYPED = (*IN_GROUP, "topic mention", ALONE, "p2p picture", ON_CARD)

ORDINALS = ("first", "second")
"""How a person says which of the pictures is meant."""

ENDS = ("✅", "❌", "🚫")
"""How the titles of cards begin that say how a request has ended."""

LIMITS = {"api_per_minute": 60_000, "uuid_seconds": 10**7}
"""The storm is a busy hour within a minute, and the clock jumps while answers are on their way;
every other number is Feishu's own."""

Seen = Mapping[str, Any]
"""A message as the emulator describes it."""


@dataclass(slots=True)
class Shown:
    """A finished picture that a person can act on in these ways, kinds of requests; ``uses``
    counts how often somebody did."""

    card: str
    job: str
    where: str
    chat: str
    kinds: frozenset[str]
    uses: int = 0


@dataclass(slots=True)
class Person:
    """Somebody with a group, a topic group and a chat with the bot alone.

    ``closed`` is set for those to whom the app is not available: it cannot write to them first;
    ``alone`` once they have asked for a picture in the chat with the bot alone.
    """

    id: str
    closed: bool
    alone: bool = False
    places: dict[str, str] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)


@dataclass(slots=True)
class Trial:
    """A request on its way.

    ``events`` are what its job is named after, ``asked`` the messages that an answer would reply
    to, ``at`` when it was asked. ``unanswered`` is set while the person has been told that their
    click was in vain (``unsent``: nobody was there to take it), ``seen_before`` when they saw the
    end, and it was withdrawn afterwards. ``questions`` are the cards in which the bot has asked
    which picture is meant and the person said so, ``answered`` when.
    """

    request: Request
    person: Person
    where: str
    chat: str
    on: Shown | None = None
    events: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    unanswered: bool = False
    unsent: bool = False
    questions: list[str] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    seen_before: bool = False

    @property
    def last_said(self) -> float:
        """When the person has last asked, or answered."""
        return max(self.at + self.answered)

    @property
    def jobs(self) -> list[str]:
        """The ids of the jobs that the program makes of the events."""
        return [job_id(PLATFORM, event) for event in self.events]


class People:
    """Everybody, and how they ask; :meth:`ask` is the emulator's control door."""

    def __init__(self, remote: Remote, power: Power) -> None:
        self.remote = remote
        self.ask = remote.ask
        self.power = power
        self.people: list[Person] = []

    async def build(self, people: int) -> None:
        """Make the world. Every second person is Chinese."""
        for number in range(people):
            locale = "zh_cn" if number % 2 else "en_us"
            made = await self.ask("people", {"name": f"person{number}", "locale": locale})
            self.people.append(Person(made["open_id"], closed=number % 10 == 9))
        for number, person in enumerate(self.people):
            both = [person.id, self.people[number - 1].id]
            for kind in ("group", "topic"):
                person.places[kind] = await self.chat(kind, both)
            person.places["p2p"] = await self.chat("p2p", [person.id])
        closed = [person.id for person in self.people if person.closed]
        await self.ask("set", {"unavailable": closed, "limits": LIMITS})

    async def chat(self, kind: str, people: list[str]) -> str:
        """A new chat with the bot."""
        return str((await self.ask("chats", {"type": kind, "people": people}))["chat_id"])

    # Asking

    async def begin(self, request: Request, *, apart: bool) -> Trial:
        """Where it happens: ``apart`` in a group of its own, which something happens to."""
        person, kind = self.people[request.person], request.kind
        await self.power.up.wait()
        if kind == MENU and not person.alone:  # there is nothing yet to be made again
            request, kind = replace(request, kind=ALONE), ALONE
        usable = [each for each in person.shown if kind in each.kinds]
        if kind in (*CLICKED, ON_CARD) and not usable:
            request, kind = replace(request, kind=MENTION), MENTION
        person.alone = person.alone or kind == ALONE
        if kind in (*CLICKED, ON_CARD):
            await asyncio.sleep(SEEN_SECONDS)  # sooner it could be the same request once more
            fewest = min(shown.uses for shown in usable)
            shown = request.chance.choice([one for one in usable if one.uses == fewest])
            shown.uses += 1
            return Trial(request, person, shown.where, shown.chat, shown)
        where = "group" if kind in IN_GROUP else "topic" if "topic" in kind else "p2p"
        chat = await self.chat("group", [person.id]) if apart else person.places[where]
        return Trial(request, person, where, chat)

    async def say(self, trial: Trial) -> None:
        """Ask once, as the request's kind is asked."""
        kind = trial.request.kind
        trial.at.append(time.monotonic())
        if kind in CLICKED:
            await self._click(trial)
        elif kind == MENU:
            made = await self.ask("act", {"do": "menu", "by": trial.person.id, "key": "again"})
            trial.events.append(made["event_id"])
            trial.event_ids.append(made["event_id"])
        else:
            act = {"chat": trial.chat, "from": trial.person.id}
            made = await self.ask("send", {**act, **await self._content(trial)})
            trial.events.append(made["message_id"])
            trial.asked.append(made["message_id"])
            trial.event_ids.append(made["event_id"])

    async def _content(self, trial: Trial) -> dict[str, Any]:
        """What is written: with a mention, unless they are alone with the bot."""
        words, kind = prompt(trial.request), trial.request.kind
        image = {"tag": "img", "image": {"width": 96, "height": 64}}
        mention = "" if trial.where == "p2p" else "<@bot> "
        match kind:
            case "rich text":
                line = [{"tag": "at", "user": "bot"}, {"tag": "text", "text": f" {words}"}]
                return {"post": {"title": "", "content": [line, [image]]}}
            case "p2p picture":
                content = [[{"tag": "text", "text": words}], [image]]
                return {"post": {"title": "", "content": content}}
            case "reply to a picture":
                act = {"chat": trial.chat, "from": trial.person.id, "image": image["image"]}
                sent = await self.ask("send", {**act, "deliver": False})
                return {"text": f"{mention}{words}", "reply_to": sent["message_id"]}
            case _ if trial.on:
                return {"text": f"{mention}make the sky red", "reply_to": trial.on.card}
            case "said again":
                return {"text": f"{mention}再来一张"}
            case _:
                return {"text": f"{mention}{words}"}

    async def _click(self, trial: Trial) -> None:
        """Use a component of a finished card."""
        assert trial.on
        how: dict[str, Any] = {}
        match trial.request.kind:
            case "form edit":
                how = {"name": "edit", "form": {"instruction": "make the sky red"}}
            case "card menu":
                how = {"tag": "overflow", "value": {"a": "more"}, "option": "pro"}
            case button:
                how = {"value": {"a": button.removeprefix("button ")}}
        press = {"message": trial.on.card, "by": trial.person.id, **how}
        trial.asked.append(trial.on.card)
        told = await self.ask("click", press)
        trial.events.append(told["event_id"])
        trial.unanswered = told["error"] is not None
        trial.unsent = told["outcome"] == "no connection"

    async def answer(self, trial: Trial, question: Seen) -> None:
        """Say which picture is meant: with a button of the question, or in words; with the button
        where that was of no use."""
        card, again = question["message_id"], bool(trial.answered)
        trial.questions.append(card)
        answers = answers_of(question)
        number = trial.request.chance.randrange(len(answers))
        trial.answered.append(time.monotonic())
        if again or trial.request.chance.random() < 0.5:
            press = {"message": card, "by": trial.person.id, "value": answers[number]}
            trial.asked.append(card)
            told = await self.ask("click", press)
            trial.events.append(told["event_id"])
            return
        mention = "" if trial.where == "p2p" else "<@bot> "
        said = {"text": f"{mention}the {ORDINALS[number]} one", "reply_to": card}
        made = await self.ask("send", {"chat": trial.chat, "from": trial.person.id, **said})
        trial.events.append(made["message_id"])
        trial.asked.append(made["message_id"])
        trial.event_ids.append(made["event_id"])

    async def press_all(self, trial: Trial, who: str, *buttons: str) -> None:
        """Press those buttons on the request's card, if they are there."""
        for message in await self.mine(trial):
            for each in components(message["content"]):
                if each["tag"] == "button" and pressed(each).get("a") in buttons:
                    press = {"message": message["message_id"], "by": who, "value": pressed(each)}
                    await self.remote.attempt("click", press)

    # Seeing

    def rows(self, trial: Trial) -> list[Row]:
        """The jobs that the program has made of a request."""
        known = self.power.rows
        return [known[one] for one in trial.jobs if one in known]

    async def mine(self, trial: Trial) -> list[Seen]:
        """The bot's messages about a request that are there to be seen."""
        found: list[Seen] = []
        for chat in {trial.chat, trial.person.places["p2p"]}:
            found += [one for one in await self.said(f"&chat={chat}") if self.belongs(one, trial)]
        return found

    async def said(self, where: str = "") -> list[Seen]:
        """The bot's messages that are there to be seen; ``jobs`` are those of their buttons."""
        seen = await self.ask(f"messages?bot=1{where}")
        return [{**one, "jobs": jobs_of(one)} for one in seen if not one["deleted"]]

    def belongs(self, message: Seen, trial: Trial) -> bool:
        """Whether a message of the bot is about a request: by its buttons, or by what it answers.

        Two requests may be answered under one card without any buttons; the program knows whose
        message is whose.
        """
        if jobs := message["jobs"] or {self.power.owners.get(message["message_id"])} - {None}:
            return not jobs.isdisjoint(trial.jobs)
        return message["parent_id"] in trial.asked

    async def until(self, trial: Trial, seconds: float) -> None:
        """Wait until the program has a job of the request, or has evidently none."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.rows(trial):
            await asyncio.sleep(0.05)


def prompt(request: Request) -> str:
    """The words; those of a request that is called off take long."""
    before = "demo:fail refused " if request.fails else ""
    before = "demo:seconds 20 " if request.kind == CANCELLED else before
    words = "风暴里的灯塔" if request.person % 2 else "a lighthouse in the storm"
    return f"{before}{words} {request.number}"


def components(content: Any) -> Iterator[Mapping[str, Any]]:
    """Everything in a card that has a tag."""
    if isinstance(content, dict):
        if "tag" in content:
            yield content
        for each in content.values():
            yield from components(each)
    elif isinstance(content, list):
        for each in content:
            yield from components(each)


def pressed(component: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a component reports when it is used."""
    for behavior in component.get("behaviors", ()):
        if behavior["type"] == "callback":
            return dict(behavior["value"])
    return {}


def kinds_of(message: Seen) -> frozenset[str]:
    """How a person can act on a card; who replies to several pictures is asked which."""
    kinds = {ON_CARD} if message["images"] else set()
    for each in components(message["content"]):
        offered = {option["value"] for option in each.get("options", ()) if "value" in option}
        if each["tag"] == "overflow" and "pro" in offered:
            kinds.add("card menu")
        elif each["tag"] == "button":
            name = pressed(each).get("a")
            kinds.add("form edit" if name == "edit" else f"button {name}")
    return frozenset(kinds)


def jobs_of(message: Seen) -> set[str]:
    """The jobs that the buttons of a message are about."""
    return {
        str(value["job"])
        for each in components(message["content"])
        if (value := pressed(each)).get("job") and value["a"] != Button.ANSWER
    }


def answers_of(message: Seen) -> list[Mapping[str, Any]]:
    """What the buttons report with which a card of the bot asks which picture is meant, if it
    does."""
    found = [pressed(each) for each in components(message["content"]) if each["tag"] == "button"]
    return [value for value in found if value.get("a") == Button.ANSWER]


def title(message: Seen) -> str:
    """The title of a card or of rich text."""
    content = message["content"]
    if message["msg_type"] == "interactive":
        return str(content.get("header", {}).get("title", {}).get("content", ""))
    return str(content.get("title") or content.get("text", ""))


def is_final(message: Seen) -> bool:
    """Whether a message says how a request has ended."""
    return title(message).startswith(ENDS)
