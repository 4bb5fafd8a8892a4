"""What a person asked, settled: choices, words, preferences, defaults, in this order."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actions import Action
from bot.domain.failures import Failure, Reason
from bot.domain.jobs import Job, job_id
from bot.domain.pictures import StoredPicture
from bot.domain.preferences import Preference
from bot.domain.protocol import OPEN_PER_PERSON
from bot.domain.requests import (
    LONGEST_PROMPT,
    LONGEST_TEXT,
    Accepted,
    Attachment,
    Incoming,
    Options,
)
from bot.engine.commands import Cancellation, QuestionAnswer
from bot.engine.intake import Intake, Settled
from bot.engine.targets import RECENT_SECONDS
from bot.language import wording
from bot.runtime.plugins import Providers
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.inbox import InboxStore
from bot.storage.jobs import JobStore
from bot.storage.outbox import OutboxStore
from bot.storage.ownership import Ownership
from bot.storage.pending_attachments import PendingAttachments
from bot.storage.preferences import Preferences
from bot.storage.questions import QuestionStore
from messages import Note, Notice, Picture, Status, reason
from tests.bot.engine.test_conversation import ask
from tests.support.model_ids import FLASH, PRO
from tests.support.scripted import Scripted

NOW = 1_000_000.0
IMAGE = "img_0123456789ab"


class House:
    """A reception with its rooms."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.now = NOW
        self.providers = Providers(settings, "tests.support.scripted")
        assert isinstance(self.providers.first, Scripted)
        self.provider = self.providers.first
        self.history = JobStore(database)
        self.preferences = Preferences(database)
        ownership = Ownership(database, "local", set)
        self.intake = Intake(
            settings=settings,
            providers=self.providers,
            history=self.history,
            preferences=self.preferences,
            pending=PendingAttachments(database),
            questions=QuestionStore(database),
            inbox=InboxStore(database, ownership),
            outbox=OutboxStore(database, self.history, ownership),
            picture_id=lambda job: f"{IMAGE} of {job.id}",
            clock=lambda: self.now,
        )

    async def settle(self, incoming: Incoming) -> Settled:
        settled = await self.intake.settle(incoming)
        return settled.done if isinstance(settled, QuestionAnswer) else settled

    async def job(self, incoming: Incoming) -> Job:
        job = await self.settle(incoming)
        assert isinstance(job, Job), job
        return job

    async def refusal(self, incoming: Incoming) -> Reason:
        failure = await self.settle(incoming)
        assert isinstance(failure, Failure), failure
        return failure.reason

    async def asked(self, incoming: Incoming) -> Notice:
        """What is asked instead of drawing something."""
        notice = await self.settle(incoming)
        assert isinstance(notice, Notice), notice
        assert notice.question is not None
        return notice

    async def made(self, event: str = "made", **changes: object) -> Job:
        """A finished job with a picture."""
        job = await self.job(ask(event=event))
        job = replace(job, status=Status.SUCCEEDED, **changes)  # type: ignore[arg-type]
        await self.history.add(job)
        picture = Picture(IMAGE, "image/png", 1, 1, 1)
        await self.history.keep(
            StoredPicture(picture, "p", "test", job.requester, job.id, job.created_at)
        )
        return job


@pytest.fixture
async def house(tmp_path: Path, provider: Scripted) -> AsyncIterator[House]:
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")
    await asyncio.to_thread(database.migrate)
    yield House(database, Settings())
    await database.close()


async def test_defaults_fill_what_was_not_said(house: House) -> None:
    job = await house.job(ask("a lighthouse"))
    assert job.id == job_id("test", "1")
    assert (job.prompt, job.text, job.count) == ("a lighthouse", "a lighthouse", 1)
    assert (job.model, job.model_name, job.size, job.aspect_ratio) == (
        FLASH,
        "Nano Banana 2.1",
        "1K",
        "1:1",
    )
    assert (job.seconds, job.created_at, job.notes) == ((1, 2), NOW, ())


async def test_configured_defaults_come_before_the_providers(house: House) -> None:
    configured = Settings(default_model="pro", default_size="2K", default_aspect_ratio="16:9")
    house = House(house.database, configured)
    job = await house.job(ask())
    assert (job.model, job.size, job.aspect_ratio) == (PRO, "2K", "16:9")


async def test_preferences_come_before_defaults(house: House) -> None:
    await house.preferences.change(
        "test", "ada", model=PRO, size="4K", aspect_ratio="9:16", language="zh_Hans"
    )
    job = await house.job(ask())
    assert (job.model, job.size, job.aspect_ratio) == (PRO, "4K", "9:16")
    assert job.locale == "zh_Hans"


