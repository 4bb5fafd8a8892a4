"""What is asked before it is done: a sentence drawn, pictures deleted, another model or ratio."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, shortened, summary
from bot.domain.questions import OPEN_SECONDS, Question, question_id
from bot.domain.requests import Incoming, Options
from bot.engine.commands import Command, Deletion, Deletions
from bot.engine.lineage import made_from
from bot.engine.permissions import may_do, may_list, may_see
from bot.engine.targets import JobPicture, about, where
from bot.storage.jobs import JobStore
from bot.storage.questions import QuestionStore
from messages import Button, Notice, PictureName
from messages.texts import ANSWERS

ASKED = frozenset(
    {
        Action.QUESTION,
        Action.DELETE,
        Action.DELETE_ALL,
        Action.OTHER_MODEL,
        Action.OTHER_RATIO,
    }
)
"""What words ask for that is asked about first."""

MOST_DELETED = 500
"""Requests that one yes deletes."""

MOST_CHOICES = 10
QUOTED = 120
"""Characters of a request that a question quotes."""


NEW, CHANGE = "new", "change"
"""What can be done with a sentence: a new picture, or a change of one that is there."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The person wants these words drawn, with these options: as a ``change`` of a picture, which
    is that of the id, or those put aside."""

    text: str
    options: Options
    change: bool = False
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repetition:
    """The person wants a job once more, with these options."""

    action: Action
    job_id: str
    options: Options


Agreed: TypeAlias = Draw | Repetition | Command | Notice | Failure
"""What an answer leads to."""


class Offers:
    """Asks, and tells what is to be done once the answer is there."""

    def __init__(
        self, history: JobStore, questions: QuestionStore, clock: Callable[[], float]
    ) -> None:
        self._history = history
        self._questions = questions
        self._clock = clock

    async def doubt(
        self, incoming: Incoming, pictures: Sequence[JobPicture], answers: tuple[str, ...]
    ) -> Notice:
        """Ask whether words want a picture; each of the ``answers``, :data:`NEW` or
        :data:`CHANGE`, is a button.

        A change is one of the only picture, or without ``pictures`` of those put aside.
        """
        return await self._asked(
            replace(
                self._question(Action.QUESTION, incoming),
                pictures=tuple(one.picture.image_id for one in pictures),
                options=incoming.options,
                answers=answers,
            ),
            _doubt(answers, is_kept=not pictures),
            incoming,
        )

    async def ask(
        self,
        action: Action,
        incoming: Incoming,
        models: Sequence[Model],
        picture: JobPicture | None = None,
    ) -> Notice | Failure:
        """Ask before ``action`` is done; what was asked already is asked the same again.

        ``picture`` is the one of several that it is about, where words have named it.
        """
        base = self._question(action, incoming)
        if picture:
            base = replace(base, pictures=(picture.picture.image_id,))
        made = await self._made(action, base, incoming, models, picture)
        return made if isinstance(made, Failure) else await self._asked(*made, incoming)

    def _question(self, action: Action, incoming: Incoming) -> Question:
        return Question(
            question_id(incoming.platform, incoming.event_id),
            *where(incoming),
            text=incoming.text,
            words="",
            at=self._clock(),
            action=action.value,
            private=incoming.private,
        )

    async def _asked(self, question: Question, notice: Notice, incoming: Incoming) -> Notice:
        """Keep a question once, however often its event comes."""
        event = (incoming.platform, incoming.event_id)
        again = await self._history.answered(*event)
        if not again:
            await self._questions.ask(question)
            await self._history.remember(*event, self._clock())
        return replace(notice, new=not again, question=question.id)

    async def _made(
        self,
        action: Action,
        base: Question,
        incoming: Incoming,
        models: Sequence[Model],
        picture: JobPicture | None,
    ) -> tuple[Question, Notice] | Failure:
        match action:
            case Action.QUESTION:
                return base, _doubt((NEW,))
            case Action.DELETE_ALL:
                jobs = await self._deletable(incoming, base.at)
                if not jobs:
                    return Failure(Reason.NOT_FOUND)
                facts: dict[str, object] = {"count": len(jobs)}
                return base, Notice("ask_delete_all", facts, choices=(ANSWERS["delete_all"],))
        job = await about(self._history, action, incoming)
        if isinstance(job, Failure):
            return job
        base = replace(base, job=job.id)
        if action is Action.DELETE:
            facts = {"what": await self._name(job)}
            if picture is None:
                return base, Notice("ask_delete", facts, choices=(Button.DELETE.label,))
            count = len((await self._history.pictures_of([job.id]))[job.id])
            facts |= {"number": picture.number, "count": count}
            return base, Notice("ask_delete_one", facts, choices=(Button.DELETE.label,))
        if action is Action.OTHER_MODEL:
            others = [each for each in models if each.id != job.model][:MOST_CHOICES]
            values, names = [each.id for each in others], [each.name for each in others]
        else:
            model = catalog.find(job.model, models) or models[0]
            ratios = catalog.common_first(model.aspect_ratios)
            values = [each for each in ratios if each != job.aspect_ratio][:MOST_CHOICES]
            names = values
        if not values:
            return Failure(Reason.NOT_FOUND)
        return replace(base, answers=tuple(values)), Notice(action.value, choices=tuple(names))

    async def _name(self, job: Job) -> PictureName:
        """What a job's pictures are called in a question."""
        source = await made_from(self._history, job)
        if source is not None:
            source = replace(source, words=tuple(shortened(each, QUOTED) for each in source.words))
        shape = (job.size, job.aspect_ratio, job.model_name)
        return PictureName(summary(job, QUOTED), source, *shape)

    async def pending(self, incoming: Incoming, *, wanted: frozenset[str]) -> Question | None:
        """The question that a yes would answer, if it asks for one of these actions."""
        since = self._clock() - OPEN_SECONDS
        question = await self._questions.of(*where(incoming), since)
        if question is None or question.action not in wanted or len(question.answers) > 1:
            return None
        return question if await self.is_open(question) else None

    async def is_open(self, question: Question) -> bool:
        """Whether the person has asked for nothing else there since."""
        newest = await self._history.latest(
            question.platform, question.conversation, requester=question.requester
        )
        return newest is None or newest.created_at < question.at

    async def close(self, incoming: Incoming) -> None:
        """Forget the person's question there."""
        await self._questions.close(*where(incoming))

    @staticmethod
    def choice(question: Question, number: int) -> str:
        """The answer of that number, from 1, as the button names it that gives it."""
        match question.action:
            case Action.QUESTION:
                return _LABELS[_chosen(question, number)]
            case Action.DELETE:
                return Button.DELETE.label
            case Action.DELETE_ALL:
                return ANSWERS["delete_all"]
            case _:
                return str(number)

    async def agreed(self, question: Question, number: int, incoming: Incoming) -> Agreed:
        """What the answer of that number, from 1, wants done."""
        match question.action:
            case Action.QUESTION:
                change = _chosen(question, number) == CHANGE
                return Draw(question.text, question.options, change, question.pictures)
            case Action.DELETE_ALL:
                jobs = await self._deletable(incoming, question.at)
                return Deletions(tuple(job.id for job in jobs))
            case Action.DELETE:
                return await self._deletion(question, incoming)
            case Action.OTHER_MODEL | Action.OTHER_RATIO if question.job:
                chosen = question.answers[number - 1 : number]
                if not chosen:
                    return Failure(Reason.NOT_FOUND)
                if question.action == Action.OTHER_MODEL:
                    return Repetition(Action.AGAIN, question.job, Options(model=chosen[0]))
                return Repetition(Action.EXTEND, question.job, Options(aspect_ratio=chosen[0]))
            case _:
                return Failure(Reason.NOT_FOUND)

    async def _deletion(self, question: Question, incoming: Incoming) -> Deletion | Failure:
        job = await self._history.job(question.job or "")
        if job is None or not may_see(job, incoming):
            return Failure(Reason.NOT_FOUND)
        if not may_do(Action.DELETE, job, incoming):
            return _NOT_YOURS
        return Deletion(job.id, question.pictures)

    async def _deletable(self, incoming: Incoming, until: float) -> list[Job]:
        """The person's own requests that may be listed there, and that there were by then."""
        jobs = await self._history.jobs_of(
            incoming.platform, incoming.requester, before=until, limit=MOST_DELETED
        )
        return [job for job in jobs if may_list(job, incoming)]


_NOT_YOURS = Failure(Reason.NOT_YOURS)


_LABELS = {NEW: ANSWERS["question"], CHANGE: ANSWERS["change"]}


def _chosen(question: Question, number: int) -> str:
    """What the answer of that number does with a sentence."""
    return (question.answers[number - 1 : number] or (NEW,))[0]


def _doubt(answers: tuple[str, ...], *, is_kept: bool = False) -> Notice:
    """What is asked about words that may want a picture, or nothing."""
    if len(answers) > 1:
        key = "offer_either"
    else:
        key = "offer_kept" if is_kept and CHANGE in answers else "offer"
    return Notice(key, choices=tuple(_LABELS[answer] for answer in answers))
