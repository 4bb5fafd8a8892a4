"""Cards that are one person's: who may use them, where they work, and what they show to whom."""

from typing import Any

import pytest

from adapters.feishu.cards import panels, values
from bot.domain.preferences import Preference
from bot.domain.requests import Viewer
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.running import Bot
from tests.adapters.feishu.scene import words
from tests.adapters.feishu.stage import Message, Stage

NOT_YOURS, NOT_FOUND = "somebody else's", "I can't find that picture"


class Scene:
    """Ann and Bob in a group, and each alone with the bot."""

    def __init__(self, stage: Stage, bot: Bot, ids: dict[str, str], group: str, alone: str) -> None:
        self.stage = stage
        self.bot = bot
        self.ids = ids
        self.group = group
        self.alone = alone

    async def unreachable(self, *names: str) -> None:
        """Nothing can be sent to them alone: the app is not available to them."""
        await self.stage.remote.set(unavailable=[self.ids[name] for name in names])

    async def liked(self, who: str) -> Preference:
        return await self.bot.app.preferences.of("feishu", self.ids[who])

    async def jobs(self, who: str) -> list[Any]:
        return await self.bot.app.history.jobs_of("feishu", self.ids[who])

    async def press(self, card: Message, by: str, kind: str, **how: Any) -> Message:
        """Use the component of that kind, as the card has it."""
        key = how.pop("key", None)
        value = {"a": kind, **({"k": key} if key else {})}
        return await self.stage.click(card["message_id"], by, value=value, **how)


@pytest.fixture
async def scene(bot: Start, stage: Stage) -> Scene:
    ids = {name: await stage.person(name, "en_us") for name in ("Ann", "Bob")}
    group = await stage.chat("group", "Ann", "Bob")
    return Scene(stage, await bot(), ids, group, await stage.chat("p2p", "Ann"))


@pytest.mark.parametrize("panel", ["settings", "history"])
async def test_a_personal_panel_asked_for_in_a_group_comes_to_the_person_alone(
    scene: Scene, panel: str
) -> None:
    stage = scene.stage
    await stage.say(scene.alone, "Ann", "draw a secret")
    await stage.done(scene.alone)
    await stage.say(scene.group, "Ann", f"<@bot> {panel}")
    await stage.shown(scene.alone, "'a': 'set'" if panel == "settings" else "'a': 'show'")
    told = await stage.shown(scene.group, "I have sent it to you alone.")
    assert told["msg_type"] == "text"
    assert len(await stage.messages(scene.group)) == 1


async def test_a_panel_stays_in_the_group_where_the_person_cannot_be_reached(scene: Scene) -> None:
    stage = scene.stage
    await scene.unreachable("Ann")
    await stage.say(scene.group, "Ann", "<@bot> settings")
    card = await stage.shown(scene.group, "'a': 'set'")
    for kind, how in (("set", {"key": "size", "option": "2K"}), ("reset", {})):
        pressed = await scene.press(card, "Bob", kind, **how)
        assert NOT_YOURS in pressed["seen"]
        assert not pressed["card"]
    assert await scene.liked("Bob") == Preference()
    pressed = await scene.press(card, "Ann", "set", key="size", option="2K")
    assert pressed["card"]
    assert (await scene.liked("Ann")).size == "2K"


async def test_everything_is_forgotten_by_its_owner_only(scene: Scene) -> None:
    stage = scene.stage
    await stage.say(scene.group, "Bob", "<@bot> draw a dog")
    await stage.done(scene.group)
    await stage.say(scene.group, "Ann", "<@bot> /forget-me")
    card = await stage.shown(scene.group, "'a': 'forget'")
    pressed = await scene.press(card, "Bob", "forget")
    assert NOT_YOURS in pressed["seen"]
    assert not pressed["card"]
    assert len(await scene.jobs("Bob")) == 1
    assert (await scene.press(card, "Ann", "forget"))["card"]


async def test_the_history_is_turned_by_its_owner_only(scene: Scene) -> None:
    stage = scene.stage
    await scene.unreachable("Ann", "Bob")
    for number in range(6):
        await stage.say(scene.group, "Ann", f"<@bot> draw cat {number}")
        await stage.done(scene.group, number + 1)
        await stage.advance(1)
    await stage.say(scene.group, "Ann", "<@bot> history")
    card = await stage.shown(scene.group, "'a': 'page'")
    for value in ({"a": "page"}, {"a": "show", "job": (await scene.jobs("Ann"))[0].id}):
        pressed = await stage.click(card["message_id"], "Bob", value=value)
        assert NOT_YOURS in pressed["seen"]
        assert not pressed["card"]
    assert (await scene.press(card, "Ann", "page"))["card"]
    assert "cat 0" in words((await stage.shown(scene.group, "'a': 'page'"))["content"])


