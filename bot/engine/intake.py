"""What a person asked, settled: a job ready to start, an answer, or a refusal."""

import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from bot.domain import catalog
from bot.domain.actions import Action
from bot.domain.catalog import Model
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, job_id
from bot.domain.protocol import OPEN_PER_PERSON, READ_AS_CHANGE, READ_AS_NEW, WAITING_PER_PERSON
from bot.domain.questions import OPEN_SECONDS
from bot.domain.requests import (
    HIDDEN,
    LONGEST_TEXT,
    Accepted,
    Attachment,
    Incoming,
    Options,
    Quote,
    Quoted,
    too_long,
)
from bot.domain.situation import Situation
from bot.domain.storable import storable
from bot.engine.choosing import CHATTY, Choosing
from bot.engine.commands import Command, Commands
from bot.engine.drawing import Drawing, language
from bot.engine.offers import ASKED, CHANGE, NEW, Offers
from bot.engine.options import choose
from bot.engine.permissions import may_see
from bot.engine.queries import Queries
from bot.engine.reader import AT_ONCE, Reader, beside, verbatim, with_settings_of
from bot.engine.repetition import Repetitions
from bot.engine.targets import Targets, WhichPicture, about, subject, where
from bot.language import quotes, situations, wanting, wording
from bot.language.detection import language_of, own_words
from bot.language.links import picture_links
from bot.language.wording import ChangeReading, Reading
from bot.runtime.plugins import Providers
from bot.settings import Settings
from bot.storage.inbox import InboxStore
from bot.storage.jobs import JobStore
from bot.storage.outbox import OutboxStore
from bot.storage.pending_attachments import PendingAttachments
from bot.storage.preferences import Preferences
from bot.storage.questions import QuestionStore
from messages import Note, Notice, Status, spoken

TELLING = 1_000
"""Characters of a text that tell its language."""

_ANSWERED_BY_YES = frozenset({Action.QUESTION, Action.DELETE, Action.DELETE_ALL})

Settled: TypeAlias = Job | Accepted | Command | Notice | Failure
"""What a request may turn out to be."""


