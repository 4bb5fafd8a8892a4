"""Questions that wait for their answer."""

import asyncio
from dataclasses import replace

from bot.domain.questions import Question, question_id
from bot.domain.requests import Options
from bot.storage.database import Database
from bot.storage.questions import QUESTION_SECONDS, QuestionStore

WHO = ("test", "ada", "room")
FIRST = Question(
    *(question_id("test", "1"), *WHO),
    text="the second one, brighter",
    words="brighter",
    at=1000.0,
    action="vary",
    options=Options(size="2K", extra={"seed": 7}),
    pictures=("img_1", "img_2"),
    private=True,
)


async def test_one_for_each_person_and_conversation(url: str) -> None:
    database = Database(url)
    await asyncio.to_thread(database.migrate)
    questions = QuestionStore(database)
    await questions.ask(FIRST)
    assert await questions.question("test", FIRST.id, 1001.0) == FIRST
    assert await questions.question("web", FIRST.id, 1001.0) is None
    assert await questions.of(*WHO, since=999.0) == FIRST
    assert await questions.of(*WHO, since=1000.0) is None
    second = replace(FIRST, id=question_id("test", "2"), text="warmer", pictures=(), action=None)
    await questions.ask(second)
    assert await questions.of(*WHO, since=999.0) == second
    assert await questions.question("test", FIRST.id, 1001.0) is None
    elsewhere = replace(FIRST, conversation="another", at=2000.0)
    await questions.ask(elsewhere)
    late = 1000.0 + QUESTION_SECONDS
    assert await questions.question("test", second.id, late) is None
    await questions.forget(late)
    assert await questions.of(*WHO, since=0.0) is None
    assert await questions.question("test", elsewhere.id, late) == elsewhere
    await questions.erase("test", "ada")
    assert await questions.question("test", elsewhere.id, late) is None
    await database.close()
