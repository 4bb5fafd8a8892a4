"""Discord's storm: waiting for answers, and judging what everybody sees in the end."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from adapters.discord.address import created_at
from tests.chaos.discord_people import (
    BARRED,
    NO_CHANNEL,
    People,
    Shown,
    Trial,
    answers_of,
    belongs,
    is_final,
    is_unfinished,
    jobs_of,
)
from tests.chaos.discord_trouble import Trouble
from tests.chaos.storm import NONE, Outcome, Power, Request, Verdict, settled

UNHEARD_SECONDS = 10.0
"""What has left no trace after this time was never delivered."""

STORED_SECONDS = 10.0
"""A kill so soon after a request may have come before the id of its message was stored."""

PATIENCE = 150.0
LAST_PATIENCE = 30.0
IN_WORDS_SECONDS = 8.0
LOOK_SECONDS = 0.2

TOO_LATE = "10062: the acknowledgement came too late, where the bot itself cannot write"
STAYS = "an unfinished message stays that nobody can change: the token expired meanwhile"
UNKEYED = "two: killed between posting a follow-up, for which Discord has no key, and storing it"
CLOSED = "{}, and the person takes no direct messages"


class Discord:
    """See :class:`tests.chaos.storm.Stage`."""

    def __init__(self, people: People, power: Power) -> None:
        self.people = people
        self._power = power
        self._trouble = Trouble(people, power)
        self.trials: list[Trial] = []

    async def carry_out(self, request: Request) -> None:
        """Ask, once more whenever Discord has not delivered it."""
        trial = await self.people.begin(request)
        self.trials.append(trial)
        troubles = await self._trouble.put(trial, request.fault)
        heard = await self._heard(trial)
        while not heard and await self._was_lost(trial):
            troubles += await self._trouble.put(trial, NONE)
            heard = await self._heard(trial)
        if not heard:
            for trouble in troubles:
                trouble.cancel()
        await asyncio.gather(*troubles, return_exceptions=True)
        await self._remember(trial)

    async def _heard(self, trial: Trial) -> bool:
        """Wait for the end; ``False`` when there is no trace of what was asked."""
        end = time.monotonic() + PATIENCE
        known = False
        while time.monotonic() < end:
            await asyncio.sleep(LOOK_SECONDS)
            rows = self.people.rows(trial)
            if rows and not known and not self._power.was_deaf(trial.last_said):
                self._power.heard(trial.last_said)
            known = bool(rows)
            spans = self._power.kills + self._power.silences
            quiet = time.monotonic() - max(trial.last_said, *(until for _, until in spans), 0.0)
            if any(row.final for row in rows):
                if trial.seen_before or not self._power.hopeless.isdisjoint(trial.jobs):
                    return True
                shown = await self.people.mine(trial)
                if any(map(is_final, shown)):
                    return True
                # In words alone, where Discord takes neither the picture nor the buttons.
                if shown and not any(map(is_unfinished, shown)) and quiet > IN_WORDS_SECONDS:
                    return True
            elif not rows and self._power.up.is_set() and quiet > LOOK_SECONDS * 5:
                shown = await self.people.mine(trial)
                lost = self._power.was_deaf(trial.last_said)
                unheard = quiet > (UNHEARD_SECONDS / 2 if lost else UNHEARD_SECONDS)
                questions = [one for one in shown if answers_of(one)]
                new = [one for one in questions if one["id"] not in trial.questions]
                if (new and not trial.answered) or (questions and unheard):
                    await self.people.answer(trial, (new or questions)[0])
                elif not trial.answered and any(not is_unfinished(one) for one in shown):
                    return True
                elif unheard:
                    return False
        return True

    async def _was_lost(self, trial: Trial) -> bool:
        """Whether Discord had no session to deliver it to, or says that it failed; then the person
        asks again. What was acknowledged was delivered."""
        if not trial.typed:
            told = await self.people.ask(f"interaction?id={trial.events[-1]}")
            if told["failed"] or told["ack"] is not None:
                return bool(told["failed"])
        return self._power.was_deaf(trial.asked[-1])

    async def _remember(self, trial: Trial) -> None:
        """Keep a result that the person can act on later."""
        if trial.request.fault in (BARRED, NO_CHANNEL):
            return
        for message in await self.people.mine(trial):
            jobs = jobs_of(message)
            if jobs and message["attachments"]:
                [job] = jobs
                here = message["channel_id"] == trial.channel
                where = trial.where if here else "dm"
                shown = Shown(
                    message["id"], job, where, message["channel_id"], message["ephemeral"]
                )
                trial.person.shown.append(shown)

    # Judging

    async def judge(self) -> list[Verdict]:
        """Look at everything there is."""
        return await settled(self._verdicts, LAST_PATIENCE)

    async def _verdicts(self) -> list[Verdict]:
        self._power.look()
        everything = await self.people.ask("messages")
        told = {one["id"]: one for one in await self.people.ask("interactions?brief=1")}
        return [self._verdict(trial, everything, told) for trial in self.trials]

    def _verdict(
        self, trial: Trial, everything: Sequence[dict[str, Any]], told: dict[str, dict[str, Any]]
    ) -> Verdict:
        seen = [
            one
            for one in everything
            if one["only"] in (None, trial.person.id) and belongs(one, trial)
        ]
        outcome, words = self._outcome(trial, seen, told)
        return Verdict(trial.request, outcome, words, len(trial.asked))

    def _outcome(
        self, trial: Trial, seen: list[dict[str, Any]], told: dict[str, dict[str, Any]]
    ) -> tuple[Outcome, str]:
        finals = [one for one in seen if is_final(one)]
        waiting = [one for one in seen if is_unfinished(one)]
        texts = [
            one
            for one in seen
            if one not in finals and one not in waiting and not _was_answered(one, trial)
        ]
        if len(finals) == 2 and self._unkeyed(finals):
            return Outcome.IMPOSSIBLE, UNKEYED
        if len(finals) + trial.seen_before > 1:
            return Outcome.TWICE, f"{len(finals)} final messages"
        if trial.seen_before and not finals:
            return Outcome.PICTURES, "the person saw it, and then deleted it"
        if not finals and texts:
            many = "" if len(texts) == 1 else f"{len(texts)} explanations"
            return (Outcome.TWICE if many else Outcome.EXPLAINED), many
        if not finals:
            why = self._impossible(trial, told)
            return (Outcome.IMPOSSIBLE, why) if why else (Outcome.LOST, self._trace(trial, told))
        final, status = finals[0], {row.status for row in self.people.rows(trial)}
        if "cancelled" in status and trial.request.kind != "cancelled":
            return Outcome.LOST, "somebody else cancelled it"
        elsewhere = final["channel_id"] != trial.channel or final["ephemeral"]
        if len(texts) > elsewhere:
            return Outcome.TWICE, "words beside the final message"
        if any(not self._beyond(trial, one, told) for one in waiting):
            return Outcome.TWICE, f"an unfinished message stays: {self._trace(trial, told)}"
        pictures = bool(final["attachments"])
        left = ""
        if waiting:
            left = STAYS
        if not pictures and not trial.request.fails and trial.request.kind != "cancelled":
            left = f"{trial.request.fault}: {final['content'].splitlines()[-1][:60]}"
        return (Outcome.PICTURES if pictures else Outcome.EXPLAINED), left

    def _unkeyed(self, finals: list[dict[str, Any]]) -> bool:
        """Whether a follow-up was posted again because of a kill right after it was posted."""
        ahead = time.time() - time.monotonic()
        first, second = sorted(created_at(one["id"]) for one in finals)
        killed = any(first - 0.5 < began + ahead < second for began, _ in self._power.kills)
        return killed and all(one["interaction_id"] for one in finals)

    def _beyond(
        self, trial: Trial, message: dict[str, Any], told: dict[str, dict[str, Any]]
    ) -> bool:
        """Whether nobody can change a message: its token is dead, and it is not for the bot's own
        or the program was killed before it had stored its id."""
        one = told.get(message["interaction_id"] or "")
        dead = bool(one and one["expired"])
        asked = trial.asked[0]
        unknown = any(began - STORED_SECONDS < asked < until for began, until in self._power.kills)
        return dead and (unknown or not trial.reachable)

    def _impossible(self, trial: Trial, told: dict[str, dict[str, Any]]) -> str:
        """Why nothing could be shown, for Discord's own reasons."""
        interactions = [told[event] for event in trial.events if event in told]
        if self._came_too_late(trial, told):
            return TOO_LATE
        if self._power.hopeless.isdisjoint(trial.jobs) or not trial.person.closed:
            return ""
        if trial.request.fault in (NO_CHANNEL, BARRED):
            return CLOSED.format(trial.request.fault)
        if any(one["expired"] for one in interactions) and not trial.reachable:
            return CLOSED.format("the token expired where the bot itself cannot write")
        return ""

    def _came_too_late(self, trial: Trial, told: dict[str, dict[str, Any]]) -> bool:
        """Whether Discord did not wait for the acknowledgement where nothing else can be said."""
        interactions = [told[event] for event in trial.events if event in told]
        late = any(
            one["ack"] is None and (one["failed"] or one["refusals"]) for one in interactions
        )
        return late and not trial.reachable

    def _trace(self, trial: Trial, told: dict[str, dict[str, Any]]) -> str:
        """What is known of a request that was lost."""
        jobs = {one: self._power.rows.get(one) for one in trial.jobs}
        acks = [(told[one]["ack"], told[one]["refusals"]) for one in trial.events if one in told]
        hopeless = not self._power.hopeless.isdisjoint(trial.jobs)
        return f"{trial.where} {trial.events} {jobs} {acks} {hopeless=}"


def _was_answered(message: dict[str, Any], trial: Trial) -> bool:
    """Whether a message is the question that was answered; of two panels that two clicks have
    opened, which only the person sees, one is enough."""
    beside = message["ephemeral"] and bool(trial.answered) and bool(answers_of(message))
    return message["id"] in trial.questions or beside
