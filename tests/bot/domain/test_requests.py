"""What a person asks for, as it is handed over."""

from bot.domain.requests import Address, Incoming, Viewer


def test_whoever_asks_reads_the_answer_where_it_stands() -> None:
    incoming = Incoming(
        platform="test",
        event_id="1",
        requester="ada",
        conversation="room",
        address=Address("test"),
        private=True,
        moderator=True,
    )
    assert incoming.viewer == Viewer("test", "ada", "room", private=True, moderator=True)
