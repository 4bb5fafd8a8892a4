"""What ``banana-bot run`` loads, in the order in which it does; to be imported before a fork."""

import sys

sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

import adapters.discord.adapter  # noqa: E402
import adapters.feishu  # noqa: E402
import adapters.web  # noqa: E402, F401
import bot.app  # noqa: E402
import bot.cli.run  # noqa: E402, F401
