"""Feishu's storm: waiting for answers, letting time pass, and judging what is seen in the end."""

import asyncio
import time
from collections.abc import Sequence

from tests.chaos.feishu_people import (
    CLICKED,
    People,
    Seen,
    Shown,
    Trial,
    answers_of,
    is_final,
    kinds_of,
)
from tests.chaos.feishu_trouble import APART, Trouble
from tests.chaos.storm import Outcome, Power, Request, Verdict, settled

PATIENCE = 150.0
LOOK_SECONDS = 0.2

UNHEARD_SECONDS = 10.0
"""A click whose answer did not come, and which made no job within this time, was in vain."""

PAUSES = (15.0, 300.0, 3600.0, 21600.0)
"""Seconds after which an event is pushed again."""

CLOSED = "{}, and the app is not available to the person, whom it could write to instead"
NOT_SHOWN = "Feishu took the card, but not its picture"


class Time:
    """Lets the platform's clock jump to where it pushes again what was not acknowledged."""

    def __init__(self, people: People, power: Power) -> None:
        self._people = people
        self._power = power
        self.ahead = 0.0
        self._socket = ""

    async def pass_by(self) -> None:
        """Jump whenever somebody is there to take it, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            events = await self._people.ask("events?pending=1&brief=1")
            waiting = [one for one in events if not one["busy"] and one["due"] is not None]
            tries = min((len(one["tries"]) for one in waiting), default=0)
            if not tries or not await self._connected():
                continue
            self.ahead += PAUSES[tries - 1] + 0.5
            await self._people.ask("set", {"offset": self.ahead})

    async def _connected(self) -> bool:
        """Whether there is the same good connection as at the last look."""
        before = self._socket
        sockets = (await self._people.ask("sockets"))["open"]
        good = len(sockets) == 1 and not sockets[0]["frozen"]
        self._socket = sockets[0]["id"] if good else ""
        return bool(before) and before == self._socket and self._power.up.is_set()


class Feishu:
    """See :class:`tests.chaos.storm.Stage`."""

    def __init__(self, people: People, power: Power) -> None:
        self.people = people
        self._power = power
        self._trouble = Trouble(people, power)
        self.trials: list[Trial] = []

    async def carry_out(self, request: Request) -> None:
        """Ask, once more whenever a click was in vain."""
        trial = await self.people.begin(request, apart=request.fault in APART)
        self.trials.append(trial)
        troubles = await self._trouble.ask(trial)
        while not await self._heard(trial):
            await self._power.up.wait()
            await self.people.say(trial)
        await asyncio.gather(*troubles)
        await self._remember(trial)

    async def _heard(self, trial: Trial) -> bool:
        """Wait for the end; ``False`` when a click has evidently come to nothing."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            await asyncio.sleep(LOOK_SECONDS)
            rows = self.people.rows(trial)
            starts = [until for _, until in self._power.kills]
            quiet = time.monotonic() - max(trial.last_said, *starts, 0.0)
            if any(row.final for row in rows):
                if trial.seen_before or not self._power.hopeless.isdisjoint(trial.jobs):
                    return True
                if any(map(is_final, await self.people.mine(trial))):
                    return True
            elif not rows and self._power.up.is_set() and quiet > LOOK_SECONDS * 5:
                shown = await self.people.mine(trial)
                questions = [one for one in shown if answers_of(one)]
                unheard = quiet > UNHEARD_SECONDS
                new = [one for one in questions if one["message_id"] not in trial.questions]
                if new or (questions and unheard):
                    await self.people.answer(trial, (new or questions)[0])
                elif any(map(is_final, shown)):
                    return True
                elif trial.answered and unheard:  # the question is gone
                    return False
                if trial.unanswered and (trial.unsent or quiet > UNHEARD_SECONDS):
                    return False
        return True

    async def _remember(self, trial: Trial) -> None:
        """Keep a result that the person can act on later."""
        if trial.request.fault in APART:
            return
        for message in await self.people.mine(trial):
            if message["msg_type"] == "interactive" and message["images"] and message["jobs"]:
                [job] = message["jobs"]
                here = message["chat_id"] == trial.chat
                where = trial.where if here else "p2p"
                shown = Shown(
                    message["message_id"], job, where, message["chat_id"], kinds_of(message)
                )
                trial.person.shown.append(shown)

    # Judging

    async def judge(self) -> list[Verdict]:
        """Look at everything there is."""
        return await settled(self._verdicts, PATIENCE)

    async def _verdicts(self) -> list[Verdict]:
        self._power.look()
        everything = await self.people.said()
        return [self._verdict(trial, everything) for trial in self.trials]

    async def strays(self) -> list[Seen]:
        """What the bot has written that is about no request at all."""
        about, said = self.people.belongs, await self.people.said()
        return [one for one in said if not any(about(one, trial) for trial in self.trials)]

    def _verdict(self, trial: Trial, everything: Sequence[Seen]) -> Verdict:
        seen = [one for one in everything if self.people.belongs(one, trial)]
        outcome, words = self._outcome(trial, seen)
        return Verdict(trial.request, outcome, words, len(trial.at))

    def _outcome(self, trial: Trial, seen: Sequence[Seen]) -> tuple[Outcome, str]:
        finals = [one for one in seen if is_final(one)]
        asked = set(trial.questions)
        waiting = [one for one in seen if not is_final(one) and one["message_id"] not in asked]
        if len(finals) + trial.seen_before > 1:
            return Outcome.TWICE, f"{len(finals)} final cards"
        if trial.seen_before and not finals:
            return Outcome.PICTURES, "the person saw it, and then it was withdrawn"
        if not finals:
            why = self._impossible(trial)
            return (Outcome.IMPOSSIBLE, why) if why else (Outcome.LOST, self._trace(trial, waiting))
        [final] = finals
        left = ""
        if waiting:
            left = "an unfinished card stays in the chat that the bot is out of"
            if trial.request.fault not in APART or final["chat_id"] == trial.chat:
                return Outcome.TWICE, f"{len(waiting)} unfinished cards stay"
        if final["images"]:
            return Outcome.PICTURES, left
        succeeded = [row.status for row in self.people.rows(trial)] == ["succeeded"]
        return Outcome.EXPLAINED, NOT_SHOWN if succeeded else left

    def _impossible(self, trial: Trial) -> str:
        """Why nothing could be shown, for Feishu's own reasons."""
        given_up = not self._power.hopeless.isdisjoint(trial.jobs)
        if given_up and trial.person.closed and trial.request.fault in APART:
            return CLOSED.format(trial.request.fault)
        return ""

    def _trace(self, trial: Trial, waiting: Sequence[Seen]) -> str:
        status = [row.status for row in self.people.rows(trial)]
        given_up = not self._power.hopeless.isdisjoint(trial.jobs)
        clicked = f", click unanswered {trial.unanswered}" if trial.request.kind in CLICKED else ""
        asked = f", {len(trial.questions)} questions answered" if trial.questions else ""
        words = f"jobs {status}, {len(waiting)} unfinished{clicked}{asked}"
        return f"{words}{', given up' if given_up else ''}"