async def test_a_preferred_model_that_is_gone_does_not_matter(house: House) -> None:
    await house.preferences.change("test", "ada", model="retired")
    assert (await house.job(ask())).model == FLASH


async def test_words_come_before_preferences(house: House) -> None:
    await house.preferences.change("test", "ada", model=PRO, size="4K", aspect_ratio="9:16")
    job = await house.job(ask("a lighthouse, 16:9, 2K, use nano banana"))
    assert (job.model, job.size, job.aspect_ratio) == (FLASH, "2K", "16:9")
    assert job.prompt == "a lighthouse"


async def test_choices_come_before_words(house: House) -> None:
    chosen = Options(model="Pro", size="1k", aspect_ratio="4:3", count=3)
    job = await house.job(ask("a lighthouse, 16:9, 2K", options=chosen))
    assert (job.model, job.size, job.aspect_ratio, job.count) == (PRO, "1K", "4:3", 3)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (Options(model="dall-e"), Reason.UNKNOWN_MODEL),
        (Options(model=""), Reason.UNKNOWN_MODEL),
        (Options(size="8K"), Reason.UNSUPPORTED_SIZE),
        (Options(model="pro", size="512"), Reason.UNSUPPORTED_SIZE),
        (Options(aspect_ratio="7:5"), Reason.UNSUPPORTED_RATIO),
        (Options(model="pro", aspect_ratio="8:1"), Reason.UNSUPPORTED_RATIO),
        (Options(count=0), Reason.BAD_COUNT),
        (Options(count=5), Reason.BAD_COUNT),
        (Options(count=-1), Reason.BAD_COUNT),
    ],
)
async def test_choices_that_are_not_there_are_refused(
    house: House, options: Options, reason: Reason
) -> None:
    assert await house.refusal(ask(options=options)) is reason


async def test_words_that_do_not_fit_are_adjusted_and_said(house: House) -> None:
    job = await house.job(ask("use pro: a lighthouse, 512px"))
    facts = {"model": "Nano Banana Pro", "asked": "512", "size": "1K"}
    assert (job.size, job.notes) == ("1K", (Note("size_adjusted", facts),))
    job = await house.job(ask("use pro: a lighthouse --ar 8:1"))
    facts = {"model": "Nano Banana Pro", "asked": "8:1", "ratio": "21:9"}
    assert (job.aspect_ratio, job.notes) == ("21:9", (Note("ratio_adjusted", facts),))
    job = await house.job(ask("a dragon, 8K"))
    assert (job.size, job.notes) == ("4K", (Note("size_downgraded", {"size": "4K"}),))
    job = await house.job(ask("20 pictures of a dragon"))
    assert (job.count, job.notes) == (4, (Note("count_limited", {"limit": 4}),))


async def test_a_model_without_sizes_or_ratios_is_given_none(house: House) -> None:
    house.provider.offered = (
        replace(house.provider.offered[0], id="other", name="Other", sizes=(), aspect_ratios=()),
    )
    job = await house.job(ask("a lighthouse, 16:9, 2K"))
    assert (job.model, job.size, job.aspect_ratio) == ("other", None, None)


@pytest.mark.parametrize("text", ["", "   ", "\x00\x07", "\n\t"])
async def test_nothing_to_draw_is_said(house: House, text: str) -> None:
    assert await house.refusal(ask(text)) is Reason.EMPTY_PROMPT


async def test_a_text_that_is_too_long_is_refused_not_cut(house: House) -> None:
    assert (await house.job(ask("x" * LONGEST_PROMPT))).prompt == "x" * LONGEST_PROMPT
    failure = await house.settle(ask("x" * (LONGEST_PROMPT + 1)))
    assert failure == Failure(
        Reason.PROMPT_TOO_LONG, {"length": LONGEST_PROMPT + 1, "limit": LONGEST_PROMPT}
    )


async def test_control_characters_are_left_out(house: House) -> None:
    assert (await house.job(ask("a\x00 light\x1bhouse\nat dusk"))).prompt == "a lighthouse\nat dusk"


async def test_a_command_to_draw_draws_even_the_word_help(house: House) -> None:
    job = await house.job(ask("help", action=Action.DRAW))
    assert job.prompt == "help"
    job = await house.job(ask("a lake --ar 16:9", action=Action.DRAW))
    assert (job.prompt, job.aspect_ratio) == ("a lake", "16:9")


