"""The history is turned by words, too."""

from tests.adapters.feishu.conftest import Start
from tests.adapters.feishu.stage import Stage


async def test_the_next_page_is_asked_for_in_words(bot: Start, stage: Stage) -> None:
    await stage.person("Ann", "en_us")
    alone = await stage.chat("p2p", "Ann")
    await bot()
    colours = ("red", "green", "blue", "grey", "pink", "brown", "black")
    for number, colour in enumerate(colours, start=1):
        await stage.say(alone, "Ann", f"draw a {colour} lighthouse")
        await stage.done(alone, count=number)
    for words, shown, hidden, count in (
        ("history", "black", "green", 1),
        ("next page", "green", "black", 1),
        ("previous page", "black", "green", 2),
    ):
        await stage.say(alone, "Ann", words)
        card = await stage.shown(alone, "'a': 'show'", shown, count=count)
        assert hidden not in str(card["content"])