async def test_a_panel_is_of_who_opens_it(scene: Scene) -> None:
    stage = scene.stage
    await scene.unreachable("Ann", "Bob")
    await stage.say(scene.group, "Ann", "<@bot> help")
    card = await stage.shown(scene.group, "'a': 'panel'")
    assert (await scene.press(card, "Bob", "panel", key="settings"))["error"] is None
    opened = await stage.shown(scene.group, "'a': 'set'")
    pressed = await scene.press(opened, "Ann", "set", key="size", option="2K")
    assert NOT_YOURS in pressed["seen"]
    assert (await scene.press(opened, "Bob", "set", key="size", option="2K"))["card"]
    assert (await scene.liked("Bob")).size == "2K"


@pytest.mark.parametrize("asked", ["help", "models"])
async def test_a_group_is_told_in_the_language_of_each_reader(scene: Scene, asked: str) -> None:
    stage = scene.stage
    await stage.say(scene.group, "Ann", f"<@bot> {asked}")
    card = await stage.shown(scene.group, "i18n_content", "Nano" if asked == "models" else "try")
    assert "zh_cn" in str(card["content"])
    await stage.say(scene.alone, "Ann", asked)
    assert "i18n_content" not in str((await stage.shown(scene.alone, "plain_text"))["content"])