async def test_an_edit_keeps_the_shape_of_its_picture(house: House) -> None:
    await house.preferences.change("test", "ada", aspect_ratio="16:9")
    attached = (Attachment(data={"key": "k"}),)
    job = await house.job(ask("make it warmer", attachments=attached))
    assert (job.size, job.aspect_ratio, job.attachments) == (None, None, attached)
    assert (await house.job(ask("make it warmer, 2K", attachments=attached))).size == "2K"
    await house.made(size="4K")
    assert (await house.job(ask("make it warmer"))).size == "4K"


async def test_a_linked_picture_is_a_reference(house: House) -> None:
    job = await house.job(ask("https://example.org/a.png?x=1 make it blue"))
    assert job.attachments == (Attachment(url="https://example.org/a.png?x=1"),)
    assert job.prompt == "make it blue"
    assert await house.refusal(ask("blue http://example.org/a.png")) is Reason.REFERENCE_NOT_HTTPS


async def test_too_many_references(house: House) -> None:
    attached = tuple(Attachment(data={"key": n}) for n in range(15))
    assert await house.refusal(ask("mix", attachments=attached)) is Reason.TOO_MANY_REFERENCES


async def test_only_ones_own_pictures_are_references(house: House) -> None:
    await house.made(requester="bob")
    mine = (Attachment(image_id=IMAGE),)
    assert await house.refusal(ask("bluer", attachments=mine)) is Reason.REFERENCE_MISSING
    assert (await house.job(ask("bluer", attachments=mine, requester="bob"))).attachments == mine
    unknown = (Attachment(image_id="img_ffffffffffff"),)
    assert await house.refusal(ask("bluer", attachments=unknown)) is Reason.REFERENCE_MISSING


async def test_a_reply_means_the_picture_replied_to(house: House) -> None:
    job = await house.made(requester="bob")
    await house.history.change(job.id, address=replace(job.address, message="m1"))
    reply = ask("make it warmer", replied_to="m1")
    assert (await house.job(reply)).attachments == (Attachment(image_id=IMAGE),)
    for unseen in (replace(reply, conversation="far"), replace(reply, replied_to="unknown")):
        assert (await house.asked(unseen)).key == "ask_picture"


async def test_a_change_means_the_newest_picture_here(house: House) -> None:
    assert (await house.asked(ask("make it warmer"))).key == "ask_picture"
    await house.made()
    assert (await house.job(ask("make it warmer"))).attachments == (Attachment(image_id=IMAGE),)
    assert (await house.job(ask("a teapot"))).attachments == ()
    for other in ({"conversation": "x"}, {"requester": "bob"}):
        assert (await house.asked(ask("make it warmer", **other))).key == "ask_picture"


async def test_an_old_picture_is_not_meant(house: House) -> None:
    await house.made(created_at=NOW - RECENT_SECONDS - 1)
    assert (await house.asked(ask("make it warmer"))).key == "ask_picture"


async def test_again_repeats_the_last_the_target_or_the_one_replied_to(house: House) -> None:
    assert await house.refusal(ask("again")) is Reason.NOTHING_TO_REPEAT
    made = await house.made()
    repeated = await house.job(ask("again", event="2"))
    assert (repeated.prompt, repeated.text) == (made.prompt, made.text)
    assert repeated.id != made.id
    target = ask("", "3", action=Action.AGAIN, target=made.id, options=Options(size="4K"))
    assert (await house.job(target)).size == "4K"
    stranger = replace(target, requester="eve", conversation="elsewhere")
    assert await house.refusal(stranger) is Reason.NOT_FOUND
    await house.history.change(made.id, address=replace(made.address, message="m1"))
    assert (await house.job(ask("again", "4", replied_to="m1"))).prompt == made.prompt
    await house.history.change(made.id, references=(IMAGE,))
    assert (await house.job(target)).attachments == (Attachment(image_id=IMAGE),)
    await house.history.change(made.id, deleted=True)
    assert await house.refusal(target) is Reason.NOT_FOUND


async def test_cancelling_means_the_newest_unfinished_job_here(house: House) -> None:
    assert await house.refusal(ask("cancel")) is Reason.NOTHING_TO_CANCEL
    for event in ("a", "b"):
        await house.history.add(await house.job(ask(event=event)))
    assert await house.settle(ask("cancel", "2")) == Cancellation(job_id("test", "b"))
    assert await house.refusal(ask("cancel", "d", conversation="x")) is Reason.NOTHING_TO_CANCEL
    button = ask("", "c", action=Action.CANCEL, target=job_id("test", "a"))
    assert await house.settle(button) == Cancellation(job_id("test", "a"))
    missing = replace(button, event_id="e", target="job_none")
    assert await house.refusal(missing) is Reason.NOT_FOUND
    await house.history.remember("test", "c", NOW)  # the engine has done it
    assert await house.settle(button) == Notice("cancelled", new=False)


