"""A model is withdrawn, and nobody has to notice: on every provider, from every old request."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.domain.actions import Action
from bot.domain.catalog import Model, find, premium, standard
from bot.domain.failures import Failure, Reason
from bot.domain.requests import Incoming, Options
from bot.settings import Settings
from messages import LOCALES, Message, Note, Notice, Status, render, render_notice
from tests.bot.engine.test_conversation import accepted, ask
from tests.emulators import aihubmix, generate_content, openrouter
from tests.emulators.process import Remote, Shared
from tests.support import fallback_provider as other_provider
from tests.support.model_ids import FLASH, LITE, OLD_FLASH, PRO, flash, lite, old_flash
from tests.support.scripted import Recorder, Scripted

Start = Callable[[], Awaitable[tuple[App, Recorder]]]

ENVIRONMENTS: dict[str, dict[str, str]] = {
    "gemini": {"GEMINI_API_KEY": generate_content.KEY, "GEMINI_BASE_URL": "{url}/v1beta"},
    "openrouter": {
        "OPENROUTER_API_KEY": openrouter.KEY,
        "OPENROUTER_BASE_URL": "{url}/api/v1",
    },
    "aihubmix": {"AIHUBMIX_API_KEY": aihubmix.KEY, "AIHUBMIX_BASE_URL": "{url}/v1"},
    "ima": {
        "IMA_API_KEY": "ima_emulator",
        "IMA_APP_KEY": "EMULATOR-TEST-KEY",
        "IMA_BASE_URL": "{url}",
        "IMA_UPLOAD_URL": "{url}",
    },
}

REPLACED = Note("model_replaced", {"asked": "Nano Banana 2", "model": "Nano Banana 2.1"})
TAKES_ITS_PLACE = Note("preference_replaced", REPLACED.facts)


@pytest.fixture(scope="module", params=sorted(ENVIRONMENTS))
def emulator(request: pytest.FixtureRequest, emulator_of: Shared) -> tuple[str, Remote]:
    return request.param, emulator_of(request.param)


@pytest.fixture
async def service(
    emulator: tuple[str, Remote], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Remote]:
    name, remote = emulator
    await remote.forget()
    if name == "ima":
        await remote.set(eet="0~1s", duration=0)
    for key, value in ENVIRONMENTS[name].items():
        monkeypatch.setenv(key, value.format(url=remote.url))
    return emulator


@pytest.fixture
async def running(service: tuple[str, Remote], settings: Settings, tmp_path: Path) -> Any:
    """A bot that uses the service."""
    apps: list[App] = []

    async def begin(**more: object) -> tuple[App, Recorder]:
        app = App(settings.model_copy(update={"provider": service[0], **more}))
        recorder = Recorder()
        app.adapters = [recorder]
        apps.append(app)
        await app.start()
        app.engine.delivery.pause = 0.01
        return app, recorder

    yield begin
    for app in apps:
        await app.close()


async def drawn(app: App, recorder: Recorder, incoming: Incoming) -> Message:
    return await recorder.final(await accepted(app, incoming))


async def test_what_is_offered_decides_the_default_and_the_best(
    service: tuple[str, Remote], running: Any
) -> None:
    await service[1].set(offers="lines")
    app, recorder = await running()
    models = await app.engine.models()
    assert [model.id for model in models if model.line] == [FLASH, LITE, PRO]
    assert (standard(models), premium(models)) == (models[0], models[2])
    for words in ("nano banana", "Nano Banana 2", "flash", "NB2", "香蕉", OLD_FLASH):
        assert find(words, models) is models[0]
    message = await drawn(app, recorder, ask("a lighthouse, cheapest"))
    assert (message.status, message.model, message.size) == (
        Status.SUCCEEDED,
        "Nano Banana 2.1",
        "1K",
    )
    [paid] = await service[1].paid()
    assert (paid["model"], paid["size"]) == (FLASH, "1K")


@pytest.mark.parametrize("offers", ["new", "old", "both", "unknown", "next"])
async def test_whatever_is_listed_there_is_a_default(
    service: tuple[str, Remote], running: Any, offers: str
) -> None:
    await service[1].set(offers=offers)
    app, recorder = await running()
    message = await drawn(app, recorder, ask())
    assert message.status is Status.SUCCEEDED
    expected = {"old": OLD_FLASH, "unknown": "gemini-nano-banana-3"}.get(offers, FLASH)
    assert [paid["model"] for paid in await service[1].paid()] == [expected]


async def test_a_model_is_retired_between_the_list_and_the_request(
    service: tuple[str, Remote], running: Any
) -> None:
    await service[1].set(offers="both", retiring=[OLD_FLASH])
    app, recorder = await running()
    message = await drawn(app, recorder, ask("use nano banana 2: a lighthouse, 512px"))
    assert (message.status, message.model) == (Status.SUCCEEDED, "Nano Banana 2.1")
    assert message.notes[0] == REPLACED
    assert message.notes[1].key == "size_adjusted"
    assert len(message.pictures) == 1
    paid = await service[1].paid()
    assert [(call["model"], call["pictures"]) for call in paid] == [(FLASH, 1)]
    for locale in LOCALES:
        assert "Nano Banana 2" in render(message, locale)
    again = await drawn(app, recorder, ask("use nano banana 2: a boat", "2"))
    assert again.notes == (REPLACED,)  # known by now: the service is not asked in vain
    assert len(await service[1].paid()) == 2


async def test_without_a_successor_the_person_is_told_what_there_is(
    service: tuple[str, Remote], running: Any
) -> None:
    await service[1].set(offers=[FLASH, PRO], retiring=[PRO])
    app, recorder = await running()
    message = await drawn(app, recorder, ask("a lighthouse", options=Options(model=PRO)))
    assert message.status is Status.FAILED
    assert message.problem is not None
    assert message.problem.reason == Reason.UNKNOWN_MODEL.value
    assert "Nano Banana 2.1" in str(message.problem.facts["models"])
    assert await service[1].paid() == []


async def test_a_size_that_is_listed_and_refused_becomes_the_nearest(
    service: tuple[str, Remote], running: Any
) -> None:
    if service[0] == "ima":
        pytest.skip("IMA's list has a price for each size; one that it refuses is ordered smaller")
    await service[1].set(offers=[OLD_FLASH], sizes={OLD_FLASH: ["1K", "2K", "4K"]})
    app, recorder = await running()
    message = await drawn(app, recorder, ask("a lighthouse, 512px"))
    assert (message.status, message.size) == (Status.SUCCEEDED, "1K")
    assert [note.key for note in message.notes] == ["size_adjusted"]
    assert [paid["size"] for paid in await service[1].paid()] == ["1K"]


async def test_a_new_model_needs_a_file_and_no_release(
    service: tuple[str, Remote], running: Any, tmp_path: Path
) -> None:
    file = tmp_path / "models.toml"
    file.write_text(
        '[[models]]\nid = "gemini-nano-banana-3"\nline = "flash"\nname = "Nano Banana 3"\n'
        'aliases = ["NB3"]\nsizes = ["1K", "2K", "4K"]\nmax_references = 14\n',
        "utf-8",
    )
    await service[1].set(offers="next")
    app, recorder = await running(models_file=file)
    models = await app.engine.models()
    assert [model.name for model in models][:2] == ["Nano Banana 3", "Nano Banana 2.1"]
    for number, words in enumerate(("a boat", "use NB3: a boat", "use nano banana: a boat")):
        message = await drawn(app, recorder, ask(words, str(number)))
        assert (message.model, message.notes) == ("Nano Banana 3", ())
        assert next(choice.name for choice in message.models) == "Nano Banana 3"
    assert {call["model"] for call in await service[1].paid()} == {"gemini-nano-banana-3"}


# What was made before


async def old_job(app: App, recorder: Recorder, provider: Scripted) -> str:
    """A finished job as an earlier version left it, made with a model that is gone now."""
    now = provider.offered
    provider.offered = (old_flash,)
    job_id = await accepted(app, ask("a lighthouse", "old", options=Options(size="512")))
    message = await recorder.final(job_id)
    provider.offered = now
    assert (message.model, message.size, message.notes) == ("Nano Banana 2", "512", ())
    return job_id


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
@pytest.mark.parametrize("action", [Action.AGAIN, Action.VARY, Action.LARGER, Action.DRAW])
async def test_old_pictures_go_on_with_the_successor(
    start: Start, provider: Scripted, action: Action, locale: str
) -> None:
    app, recorder = await start()
    old = await old_job(app, recorder, provider)
    press = ask("make it red" if action is Action.DRAW else "", "2", action=action, target=old)
    message = await drawn(app, recorder, replace(press, locale=locale))
    assert (message.status, message.model) == (Status.SUCCEEDED, "Nano Banana 2.1")
    assert provider.submitted[-1].model == FLASH
    keys = [note.key for note in message.notes]
    if action is Action.DRAW:  # a new request for a picture of its own, with today's default
        assert keys == ["size_adjusted"]
    else:
        assert message.notes[0] == REPLACED
        assert ("size_adjusted" in keys) == (action is not Action.LARGER)
    words = {"en": "Nano Banana 2 is no longer offered", "zh_Hans": "Nano Banana 2 已经下线"}
    assert (words[locale] in render(message, locale)) == (action is not Action.DRAW)


async def test_an_old_menu_still_names_the_old_model(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    old = await old_job(app, recorder, provider)
    chosen = Options(model=OLD_FLASH, size="512")
    again = ask("", "2", action=Action.AGAIN, target=old, options=chosen)
    message = await drawn(app, recorder, again)
    assert (message.model, message.size) == ("Nano Banana 2.1", "1K")
    assert [note.key for note in message.notes] == ["model_replaced", "size_adjusted"]
    message = await drawn(app, recorder, ask("", "3", action=Action.PRO, target=old))
    assert (message.model, message.notes[0].key) == ("Nano Banana Pro", "size_adjusted")


async def test_a_preference_is_renewed_and_told_of_once(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    await app.preferences.change("test", "ada", model=OLD_FLASH)
    shown = await app.engine.receive(ask("settings", "0"))
    assert isinstance(shown, Notice)
    assert (shown.facts["model"], shown.notes) == ("Nano Banana 2.1", (TAKES_ITS_PLACE,))
    said = {"en": "Nano Banana 2 is no longer offered: Nano Banana 2.1 takes its place."}
    said["zh_Hans"] = "Nano Banana 2 已经下线，由 Nano Banana 2.1 接替。"
    said["zh_Hant"] = "Nano Banana 2 已經下線，由 Nano Banana 2.1 接替。"
    said["ja"] = "Nano Banana 2は提供を終了しました。今後はNano Banana 2.1を使います。"
    for locale in LOCALES:
        assert said[locale] in render_notice(shown, locale)
    first = await drawn(app, recorder, ask("a boat", "1"))
    second = await drawn(app, recorder, ask("a boat", "2"))
    assert (first.model, first.notes) == ("Nano Banana 2.1", (REPLACED,))
    assert (second.model, second.notes) == ("Nano Banana 2.1", ())
    preferred = await app.engine.receive(ask("always use Nano Banana 2", "3"))
    assert isinstance(preferred, Notice)
    assert preferred.notes == (TAKES_ITS_PLACE,)
    assert (await app.preferences.of("test", "ada")).model == FLASH


async def test_a_refusal_renews_no_preference(start: Start) -> None:
    """Nobody would have been told."""
    app, _ = await start()
    await app.preferences.change("test", "ada", model=OLD_FLASH)
    refused = await app.engine.receive(ask("a boat", "1", options=Options(size="9K")))
    assert isinstance(refused, Failure)
    assert (await app.preferences.of("test", "ada")).model == OLD_FLASH


async def test_a_preferred_size_that_went_with_its_model(start: Start) -> None:
    app, recorder = await start()
    await app.preferences.change("test", "ada", size="512")
    first = await drawn(app, recorder, ask("a boat", "1"))
    second = await drawn(app, recorder, ask("a boat", "2"))
    assert (first.size, [note.key for note in first.notes]) == ("1K", ["size_adjusted"])
    assert (second.size, second.notes) == ("1K", ())
    preferred = await app.engine.receive(
        ask("", "3", action=Action.PREFER, options=Options(size="512", aspect_ratio="16:9"))
    )
    assert isinstance(preferred, Notice)
    assert preferred.facts["choices"] == ["1K", "16:9"]
    assert [note.key for note in preferred.notes] == ["size_adjusted"]
    assert (await app.preferences.of("test", "ada")).size == "1K"


async def test_a_line_that_is_missing_for_a_while_is_forgotten_by_nobody(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    everything = provider.offered
    await app.preferences.change("test", "ada", model=FLASH, size="4K")
    liked = await app.preferences.of("test", "ada")
    provider.offered = tuple(model for model in everything if model.id == LITE)
    facts = {"asked": "Nano Banana 2.1", "model": "Nano Banana 2 Lite"}
    shown = await app.engine.receive(ask("settings", "0"))
    assert isinstance(shown, Notice)
    assert shown.notes == (Note("preference_not_offered", facts),)
    message = await drawn(app, recorder, ask("a boat", "1"))
    assert (message.model, message.size) == ("Nano Banana 2 Lite", "1K")
    assert message.notes[0] == Note("model_not_offered", facts)
    assert [note.key for note in message.notes[1:]] == ["size_adjusted"]
    provider.offered = everything
    assert await app.preferences.of("test", "ada") == liked
    message = await drawn(app, recorder, ask("a boat", "2"))
    assert (message.model, message.size, message.notes) == ("Nano Banana 2.1", "4K", ())


@pytest.mark.parametrize(
    ("offered", "asked", "made", "noted"),
    [
        ((flash, lite), "Nano Banana 2.1", "Nano Banana 2.1", ()),
        ((flash, lite), "Nano Banana 2", "Nano Banana 2.1", (REPLACED,)),
        ((old_flash, lite), "Nano Banana 2", "Nano Banana 2", ()),
        (
            (old_flash, lite),
            "Nano Banana 2.1",
            "Nano Banana 2",
            (Note("model_not_offered", {"asked": "Nano Banana 2.1", "model": "Nano Banana 2"}),),
        ),
        (
            (lite,),
            "Nano Banana 2",
            "Nano Banana 2 Lite",
            (Note("model_replaced", {"asked": "Nano Banana 2", "model": "Nano Banana 2 Lite"}),),
        ),
    ],
)
async def test_another_provider_that_offers_other_models(
    settings: Settings,
    start: Start,
    provider: Scripted,
    other: Scripted,
    offered: tuple[Model, ...],
    asked: str,
    made: str,
    noted: tuple[Note, ...],
) -> None:
    """What was asked for is said, and what it was made with, and nothing between the two."""
    settings.fallback_providers = (other_provider.NAME,)
    other.offered = offered
    app, recorder = await start()
    provider.tickets.append(Failure(Reason.PROVIDER_DOWN))
    message = await drawn(app, recorder, ask(options=Options(model=asked)))
    assert (message.status, message.model) == (Status.SUCCEEDED, made)
    elsewhere = Note("made_elsewhere", {"provider": "Other", "wanted": "Scripted"})
    assert sorted(map(repr, message.notes)) == sorted(map(repr, (elsewhere, *noted)))


async def test_a_configured_default_that_is_gone(
    settings: Settings, start: Start, provider: Scripted
) -> None:
    settings.default_model = "Nano Banana 2"
    app, recorder = await start()
    message = await drawn(app, recorder, ask())
    assert (message.model, message.notes) == ("Nano Banana 2.1", (REPLACED,))


async def test_a_provider_that_names_no_model_is_asked_for_todays(
    start: Start, provider: Scripted
) -> None:
    app, recorder = await start()
    provider.offered = ()
    message = await drawn(app, recorder, ask())
    assert (message.status, message.model) == (Status.SUCCEEDED, "Nano Banana 2.1")


async def test_a_model_that_nobody_knows_any_more(start: Start, provider: Scripted) -> None:
    app, recorder = await start()
    now = provider.offered
    provider.offered = (replace(flash, id="seedream-9", name="SeeDream 9", aliases=()),)
    old = await accepted(app, ask("a boat", "1"))
    await recorder.final(old)
    provider.offered = now
    message = await drawn(app, recorder, ask("again", "2"))
    facts = {"asked": "SeeDream 9", "model": "Nano Banana 2.1"}
    assert message.notes == (Note("model_not_offered", facts),)