class Intake:
    """Settles requests for the provider in use."""

    def __init__(
        self,
        *,
        settings: Settings,
        providers: Providers,
        history: JobStore,
        preferences: Preferences,
        pending: PendingAttachments,
        questions: QuestionStore,
        inbox: InboxStore,
        outbox: OutboxStore,
        picture_id: Callable[[Job], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._history = history
        self._preferences = preferences
        self._pending = pending
        self._questions = questions
        self._targets = Targets(history, pending, clock)
        self._inbox = inbox
        self._outbox = outbox
        self._clock = clock
        self.default = Options(
            model=settings.default_model or None,
            size=settings.default_size,
            aspect_ratio=settings.default_aspect_ratio,
        )
        self._queries = Queries(
            history,
            preferences,
            questions,
            self.default,
            providers.known,
            clock,
            upload_mb=settings.upload_mb_per_day,
        )
        self._commands = Commands(history, pending, self._queries, clock)
        self._offers = Offers(history, questions, clock)
        self._reader = Reader(self.max_images)
        self._drawing = Drawing(
            settings=settings,
            providers=providers,
            history=history,
            preferences=preferences,
            targets=self._targets,
            default=self.default,
            picture_id=picture_id,
            clock=clock,
        )
        self._repetitions = Repetitions(
            history=history,
            reader=self._reader,
            targets=self._targets,
            drawing=self._drawing,
            max_images=self.max_images,
        )
        self._choosing = Choosing(
            history=history,
            pending=pending,
            questions=questions,
            reader=self._reader,
            targets=self._targets,
            offers=self._offers,
            commands=self._commands,
            drawing=self._drawing,
            repetitions=self._repetitions,
            clock=clock,
        )

    @property
    def max_images(self) -> int:
        """How many pictures one request may ask for."""
        return self._settings.max_images_per_request

    async def settle(self, incoming: Incoming) -> Settled:
        """Decide what ``incoming`` means.

        Returns:
            A job to start, something to do to one, ``Accepted`` when the event had already become
            a job, an answer, or a refusal.
        """
        refused = too_long(incoming.text, LONGEST_TEXT)
        incoming = storable(incoming)
        known = job_id(incoming.platform, incoming.event_id)
        if await self._history.job(known):
            return Accepted(known, new=False)
        if refused := refused or await self._queue_full(incoming):
            return refused
        models = await self.models()
        await self._reader.prepare(incoming.text, models)
        if incoming.action is Action.ANSWER:
            return await self._choosing.answered(incoming, models)
        incoming = await self._own_words(incoming, models)
        if incoming.quote is not None:
            incoming = replace(incoming, quote=_once(incoming.quote))
        if (quoting := await self._quoting(incoming, models)) is not None:
            return quoting
        aimed = await self._aimed(incoming, models)
        if isinstance(aimed, Failure):
            return aimed
        incoming = _cleaned(aimed)
        if refused := too_long(incoming.text):
            return refused
        return await self._settled(incoming, models)

    async def _settled(self, incoming: Incoming, models: Sequence[Model]) -> Settled:
        """What words and pictures come to, once it is known which of them count."""
        if (carried_on := await self._choosing.carried_on(incoming, models)) is not None:
            return carried_on
        reading = await self._reader.read(incoming.text, models, image=bool(incoming.attachments))
        action = incoming.action or reading.action
        if action is Action.DRAW and await _lacks_what_it_is_about(incoming):
            kinds = list(dict.fromkeys(incoming.unusable))
            return Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": kinds})
        if incoming.action is None and _may_command(incoming.text, action):
            if (pointed := await self._choosing.commanded(incoming, action, models)) is not None:
                return pointed
        if incoming.action is None and action is Action.DRAW:
            if not await self._is_wanted(incoming, reading):
                return await self._doubted(incoming, models)
            if (pointed := await self._choosing.pointed(incoming, models)) is not None:
                return pointed
        if incoming.action is None:
            reading = await self._about_picture(reading, incoming, models)
            if (talked := await self._talked(reading, incoming, models)) is not None:
                return talked
            action = reading.action
        if action in (Action.CHANGE_INSTEAD, Action.NEW_INSTEAD):
            return await self._otherwise(action, incoming, models)
        if action.spec.repeats:
            if incoming.action is None and action.spec.needs_input:
                return Failure(Reason.EMPTY_PROMPT)
            said = incoming if incoming.action else with_settings_of(reading, incoming)
            return await self._repetitions.repeated(
                action, said, models, reading.notes, other_model=reading.other_model
            )
        if action is not Action.DRAW:
            return await self._commands.run(action, reading, incoming, models)
        if incoming.action is None and incoming.attachments and not incoming.text:
            return await self._commands.run(Action.KEEP, reading, incoming, models)
        return await self._draw(incoming, reading, models)

    async def too_many(self, incoming: Incoming, references: int) -> Failure | None:
        """Why nothing can be drawn with so many pictures, those linked in the text besides.

        Asked before any of them is fetched, by adapters that fetch them at once.
        """
        if refused := too_long(incoming.text):
            return refused
        incoming = _cleaned(storable(incoming))
        models = await self.models()
        await self._reader.prepare(incoming.text, models)
        reading = await self._reader.read(incoming.text, models, image=True)
        if (incoming.action or reading.action) is not Action.DRAW:
            return None
        usual = Options((await self._drawing.liked(incoming)).model)
        number = references + len(incoming.attachments)
        chosen = choose(
            incoming.options,
            reading,
            usual,
            Options(self.default.model),
            models,
            limit=self._settings.max_images_per_request,
            references=number,
        )
        return chosen if isinstance(chosen, Failure) else None

    async def locale(self, incoming: Incoming) -> str:
        """The language to answer in: the one chosen, the platform's, or that of the words."""
        return language(await self._drawing.liked(incoming), incoming)

    async def with_locale(self, incoming: Incoming, usual: str) -> Incoming:
        """The request in the words that count, with a language where they have none.

        That of the job of the button if it is theirs, else of the person's last one there, else of
        the other person's job, else that of the letters, else the ``usual`` one.
        """
        models = await self.models()
        incoming = storable(incoming)
        await self._reader.prepare(incoming.text, models)
        incoming = await self._own_words(incoming, models)
        if incoming.locale or language_of(incoming.text[:TELLING], models):
            return incoming
        job = await self._history.job(incoming.target) if incoming.target else None
        if job is not None and not may_see(job, incoming):
            job = None
        if job is None or job.requester != incoming.requester:
            own = await self._history.latest(
                incoming.platform, incoming.conversation, requester=incoming.requester
            )
            job = own or job
        locale = job.locale if job else spoken(incoming.text)
        return replace(incoming, locale=locale or usual)

    async def is_for_one(self, incoming: Incoming) -> bool:
        """Whether a request that others could read the answer to is answered to the person alone:
        it starts from something private, or they want it so."""
        asked = incoming.options.private
        if asked or incoming.private:  # there nobody else reads
            return bool(asked)
        if await self._starts_private(incoming):
            return True
        if asked is not None:
            return False
        return await self._preferences.is_private(incoming.platform, incoming.requester)

    async def _starts_private(self, incoming: Incoming) -> bool:
        if incoming.action is Action.ANSWER:
            found = await self._choosing.question(incoming)
            return found is not None and found.private
        return await self._targets.starts_private(incoming)

    async def usage(self, platform: str, requester: str) -> Notice:
        """What a person has used, and what they may."""
        return await self._queries.used(platform, requester)

    async def taken(self, job: Job) -> None:
        """Forget what was put aside: the job has it."""
        await self._pending.clear(job.platform, job.requester, job.conversation)

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what a person likes, has put aside, has just sent, and would still be told."""
        rooms = (self._preferences, self._pending, self._questions, self._inbox, self._outbox)
        for room in rooms:
            await room.erase(platform, requester)

    async def models(self) -> tuple[Model, ...]:
        """What the provider offers, the configured default first."""
        offered = await self._providers.models()
        default = catalog.find(self._settings.default_model, offered) or offered[0]
        return (default, *(model for model in offered if model is not default))

    async def _queue_full(self, incoming: Incoming) -> Failure | None:
        """Why a text that can only be a picture to draw is not read at all.

        Whatever is shorter may be a command, such as to cancel; and a button that is pressed twice
        is one request. For those, who accepts the job looks at the queue.
        """
        drawn = incoming.action is Action.DRAW or incoming.action is None
        if not drawn or incoming.target or len(incoming.text) <= AT_ONCE:
            return None
        waiting = await self._history.open(incoming.platform, incoming.requester)
        if len(waiting) < OPEN_PER_PERSON:
            return None
        return Failure(Reason.QUEUE_FULL, {"waiting": WAITING_PER_PERSON})

    async def _own_words(self, incoming: Incoming, models: Sequence[Model]) -> Incoming:
        """Without names beside a command, and without other people's talk around pictures: those
        wait for words that say what to do with them."""
        text = incoming.text
        if incoming.names:
            text = own_words(text, incoming.names, models)
        if incoming.forwarded and incoming.attachments:
            text = text if await beside(wording.is_change, text) else ""
        return replace(incoming, text=text, names=(), forwarded=False)

    async def _aimed(self, incoming: Incoming, models: Sequence[Model]) -> Incoming | Failure:
        """With what a reply in words is about."""
        if incoming.replied_to is None or incoming.action is not None:
            return incoming
        reading = await self._reader.read(incoming.text, models, image=True)
        draws = reading.action is Action.DRAW
        change = draws and await beside(wording.is_change, incoming.text)
        return await self._targets.aimed(incoming, draws=draws, change=change)

    # Drawing

    async def _draw(
        self, incoming: Incoming, reading: Reading, models: Sequence[Model]
    ) -> Job | Notice | Failure:
        asked = read = await beside(wording.change_of, incoming.text)
        by_words = incoming.action is None and len(incoming.text) <= wanting.LONGEST
        seen = wanting.evidence(incoming.text) if by_words else wanting.Evidence()
        another = await beside(wording.asks_for_another, incoming.text)
        if seen.changes and not asked.change and not another:
            settings = bool(reading.size or reading.aspect_ratio)
            is_told = settings or not seen.visible  # "nope, it should be landscape"
            if is_told or await self._situation(incoming) is not Situation.NOTHING:
                asked = ChangeReading(change=True, sure=settings)
        if another and not incoming.attachments:
            incoming = replace(incoming, target=None, replied_to=None)
        attachments = await self._targets.sources(incoming, change=asked.change)
        if isinstance(attachments, WhichPicture):
            pictures = attachments.pictures
            return await self._choosing.ask(incoming, incoming.text, pictures, sure=asked.sure)
        is_missing = attachments == () or attachments == Failure(Reason.NOT_READY)
        is_new = asked.change and seen.describes and not wording.adds(incoming.text)
        if is_new and is_missing and not incoming.target:
            attachments, asked = (), ChangeReading(change=False, sure=True)
        if attachments == Failure(Reason.NOT_READY) and incoming.action is None:
            is_certain = seen.changes and (seen.visible if read.change else read.sure)
            if not (asked.sure or is_certain or incoming.target):
                return attachments
            made = await self._choosing.awaiting(incoming, incoming.text, models)
            if isinstance(made, Failure) or asked.sure:
                return made
            return await self._with_other_reading(made, incoming, asked)
        if isinstance(attachments, Failure):
            return attachments
        if asked.change and not attachments and incoming.action is None:
            return await self._choosing.ask(incoming, incoming.text, (), sure=False)
        alone = incoming.action is None and not attachments
        if alone and await beside(_says_no_content, incoming.text):
            return Failure(Reason.EMPTY_PROMPT)
        if attachments and not incoming.attachments:  # the words may mean something else then
            reading = await self._reader.read(incoming.text, models, image=True)
        made = await self._drawing.drawn(incoming, reading, attachments, models)
        if isinstance(made, Failure) or asked.sure:
            return made
        return await self._with_other_reading(made, incoming, asked)

    # Talk

    async def _is_wanted(self, incoming: Incoming, reading: Reading) -> bool:
        """Whether words that could be drawn want a picture in the situation in which they are said;
        those do for which somebody chooses how it is to be."""
        chosen = incoming.options
        if chosen.model or chosen.size or chosen.aspect_ratio or chosen.count:
            return True
        wanted = situations.wanted_in(incoming.text, reading, tuple(incoming.people))
        if wanted in (frozenset(), situations.ALL):
            return bool(wanted)
        return await self._situation(incoming) in wanted

    async def _situation(self, incoming: Incoming) -> Situation:
        """What there is when the words are said."""
        is_about = incoming.attachments or incoming.target
        if is_about or await self._pending.of(*where(incoming), self._clock()):
            return Situation.ABOUT
        if incoming.quote is not None and not incoming.topic_root:
            return Situation.REPLY
        is_at_hand = await self._targets.is_at_hand(incoming)
        return Situation.AT_HAND if is_at_hand else Situation.NOTHING

    async def _doubted(self, incoming: Incoming, models: Sequence[Model]) -> Notice | Failure:
        """Ask whether words want a picture: a new one, or a change of the one they may be about."""
        if incoming.attachments:
            await self._pending.add(*where(incoming), incoming.attachments, self._clock())
            return await self._offers.doubt(incoming, (), (CHANGE,))
        pictures = await self._targets.only(incoming)
        if pictures is None:
            return await self._offers.ask(Action.QUESTION, incoming, models)
        text = incoming.text
        change = bool(incoming.target) or wording.is_change(text) or wanting.evidence(text).alters
        answers = (CHANGE, NEW) if change else (NEW, CHANGE)
        return await self._offers.doubt(incoming, (pictures,), answers)

    async def _about_picture(
        self, reading: Reading, incoming: Incoming, models: Sequence[Model]
    ) -> Reading:
        """The reading where words are about a picture that is replied to, attached, or just made.

        "Use pro" then means that picture, and what a button does to one of ours is, for a picture
        that was sent along, a change of it.
        """
        if incoming.attachments and reading.action in CHATTY:
            return Reading(Action.KEEP)
        if incoming.attachments and incoming.target is None and reading.action.spec.repeats:
            return verbatim(incoming.text, models[0].id)
        if not (reading.action is Action.PREFER and reading.casual):
            return reading
        job = await subject(self._history, incoming)
        if job is None or job.status is not Status.SUCCEEDED:
            return reading
        fresh = self._clock() - job.created_at <= OPEN_SECONDS
        return wording.of_picture(reading, models) if incoming.target or fresh else reading

    async def _talked(
        self, reading: Reading, incoming: Incoming, models: Sequence[Model]
    ) -> Job | Command | Notice | Failure | None:
        """What comes of words that ask for no picture by themselves; ``None`` for all others."""
        if reading.action in ASKED:
            return await self._offers.ask(reading.action, incoming, models)
        if reading.action in (Action.DECLINE, Action.CANCEL):
            await self._offers.close(incoming)
        if reading.action is Action.CONFIRM:
            wanted = _ANSWERED_BY_YES
        elif reading.action is Action.SMALL_TALK and reading.assent:
            wanted = frozenset({Action.QUESTION})
        else:
            return None
        question = await self._offers.pending(incoming, wanted=wanted)
        if question is None:
            return None
        return await self._choosing.agreed(question, 1, incoming, models)

    # Words in reply to words

    async def _quoting(self, incoming: Incoming, models: Sequence[Model]) -> Job | Failure | None:
        """A picture of what somebody wrote, where the words in reply to it ask for that."""
        if incoming.action is not None or incoming.attachments:
            return None
        if incoming.quote is None and HIDDEN not in incoming.unusable:
            return None
        is_about = await self._reader.read_quoting(incoming.text, "", models) is not None
        may_be = is_about or (
            incoming.quote is not None and await beside(wording.may_quote, incoming.text)
        )
        is_likely = may_be and situations.is_likely(incoming.text, Situation.REPLY)
        if not is_likely or await self._replies_to_job(incoming):
            return None
        if incoming.quote is None:
            return Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": [HIDDEN], "words": True})
        found = await incoming.quote(await beside(wording.is_change, incoming.text))
        if isinstance(found, Failure) or found.attachments or not found.text.strip():
            return None
        quoted = storable(found)
        reading = await self._reader.read_quoting(incoming.text, quoted.text, models)
        assert reading is not None
        if refused := too_long(reading.prompt):
            return refused
        incoming = replace(incoming, text=reading.prompt, target=None, replied_to=None)
        made = await self._drawing.drawn(_cleaned(incoming, links=False), reading, (), models)
        if isinstance(made, Failure):
            return made
        by_name = Note("from_words", {"person": quoted.author})
        note = by_name if quoted.author else Note("from_quote", {"author": quoted.author_id})
        return replace(made, notes=(note, *made.notes))

    async def _replies_to_job(self, incoming: Incoming) -> bool:
        """Whether a reply is about a picture of ours: one that the message shows or asked for, or
        the newest of a topic, where everything replies to what it began with."""
        platform, message = incoming.platform, incoming.replied_to
        if message is None:
            return False
        if incoming.topic_root and await self._history.latest(platform, incoming.conversation):
            return True
        return bool(
            await self._history.job(job_id(platform, message))
            or await self._history.job_of_message(platform, message)
        )

    # Which picture, and whether a new one

    async def _with_other_reading(self, job: Job, incoming: Incoming, asked: ChangeReading) -> Job:
        """A job with the other reading of its words, where there was a choice."""
        if incoming.action is not None or incoming.replied_to or incoming.attachments:
            return job
        if await self._pending.of(*where(incoming), self._clock()):
            return job
        if asked.change:
            return replace(job, notes=(*job.notes, Note(READ_AS_CHANGE)))
        last = await self._targets.recent(incoming)
        if not last or job.attachments:
            return job
        return replace(job, notes=(*job.notes, Note(READ_AS_NEW, {"job": last[0].id})))

    async def _otherwise(
        self, action: Action, incoming: Incoming, models: Sequence[Model]
    ) -> Job | Notice | Failure:
        """The same words in their other reading: as a change of the picture before, or as new."""
        first = await about(self._history, action, incoming)
        if isinstance(first, Failure):
            return first
        options = Options(model=first.model, count=first.count, extra=first.extra)
        asked = replace(incoming, text=first.text, options=options)
        change = action is Action.CHANGE_INSTEAD
        reading = await self._reader.read(first.text, models, image=change)
        if not change:
            return await self._drawing.drawn(asked, reading, (), models)
        pictures = await self._targets.earlier(first, incoming)
        if not pictures:
            return Failure(Reason.REFERENCE_MISSING)
        if len(pictures) > 1:
            return await self._choosing.ask(asked, first.text, pictures)
        return await self._drawing.drawn(asked, reading, (pictures[0].attachment,), models)


def _once(quote: Quote) -> Quote:
    """The same, so that the platform is asked once however often it is looked at."""
    found: Quoted | Failure | None = None

    async def once(needed: bool) -> Quoted | Failure:
        nonlocal found
        if found is None:
            found = await quote(needed)
        return found

    return once


async def _lacks_what_it_is_about(incoming: Incoming) -> bool:
    """Whether a change is asked for, or nothing at all, of something that cannot be used."""
    if not incoming.unusable:
        return False
    about = await beside(_is_about, incoming.text)
    return about or not (incoming.text or incoming.attachments)


def _is_about(text: str) -> bool:
    """Whether words are about something that is there: a change of it, or a hint at it."""
    return wording.is_change(text) or wanting.hints_at_something(text) or _only_points(text)


def _may_command(text: str, action: Action) -> bool:
    """Whether words that are read as an action may be a command about a picture that they name."""
    if action in (Action.DRAW, Action.QUESTION):
        return situations.is_likely(text, Situation.ABOUT)
    return action.spec.repeats


def _says_no_content(text: str) -> bool:
    """Whether words ask for a picture, and do not say what of."""
    return _only_points(text) or wording.names_nothing(text)


def _only_points(text: str) -> bool:
    """Whether words ask for a picture of other words: 画出来, "make a comic out of this"."""
    reading = wording.read_quoting(text, "")
    return reading is not None and (not reading.prompt or quotes.points(text))


def _cleaned(incoming: Incoming, *, links: bool = True) -> Incoming:
    """Without control characters, and with the pictures that are linked in the text attached.

    Without ``links`` those stay in the text.
    """
    text = "".join(
        char for char in incoming.text if char in "\n\t" or unicodedata.category(char) != "Cc"
    ).strip()
    if incoming.action is not None or not links:
        return replace(incoming, text=text)
    found, rest = picture_links(text)
    if found:
        text = re.sub(r"[ \t]{2,}", " ", rest).strip()
    attachments = tuple(Attachment(url=url) for url in found)
    return replace(incoming, text=text, attachments=incoming.attachments + attachments)