async def test_an_event_that_is_a_job_already_stays_that_job(house: House) -> None:
    await house.history.add(await house.job(ask()))
    assert await house.settle(ask("something else")) == Accepted(job_id("test", "1"), new=False)


async def test_preferences_are_set_shown_and_cleared_by_words(house: House) -> None:
    assert await house.settle(ask("always use pro")) == Notice(
        "preferred", {"choices": ["Nano Banana Pro"]}
    )
    assert (await house.preferences.of("test", "ada")).model == PRO
    assert await house.settle(ask("settings", "2")) == Notice(
        "settings", {"model": "Nano Banana Pro", "size": "1K", "aspect_ratio": "1:1"}
    )
    assert await house.settle(ask("用默认的", "3")) == Notice(
        "forgotten", {"choices": ["Nano Banana 2.1", "1K", "1:1"]}
    )
    assert await house.preferences.of("test", "ada") == Preference()


async def test_again_with_settings_repeats_with_those(house: House) -> None:
    made = await house.made()
    sized = await house.job(ask("again in 2K", "2"))
    assert (sized.prompt, sized.size, sized.model) == (made.prompt, "2K", made.model)
    assert (await house.job(ask("redo with pro, 16:9", "3"))).aspect_ratio == "16:9"
    assert (await house.job(ask("再来一张，用Pro", "4"))).model == PRO


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("give me 9 more", Note("count_limited", {"limit": 4})),
        ("again, aspect ratio 2:1", Note("ratio_changed", {"ratio": "16:9"})),
    ],
)
async def test_again_says_what_could_not_be_had(house: House, text: str, note: Note) -> None:
    await house.made()
    assert note in (await house.job(ask(text, event="again"))).notes


@pytest.mark.parametrize("text", ["Edit", "Change the words", "修改", "改描述", "編集"])
async def test_a_button_that_needs_words_is_no_picture_when_it_is_said(
    house: House, text: str
) -> None:
    assert await house.refusal(ask(text, event="nothing there")) is Reason.EMPTY_PROMPT
    await house.made()
    assert await house.refusal(ask(text, event="recent")) is Reason.EMPTY_PROMPT


async def test_what_was_carried_out_is_not_carried_out_again(house: House) -> None:
    prefer = ask("always use pro", "e1")
    assert isinstance(await house.settle(prefer), Notice)
    await house.preferences.forget("test", "ada")
    assert await house.settle(prefer) == Notice(
        "preferred", {"choices": ["Nano Banana Pro"]}, new=False
    )
    assert (await house.preferences.of("test", "ada")).model is None
    assert await house.settle(ask("help", "e2")) == Notice("help")
    assert await house.settle(ask("help", "e2")) == Notice("help", new=False)
    await house.history.forget_events(NOW + 1)
    assert await house.settle(ask("help", "e2")) == Notice("help")


async def test_a_preference_for_a_model_that_is_not_offered_is_refused(house: House) -> None:
    house.provider.offered = house.provider.offered[:1]
    incoming = ask("", action=Action.PREFER, options=Options(model="pro"))
    assert await house.refusal(incoming) is Reason.UNKNOWN_MODEL


async def test_models_history_and_help(house: House) -> None:
    models = await house.settle(ask("models", "1"))
    assert isinstance(models, Notice)
    assert [entry.name for entry in models.facts["entries"]] == [  # type: ignore[attr-defined]
        "Nano Banana 2.1 (1K, 2K, 4K)",
        "Nano Banana 2 Lite (1K)",
        "Nano Banana Pro (1K, 2K, 4K)",
    ]
    assert await house.settle(ask("history", "2")) == Notice("history_empty")
    await house.made()
    history = await house.settle(ask("history", "3"))
    assert history == Notice("history", {"entries": ["a lighthouse · Nano Banana 2.1"], "page": 1})
    assert await house.settle(ask("help", "4")) == Notice("help")
    house.provider.offered = (replace(house.provider.offered[0], sizes=()),)
    models = await house.settle(ask("models", "5"))
    assert isinstance(models, Notice)
    [entry] = models.facts["entries"]  # type: ignore[misc]
    assert entry.name == "Nano Banana 2.1"


