"""Which picture is meant: what words point at, what is asked about it, and what an answer does."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, summary
from bot.domain.questions import Question, answering, question_id
from bot.domain.requests import Attachment, Incoming
from bot.engine.commands import Command, Commands, QuestionAnswer
from bot.engine.drawing import Drawing
from bot.engine.offers import ASKED, Draw, Offers, Repetition
from bot.engine.reader import Reader, verbatim, with_settings_of
from bot.engine.repetition import Repetitions
from bot.engine.targets import CORNERS, PLACES, JobPicture, Targets, WhichPicture, where
from bot.language import pointers, wanting, wording
from bot.language.pointers import Pointer, Which
from bot.storage.jobs import JobStore
from bot.storage.pending_attachments import PENDING_SECONDS, PendingAttachments
from bot.storage.questions import QuestionStore
from messages import Button, Notice
from messages.texts import ANSWERS

QUOTED = 60
"""Characters of a request by which a picture is named."""

CHATTY = frozenset(
    {
        Action.SMALL_TALK,
        Action.GREETING,
        Action.QUESTION,
        Action.CONFIRM,
        Action.DECLINE,
        Action.WORDS,
    }
)
"""What words that come with a picture do not ask for: it waits for others."""

_VAGUE = (Which.OPEN, Which.LEFT, Which.RIGHT)
"""What a command that is one by itself may as well be said with, and be about the last picture."""

_ABOUT_NO_PICTURE = ASKED | {Action.HISTORY}
"""What a question may be about that no picture answers."""

_NEWEST = (None, Which.LAST)
"""What a pointer may say of the newest picture, also where that is still being made."""

Done: TypeAlias = Job | Command | Notice | Failure
"""What comes of an answer, or of words about one picture."""


class Choosing:
    """Settles what is done to one picture of several, and asks where that stays open."""

    def __init__(
        self,
        *,
        history: JobStore,
        pending: PendingAttachments,
        questions: QuestionStore,
        reader: Reader,
        targets: Targets,
        offers: Offers,
        commands: Commands,
        drawing: Drawing,
        repetitions: Repetitions,
        clock: Callable[[], float],
    ) -> None:
        self._history = history
        self._pending = pending
        self._questions = questions
        self._reader = reader
        self._targets = targets
        self._offers = offers
        self._commands = commands
        self._drawing = drawing
        self._repetitions = repetitions
        self._clock = clock

    async def pointed(self, incoming: Incoming, models: Sequence[Model]) -> Done | None:
        """What is done to the picture that words point at, if they point at one."""
        if incoming.attachments or await self._pending.of(*where(incoming), self._clock()):
            return None
        said = pointers.shown(incoming.text)
        pictures = await self._targets.pointed(said, incoming) if said else ()
        if not pictures:
            said = pointers.pointer(incoming.text, tuple(incoming.people))
            pictures = await self._targets.pointed(said, incoming) if said else ()
        if not pictures and (thing := pointers.subject(incoming.text)) is not None:
            if named := await self._of_thing(thing, incoming):
                said, pictures = thing, named
        if said is None:
            return None
        pictures = _whole(said, pictures)
        wanted = _number(said)
        is_found = len(pictures) == 1 and (
            wanted in (None, pictures[0].number) or await self._targets.are_two(said, incoming)
        )
        if not said.words and not await self._may_keep(said, pictures):
            return None  # "picture 1" alone may be anything
        is_corner = said.which in CORNERS and said.action is None
        if is_corner and await self._is_part(pictures, incoming):
            return None  # "the hand in the top left corner"
        if not pictures:
            is_clear = said.sure and not wanting.evidence(said.words).describes
            return await self._without_picture(incoming, said, models) if is_clear else None
        if not is_found:
            return await self.ask(incoming, said.words, pictures, said.action, sure=said.sure)
        return await self._done_to(pictures[0], incoming, said.words, said.action, models)

    async def commanded(
        self, incoming: Incoming, action: Action, models: Sequence[Model]
    ) -> Done | None:
        """What words that are a command do to the picture that they point at: "bigger please, the
        second one"; ``action`` is what they are as a whole."""
        text, people = incoming.text, tuple(incoming.people)
        both = (pointers.shown(text), pointers.pointer(text, people))
        found = [said for said in both if said and said.action and said.action.spec.repeats]
        thing = pointers.subject(text)
        named = thing if thing is not None and thing.action is not None else None
        beside = tuple(pointers.mentioned(text, people)) if action.spec.repeats else ()
        if incoming.attachments or not (found or named or beside):
            return None
        if await self._pending.of(*where(incoming), self._clock()):
            return None
        for said in found:
            pictures = () if said.which in _VAGUE else await self._targets.pointed(said, incoming)
            if len(pictures := _whole(said, pictures)) == 1:
                return await self._done_to(pictures[0], incoming, said.words, said.action, models)
        if named is not None:
            pictures = _whole(named, await self._of_thing(named, incoming))
            if len(pictures) == 1:
                return await self._done_to(pictures[0], incoming, named.words, named.action, models)
        return await self._mentioned(beside, incoming, action, models)

    async def _mentioned(
        self,
        beside: Sequence[Pointer],
        incoming: Incoming,
        action: Action,
        models: Sequence[Model],
    ) -> Done | None:
        """What a command does to a picture that it names beside: "2 is great. a bigger one?"."""
        meant: dict[str, JobPicture] = {}
        for said in beside:
            pictures = _whole(replace(said, action=action), await self._of(said, incoming))
            meant |= {each.picture.image_id: each for each in pictures}
        if not meant:
            return None
        words, pictures = incoming.text, tuple(meant.values())
        if len(pictures) > 1:
            return await self.ask(incoming, words, pictures, action)
        return await self._done_to(pictures[0], incoming, words, action, models)

    async def _of(self, said: Pointer, incoming: Incoming) -> tuple[JobPicture, ...]:
        """What a pointer says; a number in a place where there is no set says nothing."""
        pictures = await self._targets.pointed(said, incoming)
        wanted = _number(said)
        is_one = len(pictures) == 1 and wanted in (None, pictures[0].number)
        is_two = len(pictures) == 1 and await self._targets.are_two(said, incoming)
        return pictures if said.about or is_one or is_two else ()

    async def _of_thing(self, said: Pointer, incoming: Incoming) -> tuple[JobPicture, ...]:
        """The pictures that words name by a thing in them, where they are about others than the one
        at hand, or a command."""
        is_command = said.action is not None
        return await self._targets.named(said.about, incoming, newest=is_command)

    async def _may_keep(self, said: Pointer, pictures: Sequence[JobPicture]) -> bool:
        """Whether a picture can be meant by words that say nothing else."""
        if said.number is None or not pictures:
            return bool(pictures)
        return len(await self._targets.pictures(pictures[0].job)) > 1

    async def _is_part(self, pictures: Sequence[JobPicture], incoming: Incoming) -> bool:
        """Whether a corner is that of a picture which belongs to no set, to be changed there."""
        text = incoming.text
        if not (wording.is_change(text) or wanting.evidence(text).alters):
            return False
        sets = [await self._targets.pictures(picture.job) for picture in pictures]
        return bool(sets) and all(len(one) == 1 for one in sets)

    async def _done_to(
        self,
        picture: JobPicture,
        incoming: Incoming,
        words: str,
        action: Action | None,
        models: Sequence[Model],
    ) -> Done:
        """One picture changed as the words say, or kept for words that are still to come."""
        if action is not None:
            about = replace(incoming, target=picture.job.id, number=picture.number)
            return await self._acted(action, about, picture, words, models)
        if not words:
            attachments = (picture.attachment,)
            kept = replace(incoming, action=Action.KEEP, target=None, attachments=attachments)
            reading = verbatim("", models[0].id)
            return await self._commands.run(Action.KEEP, reading, kept, models)
        reading = await self._reader.read(words, models, image=True)
        if reading.action.spec.repeats:
            about = replace(incoming, target=picture.job.id, number=picture.number)
            return await self._repetitions.repeated(
                reading.action, with_settings_of(reading, about), models
            )
        if reading.action in CHATTY:
            return await self._commands.run(reading.action, reading, incoming, models)
        if reading.action is not Action.DRAW:
            reading = verbatim(words, models[0].id)
        return await self._drawing.drawn(incoming, reading, (picture.attachment,), models)

    async def _acted(
        self,
        action: Action,
        about: Incoming,
        picture: JobPicture,
        words: str,
        models: Sequence[Model],
    ) -> Done:
        """What a command does that is about one picture; it is deleted once that is agreed to."""
        if action is Action.DELETE:
            of_several = len(await self._targets.pictures(picture.job)) > 1
            return await self._offers.ask(action, about, models, picture if of_several else None)
        if action.spec.repeats:
            reading = await self._reader.read(words, models, image=False)
            if reading.action is not action:
                return await self._repetitions.repeated(action, about, models)
            return await self._repetitions.repeated(
                action,
                with_settings_of(reading, about),
                models,
                reading.notes,
                other_model=reading.other_model,
            )
        reading = verbatim("", models[0].id)
        return await self._commands.run(action, reading, replace(about, action=action), models)

    async def _without_picture(
        self, incoming: Incoming, said: Pointer, models: Sequence[Model]
    ) -> Job | Notice | Failure:
        """There is no picture to change yet: where one is being made, the words are about that;
        else it is asked for, and they wait for it."""
        newest = await self._history.latest(
            incoming.platform, incoming.conversation, requester=incoming.requester
        )
        if newest is None or newest.status.final:
            return await self.ask(incoming, said.words, (), sure=False)
        is_newest = not (said.number or said.person or said.about) and said.which in _NEWEST
        if not is_newest or said.action or not said.words:
            return Failure(Reason.NOT_READY)
        return await self.awaiting(incoming, said.words, models)

    async def awaiting(
        self, incoming: Incoming, words: str, models: Sequence[Model]
    ) -> Job | Failure:
        """A change of the picture that is still being made, which begins when that is there."""
        coming = await self._targets.coming(incoming)
        if coming is None:
            return Failure(Reason.NOT_READY)
        reading = await self._reader.read(words, models, image=True)
        return await self._drawing.drawn(incoming, reading, (), models, coming)

    async def ask(
        self,
        incoming: Incoming,
        words: str,
        pictures: Sequence[JobPicture],
        action: Action | None = None,
        *,
        sure: bool = True,
    ) -> Notice:
        """Ask which picture is meant, or for one; the answer carries on with the words.

        Where it is not ``sure`` that one is, a new picture is an answer too.
        """
        event = (incoming.platform, incoming.event_id)
        again = await self._history.answered(*event)
        question = Question(
            question_id(*event),
            *where(incoming),
            text=incoming.text,
            words=words,
            at=self._clock(),
            action=action.value if action else None,
            options=incoming.options,
            pictures=tuple(one.picture.image_id for one in pictures),
            private=incoming.private,
        )
        if not again:
            await self._questions.ask(question)
            await self._history.remember(*event, self._clock())
        return replace(_asking(question, pictures, sure=sure), new=not again)

    async def answered(self, incoming: Incoming, models: Sequence[Model]) -> Done:
        """A question whose answer was pressed: ``target`` is its id, ``number`` the answer."""
        found = await self.question(incoming)
        theirs = found is not None and found.requester == incoming.requester
        here = found is not None and found.conversation == incoming.conversation
        if found is None or not (theirs or here):
            return Failure(Reason.OUTDATED)
        if not theirs:
            return Failure(Reason.NOT_YOURS)
        if found.private and incoming.private:  # what was asked among others may be answered alone
            incoming, here = replace(incoming, conversation=found.conversation), True
        if not here or (found.private and not incoming.private):
            return Failure(Reason.NOT_HERE)
        if await self._was_answered(found, incoming):
            return Failure(Reason.OUTDATED)
        if found.action in ASKED:
            return await self.agreed(found, incoming.number, incoming, models)
        incoming = replace(incoming, text=found.text, options=found.options)
        if incoming.number == len(found.pictures) + 1 and found.words and not found.action:
            reading = await self._reader.read(found.text, models, image=False)
            drawn = await self._drawing.drawn(incoming, reading, (), models)
            return QuestionAnswer(found.id, Button.NEW_INSTEAD.label, drawn)
        return await self._chosen(found, incoming.number, incoming, models)

    async def _was_answered(self, question: Question, incoming: Incoming) -> bool:
        """Whether a question was answered before, and not just now by a press that comes twice."""
        if not await self._history.answered(incoming.platform, answering(question.id)):
            return False
        return not await self._history.answered(incoming.platform, incoming.event_id)

    async def question(self, incoming: Incoming) -> Question | None:
        """The question that an answer is to, if it can still be answered."""
        target = incoming.target or ""
        return await self._questions.question(incoming.platform, target, self._clock())

    async def _chosen(
        self, question: Question, number: int, incoming: Incoming, models: Sequence[Model]
    ) -> Done:
        """What was asked, done to the picture of that number."""
        chosen = question.pictures[number - 1 : number]
        picture = await self._targets.shown_by(chosen[0], incoming) if chosen else None
        if picture is None:
            return Failure(Reason.REFERENCE_MISSING)
        action = Action(question.action) if question.action else None
        done = await self._done_to(picture, incoming, question.words, action, models)
        return QuestionAnswer(question.id, str(number), done)

    async def carried_on(self, incoming: Incoming, models: Sequence[Model]) -> Done | None:
        """The answer to an open question: a number in words, or the picture that was asked for."""
        if incoming.action is not None:
            return None
        said = pointers.is_only(incoming.text) if incoming.text else None
        shown = bool(incoming.attachments or incoming.target) and not incoming.text
        if (said is None or incoming.attachments or incoming.target) and not shown:
            return None
        since = self._clock() - PENDING_SECONDS
        question = await self._questions.of(*where(incoming), since)
        if (
            question is None
            or question.action in _ABOUT_NO_PICTURE
            or bool(question.pictures) == shown
            or not await self._offers.is_open(question)
        ):
            return None
        if said is not None:
            if said.number is None:
                return None
            asked = replace(incoming, text=question.text, options=question.options)
            return await self._chosen(question, said.number, asked, models)
        asked = replace(incoming, text=question.text, options=question.options)
        found = await self._targets.sources(asked, change=True)
        if isinstance(found, Failure):
            return found
        if isinstance(found, WhichPicture):
            return await self.ask(asked, question.words, found.pictures)
        reading = await self._reader.read(question.words, models, image=True)
        drawn = await self._drawing.drawn(asked, reading, found, models)
        return QuestionAnswer(question.id, ANSWERS["picture"], drawn)

    async def agreed(
        self, question: Question, number: int, incoming: Incoming, models: Sequence[Model]
    ) -> Done:
        """Do what was asked about, once."""
        done = await self._agreed(question, number, incoming, models)
        return QuestionAnswer(question.id, self._offers.choice(question, number), done)

    async def _agreed(
        self, question: Question, number: int, incoming: Incoming, models: Sequence[Model]
    ) -> Done:
        agreed = await self._offers.agreed(question, number, incoming)
        if isinstance(agreed, Draw):
            return await self._drawn(agreed, incoming, models)
        if isinstance(agreed, Repetition):
            asked = replace(incoming, target=agreed.job_id, options=agreed.options)
            return await self._repetitions.repeated(agreed.action, asked, models)
        if await self._history.answered(incoming.platform, incoming.event_id):
            return Notice("smalltalk", new=False)
        return agreed

    async def _drawn(
        self, agreed: Draw, incoming: Incoming, models: Sequence[Model]
    ) -> Job | Failure:
        """The picture of a sentence that was asked about: a new one, or a change."""
        asked = replace(incoming, text=agreed.text, options=agreed.options)
        attachments: tuple[Attachment, ...] = ()
        if agreed.change and agreed.pictures:
            shown = [await self._targets.shown_by(each, incoming) for each in agreed.pictures]
            attachments = tuple(one.attachment for one in shown if one is not None)
        elif agreed.change:
            attachments = tuple(await self._pending.of(*where(incoming), self._clock()))
        if agreed.change and not attachments:
            return Failure(Reason.REFERENCE_MISSING)
        reading = await self._reader.read(agreed.text, models, image=agreed.change)
        return await self._drawing.drawn(asked, reading, attachments, models)