async def test_cards_from_before_have_no_owner(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = scene.stage
    await scene.unreachable("Ann", "Bob")
    with monkeypatch.context() as before:
        before.setattr(values.Home, "value", lambda self: {})
        await stage.say(scene.group, "Ann", "<@bot> settings")
        card = await stage.shown(scene.group, "'a': 'set'")
    assert "'u'" not in str(card["content"])
    assert (await scene.press(card, "Bob", "set", key="size", option="2K"))["card"]
    assert (await scene.liked("Bob")).size == "2K"


@pytest.mark.parametrize("first", ["settings", "help"])
async def test_alone_with_the_bot_is_known_after_a_restart(
    scene: Scene, bot: Start, first: str
) -> None:
    """Nothing but the card tells, as nothing was drawn there yet."""
    stage = scene.stage
    allowed = {
        "feishu_allowed_people": (scene.ids["Ann"],),
        "feishu_allowed_chats": (scene.group,),
    }
    scene.bot = await bot(**allowed)
    await stage.say(scene.alone, "Ann", first)
    card = await stage.shown(scene.alone, "'a': '")
    scene.bot = await bot(**allowed)
    if first == "help":
        assert (await scene.press(card, "Ann", "panel", key="settings"))["error"] is None
        card = await stage.shown(scene.alone, "'a': 'set'")
        scene.bot = await bot(**allowed)
    for size in ("2K", "1K"):
        pressed = await scene.press(card, "Ann", "set", key="size", option=size)
        assert pressed["toast"]["type"] == "success"
        assert (await scene.liked("Ann")).size == size
        card = await stage.shown(scene.alone, "'a': 'set'")


async def test_a_group_sees_only_what_was_made_in_it(scene: Scene) -> None:
    stage = scene.stage
    await scene.unreachable("Ann", "Bob")
    await stage.say(scene.alone, "Ann", "draw a secret")
    await stage.done(scene.alone)
    await stage.say(scene.group, "Ann", "<@bot> draw a dog")
    await stage.done(scene.group)
    await stage.say(scene.group, "Ann", "<@bot> history")
    card = await stage.shown(scene.group, "'a': 'show'")
    assert "a dog" in words(card["content"])
    assert "secret" not in str(card["content"])
    here, secret = await scene.jobs("Ann")
    await stage.say(scene.alone, "Ann", "history")
    own = await stage.shown(scene.alone, "'a': 'show'")
    assert "secret" in words(own["content"])
    assert "a dog" in words(own["content"])
    value = {"a": "show", "job": here.id}
    assert (await stage.click(own["message_id"], "Ann", value=value))["error"] is None
    await stage.done(scene.alone, 3)  # the history has pictures too
    viewer = Viewer("feishu", scene.ids["Ann"], scene.group)
    page = await panels.history_of(scene.bot.app.bot, panels.Readers(viewer, "en"), 1e10)
    assert secret.id not in str(page)


async def test_a_picture_from_elsewhere_is_not_shown_to_a_group(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card from before may still list it."""
    stage = scene.stage
    await scene.unreachable("Ann", "Bob")
    await stage.say(scene.group, "Ann", "<@bot> draw a dog")
    await stage.done(scene.group)
    await stage.advance(1)
    await stage.say(scene.alone, "Ann", "draw a secret")
    await stage.done(scene.alone)
    with monkeypatch.context() as before:
        before.setattr(values.Home, "value", lambda self: {})
        before.setattr("bot.engine.door.may_list", lambda job, viewer: True)
        await stage.say(scene.group, "Ann", "<@bot> history")
        card = await stage.shown(scene.group, "'a': 'show'")
    secret = (await scene.jobs("Ann"))[0]
    value = {"a": "show", "job": secret.id}
    assert NOT_FOUND in (await stage.click(card["message_id"], "Bob", value=value))["seen"]
    await stage.click(card["message_id"], "Ann", value=value)
    await stage.shown(scene.alone, "draw a secret", count=2)
    assert "secret" not in str(await stage.messages(scene.group)).replace(str(card), "")


async def test_a_topic_turns_its_own_pages(scene: Scene) -> None:
    stage = scene.stage
    await scene.unreachable("Ann", "Bob")
    topics = await stage.chat("topic", "Ann", "Bob")
    await stage.say(topics, "Ann", "<@bot> draw an owl")
    await stage.done(topics)
    asked = await stage.say(topics, "Ann", "<@bot> draw cat 0")
    made = await stage.done(topics, 2)
    for number in range(1, 6):
        await stage.advance(1)
        more = f"<@bot> draw cat {number}"
        await stage.say(topics, "Ann", more, reply_to=asked["message_id"], in_thread=True)
        await stage.done(topics, number + 2)
    await stage.say(topics, "Ann", "<@bot> history", reply_to=asked["message_id"], in_thread=True)
    card = await stage.shown(topics, "'a': 'page'")
    assert card["thread_id"] == made["thread_id"]
    assert "cat 5" in words(card["content"])
    assert (await scene.press(card, "Ann", "page"))["card"]
    older = words((await stage.shown(topics, "'a': 'page'"))["content"])
    assert "cat 0" in older
    assert "owl" not in older


async def test_pages_reach_past_what_was_made_elsewhere(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.door.SCANNED", 2)
    stage = scene.stage
    await stage.say(scene.group, "Ann", "<@bot> draw a dog")
    await stage.done(scene.group)
    for number in range(6):
        await stage.advance(1)
        await stage.say(scene.alone, "Ann", f"draw cat {number}")
        await stage.done(scene.alone, number + 1)
    viewer = Viewer("feishu", scene.ids["Ann"], scene.group)
    page = await panels.history_of(scene.bot.app.bot, panels.Readers(viewer, "en"))
    assert "a dog" in words(page)
    assert "cat" not in words(page)


async def test_a_page_whose_pictures_are_deleted_says_so(scene: Scene) -> None:
    stage = scene.stage
    for number in range(6):
        await stage.say(scene.alone, "Ann", f"draw cat {number}")
        await stage.done(scene.alone, number + 1)
        await stage.advance(1)
    for left in (5, 0):
        await stage.say(scene.alone, "Ann", "history")
        card = await stage.shown(scene.alone, "'before': ")
        for job in (await scene.jobs("Ann"))[left:]:
            await scene.bot.app.engine.delete(job.id)
        assert (await scene.press(card, "Ann", "page"))["card"]
        [turned] = [
            one
            for one in await stage.messages(scene.alone)
            if one["message_id"] == card["message_id"]
        ]
        expected = "cat 5" if left else "You have not made a picture yet"
        assert expected in words(turned["content"])
        if left:
            await stage.say(scene.alone, "Ann", "draw cat 6")
            await stage.shown(scene.alone, "cat 6", "'a': 'again'")


@pytest.mark.parametrize(
    ("key", "option"),
    [
        ("size", "99K"),
        ("aspect_ratio", "banana"),
        ("language", "klingon" * 50),
        ("language", "fr"),
        ("model", None),
        ("model", "nope"),
        ("notify", "maybe"),
        ("", None),
        ("evil", "auto"),
    ],
)
async def test_only_what_is_offered_can_be_set(scene: Scene, key: str, option: str | None) -> None:
    """The values come from outside."""
    handler = scene.bot.app.adapters[0].dispatcher._handlers["card.action.trigger"]  # type: ignore[attr-defined]
    answer = await handler(_pressed(scene, key, option))
    assert "no longer works" in answer["toast"]["i18n"]["en_us"]
    assert "card" not in answer
    assert await scene.liked("Ann") == Preference()


def _pressed(scene: Scene, key: str, option: str | None) -> Any:
    from adapters.feishu.events.dispatcher import FeishuEvent

    action = {"value": {"a": "set", "k": key}, **({"option": option} if option else {})}
    context = {"open_chat_id": scene.group, "open_message_id": "om_1"}
    body = {"operator": {"open_id": scene.ids["Ann"]}, "context": context, "action": action}
    return FeishuEvent("e1", "card.action.trigger", 0, body)