@pytest.mark.parametrize(
    ("text", "references", "reason"),
    [
        ("make it warmer", 14, None),
        ("make it warmer", 15, Reason.TOO_MANY_REFERENCES),
        ("make it warmer https://x.example/a.png", 14, Reason.TOO_MANY_REFERENCES),
        ("warmer " + "https://x.example/a.png " * 15, 0, Reason.TOO_MANY_REFERENCES),
        ("make it warmer, 99 pictures", 1, None),
        ("x" * 10_001, 1, Reason.PROMPT_TOO_LONG),
        ("", 14, None),
        ("", 15, Reason.TOO_MANY_REFERENCES),
        ("help", 32, None),
    ],
)
async def test_pictures_are_counted_before_they_are_fetched(
    house: House, text: str, references: int, reason: Reason | None
) -> None:
    found = await house.intake.too_many(ask(text), references)
    assert (found.reason if found else None) == reason


class Read:
    """Notes which texts are read, and on which thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        self.threads: set[int] = set()
        for name in ("read", "is_change"):
            monkeypatch.setattr(wording, name, self._noting(getattr(wording, name)))

    def _noting(self, read: Callable[..., object]) -> Callable[..., object]:
        def noted(text: str, **more: object) -> object:
            self.texts.append(text)
            self.threads.add(threading.get_ident())
            return read(text, **more)

        return noted


@pytest.mark.parametrize(
    "text",
    [
        "http://" * 30_000,
        "https://a.png" * 15_000,
        "\0" * 200_000,
        "x" * (LONGEST_TEXT + 1),
        "make it " * 1_300,
    ],
)
async def test_nothing_is_read_of_what_is_too_long(
    house: House, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    read = Read(monkeypatch)
    for action in (None, Action.DRAW, Action.CANCEL, Action.AGAIN):
        assert await house.refusal(ask(text, action=action)) is Reason.PROMPT_TOO_LONG
    assert read.texts == []


async def test_links_do_not_count_as_words(house: House) -> None:
    link = f"https://example.com/{'a' * 3_000}.png"
    job = await house.job(ask(f"{'x' * (LONGEST_PROMPT - 1)} {link}"))
    assert [each.url for each in job.attachments] == [link]


async def test_nothing_is_read_for_who_has_a_full_queue(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(OPEN_PER_PERSON):
        await house.history.add(await house.job(ask(event=f"waiting {number}")))
    read = Read(monkeypatch)
    long = "a lighthouse at dusk " * 400
    for action in (None, Action.DRAW):
        assert await house.refusal(ask(long, action=action)) is Reason.QUEUE_FULL
    assert read.texts == []
    assert isinstance(await house.settle(ask("cancel", event="c")), Cancellation)
    assert await house.job(ask(long, event="other", requester="bob"))


async def test_a_long_text_is_read_beside_the_event_loop(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Read(monkeypatch)
    await house.job(ask("a lighthouse at dusk " * 400))
    assert read.texts
    assert threading.get_ident() not in read.threads
    await house.job(ask("a lighthouse at dusk", event="2"))
    assert threading.get_ident() in read.threads


async def test_a_change_of_what_cannot_be_used_is_refused_whatever_else_there_is(
    house: House,
) -> None:
    await house.made()  # the newest picture is not what is meant
    for number, text in enumerate(("turn this into an oil painting", "把它变成油画", "")):
        unusable = replace(ask(text, f"u{number}"), unusable=("video", "sticker", "video"))
        failure = await house.settle(unusable)
        assert isinstance(failure, Failure)
        assert failure == Failure(Reason.ATTACHMENT_UNUSABLE, {"unusable": ["video", "sticker"]})
    hints = (
        *("draw this as a cartoon", "as an oil painting", "draw what is in the attached file"),
        *(
            "照着画",
            "画成漫画",
            "参考这个",
            "用这个视频画一张图",
            "用這個影片畫一張圖",
            "根據錄音畫一張",
        ),
        *("この録音から絵を描いて", "動画の内容を絵に描いて", "スタンプを使って描いて"),
    )
    for text in hints:
        assert await house.refusal(replace(unusable, text=text)) is Reason.ATTACHMENT_UNUSABLE
    beside = replace(unusable, text="make it blue", attachments=(Attachment(url="https://a.b/c"),))
    assert await house.refusal(beside) is Reason.ATTACHMENT_UNUSABLE
    assert reason(failure.problem, "en").endswith("a video, a sticker that is not a picture.")
    assert reason(failure.problem, "zh_Hans").endswith("你发送或引用的是视频、不是图片的贴纸。")


async def test_beside_something_new_it_is_told_that_it_is_not_used(house: House) -> None:
    job = await house.job(replace(ask("a lighthouse"), unusable=("file",)))
    assert job.notes == (Note("not_used", {"unusable": ["file"]}),)
    assert await house.settle(replace(ask("help", "h"), unusable=("file",))) == Notice("help")