def _number(said: Pointer) -> int | None:
    """The number of the picture of a set that a pointer says, itself or by its place."""
    return PLACES[said.which][1] if said.which in PLACES else said.number


def _whole(said: Pointer, pictures: tuple[JobPicture, ...]) -> tuple[JobPicture, ...]:
    """One of the pictures of a request that is named and repeated as a whole, else all of them."""
    is_whole = said.about and said.action is not None and not said.action.spec.one_picture
    is_one = len({picture.job.id for picture in pictures}) == 1
    return pictures[:1] if is_whole and is_one else pictures


def _asking(question: Question, pictures: Sequence[JobPicture], *, sure: bool) -> Notice:
    """The notice that asks which of the pictures is meant, or for one."""
    numbers = tuple(str(number) for number in range(1, len(pictures) + 1))
    other = not sure and question.words and not question.action
    instead = (Button.NEW_INSTEAD.label,) if other else ()
    jobs = {one.job.id for one in pictures}
    entries = [
        f"{number}. {summary(one.job, QUOTED)}"
        for number, one in zip(numbers, pictures, strict=True)
    ]
    return Notice(
        "which_picture" if pictures else "ask_picture",
        {"count": len(pictures), "entries": entries if len(jobs) > 1 else []},
        question=question.id,
        choices=numbers + instead,
        pictures=tuple(one.picture for one in pictures),
    )
