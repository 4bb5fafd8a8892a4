"""Private stays private: what is asked alone with the bot never reaches a group."""

from typing import Any

import pytest

from adapters.feishu.cards import elements
from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.running import Bot
from tests.adapters.feishu.stage import Message, Stage

SECRET = "a proposal under the oak"


class Chats:
    """Ann alone with the bot, where she asked for something; and a group with Bob."""

    def __init__(
        self, stage: Stage, bot: Bot, group: str, alone: str, ann: str, card: Message
    ) -> None:
        self.stage, self.bot = stage, bot
        self.group, self.alone, self.card = group, alone, card
        self.ann = ann

    async def job(self) -> str:
        newest = await self.bot.app.history.latest("feishu", self.alone)
        assert newest is not None
        return newest.id

    async def nothing_leaked(self) -> None:
        for message in await self.stage.messages(self.group):
            assert SECRET not in str(message["content"])
        for job in await self.bot.app.history.jobs_of("feishu", self.ann):
            assert job.private or SECRET not in f"{job.text} {job.prompt}"
            assert job.private or not job.references


@pytest.fixture
async def chats(bot: Start, stage: Stage) -> Chats:
    ann, _ = [await stage.person(name, "en_us") for name in ("Ann", "Bob")]
    group, alone = await stage.chat("group", "Ann", "Bob"), await stage.chat("p2p", "Ann")
    started = await bot()
    await stage.say(alone, "Ann", f"draw {SECRET}")
    return Chats(stage, started, group, alone, ann, await stage.done(alone))


@pytest.mark.parametrize("text", ["again", "details", "history", "delete", "make it warmer"])
async def test_a_mention_in_a_group_knows_nothing_of_it(chats: Chats, text: str) -> None:
    for number, who in enumerate(("Ann", "Bob"), start=1):
        await chats.stage.say(chats.group, who, f"<@bot> {text}")
        await chats.stage.shown(chats.group, count=number)
    await chats.nothing_leaked()
    assert await chats.bot.app.history.job(await chats.job())


@pytest.mark.parametrize("kind", ["again", "pro", "larger", "vary", "edit", "details", "original"])
async def test_a_forwarded_card_answers_its_owner_alone(chats: Chats, kind: str) -> None:
    """Its buttons come from the group then; for anybody else there is nothing."""
    copy = await chats.stage.do(
        "forward", by="Ann", message=chats.card["message_id"], chat=chats.group
    )
    there = len(await chats.stage.messages(chats.group))
    job = await chats.job()
    form = {"form": {"instruction": "warmer"}} if kind == "edit" else {}
    press: dict[str, Any] = {"value": {"a": kind, "job": job, "n": 1}, **form}
    if kind in ("pro", "details", "original"):
        press = {"value": {"a": "more", "job": job}, "option": kind}
    refused = await chats.stage.click(copy["message_id"], "Bob", **press)
    assert "I can't find that picture" in refused["seen"]
    await chats.stage.click(copy["message_id"], "Ann", **press)
    await chats.stage.shown(chats.alone, count=2)
    assert len(await chats.stage.messages(chats.group)) == there
    newest = await chats.bot.app.history.jobs_of("feishu", chats.ann)
    assert all(job.private for job in newest)


async def test_personal_cards_cannot_be_forwarded(chats: Chats) -> None:
    for said, words in (
        ("history", "'a': 'show'"),
        ("settings", "'a': 'set'"),
        ("/forget-me", "'a': 'forget'"),
        ("details", "job_"),
    ):
        await chats.stage.say(chats.alone, "Ann", said)
        card = await chats.stage.until(lambda w=words, s=said: _card(chats, w, s), said)
        with pytest.raises(AssertionError, match="cannot be forwarded"):
            await chats.stage.do("forward", by="Ann", message=card["message_id"], chat=chats.group)


async def _card(chats: Chats, words: str, said: str) -> Message | None:
    newest = (await chats.stage.messages(chats.alone))[-1]
    found = newest["message_id"] != chats.card["message_id"] and words in str(newest["content"])
    return newest if found else None


async def test_a_history_that_was_forwarded_keeps_to_its_own_chat(
    chats: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card from before, which could be."""
    for number in range(6):
        await chats.stage.advance(1)
        await chats.stage.say(chats.alone, "Ann", f"draw {SECRET} {number}")
        await chats.stage.done(chats.alone, number + 2)
    cards = []
    with monkeypatch.context() as before:
        card = elements.card
        before.setattr(elements, "card", lambda *a, personal=False, **more: card(*a, **more))
        for said, words in (("history", "'a': 'page'"), ("/forget-me", "'a': 'forget'")):
            await chats.stage.say(chats.alone, "Ann", said)
            cards.append(await chats.stage.shown(chats.alone, words))
    for made, kind in zip(cards, ("page", "forget"), strict=True):
        copy = await chats.stage.do(
            "forward", by="Ann", message=made["message_id"], chat=chats.group
        )
        for who, words in (("Bob", "somebody else's"), ("Ann", "cannot be done here")):
            pressed = await chats.stage.click(copy["message_id"], who, value={"a": kind})
            assert words in pressed["seen"]
            assert not pressed["card"]
    assert await chats.bot.app.history.jobs_of("feishu", chats.ann)


async def test_a_result_can_be_forwarded(chats: Chats) -> None:
    """It is its owner's to show to others."""
    assert "enable_forward" not in chats.card["content"]["config"]
