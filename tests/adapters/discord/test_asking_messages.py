"""Mentions, replies, direct messages, and the commands in the menu of a message."""

from tests.adapters.discord.stage import Stage
from tests.support.scripted import Scripted

PICTURE = {"filename": "cat.png", "picture": [80, 60]}


async def test_a_mention_is_answered_by_a_reply(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    said = await stage.type("a lighthouse at dusk, 16:9", mention=True)
    shown = await stage.drawn(said["message"])
    assert shown["pings"] == []
    assert provider.submitted[0].prompt == "a lighthouse at dusk"
    assert provider.submitted[0].aspect_ratio == "16:9"


async def test_a_mention_in_chinese_is_answered_in_chinese(stage: Stage) -> None:
    await stage.start()
    said = await stage.type("一只猫", stage.bob, mention=True)
    shown = await stage.drawn(said["message"], stage.bob)
    assert "Again" not in str(shown["buttons"])


async def test_what_is_not_meant_for_the_bot_is_left_alone(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    await stage.type("a lighthouse")
    await stage.type("@everyone a lighthouse")
    await stage.type("nobody", reply_to=(await stage.type("hello"))["message"])
    await stage.drawn((await stage.type("a cat", mention=True))["message"])
    assert [request.prompt for request in provider.submitted] == ["a cat"]


async def test_other_mentions_become_names(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    text = f"a portrait of <@{stage.bob}> and me in <#{stage.channel}> <:wave:{stage.bob}>"
    await stage.drawn((await stage.type(text, mention=True))["message"])
    assert provider.submitted[0].prompt == "a portrait of bob and me in general :wave:"


async def test_a_bare_mention_is_helped(stage: Stage) -> None:
    await stage.start()
    said = await stage.type("", mention=True)
    helped = await stage.reply(said["message"])
    assert "I make pictures" in helped["content"]
    assert helped["pings"] == []


async def test_an_attached_picture_is_a_reference(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    said = await stage.type("make it blue", mention=True, attachments=[PICTURE])
    await stage.drawn(said["message"])
    assert len(provider.submitted[0].references) == 1
    kept = await stage.type("", mention=True, attachments=[PICTURE])
    assert "Got it (" in (await stage.reply(kept["message"]))["content"]
    later = await stage.type("make it red", mention=True)
    await stage.drawn(later["message"])
    assert len(provider.submitted[1].references) == 1


async def test_a_reply_to_a_picture_of_ours_edits_it(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await stage.picture(await stage.slash("imagine", options={"prompt": "a cat"}))
    said = await stage.type("改成蓝色", stage.bob, reply_to=shown["id"])
    edited = await stage.drawn(said["message"], stage.bob)
    job = (await stage.app.history.jobs_of("discord", stage.alice))[0]
    first = (await stage.app.history.pictures_of([job.id]))[job.id][0]
    assert [each.image_id for each in provider.submitted[1].references] == [first.image_id]
    then = await stage.type("and redder", stage.bob, reply_to=edited["id"], mention=True)
    await stage.drawn(then["message"], stage.bob)
    assert len(provider.submitted[2].references) == 1


async def test_a_reply_to_a_copy_finds_its_job(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    await stage.picture(await stage.slash("imagine", options={"prompt": "a cat"}))
    (job,) = await stage.app.history.jobs_of("discord", stage.alice)
    copy = await stage.picture(await stage.slash("show", options={"id": job.id}))
    said = await stage.type("make it blue", reply_to=copy["id"])
    await stage.drawn(said["message"])
    assert len(provider.submitted[1].references) == 1


async def test_words_about_an_earlier_picture(stage: Stage) -> None:
    await stage.start()
    shown = await stage.drawn((await stage.type("a cat", mention=True))["message"])
    told = await stage.type("details", mention=True, reply_to=shown["id"])
    assert "a cat" in (await stage.reply(told["message"]))["content"]
    asked = await stage.type("delete", mention=True, reply_to=shown["id"])
    assert "a cat" in (await stage.reply(asked["message"]))["content"]
    gone = await stage.type("yes", mention=True)
    assert "Deleted" in (await stage.reply(gone["message"]))["content"]
    await stage.answer_of(shown, lambda message: message["deleted"])


async def test_a_moderator_deletes_with_words(stage: Stage) -> None:
    await stage.start()
    said = await stage.type("一只猫", stage.bob, mention=True)
    shown = await stage.drawn(said["message"], stage.bob)
    asked = await stage.type("delete", mention=True, reply_to=shown["id"])
    await stage.reply(asked["message"])
    await stage.type("yes", mention=True)
    await stage.answer_of(shown, lambda message: message["deleted"])


async def test_what_discord_hides_is_explained(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    hidden = await stage.type("look", stage.bob, attachments=[PICTURE])
    said = await stage.type("make it blue", mention=True, reply_to=hidden["message"])
    assert "Edit picture" in (await stage.reply(said["message"]))["content"]
    assert provider.submitted == []


async def test_with_the_content_intent_a_reply_takes_the_picture(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    mentioning = await stage.type("make it green", stage.bob, mention=True, attachments=[PICTURE])
    await stage.drawn(mentioning["message"], stage.bob)
    said = await stage.type("make it blue", mention=True, reply_to=mentioning["message"])
    await stage.drawn(said["message"])
    assert len(provider.submitted[1].references) == 1


async def test_direct_messages_edit_step_by_step(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    said = await stage.type("画一只猫", stage.bob, channel="dm")
    first = await stage.drawn(said["message"], stage.bob, said["channel"])
    assert "Again" not in str(first["buttons"])
    then = await stage.type("改成蓝色", stage.bob, channel="dm")
    await stage.drawn(then["message"], stage.bob, then["channel"])
    assert len(provider.submitted[1].references) == 1
    asked = await stage.slash("imagine", stage.bob, channel="dm", options={"prompt": "狗"})
    shown = await stage.picture(asked)
    await stage.picture(await stage.click(shown, "再来一张", stage.bob))


async def test_a_thread_and_a_forum_post(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    thread = await stage.discord.ask("thread", {"parent": stage.channel, "as": stage.alice})
    said = await stage.type("a cat", channel=thread["id"], mention=True)
    shown = await stage.drawn(said["message"], channel=thread["id"])
    await stage.picture(await stage.click(shown, "Again"))
    asked = await stage.slash("imagine", channel=thread["id"], options={"prompt": "a dog"})
    await stage.picture(asked)
    forum = await stage.discord.ask("channel", {"guild": stage.guild, "type": "forum"})
    app = (await stage.discord.ask("world"))["app"]["id"]
    content = {"name": "fish", "content": f"<@{app}> a fish"}
    post = await stage.discord.ask("thread", {"parent": forum["id"], "as": stage.alice, **content})
    await stage.drawn(post["id"], channel=post["id"])
    assert provider.submitted[-1].prompt == "a fish"


async def test_edit_picture_in_the_menu_of_somebodys_message(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    theirs = await stage.type("look", stage.bob, attachments=[PICTURE, PICTURE])
    form = await stage.menu(theirs["message"], "Edit picture")
    assert form["response"] == 9
    await stage.picture(await stage.submit(form, instruction="make it blue"))
    assert len(provider.submitted[0].references) == 2
    words = await stage.type("no picture", stage.bob)
    nothing = await stage.menu(words["message"], "Edit picture")
    assert nothing["response"] == 4
    assert "I see none here" in nothing["original"]["content"]


async def test_edit_picture_in_the_menu_of_our_message(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    shown = await stage.picture(await stage.slash("imagine", options={"prompt": "a cat"}))
    form = await stage.menu(shown["id"], "Edit picture", stage.bob)
    assert form["modal"]["title"] == "修改图片"
    await stage.picture(await stage.submit(form, instruction="变成夜晚"))
    assert len(provider.submitted[1].references) == 1


async def test_a_form_about_somebodys_message_outlives_the_bot(
    stage: Stage, provider: Scripted
) -> None:
    await stage.start()
    theirs = await stage.type("look", stage.bob, attachments=[PICTURE])
    form = await stage.menu(theirs["message"], "Edit picture")
    await stage.start()
    hidden = await stage.submit(form, instruction="make it blue")
    assert "no longer there" in (await stage.aside(hidden))["content"]
    await stage.discord.ask("app", {"message_content": True})
    form = await stage.menu(theirs["message"], "Edit picture")
    await stage.start()
    await stage.picture(await stage.submit(form, instruction="make it blue"))
    assert len(provider.submitted[0].references) == 1


async def test_use_as_reference_and_details(stage: Stage, provider: Scripted) -> None:
    await stage.start()
    theirs = await stage.type("look", stage.bob, attachments=[PICTURE])
    kept = await stage.answer(await stage.menu(theirs["message"], "Use as reference"))
    assert kept["ephemeral"]
    assert "Got it (" in kept["content"]
    asked = await stage.slash("imagine", options={"prompt": "in the rain"})
    shown = await stage.picture(asked)
    assert len(provider.submitted[0].references) == 1
    told = await stage.answer(await stage.menu(shown["id"], "Picture details", stage.bob))
    assert told["ephemeral"]
    assert "in the rain" in told["content"]
    nothing = await stage.answer(await stage.menu(theirs["message"], "Picture details"))
    assert "I didn't make that picture" in nothing["content"]
    kept = await stage.answer(await stage.menu(shown["id"], "Use as reference", stage.bob))
    assert kept["ephemeral"]
    asked = await stage.slash("edit", stage.bob, options={"instruction": "变成夜晚"})
    await stage.picture(asked)
    assert len(provider.submitted[1].references) == 1


async def test_where_words_tell_no_language_the_last_one_counts_else_the_servers(
    stage: Stage,
) -> None:
    people = {"owner": stage.alice, "members": [stage.bob], "locale": "ja"}
    made = await stage.discord.ask("guild", people)
    await stage.start()
    said = await stage.type("", channel=made["channel"], mention=True)
    helped = await stage.reply(said["message"], channel=made["channel"])
    assert "画像" in helped["content"]
    await stage.drawn((await stage.type("画一只猫", channel="dm"))["message"], channel="dm")
    photo = [{"filename": "cat.png", "picture": [80, 60]}]
    said = await stage.type("", channel="dm", attachments=photo)
    assert "收到 1 张图" in (await stage.reply(said["message"], channel="dm"))["content"]
