"""The real program as a bot on the Feishu emulator."""

from pathlib import Path

from tests.adapters.feishu.stage import APP_ID, APP_SECRET
from tests.chaos.storm import Power
from tests.emulators.process import Remote
from tests.support.forked_program import ForkedProgram


def on_feishu(
    remote: Remote, folder: Path, *, patient: bool = False, **configuration: str
) -> Power:
    """The program, not started yet; it hears when it has a long connection. One that is patient
    accepts an event however long that takes."""
    program = ForkedProgram(
        folder,
        command=("tests.support.patience",) if patient else ("bot", "run"),
        BOT_ADAPTERS="feishu,web",
        FEISHU_APP_ID=APP_ID,
        FEISHU_APP_SECRET=APP_SECRET,
        FEISHU_DOMAIN=remote.url,
        DEFAULT_SIZE="512",
        **configuration,
    )

    async def ready() -> bool:
        return bool((await remote.ask("sockets"))["open"])

    return Power(program, ready)
