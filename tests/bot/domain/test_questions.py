"""How a question, and that it was answered, are known again."""

from bot.domain.questions import answering, question_id


def test_the_same_event_asks_the_same_question_and_its_answer_is_another_event() -> None:
    first, second = question_id("test", "1"), question_id("test", "2")
    assert first == question_id("test", "1")
    assert len({first, second, question_id("other", "1"), answering(first), answering(second)}) == 5
