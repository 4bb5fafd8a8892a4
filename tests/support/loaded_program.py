"""What ``banana-bot run`` has loaded when it has answered, to be imported before a fork."""

import gc
import importlib
import sys

sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

from bot.domain.image_models import NEWEST  # noqa: E402
from bot.language import wording  # noqa: E402

for module in (
    *("adapters.discord.adapter", "adapters.feishu.adapter", "adapters.web.server"),
    *("bot.app", "bot.cli.run", "bot.providers.demo", "bot.runtime.logs"),
    *("bot.storage.data_folder", "dbos._sys_db_sqlite", "sqlalchemy.dialects.sqlite"),
    *("dbos._sys_db_postgres", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"),
):
    importlib.import_module(module)

for words in ("a cat", "画一只猫"):
    wording.prepare(words, NEWEST)

gc.collect()
gc.freeze()  # no fork looks at any of it
